package terminal

import (
	"errors"
	"os"

	"github.com/charmbracelet/x/term"
	"golang.org/x/sys/windows"
)

// watched returns the signals that Watch waits for: none, as the console reports its
// size among its keys, and does not stop processes.
func watched() []os.Signal { return []os.Signal{noSignal{}} }

// noSignal is a signal that never comes. Notify without any would mean all.
type noSignal struct{}

func (noSignal) Signal()        {}
func (noSignal) String() string { return "none" }

func change(os.Signal) (c Change, ok bool) { return 0, false }

func quits(os.Signal) bool { return false }

func die(os.Signal) {}

// CanStop reports whether a shell could continue the process: none can.
func (t *Terminal) CanStop() bool { return false }

// Stop does nothing.
func (t *Terminal) Stop() {}

// Foreground reports whether the terminal is with this process: always.
func (t *Terminal) Foreground() bool { return true }

// openInput opens the console for its keys.
func openInput() (*os.File, error) { return os.OpenFile("CONIN$", os.O_RDWR, 0) }

// makeRaw has a console pass on each key as it is pressed, and understand escape
// sequences. It returns the modes of the keys before.
func makeRaw(keys, display *os.File) (*term.State, error) {
	before, err := term.MakeRaw(keys.Fd())
	if err != nil || display == nil {
		return before, err
	}
	out := windows.Handle(display.Fd())
	var mode uint32
	if err := windows.GetConsoleMode(out, &mode); err != nil {
		return before, err
	}
	err = windows.SetConsoleMode(out, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING|windows.DISABLE_NEWLINE_AUTO_RETURN)
	if err != nil {
		return before, errors.Join(err, term.Restore(keys.Fd(), before))
	}
	return before, nil
}
