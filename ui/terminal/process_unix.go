//go:build unix

package terminal

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"
	"golang.org/x/sys/unix"
)

// watched returns the signals that Watch waits for.
func watched() []os.Signal {
	return []os.Signal{syscall.SIGWINCH, syscall.SIGTSTP, syscall.SIGCONT, syscall.SIGQUIT}
}

// change returns what a signal means for the terminal.
func change(s os.Signal) (c Change, ok bool) {
	switch s {
	case syscall.SIGWINCH:
		return Resized, true
	case syscall.SIGTSTP:
		return Suspended, true
	case syscall.SIGCONT:
		return Continued, true
	}
	return 0, false
}

func quits(s os.Signal) bool { return s == syscall.SIGQUIT }

// die has a signal do what it does by default.
func die(s os.Signal) {
	signal.Reset(s)
	_ = syscall.Kill(os.Getpid(), s.(syscall.Signal))
}

// CanStop reports whether a shell could continue the process once it has stopped. The
// first process of a session, as in a pane of tmux of its own, has none.
func (t *Terminal) CanStop() bool {
	session, err := unix.Getsid(0)
	return err == nil && session != unix.Getpgrp()
}

// Stop stops the process group, as ctrl+z does on a terminal that is not in raw
// mode, and returns when the process goes on. Hide the terminal first.
func (t *Terminal) Stop() {
	goes := make(chan os.Signal, 1)
	signal.Reset(syscall.SIGCONT) // this one is announced
	signal.Notify(goes, syscall.SIGCONT)
	defer signal.Stop(goes)
	defer signal.Notify(t.signals, syscall.SIGCONT)
	// Once it was caught, Go does not give SIGTSTP its default again.
	if err := syscall.Kill(0, syscall.SIGSTOP); err != nil {
		return
	}
	const stopped = 100 * time.Millisecond // by then it is, so this is after it
	select {
	case <-goes:
	case <-time.After(stopped):
	}
}

// Foreground reports whether the terminal is with this process, and not with the
// shell that has put it in the background.
func (t *Terminal) Foreground() bool {
	if t.display == nil {
		return true
	}
	group, err := unix.IoctlGetInt(int(t.display.Fd()), unix.TIOCGPGRP)
	return err != nil || group == unix.Getpgrp()
}

// openInput opens the controlling terminal for its keys.
func openInput() (*os.File, error) { return os.OpenFile("/dev/tty", os.O_RDONLY, 0) }

// makeRaw has a terminal pass on each key as it is pressed, and returns its modes
// before.
func makeRaw(keys, _ *os.File) (*term.State, error) { return term.MakeRaw(keys.Fd()) }
