package ui

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"quotatop/model"

	tea "charm.land/bubbletea/v2"
)

// copied presses y and returns what the terminal is sent, and the App.
func copied(t *testing.T, a App) (string, App) {
	t.Helper()
	m, cmd := a.Update(pressed("y"))
	if cmd == nil {
		t.Fatal("y sends nothing")
	}
	raw, ok := cmd().(tea.RawMsg)
	if !ok {
		t.Fatal("y does not write to the terminal")
	}
	return raw.Msg.(string), m.(App)
}

// clipboard is the text that an OSC 52 sequence at the beginning of seq sets.
func clipboard(t *testing.T, seq string) (text []byte, rest string) {
	t.Helper()
	body, ok := strings.CutPrefix(seq, "\x1b]52;c;")
	code, rest, closed := strings.Cut(body, "\x07")
	text, err := base64.StdEncoding.DecodeString(code)
	if !ok || !closed || err != nil {
		t.Fatalf("no OSC 52: %q, %v", seq, err)
	}
	return text, rest
}

func TestCopyAlert(t *testing.T) {
	for _, keys := range []string{"3 j", "3 j enter"} {
		seq, a := copied(t, press(screen(over, 80, 24), strings.Fields(keys)...))
		text, rest := clipboard(t, seq)
		var got model.DenialGroup
		if err := json.Unmarshal(text, &got); err != nil || got.Endpoint != "generate" || got.Count != 44 || rest != "" {
			t.Errorf("copied %s, %v, then %q", text, err, rest)
		}
		if frame := plainFrame(a); !strings.Contains(frame, "copied alert of generate") {
			t.Errorf("the footer does not say so:\n%s", frame)
		}
		if frame := plainFrame(press(a, "j")); strings.Contains(frame, "copied") {
			t.Error("the footer still says so after the next key")
		}
	}
}

func TestCopyUsage(t *testing.T) {
	seq, a := copied(t, press(screen(over, 20, 3), "g"))
	text, _ := clipboard(t, seq)
	var got model.EndpointUsage
	if err := json.Unmarshal(text, &got); err != nil || got.ID != "all" || len(got.Limits) != 2 {
		t.Errorf("copied %s, %v", text, err)
	}
	if frame := plainFrame(a); !strings.Contains(frame, "copied usage of") {
		t.Errorf("20x3 does not say so:\n%s", frame)
	}
	s := over()
	s.At = now.Add(6 * time.Second)
	if frame := plainFrame(send(a, snapshotMsg(*s))); !strings.Contains(frame, "429 70×") {
		t.Errorf("after six seconds 20x3 still says so, in place of the refusals:\n%s", frame)
	}
	b := New(nil, Options{}).sized(80, 24)
	if _, cmd := b.Update(pressed("y")); cmd != nil {
		t.Error("with nothing on the screen y copies something")
	}
}

// In tmux both ways are tried: tmux's own, and through it.
func TestCopyInTmux(t *testing.T) {
	a := send(screen(hostile, 80, 24), tea.EnvMsg{"TERM=tmux-256color", "TMUX=default,1,0"})
	seq, _ := copied(t, press(a, "3"))
	text, rest := clipboard(t, seq)
	if !json.Valid(text) {
		t.Errorf("not JSON: %s", text)
	}
	inner, ok := strings.CutPrefix(rest, "\x1bPtmux;\x1b\x1b]52;c;")
	if !ok || !strings.HasSuffix(inner, "\x07\x1b\\") || strings.Count(inner, "\x1b") != 1 {
		t.Errorf("no passthrough: %q", rest)
	}
}
