package ui

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"quotatop/model"

	"golang.org/x/sys/unix"
)

// A console is a terminal of ours: Run gets one end and we have the other.
type console struct {
	keys, tty *os.File
	mu        sync.Mutex
	text      bytes.Buffer
	more      chan struct{} // one slot: something was written
}

// newConsole opens a pseudo-terminal of this size.
func newConsole(t *testing.T, w, h uint16) *console {
	t.Helper()
	ptmx, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	conn, err := ptmx.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	var failed error
	err = conn.Control(func(fd uintptr) {
		if failed = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); failed == nil {
			n, failed = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	})
	if err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := &console{keys: ptmx, tty: tty, more: make(chan struct{}, 1)}
	c.resize(t, w, h)
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(c, ptmx)
	}()
	t.Cleanup(func() { tty.Close(); ptmx.Close(); <-read })
	return c
}

func (c *console) resize(t *testing.T, w, h uint16) {
	t.Helper()
	if err := unix.IoctlSetWinsize(int(c.tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: h, Col: w}); err != nil {
		t.Fatal(err)
	}
}

// Write takes what the program writes to its terminal.
func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case c.more <- struct{}{}:
	default:
	}
	return c.text.Write(p)
}

func (c *console) written() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// wait waits until the program has written a text, and returns all it wrote.
func (c *console) wait(t *testing.T, text string) string {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		if got := c.written(); strings.Contains(got, text) {
			return got
		}
		select {
		case <-c.more:
		case <-deadline:
			t.Fatalf("never written: %q; but: %q", text, c.written())
		}
	}
}

func (c *console) press(t *testing.T, keys string) {
	t.Helper()
	if _, err := io.WriteString(c.keys, keys); err != nil {
		t.Fatal(err)
	}
}

func start(t *testing.T, c *console, feed <-chan model.Snapshot, environ ...string) <-chan error {
	done := make(chan error, 1)
	environ = append(environ, "TERM=xterm-256color")
	go func() { done <- Run(t.Context(), feed, Options{Label: "DEMO"}, Terminal{c.tty, c.tty, environ}) }()
	return done
}

func TestRunInATerminal(t *testing.T) {
	c := newConsole(t, 120, 40)
	before, err := unix.IoctlGetTermios(int(c.tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	feed := make(chan model.Snapshot, 1)
	feed <- *over()
	done := start(t, c, feed)
	c.wait(t, "retry in")
	c.press(t, "?")
	c.wait(t, "all keys")
	c.press(t, "q")
	returned(t, done)
	got := c.wait(t, "\x1b[23;2t")
	if strings.Count(got, "\x1b[?1049l") != 1 || !strings.Contains(got, "\x1b[?25h") {
		t.Errorf("the terminal is not left as it was: %q", got[len(got)-200:])
	}
	for _, off := range []string{"\x1b[?1002l", "\x1b[?1004l"} { // the mouse, the focus
		if on := off[:len(off)-1] + "h"; !strings.Contains(got, on) || strings.LastIndex(got, off) < strings.LastIndex(got, on) {
			t.Errorf("%q is not taken back", on)
		}
	}
	if keeps, back := strings.Index(got, "\x1b[22;2t"), strings.LastIndex(got, "\x1b[23;2t"); keeps < 0 || keeps > strings.Index(got, "\x1b]2;") || back < strings.LastIndex(got, "\x1b]2;") {
		t.Errorf("the window's title is not given back: kept at %d, back at %d of %d", keeps, back, len(got))
	}
	after, err := unix.IoctlGetTermios(int(c.tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	if *after != *before {
		t.Errorf("the terminal's modes were %+v and are %+v", before, after)
	}
}

// A falling Player is a bug of ours.
type falling struct{ Player }

func (falling) Status() Replay { panic("a bug") }

// A panic restores the terminal, too. The test runs it in another process, because
// Bubble Tea then leaks a goroutine.
func TestPanicGivesTheTerminalBack(t *testing.T) {
	const child = "QUOTATOP_TEST_PANIC"
	if os.Getenv(child) != "" {
		feed := make(chan model.Snapshot)
		go func() {
			_, _ = os.NewFile(3, "now").Read(make([]byte, 1))
			feed <- *calm()
		}()
		if err := Run(t.Context(), feed, Options{Player: falling{}}, Terminal{os.Stdin, os.Stdout, nil}); err == nil {
			os.Exit(3)
		}
		os.Exit(0)
	}
	c := newConsole(t, 80, 24)
	before, err := unix.IoctlGetTermios(int(c.tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestPanicGivesTheTerminalBack$")
	cmd.Env = append(os.Environ(), child+"=1", "TERM=xterm-256color",
		"GORACE=exitcode=0") // after a panic Bubble Tea closes its input while it is being read
	cmd.Stdin, cmd.Stdout = c.tty, c.tty
	wait, now, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer wait.Close()
	cmd.ExtraFiles = []*os.File{wait}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.wait(t, "Endpoints")
	now.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("Run has no error: %v", err)
	}
	got := c.wait(t, "\x1b[23;2t")
	for _, off := range []string{"\x1b[?1049l", "\x1b[?25h", "\x1b[?1002l", "\x1b[?1004l"} { // the screen, the cursor, the mouse, the focus
		on := strings.NewReplacer("l", "h", "h", "l").Replace(off)
		if !strings.Contains(got, on) || strings.LastIndex(got, off) < strings.LastIndex(got, on) {
			t.Errorf("%q is not taken back", on)
		}
	}
	after, err := unix.IoctlGetTermios(int(c.tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	if *after != *before {
		t.Errorf("the terminal's modes were %+v and are %+v", before, after)
	}
}

// The first frame waits neither for a snapshot nor for an answer from the terminal.
func TestFirstFrameComesAtOnce(t *testing.T) {
	c := newConsole(t, 120, 40)
	began := time.Now()
	done := start(t, c, make(chan model.Snapshot))
	got := c.wait(t, "Endpoints")
	t.Logf("first frame after %v", time.Since(began))
	before, _, _ := strings.Cut(got, "Endpoints")
	for _, opens := range []string{"\x1b[?1049h", "\x1b[?25l", "\x1b]11;?"} {
		if !strings.Contains(before, opens) {
			t.Errorf("%q does not come before the first frame: %q", opens, before)
		}
	}
	c.press(t, "q")
	returned(t, done)
}

func TestNoColor(t *testing.T) {
	c := newConsole(t, 80, 24)
	feed := make(chan model.Snapshot, 1)
	feed <- *over()
	done := start(t, c, feed, "NO_COLOR=1", "COLORTERM=truecolor")
	c.wait(t, "generate")
	c.press(t, "tq")
	returned(t, done)
	if colours := regexp.MustCompile(`\x1b\[[0-9;]*(?:[34]8[;:]|\b[349][0-7]\b)[0-9;:]*m`).FindString(c.written()); colours != "" {
		t.Errorf("colours in spite of NO_COLOR: %q", colours)
	}
}

// The answer of a terminal with a light background brings the light theme.
func TestBackground(t *testing.T) {
	c := newConsole(t, 80, 24)
	feed := make(chan model.Snapshot, 1)
	feed <- *calm()
	done := start(t, c, feed, "COLORTERM=truecolor")
	c.wait(t, "\x1b]11;?")
	c.press(t, "\x1b]11;rgb:ffff/ffff/ffff\x1b\\")
	c.wait(t, "38;2;48;50;54") // the light theme's text
	c.press(t, "q")
	returned(t, done)
}
