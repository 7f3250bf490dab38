package terminal

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"quotatop/poller/crash"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open returns a terminal that is a buffer, and what is written to it.
func open(t *testing.T, environ ...string) (*Terminal, *bytes.Buffer) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	var out bytes.Buffer
	terminal, err := Open(r, &out, environ)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	return terminal, &out
}

const (
	// The title is saved; the alternate screen, no cursor, bracketed paste, focus,
	// mouse in SGR form, and keys that are told apart; is there synchronized output?
	start = "\x1b[22;2t\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[?1004h\x1b[?1002h\x1b[?1006h\x1b[>4;2m\x1b[>1u"
	asked = "\x1b[?2026$p"
	// All of that taken back, with a frame that was not finished.
	end = "\x1b[?2026l\x1b[m\x1b[>4m\x1b[<1u\x1b[?1002l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?1049l\x1b[?25h\x1b]2;\a\x1b[23;2t"
)

// What is sent, byte for byte: at the start, for a frame, and at the end.
func TestBytes(t *testing.T) {
	terminal, out := open(t)
	sends := func(what, want string, do func() error) {
		t.Helper()
		out.Reset()
		if err := do(); err != nil || out.String() != want {
			t.Errorf("%s: sent %q, %v; want %q", what, out, err, want)
		}
	}
	draw := func(changes, title string) func() error {
		return func() error { return terminal.Draw([]byte(changes), title) }
	}
	show := func() error { return terminal.Show([]byte("FRAME"), "one") }
	hide := func() error { terminal.Hide(); return nil }
	sends("before it is shown", "", draw("x", "one"))
	sends("start", start+asked+"\x1b]2;one\aFRAME", show)
	sends("start again", "", show)
	sends("nothing new", "", draw("", "one"))
	sends("changes", "x", draw("x", "one"))
	sends("a title", "\x1b]2;two\a", draw("", "two"))
	terminal.Synchronize()
	sends("changes at once", "\x1b]2;three\a\x1b[?2026hx\x1b[?2026l", draw("x", "three"))
	sends("a sequence", "\a", func() error { return terminal.Write("\a") })
	sends("hiding", end, hide)
	sends("while hidden", "", draw("x", "four"))
	sends("hiding again", "", hide)
	sends("back", start+asked+"\x1b]2;one\aFRAME", show)
	sends("end", end, terminal.Close)
	sends("after the end", "", draw("x", "five"))
	sends("end again", "", terminal.Close)
	sends("start after the end", "", show)
}

// Some terminals would show the question for synchronized output.
func TestAsks(t *testing.T) {
	for environ, want := range map[string]bool{
		"":                                      true,
		"TERM_PROGRAM=tmux":                     true,
		"TERM_PROGRAM=Apple_Terminal":           false,
		"SSH_TTY=/dev/pts/1":                    false,
		"SSH_TTY=/dev/pts/1 TERM_PROGRAM=tmux":  false,
		"SSH_TTY=/dev/pts/1 TERM=xterm-ghostty": true,
		"SSH_TTY=/dev/pts/1 WT_SESSION=1":       true,
	} {
		terminal, out := open(t, strings.Fields(environ)...)
		if err := terminal.Show(nil, ""); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), asked) != want {
			t.Errorf("%s: sent %q", environ, out)
		}
	}
}

// A terminal that does not say its size has that of the environment.
func TestSize(t *testing.T) {
	for environ, want := range map[string][2]int{
		"":                     {80, 24},
		"COLUMNS=120 LINES=40": {120, 40},
		"COLUMNS=-1 LINES=x":   {80, 24},
	} {
		terminal, _ := open(t, strings.Fields(environ)...)
		if w, h := terminal.Size(); w != want[0] || h != want[1] {
			t.Errorf("%s: %dx%d", environ, w, h)
		}
	}
}

// Before a panic ends the program, the terminal is put back.
func TestUndo(t *testing.T) {
	terminal, out := open(t)
	if err := terminal.Show(nil, ""); err != nil {
		t.Fatal(err)
	}
	crash.Undo()
	if !strings.HasSuffix(out.String(), end) {
		t.Errorf("sent %q", out)
	}
}
