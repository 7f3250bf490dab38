package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSetChecksAsTheFileDoes(t *testing.T) {
	for _, tt := range []struct{ setting, value, line string }{
		{"interval", "5s", `interval = "5s"`},
		{"interval", "11m", `interval = "11m"`},
		{"interval", "soon", `interval = "soon"`},
		{"cap", "50", "[cap]\nusd_per_day = 50"},
		{"cap", "2e9", "[cap]\nusd_per_day = 2e9"},
		{"bell", "off", "[alerts]\nbell = false"},
		{"limit chat 1m", "150", "[[endpoint]]\nid = \"chat\"\nlimits = [{max = 150, per = \"1m\"}]"},
		{"limit chat 1m", "0", "[[endpoint]]\nid = \"chat\"\nlimits = [{max = 0, per = \"1m\"}]"},
		{"limit all 1h", "9000", "[[endpoint]]\nid = \"all\"\nlimits = [{max = 1000, per = \"1m\"}, {max = 9000, per = \"1h\"}]"},
	} {
		got := Default()
		err := got.Set(Change{tt.setting, tt.value})
		file := File{Settings: Default(), path: "f", source: []byte(tt.line)}
		want := file.parse()
		switch {
		case (err == nil) != (want == nil):
			t.Errorf("%s %s: %v, but the file: %v", tt.setting, tt.value, err, want)
		case err != nil && !strings.HasSuffix(want.Error(), ": "+err.Error()):
			t.Errorf("%s %s: %q, but the file: %q", tt.setting, tt.value, err, want)
		case err == nil && cmp.Diff(file.Endpoints, got.Endpoints)+cmp.Diff(file.Cap, got.Cap)+cmp.Diff(file.Alerts, got.Alerts) != "":
			t.Errorf("%s %s: %+v, but the file: %+v", tt.setting, tt.value, got, file.Settings)
		case err != nil && cmp.Diff(Default().Endpoints, got.Endpoints) != "":
			t.Errorf("%s %s: changed in spite of %v", tt.setting, tt.value, err)
		}
	}
	for setting, want := range map[string]string{
		"colour": "unknown setting", "limit": "limit chat 1m", "limit chat": "limit chat 1m", "limit chat 1h": "no limit per 1h",
		"limit x 1m": "use one of all,", "limit chat 1m ": "whole number", "bell": "use on or off", "cap": "write it like 5usd",
	} {
		s := Default()
		if err := s.Set(Change{setting, "x"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q in it", setting, err, want)
		}
	}
}

func TestSaveKeepsWhatItIsNotAbout(t *testing.T) {
	for name, tt := range map[string]struct {
		before, after string
		changes       []Change
	}{
		"value":            {"# mine\ninterval = '9s' # slow\n\ntheme= \"x\"", "# mine\ninterval = \"5s\" # slow\n\ntheme= \"x\"", []Change{{"interval", "5s"}}},
		"empty":            {"", "theme = \"dark\"\n", []Change{{"theme", "dark"}}},
		"example":          {"# a\n#interval = \"10s\"\n\n[cap]\n", "# a\n#interval = \"10s\"\ninterval = \"5s\"\n\n[cap]\n", []Change{{"interval", "5s"}}},
		"after the others": {"theme = \"x\" # y\n\n[cap]\n", "theme = \"x\" # y\ninterval = \"5s\"\n\n[cap]\n", []Change{{"interval", "5s"}}},
		"in its table":     {"[cap]\n# none yet\n[alerts]\nbell = true", "[cap]\nusd_per_day = 20.0\n# none yet\n[alerts]\nbell = true", []Change{{"cap", "$20"}}},
		"new table":        {"theme = \"x\"", "theme = \"x\"\n\n[alerts]\nbell = false\n", []Change{{"bell", "off"}}},
		"dotted":           {"cap.usd_per_day = 1 # one\n", "cap.usd_per_day = 2.5 # one\n", []Change{{"cap", "2.5"}}},
		"beside dotted":    {"alerts.notify = \"off\"\n", "alerts.bell = false\nalerts.notify = \"off\"\n", []Change{{"bell", "off"}}},
		"no change":        {"[ cap ]\nusd_per_day = 5", "[ cap ]\nusd_per_day = 5", []Change{{"cap", "5"}}},
		"CRLF":             {"theme = \"x\"\r\n[cap]\r\n", "theme = \"x\"\r\ninterval = \"5s\"\r\n[cap]\r\nusd_per_day = 5.0\r\n", []Change{{"interval", "5s"}, {"cap", "5"}}},
		"limits": {
			"[[endpoint]]\nid = \"chat\"\nlimits = [ # [\n  {max = 9, per = \"1m\"}, # ]\n]\nname = \"c\"\n",
			"[[endpoint]]\nid = \"chat\"\nlimits = [{ max = 150, per = \"1m\" }]\nname = \"c\"\n", []Change{{"limit chat 1m", "150"}},
		},
		"second row": {
			"[[endpoint]]\nid = \"all\"\n[[endpoint]]\nid = \"chat\"\n",
			"[[endpoint]]\nid = \"all\"\n[[endpoint]]\nlimits = [{ max = 150, per = \"1m\" }]\nid = \"chat\"\n", []Change{{"limit chat 1m", "150"}},
		},
		"new row": {
			"theme = \"x\"\n",
			"theme = \"x\"\n\n[[endpoint]]\nid = \"all\"\nlimits = [{ max = 1000, per = \"1m\" }, { max = 9000, per = \"1h\" }]\n", []Change{{"limit all 1h", "9,000"}},
		},
		"not an example": {
			"key_command = '''\n#interval = 1\n'''\n", "key_command = '''\n#interval = 1\n'''\ninterval = \"5s\"\n", []Change{{"interval", "5s"}},
		},
	} {
		path := write(t, tt.before)
		saved, err := Save(path, tt.changes)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, _ := os.ReadFile(path)
		if diff := cmp.Diff(strings.SplitAfter(tt.after, "\n"), strings.SplitAfter(string(got), "\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if read, err := Load(path, true); err != nil || !reflect.DeepEqual(read.Settings, saved) {
			t.Errorf("%s: the file says %+v, %v; but Save %+v", name, read, err, saved)
		}
	}
}

// What cannot be changed safely is not changed, and the error says where.
func TestSaveLeavesOthersAlone(t *testing.T) {
	for name, tt := range map[string]struct {
		text, want string
		change     Change
	}{
		"mistake":       {"interval = \"5s\"\nx = 1\n", ":2:1: unknown key", Change{"interval", "9s"}},
		"inline table":  {"\ncap = { usd_per_day = 5 }\n", ":2:1: this setting is written in a form", Change{"cap", "9"}},
		"inline array":  {"endpoint = [{ id = \"chat\" }]\n", ":1:1: this setting", Change{"limit chat 1m", "9"}},
		"invalid value": {"interval = \"5s\"\n", "use 1s to 10m", Change{"interval", "1h"}},
	} {
		path := write(t, tt.text)
		_, err := Save(path, []Change{{"theme", "dark"}, tt.change})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q in it", name, err, tt.want)
		}
		if got, _ := os.ReadFile(path); string(got) != tt.text {
			t.Errorf("%s: the file is now %q", name, got)
		}
	}
}

func TestSaveMakesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "config.toml")
	if _, err := Save(path, []Change{{"interval", "5s"}, {"limit chat 1m", "150"}, {"bell", "off"}}); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]fs.FileMode{path: 0o600, filepath.Dir(path): 0o700 | fs.ModeDir} {
		if info, err := os.Stat(name); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v, %v; want %v", name, info.Mode(), err, mode)
		}
	}
	f, err := Load(path, true)
	if err != nil || f.Interval.Duration != 5*time.Second || f.Alerts.Bell || f.Endpoints[0].Limits[0].Max != 150 {
		t.Errorf("the file says %+v, %v", f, err)
	}
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(Example()) {
		if !strings.Contains(string(text), line) {
			t.Errorf("the example's line is missing: %q", line)
		}
	}
}

