package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"
)

// settings matches the settings of the example that are commented out: no space
// follows their #.
var settings = regexp.MustCompile(`(?m)^#(\S)`)

// parse reads a file with this text, its settings of the screen included.
func parse(text string) (Settings, error) {
	f := &File{Settings: Default(), source: []byte(text)}
	if err := f.parse(); err != nil {
		return f.Settings, err
	}
	_, err := f.Look()
	return f.Settings, err
}

func TestExampleIsTheDefaults(t *testing.T) {
	c, err := parse(Example())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Default(), c); diff != "" {
		t.Errorf("the example as it is (-default +got):\n%s", diff)
	}
	// Uncommented, each setting that has a default shows it.
	c, err = parse(settings.ReplaceAllString(Example(), "$1"))
	if err != nil {
		t.Fatal(err)
	}
	c.KeyFile, c.KeyCommand, c.Tap = "", "", ""
	c.Fleet.URL, c.Fleet.Publish, c.Fleet.Generator, c.Fleet.Egress = "", "", "", ""
	c.Fleet.Credentials, c.Fleet.CA, c.Fleet.Cert, c.Fleet.Key = "", "", "", ""
	c.Interval = Interval{}
	c.Cap, c.Budget, c.Alerts.Command, c.Endpoints = Cap{}, Budget{}, nil, nil
	if diff := cmp.Diff(Default(), c); diff != "" {
		t.Errorf("the example, uncommented (-default +got):\n%s", diff)
	}
}

// Each setting can be uncommented by itself.
func TestExampleOneByOne(t *testing.T) {
	table, _, _ := strings.Cut(Example(), "#[[endpoint]]") // a table of its own
	for _, at := range settings.FindAllStringIndex(table, -1) {
		text := table[:at[0]] + table[at[0]+1:]
		if _, err := parse(text); err != nil {
			t.Errorf("%v: %s", err, strings.SplitN(table[at[0]:], "\n", 2)[0])
		}
	}
}

func TestExampleHasEveryKey(t *testing.T) {
	var values map[string]any
	if err := toml.Unmarshal([]byte(settings.ReplaceAllString(Example(), "$1")), &values); err != nil {
		t.Fatal(err)
	}
	for _, key := range keysOf(reflect.TypeFor[document]()) {
		var at any = values
		for name := range strings.SplitSeq(key, ".") {
			if list, ok := at.([]any); ok {
				at = list[0]
			}
			table, _ := at.(map[string]any)
			at = table[name]
		}
		if at == nil {
			t.Errorf("the example does not have %s", key)
		}
	}
}

// keysOf returns the keys that are decoded into a struct.
func keysOf(of reflect.Type) []string {
	var keys []string
	for i := range of.NumField() {
		field := of.Field(i)
		name, in := field.Tag.Get("toml"), field.Type
		if in.Kind() == reflect.Slice {
			in = in.Elem()
		}
		switch {
		case field.Anonymous:
			keys = append(keys, keysOf(in)...)
		case name == "" || name == "-":
		case in.Kind() == reflect.Struct && !isText(in):
			for _, key := range keysOf(in) {
				keys = append(keys, name+"."+key)
			}
		default:
			keys = append(keys, name)
		}
	}
	return keys
}

func TestInit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "quotatop", "config.toml")
	if err := Init(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file %v, error %v, want one for its owner alone", info, err)
	}
	if _, err := Load(path, true); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte("theme = \"light\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Init(path); err == nil || !strings.Contains(err.Error(), "already exists: move it away first") {
		t.Errorf("again: %v, want a refusal", err)
	}
	f, err := Load(path, true)
	if err != nil {
		t.Fatal(err)
	}
	if look, err := f.Look(); err != nil || look.Theme != "light" {
		t.Errorf("theme %q, error %v: the file was touched", look.Theme, err)
	}
}

func TestThemeFiles(t *testing.T) {
	dir := t.TempDir()
	if files, err := ThemeFiles(filepath.Join(dir, "none")); files != nil || err != nil {
		t.Errorf("no folder: %v, %v, want nothing", files, err)
	}
	for name, text := range map[string]string{
		"b.toml": "dark = true", "a.toml": "dark = false", "notes.txt": "x", ".#a.toml": "x", "long.toml": strings.Repeat("#", 1<<20),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("a.toml", filepath.Join(dir, "link.toml")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.toml"), 0o700); err != nil {
		t.Fatal(err)
	}
	files, err := ThemeFiles(dir)
	if err == nil || !strings.Contains(err.Error(), "folder.toml is not a file") {
		t.Errorf("error %v, want one about folder.toml", err)
	}
	var got []string
	for _, f := range files {
		got = append(got, f.Name)
		if f.Path != filepath.Join(dir, f.Name+".toml") {
			t.Errorf("%s is at %s", f.Name, f.Path)
		}
		if len(f.Data) > maxThemeFile {
			t.Errorf("%s: %d bytes were read, want %d at most", f.Name, len(f.Data), maxThemeFile)
		}
	}
	if diff := cmp.Diff([]string{"a", "b", "link", "long"}, got); diff != "" {
		t.Errorf("themes (-want +got):\n%s", diff)
	}
	if string(files[2].Data) != "dark = false" {
		t.Errorf("link.toml has %q, want what a.toml has", files[2].Data)
	}
}
