package ui

import (
	"bytes"
	"context"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"quotatop/model"

	tea "charm.land/bubbletea/v2"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pipe is an input that nothing comes from.
func pipe(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r
}

// returned waits for Run to return.
func returned(t *testing.T, done <-chan error) {
	t.Helper()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("Run: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Run does not return")
	}
}

func TestRunEndsWithItsFeed(t *testing.T) {
	feed := make(chan model.Snapshot)
	done := make(chan error, 1)
	go func() {
		done <- Run(t.Context(), feed, Options{}, Terminal{In: pipe(t), Out: &bytes.Buffer{}, Environ: []string{}})
	}()
	feed <- *calm()
	feed <- *busy()
	close(feed)
	returned(t, done)
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, make(chan model.Snapshot), Options{}, Terminal{In: pipe(t), Out: &bytes.Buffer{}, Environ: []string{}})
	}()
	cancel()
	returned(t, done)
}

// While nothing happens, nothing wakes the screen: the ticker that Bubble Tea starts for
// its renderer is stopped.
func TestRunStopsTheTicker(t *testing.T) {
	ticking := func() bool {
		stacks := make([]byte, 4<<20)
		return bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte("(*Program).startRenderer.func"))
	}
	feed, done := make(chan model.Snapshot), make(chan error, 1)
	go func() {
		done <- Run(t.Context(), feed, Options{}, Terminal{In: pipe(t), Out: &bytes.Buffer{}, Environ: []string{}})
	}()
	feed <- *calm()
	feed <- *busy() // it runs
	for end := time.After(10 * time.Second); ticking(); {
		select {
		case <-end:
			t.Fatal("the ticker goes on")
		default:
			runtime.Gosched()
		}
	}
	close(feed)
	returned(t, done)
}

// A feed that is faster than the screen costs it one snapshot at a time.
func TestOnePullAtATime(t *testing.T) {
	feed := make(chan model.Snapshot, 1)
	a := New(feed, Options{Theme: "dark"})
	feed <- *calm()
	msg := a.Init()()
	m, cmd := a.Update(msg)
	if _, ok := msg.(snapshotMsg); !ok || cmd == nil {
		t.Fatalf("Init pulled a %T; then the next pull is %v", msg, cmd)
	}
	for _, other := range []tea.Msg{tea.WindowSizeMsg{Width: 80, Height: 24}, pressed("j"), tea.FocusMsg{}} {
		if _, cmd := m.Update(other); cmd != nil {
			t.Errorf("%T starts another command", other)
		}
	}
	close(feed)
	if msg := cmd(); msg != (tea.QuitMsg{}) {
		t.Errorf("a closed feed gives %T", msg)
	}
}

// first runs the screen on a terminal that is a buffer until it ends, and returns
// what it wrote.
func first(t *testing.T, opts Options, environ ...string) string {
	t.Helper()
	feed := make(chan model.Snapshot)
	close(feed)
	var out bytes.Buffer
	if err := Run(t.Context(), feed, opts, Terminal{In: pipe(t), Out: &out, Environ: environ}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The first frame is there at once, once, in its size and its colours.
func TestFirstFrame(t *testing.T) {
	got := first(t, Options{}, "COLUMNS=100", "LINES=30", "CLICOLOR_FORCE=1", "TERM=xterm-256color", "COLORTERM=truecolor")
	if strings.Count(got, "\x1b[?1049h") != 1 || strings.Count(got, "Endpoints") != 1 || !strings.Contains(got, "38;2;") {
		t.Errorf("written: %q", got)
	}
	if !strings.Contains(got, "\x1b[30;") || strings.Contains(got, "\x1b[31;") || strings.ContainsAny(got, "\r\n") {
		t.Errorf("the frame is not 30 lines, each at its place: %q", got)
	}
}

func TestFirstFrameWithoutColours(t *testing.T) {
	if got := first(t, Options{}, "TERM=xterm-256color", "NO_COLOR=1"); strings.Contains(got, "38;") || !strings.Contains(got, "Endpoints") {
		t.Errorf("written: %q", got)
	}
}
