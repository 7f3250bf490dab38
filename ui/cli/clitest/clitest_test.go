package clitest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	for _, name := range []string{"PIONEER_API_KEY", "TMUX", "NO_COLOR", "LC_ALL", "XDG_CONFIG_HOME"} {
		os.Setenv(name, "the user's own")
	}
	os.Exit(Run(m))
}

// An ending panics with how the test ends.
type ending struct{ testing.TB }

func (e *ending) Helper() {}

func (e *ending) Skipf(format string, args ...any) {
	panic("skipped: " + fmt.Sprintf(format, args...))
}

func (e *ending) Fatalf(format string, args ...any) {
	panic("failed: " + fmt.Sprintf(format, args...))
}

// need calls Need and returns how that ended.
func need(tool, debian string) (path, ended string) {
	defer func() {
		if r := recover(); r != nil {
			ended = r.(string)
		}
	}()
	return Need(&ending{}, tool, debian), ""
}

func TestNeed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, ci := range []string{"", "false", "true"} {
		t.Setenv("CI", ci)
		for _, tool := range []string{"go", file} {
			if path, ended := need(tool, "some"); path == "" || ended != "" {
				t.Errorf("CI=%s, %s: got %q, %s", ci, tool, path, ended)
			}
		}
		want := "skipped: "
		if ci == "true" {
			want = "failed: "
		}
		for _, tool := range []string{"no-such-program", file + ".no"} {
			_, ended := need(tool, "some-package")
			if !strings.HasPrefix(ended, want+tool) || !strings.Contains(ended, "package some-package") {
				t.Errorf("CI=%s, %s: got %q, want %s", ci, tool, ended, want)
			}
		}
	}
}

func TestRun(t *testing.T) {
	for _, variable := range os.Environ() {
		if strings.Contains(variable, "the user's own") {
			t.Errorf("the tests see %s", variable)
		}
	}
	for _, name := range []string{"HOME", "TMPDIR", "TMUX_TMPDIR", "XDG_RUNTIME_DIR"} {
		info, err := os.Stat(os.Getenv(name))
		if err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}
