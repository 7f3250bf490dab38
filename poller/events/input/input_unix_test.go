//go:build unix

package input

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func fifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	return path
}

// A pipe that nobody writes to, or that never ends, is waited for as long as the
// context says.
func TestSilentPipe(t *testing.T) {
	path := fifo(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := ReadAll(ctx, path, 100); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no program writes to") {
		t.Errorf("without a writer: %v", err)
	}
	writer, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	ctx, cancel = context.WithCancel(t.Context())
	file, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := writer.WriteString("some"); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 10)
	if n, err := file.Read(buf); n != 4 || err != nil {
		t.Errorf("read %d, %v", n, err)
	}
	time.AfterFunc(10*time.Millisecond, cancel)
	if n, err := file.Read(buf); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("read %d, %v", n, err)
	}
}

// A pipe with a writer is read to its end, however late that one comes.
func TestPipe(t *testing.T) {
	path := fifo(t)
	go func() {
		if w, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
			_, _ = io.WriteString(w, "all of it")
			_ = w.Close()
		}
	}()
	if text, err := ReadAll(t.Context(), path, 100); string(text) != "all of it" || err != nil {
		t.Errorf("read %q, %v", text, err)
	}
}

func TestOddFiles(t *testing.T) {
	if text, err := ReadAll(t.Context(), os.DevNull, 100); len(text) > 0 || err != nil {
		t.Errorf("%s: %q, %v", os.DevNull, text, err)
	}
	if _, err := os.Stat("/dev/zero"); err == nil {
		if text, err := ReadAll(t.Context(), "/dev/zero", 1<<20); len(text) > 0 || err == nil || !strings.Contains(err.Error(), "holds more than 1024 KiB") {
			t.Errorf("/dev/zero: %d bytes, %v", len(text), err)
		}
	}
	for _, path := range []string{fifo(t), os.DevNull} {
		if file, err := Regular(path); !errors.Is(err, ErrNotRegular) {
			t.Errorf("%s: %v, %v", path, file, err)
		}
	}
}
