package ui

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"quotatop/model"

	tea "charm.land/bubbletea/v2"
)

func TestAlert(t *testing.T) {
	for _, c := range []struct {
		name string
		opts Options
		tmux bool
		text string
		want string
	}{
		{"nothing wanted", Options{}, false, "chat 92%", ""},
		{"bell", Options{Bell: true}, true, "chat 92%", "\a"},
		{"osc 9", Options{Notify: NotifyOSC9}, false, "chat 92%", "\x1b]9;quotatop: chat 92%\a"},
		{"osc 777", Options{Notify: NotifyOSC777, Bell: true}, false, "chat; 92%", "\x1b]777;notify;quotatop;chat, 92%\a\a"},
		{"tmux", Options{Notify: NotifyOSC9, Bell: true}, true, "chat 92%", "\x1bPtmux;\x1b\x1b]9;quotatop: chat 92%\a\x1b\\\a"},
		{"hostile", Options{Notify: NotifyOSC777}, false, "a\x1b\\\x07b\u009c\x9cc", "\x1b]777;notify;quotatop;a\\bc\a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := New(nil, c.opts)
			a.tmux = c.tmux
			got := a.alert(c.text)
			if c.name == "hostile" {
				inner := strings.TrimSuffix(strings.TrimPrefix(got, "\x1b]777;notify;quotatop;"), "\a")
				if strings.ContainsFunc(inner, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
					t.Errorf("control characters get out: %q", got)
				}
				return
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	long := Options{Notify: NotifyOSC9}
	a := New(nil, long)
	if got := a.alert(strings.Repeat("long ", 1000)); len(got) > 2*maxWarning {
		t.Errorf("a long warning makes %d bytes", len(got))
	}
}

// Warnings are pulled one at a time, alongside the snapshots, until the end.
func TestWarningsReachTheTerminal(t *testing.T) {
	warnings := make(chan string)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	out := &heard{told: make(chan struct{}, 10)}
	go func() {
		done <- Run(ctx, make(chan model.Snapshot), Options{Warnings: warnings, Notify: NotifyOSC9}, Terminal{In: pipe(t), Out: out, Environ: []string{}})
	}()
	for range 3 {
		warnings <- "chat 92%"
		select {
		case <-out.told:
		case <-time.After(10 * time.Second):
			t.Fatal("no notification")
		}
	}
	close(warnings)
	cancel()
	returned(t, done)
}

// heard is an output that reports notifications.
type heard struct{ told chan struct{} }

func (h *heard) Write(p []byte) (int, error) {
	for range bytes.Count(p, []byte("\x1b]9;quotatop: chat 92%\a")) {
		h.told <- struct{}{}
	}
	return len(p), nil
}

func TestClosedWarningsEnd(t *testing.T) {
	warnings := make(chan string)
	looks := make(chan Look)
	close(warnings)
	close(looks)
	a := New(nil, Options{Warnings: warnings, Looks: looks})
	if w, l := a.nextWarning(), a.nextLook(); w != nil || l != nil {
		t.Errorf("closed channels give %v, %v", w, l)
	}
	if m, cmd := a.Update(tea.Msg(nil)); cmd != nil || m == nil {
		t.Error("nothing asks for something")
	}
}

// No warning can end its sequence early or begin another.
func FuzzAlert(f *testing.F) {
	for _, seed := range []string{"chat 92%", nasty, "a;b\a\x1b]0;x\a", "\x9c\u009c", "4;1;50"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, notify := range []string{NotifyOSC9, NotifyOSC777} {
			a := New(nil, Options{Notify: notify})
			seq := a.alert(text)
			inner := strings.TrimSuffix(strings.TrimPrefix(seq, "\x1b]"), "\a")
			if len(seq)-len(inner) != 3 || strings.ContainsFunc(inner, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
				t.Errorf("%q for %q", seq, text)
			}
		}
	})
}
