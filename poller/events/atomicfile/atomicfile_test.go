package atomicfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// only fails the test if anything but these names is in a folder.
func only(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("the folder has %q, want %q", got, names)
	}
}

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, tt := range []struct {
		text string
		mode fs.FileMode
	}{{"one", 0o600}, {"two", 0o666}, {"", 0o600}} {
		if err := Write(path, []byte(tt.text), tt.mode); err != nil {
			t.Fatal(err)
		}
		if got := content(t, path); got != tt.text {
			t.Errorf("the file has %q, want %q", got, tt.text)
		}
		if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != tt.mode {
			t.Errorf("mode %v, %v, want %v", info.Mode(), err, tt.mode)
		}
	}
	only(t, filepath.Dir(path), "file")
}

// Where the file cannot be replaced it stays, nothing is left beside it, and
// the error names it.
func TestWriteFails(t *testing.T) {
	dir := t.TempDir()
	full := filepath.Join(dir, "folder") // a folder that is not empty is not replaced
	if err := os.MkdirAll(filepath.Join(full, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(dir, "no", "file")
	for _, path := range []string{full, missing} {
		err := Write(path, []byte("x"), 0o600)
		wrong, ok := errors.AsType[*fs.PathError](err)
		if !ok || wrong.Path != path || strings.Contains(err.Error(), suffix) {
			t.Errorf("Write(%q) = %v, want an error that names it", path, err)
		}
		if errors.Is(err, fs.ErrNotExist) != (path == missing) {
			t.Errorf("Write(%q) = %v: is it not there?", path, err)
		}
	}
	only(t, dir, "folder")
}

// A file in an open folder is replaced there, even after the folder was moved.
func TestWriteIn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	dir, err := os.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	if runtime.GOOS != "windows" {
		if err := os.Rename(path, path+".moved"); err != nil {
			t.Fatal(err)
		}
		path += ".moved"
	}
	for _, text := range []string{"one", "two"} {
		if err := WriteIn(dir, "file", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := content(t, filepath.Join(path, "file")); got != text {
			t.Errorf("the file has %q, want %q", got, text)
		}
	}
	only(t, path, "file")
	err = WriteIn(dir, "../file", nil, 0o600)
	if wrong, ok := errors.AsType[*fs.PathError](err); !ok || strings.Contains(wrong.Path, suffix) {
		t.Errorf("WriteIn outside of the folder: %v, want an error", err)
	}
}

// A symbolic link is replaced, and what it points to stays.
func TestWriteReplacesALink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	if err := os.WriteFile(target, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a", link); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	if err := Write(link, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := content(t, target) + " " + content(t, link); got != "old new" {
		t.Errorf("target and link have %q", got)
	}
}

// Whoever reads finds one writer's content, whole, however many write.
func TestWritersShareAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	const writers, size = 4, 64 << 10
	var running sync.WaitGroup
	for i := range writers {
		text := bytes.Repeat([]byte{'a' + byte(i)}, size)
		if err := Write(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		running.Go(func() {
			for range 20 {
				if err := Write(path, text, 0o600); err != nil {
					t.Error(err)
				}
			}
		})
	}
	ended := make(chan struct{})
	go func() { running.Wait(); close(ended) }()
	for reading := true; reading; {
		select {
		case <-ended:
			reading = false
		default:
		}
		got := content(t, path)
		if len(got) != size || strings.Count(got, got[:1]) != size {
			t.Fatalf("read %d bytes of more than one writer", len(got))
		}
	}
	only(t, filepath.Dir(path), "file")
}

// A process that was killed leaves its temporary file; another may be writing
// one at the moment.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	for name, age := range map[string]time.Duration{"a.1.tmp": time.Hour, "b.2.tmp": 0, "c": time.Hour} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	Sweep(root, now.Add(-time.Minute))
	only(t, dir, "b.2.tmp", "c")
}
