//go:build unix

package journal

import (
	"os"
	"path/filepath"
	"testing"
)

// What a killed demo left is removed by the next one, and nothing else.
func TestTemporary(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	at := func(name string) string { return filepath.Join(os.TempDir(), temporaryName+name) }
	left := func(name string, mode os.FileMode, file string) {
		t.Helper()
		if err := os.Mkdir(at(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(at(name), file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(at(name), mode); err != nil {
			t.Fatal(err)
		}
	}
	left("killed", 0o700, lockName)
	left("new", 0o700, "notes.txt")
	left("open", 0o755, lockName)
	elsewhere := t.TempDir()
	if err := os.WriteFile(filepath.Join(elsewhere, lockName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, at("link")); err != nil {
		t.Fatal(err)
	}

	running, remove, err := Temporary()
	if err != nil {
		t.Fatal(err)
	}
	other, removeOther, err := Temporary()
	if err != nil {
		t.Fatal(err)
	}
	if err := removeOther(); err != nil {
		t.Error(err)
	}
	want := map[string]bool{at("killed"): false, at("new"): true, at("open"): true, at("link"): true, filepath.Join(elsewhere, lockName): true, running: true, other: false}
	for path, kept := range want {
		if _, err := os.Lstat(path); (err == nil) != kept {
			t.Errorf("%s is there: %t, want %t", path, err == nil, kept)
		}
	}
	if err := remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(running); err == nil {
		t.Errorf("%s is left", running)
	}
}
