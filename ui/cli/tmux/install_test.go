package tmux

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMerge(t *testing.T) {
	block := func(text string) string { return beginMark + "\n" + text + "\n" + endMark + "\n" }
	for name, tt := range map[string]struct{ old, want, err string }{
		"no file":         {"", block("new"), ""},
		"at the end":      {"set -g mouse on\n", "set -g mouse on\n\n" + block("new"), ""},
		"no last newline": {"set -g mouse on", "set -g mouse on\n\n" + block("new"), ""},
		"goes on":         {"set -g \\\n", "set -g \\\n\n" + block("new"), ""},
		"there already":   {"a\n" + block("new") + "b\n", "a\n" + block("new") + "b\n", ""},
		"an old one":      {"a\n" + block("old\nold") + "b\n", "a\n" + block("new") + "b\n", ""},
		"indented":        {"a\n  " + beginMark + "\nold\n\t" + endMark + "\r\nb\n", "a\n" + block("new") + "b\n", ""},
		"no end":          {"a\n" + beginMark + "\nold\n", "", `2: "` + beginMark + `" has no end`},
		"no beginning":    {"a\n\n" + endMark + "\n", "", `3: "` + endMark + `" has no start`},
		"two":             {block("old") + block("old"), "", "4: a second"},
	} {
		got, err := merge(tt.old, "new\n")
		if got != tt.want || (err != nil) != (tt.err != "") || err != nil && !strings.HasPrefix(err.Error(), tt.err) {
			t.Errorf("%s: got %q, %v, want %q, %q", name, got, err, tt.want, tt.err)
		}
	}
}

// Whatever a configuration holds, all of it stays, the snippet is in it once,
// and a second time changes nothing.
func FuzzMerge(f *testing.F) {
	for _, old := range []string{"", "set -g mouse on", "a\\\n", beginMark + "\nx\n" + endMark + "\nb", beginMark, "\xff\x00\r\n"} {
		f.Add(old)
	}
	f.Fuzz(func(t *testing.T, old string) {
		got, err := merge(old, "new")
		if err != nil {
			if got != "" {
				t.Errorf("with an error: %q", got)
			}
			return
		}
		if again, err := merge(got, "new"); err != nil || again != got {
			t.Errorf("again: %q, %v, want %q", again, err, got)
		}
		before, rest, _ := strings.Cut(got, beginMark+"\nnew\n"+endMark+"\n")
		if !strings.HasPrefix(old, strings.TrimSuffix(before, "\n")) && !strings.HasPrefix(old, strings.TrimSuffix(before, "\n\n")) || !strings.HasSuffix(old, rest) {
			t.Errorf("%q became %q", old, got)
		}
	})
}

func TestInstall(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "dotfiles", "tmux.conf"), filepath.Join(dir, ".tmux.conf")
	if err := os.Mkdir(filepath.Dir(real), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(real, []byte("set -g mouse on\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("dotfiles", "tmux.conf"), link); err != nil {
		t.Fatal(err)
	}
	c, err := Install(link, "one")
	if err != nil || !c.Changed || c.Path != real || c.Backup == "" {
		t.Fatalf("got %+v, %v", c, err)
	}
	check := func(path, want string) {
		t.Helper()
		info, err := os.Lstat(path)
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm() != 0o640 {
			t.Errorf("%s: mode %v, %v, want 0640", path, info.Mode(), err)
		}
		if got, _ := os.ReadFile(path); string(got) != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	first := "set -g mouse on\n\n" + beginMark + "\none\n" + endMark + "\n"
	check(real, first)
	check(c.Backup, "set -g mouse on\n")
	if to, err := os.Readlink(link); err != nil || to != filepath.Join("dotfiles", "tmux.conf") {
		t.Errorf("the link is %q, %v", to, err)
	}
	if c, err := Install(link, "one"); err != nil || c.Changed || c.Backup != "" {
		t.Errorf("again: got %+v, %v", c, err)
	}
	check(real, first)
	if c, err := Install(link, "two"); err != nil || !c.Changed {
		t.Errorf("another snippet: got %+v, %v", c, err)
	}
	check(real, strings.Replace(first, "one", "two", 1))
	check(c.Backup, first)
	if left, _ := os.ReadDir(filepath.Dir(real)); len(left) != 2 {
		t.Errorf("left behind: %v", left)
	}
}

func TestInstallWithoutFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tmux", "tmux.conf")
	c, err := Install(path, "one")
	if err != nil || !c.Changed || c.Backup != "" {
		t.Fatalf("got %+v, %v", c, err)
	}
	if data, err := os.ReadFile(path); string(data) != beginMark+"\none\n"+endMark+"\n" {
		t.Errorf("got %q, %v", data, err)
	}
}

func TestInstallRefuses(t *testing.T) {
	dir := t.TempDir()
	broken, circle := filepath.Join(dir, "broken"), filepath.Join(dir, "circle")
	if err := os.WriteFile(broken, []byte("a\n"+beginMark+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(circle, circle); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{dir: "is not a file", broken: broken + ":2: ", circle: "loop of symbolic links"} {
		if c, err := Install(path, "one"); err == nil || !strings.Contains(err.Error(), want) || c.Changed {
			t.Errorf("%s: got %+v, %v, want %q", path, c, err, want)
		}
	}
	if data, _ := os.ReadFile(broken); string(data) != "a\n"+beginMark+"\n" {
		t.Errorf("the file was changed to %q", data)
	}
}

func TestConfigPath(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", "")
	check := func(want string) {
		t.Helper()
		if got, err := ConfigPath(); err != nil || got != filepath.Join(home, want) {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	check(".tmux.conf")
	put := func(name string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(home, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(home, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(".config/tmux/tmux.conf")
	check(".config/tmux/tmux.conf")
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "xdg"))
	check(".tmux.conf")
	put("xdg/tmux/tmux.conf")
	check("xdg/tmux/tmux.conf")
}
