// Package terminal owns the terminal that the screen is drawn on: its modes, its
// size and its signals. It puts everything back on every way out of the program.
package terminal

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"

	"quotatop/poller/crash"
)

// patience is how long the end of the program waits for a terminal that takes no
// output.
const patience = 500 * time.Millisecond

// A Terminal is one terminal. Open it, Show it, write frames, Close it.
type Terminal struct {
	in      io.Reader
	out     io.Writer
	keys    *os.File // in, if it is a terminal
	display *os.File // out, if it is a terminal
	getenv  func(string) string
	profile colorprofile.Profile
	signals chan os.Signal
	forget  func() // ends the registration with crash
	closers []io.Closer

	saved  atomic.Pointer[term.State] // the modes before Show
	closed atomic.Bool

	mu     sync.Mutex // held while writing and while the modes change
	shown  bool
	synced bool
	title  string
	buf    []byte
}

// Open returns a terminal; nothing is written to it yet. From now on the signals that
// are about it wait for Watch. If in is nil, input
// is standard input, or the controlling terminal if that is none. environ decides
// the colours, as Environ of os.
func Open(in io.Reader, out io.Writer, environ []string) (*Terminal, error) {
	t := &Terminal{in: in, out: out, profile: colorprofile.Detect(out, environ), signals: make(chan os.Signal, 4)}
	t.getenv = func(name string) string { return lookup(environ, name) }
	t.forget = crash.BeforeEnd(func() { _ = t.Close() })
	signal.Notify(t.signals, watched()...)
	if file, ok := out.(*os.File); ok && term.IsTerminal(file.Fd()) {
		t.display = file
		if own, err := reopen(file); err == nil {
			t.out = own
			t.closers = append(t.closers, own)
		}
	}
	if in == nil {
		t.in = os.Stdin
		if !term.IsTerminal(os.Stdin.Fd()) {
			own, err := openInput()
			if err != nil {
				_ = t.Close()
				return nil, fmt.Errorf("cannot open the terminal for its keys: %w", err)
			}
			t.in = own
			t.closers = append(t.closers, own)
		}
	}
	if file, ok := t.in.(*os.File); ok && term.IsTerminal(file.Fd()) {
		t.keys = file
	}
	return t, nil
}

// lookup returns the last value of a variable.
func lookup(environ []string, name string) (value string) {
	for _, pair := range environ {
		if n, v, _ := strings.Cut(pair, "="); n == name {
			value = v
		}
	}
	return value
}

// Profile is how many colours the terminal has.
func (t *Terminal) Profile() colorprofile.Profile { return t.profile }

// Size returns the terminal's size in cells. If it does not say, the size is that of
// COLUMNS and LINES, or 80x24.
func (t *Terminal) Size() (w, h int) {
	if t.display != nil {
		w, h, _ = term.GetSize(t.display.Fd())
	}
	known := func(n int, name string, otherwise int) int {
		if n > 0 {
			return n
		}
		if n, err := strconv.Atoi(t.getenv(name)); err == nil && n > 0 {
			return n
		}
		return otherwise
	}
	return known(w, "COLUMNS", 80), known(h, "LINES", 24)
}

// Show sets the modes of the screen and writes a first frame, which is drawn on an
// empty screen. It does nothing if the screen is shown.
func (t *Terminal) Show(first []byte, title string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.shown || t.closed.Load() {
		return nil
	}
	if err := t.raw(); err != nil {
		return fmt.Errorf("cannot set the terminal's modes: %w", err)
	}
	t.shown, t.title = true, title
	t.buf = append(t.buf[:0], enter()...)
	if asks(t.getenv) {
		t.buf = append(t.buf, ansi.RequestModeSynchronizedOutput...)
	}
	t.buf = append(t.buf, ansi.SetWindowTitle(title)...)
	t.buf = append(t.buf, first...)
	return t.flush()
}

// Synchronize has the terminal show each frame at once (mode 2026).
func (t *Terminal) Synchronize() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.synced = true
}

// Draw writes the changes of a frame, and the window's title if that has changed, in
// one write. With neither it does nothing, and nothing while the screen is hidden.
func (t *Terminal) Draw(changes []byte, title string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = t.buf[:0]
	if title != t.title {
		t.title = title
		t.buf = append(t.buf, ansi.SetWindowTitle(title)...)
	}
	switch {
	case len(changes) > 0 && t.synced:
		t.buf = append(t.buf, ansi.SetModeSynchronizedOutput...)
		t.buf = append(t.buf, changes...)
		t.buf = append(t.buf, ansi.ResetModeSynchronizedOutput...)
	default:
		t.buf = append(t.buf, changes...)
	}
	return t.flush()
}

// Write writes a sequence that draws nothing, such as one for the clipboard.
func (t *Terminal) Write(seq string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf[:0], seq...)
	return t.flush()
}

// flush writes the buffer while the screen is shown. The caller holds mu.
func (t *Terminal) flush() error {
	if len(t.buf) == 0 || !t.shown || t.closed.Load() {
		return nil
	}
	if _, err := t.out.Write(t.buf); err != nil {
		return fmt.Errorf("cannot write to the terminal: %w", err)
	}
	return nil
}

// Hide puts the terminal back until the next Show.
func (t *Terminal) Hide() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hide()
}

func (t *Terminal) hide() {
	if !t.shown {
		return
	}
	t.shown = false
	_, _ = io.WriteString(t.out, leave())
	t.cook()
}

// raw has the terminal pass on each key as it is pressed.
func (t *Terminal) raw() error {
	if t.keys == nil {
		return nil
	}
	saved, err := makeRaw(t.keys, t.display)
	if err != nil {
		return err
	}
	t.saved.Store(saved)
	return nil
}

// cook takes back what raw did.
func (t *Terminal) cook() {
	if saved := t.saved.Swap(nil); saved != nil {
		_ = term.Restore(t.keys.Fd(), saved)
	}
}

// GiveUp ends a write that the terminal does not take, and all later ones, after
// the patience of this package. Call it when the program has to end.
func (t *Terminal) GiveUp() {
	if file, ok := t.out.(*os.File); ok {
		_ = file.SetWriteDeadline(time.Now().Add(patience)) // an error where it cannot be done
	}
}

// Close puts the terminal back for good. It may be called from any goroutine, and more
// than once, and does not wait long for a terminal that takes no output.
func (t *Terminal) Close() error {
	if t.closed.Swap(true) {
		return nil
	}
	t.GiveUp()
	locked := make(chan struct{})
	crash.Go(func() { // ends with the write that it waits for
		t.mu.Lock()
		defer t.mu.Unlock()
		t.hide()
		close(locked)
	})
	timeout := time.NewTimer(2 * patience)
	defer timeout.Stop()
	select {
	case <-locked:
	case <-timeout.C:
		t.cook()
	}
	t.forget()
	signal.Stop(t.signals)
	for _, c := range t.closers {
		_ = c.Close()
	}
	return nil
}
