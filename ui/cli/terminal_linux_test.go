package cli

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// On a terminal, help and usage errors ask it nothing: where no answer comes,
// that would take seconds.
func TestHelpAsksTheTerminalNothing(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"once", "--help"}, {"--nonsense"}, {"ones"}, {"report"}, {"--version"}} {
		ptmx, tty := openTerminal(t)
		Run(t.Context(), args, tty, tty)
		if err := ptmx.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		shown := make([]byte, 1<<16)
		n, err := ptmx.Read(shown)
		if err != nil || n == 0 {
			t.Errorf("%q: %d bytes, %v", args, n, err)
		}
		if bytes.ContainsRune(shown[:n], '\x1b') {
			t.Errorf("%q sends escape sequences: %q", args, shown[:n])
		}
	}
}

// openTerminal returns both ends of a pseudo-terminal.
func openTerminal(t *testing.T) (ptmx, tty *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0) // so that a read can time out
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	ptmx = os.NewFile(uintptr(fd), "/dev/ptmx")
	t.Cleanup(func() { ptmx.Close() })
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close() })
	return ptmx, tty
}
