package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"quotatop/poller/events/atomicfile"
)

// Save makes changes to the file at path and returns its settings. What the changes
// are not about stays as it is, byte for byte. If there is no file, Save writes
// Example with the changes, with mode 0600, and creates missing folders. An error
// means that nothing was changed.
func Save(path string, changes []Change) (Settings, error) {
	doc, mode, err := readToSave(path)
	if err != nil {
		return Settings{}, fmt.Errorf("config: %w", err)
	}
	doc, settings, err := change(path, doc, changes)
	if err != nil {
		return Settings{}, err
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // the link stays
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return Settings{}, fmt.Errorf("config: %w", err)
	}
	if err := atomicfile.Write(path, doc, mode); err != nil {
		return Settings{}, fmt.Errorf("config: %w", err)
	}
	return settings, nil
}

// readToSave reads a file to change, or Example if there is none.
func readToSave(path string) (doc []byte, mode fs.FileMode, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return []byte(Example()), 0o600, nil
	}
	if err != nil {
		return nil, 0, err
	}
	if doc, err = readFile(path, maxFile+1); err == nil && len(doc) > maxFile {
		err = fmt.Errorf("%s is larger than %s: change it there", path, Size{maxFile})
	}
	return doc, info.Mode().Perm(), err
}

// change makes changes to a document, and checks that it then says what it should.
func change(path string, doc []byte, changes []Change) ([]byte, Settings, error) {
	f := &File{Settings: Default(), path: path, source: doc}
	if err := f.parse(); err != nil {
		return nil, Settings{}, err
	}
	for _, c := range changes {
		want := *f
		if err := want.Settings.Set(c); err != nil {
			return nil, Settings{}, err
		}
		if c.Setting == "theme" {
			want.theme = c.Value
		}
		if want.says(f) {
			continue
		}
		next := f.changed(&want, c)
		if next == nil {
			return nil, Settings{}, f.Mistake(errShape, c.key(f)...)
		}
		f = next
	}
	return f.source, f.Settings, nil
}

// changed returns f with the edit that makes it say what want does; nil if none does.
func (f *File) changed(want *File, c Change) *File {
	for _, e := range f.editsFor(want, c) {
		next := &File{Settings: Default(), path: f.path, source: e.apply(f.source)}
		if next.parse() == nil && next.says(want) {
			return next
		}
	}
	return nil
}

// says reports whether two files have the same content.
func (f *File) says(g *File) bool {
	return reflect.DeepEqual(f.Settings, g.Settings) && reflect.DeepEqual(f.theme, g.theme) && reflect.DeepEqual(f.keys, g.keys)
}

// key returns the key of the setting in the file.
func (c Change) key(f *File) []string {
	switch name, rest, _ := strings.Cut(c.Setting, " "); name {
	case "cap":
		return []string{"cap", "usd_per_day"}
	case "bell":
		return []string{"alerts", "bell"}
	case "limit":
		id, _, _ := strings.Cut(rest, " ")
		return []string{"endpoint", strconv.Itoa(max(f.endpoint(id), 0)), "limits"}
	default:
		return []string{name}
	}
}

// editsFor returns the edits that may make f say what want does.
func (f *File) editsFor(want *File, c Change) []edit {
	switch name, rest, _ := strings.Cut(c.Setting, " "); name {
	case "interval":
		return edits(f.source, quoted(Span{want.Interval.Duration}.String()), c.key(f)...)
	case "cap":
		text := strconv.FormatFloat(want.Cap.USDPerDay, 'f', -1, 64)
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		return edits(f.source, text, c.key(f)...)
	case "bell":
		return edits(f.source, strconv.FormatBool(want.Alerts.Bell), c.key(f)...)
	case "theme":
		return edits(f.source, quoted(c.Value), c.key(f)...)
	default: // a limit
		id, _, _ := strings.Cut(rest, " ")
		limits := want.Endpoints[want.endpoint(id)].Limits
		texts := make([]string, len(limits))
		for i, l := range limits {
			texts[i] = fmt.Sprintf("{ max = %d, per = %s }", l.Max, quoted(l.Per.String()))
		}
		value := "[" + strings.Join(texts, ", ") + "]"
		if f.endpoint(id) >= 0 {
			return edits(f.source, value, c.key(f)...)
		}
		return []edit{addTable(f.source, "endpoint", "id = "+quoted(id), "limits = "+value)}
	}
}

// quoted returns text as a TOML string.
func quoted(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == '"' || r == '\\' }) {
		return `"` + text + `"`
	}
	doc, _ := toml.Marshal(map[string]string{"x": text}) // cannot fail
	return strings.TrimSuffix(strings.TrimPrefix(string(doc), "x = "), "\n")
}