// A link in the place of the file stays, and the file keeps its mode.
func TestSaveFollowsLinks(t *testing.T) {
	real := write(t, "theme = \"x\"\n")
	if err := os.Chmod(real, 0o640); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "config.toml")
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	if _, err := Save(link, []Change{{"theme", "light"}}); err != nil {
		t.Fatal(err)
	}
	info, _ := os.Lstat(link)
	if text, _ := os.ReadFile(real); string(text) != "theme = \"light\"\n" || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the file is %q, the link %v", text, info.Mode())
	}
	if info, _ := os.Stat(real); info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v", info.Mode())
	}
}

// Whatever the file, the change is made as wanted and nothing else changes, or there
// is an error.
func FuzzSave(f *testing.F) {
	for _, text := range []string{
		Example(), "", "interval = \"5s\"", "[cap]\nusd_per_day = 5 # x", "cap = {usd_per_day = 5}", "cap.usd_per_day = 1\n[alerts]\n",
		"[[endpoint]]\nid = \"chat\"\nlimits = [\n{max = 1, per = \"\"\"1m\"\"\"}, # ]\n]\n", "key_command = \"\"\"\n[cap]\n#interval = \n\\\"\"\"\"\n",
		"\"theme\" = 'a=b'\r\n[keys]\r\n\"a=]\" = 'x'\r\n", "[[endpoint]]\nid='x'\npaths=['/a']\n[[endpoint.limits]]\nmax=1\nper='1m'\n", "endpoint=[]",
	} {
		for i := range 5 {
			f.Add([]byte(text), uint8(i), uint16(i*700+1))
		}
	}
	f.Fuzz(func(t *testing.T, doc []byte, which uint8, n uint16) {
		c := []Change{
			{"interval", Span{time.Duration(n%600+1) * time.Second}.String()}, {"theme", "th\"eme'\\"}, {"bell", []string{"on", "off"}[n%2]},
			{"cap", "$" + Size{int64(n)}.String()[:1]}, {"limit chat 1m", "1" + strings.Repeat("0", int(n%4))},
		}[which%5]
		before := &File{Settings: Default(), path: "f", source: doc}
		if before.parse() != nil {
			return
		}
		after, settings, err := change("f", doc, []Change{c})
		if err != nil {
			return
		}
		want := before.Settings
		if err := want.Set(c); err != nil {
			t.Fatalf("%+v was made, but Set says: %v", c, err)
		}
		got := &File{Settings: Default(), path: "f", source: after}
		if err := got.parse(); err != nil || !reflect.DeepEqual(got.Settings, want) || !reflect.DeepEqual(settings, want) {
			t.Fatalf("%+v: the file says %+v, %v; want %+v", c, got.Settings, err, want)
		}
		if c.Setting == "theme" && got.theme != c.Value || c.Setting != "theme" && cmp.Diff(before.theme, got.theme) != "" || cmp.Diff(before.keys, got.keys) != "" {
			t.Fatalf("%+v: theme %v, keys %v", c, got.theme, got.keys)
		}
		// All that differs is one run of bytes: a value, or lines that are new.
		head := 0
		for head < min(len(doc), len(after)) && doc[head] == after[head] {
			head++
		}
		tail := 0
		for tail < min(len(doc), len(after))-head && doc[len(doc)-1-tail] == after[len(after)-1-tail] {
			tail++
		}
		gone := doc[head : len(doc)-tail]
		if len(gone) > 0 && !slices.ContainsFunc(readOutline(doc).values, func(kv keyValue) bool {
			return slices.Equal(kv.key, c.key(before)) && kv.from <= head && head+len(gone) <= kv.to
		}) {
			t.Fatalf("%+v: %q is gone:\n%s", c, gone, after)
		}
	})
}
