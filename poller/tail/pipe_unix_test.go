//go:build unix

package tail

import (
	"fmt"
	"os"
	"syscall"
	"testing"

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
