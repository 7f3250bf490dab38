//go:build unix

package recording

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// An index is never written through a link, and not waited for at a pipe; the
// recording is played all the same.
func TestIndexThatIsNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	shown := record(t, path, 3, 20)
	index, err := os.ReadFile(path + indexSuffix)
	if err != nil {
		t.Fatal(err)
	}
	torn := string(index[:len(index)-1])
	for name, place := range map[string]func(mine string) error{
		"link":         func(mine string) error { return os.Symlink(mine, path+indexSuffix) },
		"hard link":    func(mine string) error { return os.Link(mine, path+indexSuffix) },
		"link to none": func(mine string) error { return os.Symlink(mine+".none", path+indexSuffix) },
		"pipe":         func(string) error { return syscall.Mkfifo(path+indexSuffix, 0o600) },
		"folder":       func(string) error { return os.Mkdir(path+indexSuffix, 0o700) },
	} {
		for _, content := range []string{"my letters", torn} {
			mine := filepath.Join(t.TempDir(), "mine")
			if err := os.WriteFile(mine, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.RemoveAll(path + indexSuffix); err != nil {
				t.Fatal(err)
			}
			if err := place(mine); err != nil {
				t.Fatal(err)
			}
			check(t, path, shown)
			if text, err := os.ReadFile(mine); string(text) != content || err != nil {
				t.Errorf("%s: a file of the user's now has %d bytes, %v, want its %d", name, len(text), err, len(content))
			}
			if _, err := os.Stat(mine + ".none"); err == nil {
				t.Errorf("%s: a file was made at the end of the link", name)
			}
		}
	}
}

// A pipe or a device is no recording, and is not waited for.
func TestNotAFile(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "run.jsonl")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	for _, path := range []string{pipe, os.DevNull} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "is not a file") {
			t.Errorf("open %s: %v", path, err)
		}
		if _, err := Is(path); err == nil || !strings.Contains(err.Error(), "is not a file") {
			t.Errorf("is %s: %v", path, err)
		}
		if _, err := Read(t.Context(), path, nil, nil); err == nil || !strings.Contains(err.Error(), "is not a file") {
			t.Errorf("read %s: %v", path, err)
		}
	}
}
