package ui

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"quotatop/model"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
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

// The opening writes one frame, once size and colours are known, and is over.
func TestOpening(t *testing.T) {
	size, profile := tea.WindowSizeMsg{Width: 80, Height: 24}, tea.ColorProfileMsg{Profile: colorprofile.TrueColor}
	for _, msgs := range [][]tea.Msg{
		{size, profile},
		{profile, snapshotMsg(*calm()), size},
		{snapshotMsg(*calm()), tea.EnvMsg{}, size, profile},
	} {
		var out strings.Builder
		var m tea.Model = opening{app: New(nil, Options{}), out: &out}
		for i, msg := range msgs {
			if m, _ = m.Update(msg); i < len(msgs)-1 && out.Len() > 0 {
				t.Fatalf("%T: written before all is known", msg)
			}
		}
		if _, ok := m.(App); !ok {
			t.Errorf("after the frame the model is a %T", m)
		}
		got := out.String()
		if strings.Count(got, "\x1b[?1049h") != 1 || !strings.Contains(got, "Endpoints") || !strings.Contains(got, "38;2;") {
			t.Errorf("written: %q", got)
		}
		if strings.Count(got, "\r\n") != strings.Count(got, "\n") {
			t.Error("a line break without a carriage return")
		}
	}
}

func TestOpeningWithoutColours(t *testing.T) {
	var out strings.Builder
	o := opening{app: screen(over, 80, 24), out: &out, profile: colorprofile.ASCII}
	o.show()
	if strings.Contains(out.String(), "38;") || !strings.Contains(out.String(), "Endpoints") {
		t.Errorf("written: %q", out.String())
	}
}
