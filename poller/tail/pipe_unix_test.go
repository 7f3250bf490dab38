//go:build unix

package tail

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"quotatop/model"
)

// A named pipe is a stream: it may have no writer yet, and several in turn.
func TestNamedPipe(t *testing.T) {
	path := temp(t)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	r := follow(t, path, FormatAuto)
	r.waitHealth(t, model.StateOK, "")
	for i := range 3 {
		w, err := os.OpenFile(path, os.O_WRONLY, 0)
		must(t, err)
		_, err = w.WriteString(line(fmt.Sprintf("/%d", i)))
		must(t, err)
		r.waitFor(t, "call", func(events []model.Event) bool { return len(paths(events)) == i+1 })
		if i < 2 {
			must(t, w.Close())
		} else {
			defer w.Close() // the source stops while it waits for this one
		}
	}
	r.waitPaths(t, "/0", "/1", "/2")
}

// A report on a pipe that nobody writes to ends when it is interrupted, and reads
// all that a writer has.
func TestReadPipe(t *testing.T) {
	path := temp(t)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := ReadFile(ctx, path, FormatAuto, Options{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("without a writer: %v", err)
	}
	go func() {
		if w, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
			_, _ = w.WriteString(line("/a") + line("/b"))
			_ = w.Close()
		}
	}()
	if sum, err := ReadFile(t.Context(), path, FormatAuto, Options{}, func(model.Event) {}); sum.Calls != 2 || err != nil {
		t.Errorf("read %+v, %v, want two calls", sum, err)
	}
	from, to, err := os.Pipe()
	must(t, err)
	defer to.Close()
	defer from.Close()
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := Read(ctx, from, FormatAuto, Options{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("standard input: %v", err)
	}
}

// A file of the kernel's cannot be followed: it has content, and always the size 0.
func TestFileWithoutSize(t *testing.T) {
	const path = "/proc/self/environ"
	info, err := os.Stat(path)
	if err != nil || info.Size() > 0 {
		t.Skip("no such file here")
	}
	r := follow(t, path, FormatAuto)
	r.waitHealth(t, model.StateError, "environ: does not say its size")
}

// The same file twice, under whatever name, is found out, whether it exists or not.
func TestIsAmong(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	must(t, os.Mkdir("logs", 0o700))
	must(t, os.WriteFile("run.log", nil, 0o600))
	must(t, os.WriteFile("other.log", nil, 0o600))
	must(t, os.Link("run.log", "hard.log"))
	must(t, os.Symlink("run.log", "link.log"))
	must(t, os.Symlink("link.log", "link2.log"))
	must(t, os.Symlink("logs", "dir"))
	must(t, os.Symlink("none.log", "dangling.log"))
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"run.log", "run.log", true}, {"run.log", "./logs/../run.log", true}, {"run.log", dir + "/run.log", true},
		{"run.log", "link.log", true}, {"link2.log", "run.log", true}, {"link2.log", "link.log", true}, {"run.log", "hard.log", true},
		{"none.log", "dangling.log", true}, {"logs/none.log", "dir/none.log", true}, {"-", "-", true},
		{"run.log", "other.log", false}, {"none.log", "run.log", false}, {"-", "run.log", false}, {"logs/none.log", "none.log", false},
	} {
		if got := IsAmong([]string{"else.log", tt.a}, tt.b); got != tt.same {
			t.Errorf("%s and %s: %v, want %v", tt.a, tt.b, got, tt.same)
		}
	}
}
