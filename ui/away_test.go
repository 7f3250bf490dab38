package ui

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// A screen without the focus changes once a second, and is up to date at once
// when the focus comes back.
func TestAwayDrawsOnceASecond(t *testing.T) {
	a := send(screen(over, 120, 40), tea.BlurMsg{})
	began, frames, last := now.Truncate(time.Second), 0, ""
	for i := range 41 { // ten seconds at the pace of a busy feed
		s := over()
		s.At = began.Add(time.Duration(i) * 250 * time.Millisecond)
		used(&s.Endpoints[4].Limits[0], 100+i, 0.1)
		m, cmd := a.Update(snapshotMsg(*s))
		if a = m.(App); cmd == nil {
			t.Fatal("without the focus nothing is pulled any more")
		}
		if old := s.At.Sub(a.snap.At); old >= time.Second {
			t.Fatalf("what is shown is %v old", old)
		}
		if frame := plainFrame(a); frame != last {
			last, frames = frame, frames+1
		}
	}
	if frames != 11 {
		t.Errorf("%d frames in ten seconds, want the first and 10", frames)
	}
	s := over()
	s.At = began.Add(10*time.Second + 300*time.Millisecond)
	a = send(a, snapshotMsg(*s))
	if a.snap.At.Equal(s.At) {
		t.Error("the second snapshot of a second is shown")
	}
	if a = send(a, tea.FocusMsg{}); !a.snap.At.Equal(s.At) {
		t.Error("with the focus back the newest snapshot is not shown at once")
	}
	s.At = s.At.Add(time.Millisecond)
	if a = send(a, snapshotMsg(*s)); !a.snap.At.Equal(s.At) {
		t.Error("with the focus back not every snapshot is shown")
	}
}

func TestPausedStaysSoWhileAway(t *testing.T) {
	a := press(screen(calm, 80, 24), "p")
	s := over()
	s.At = now.Add(5 * time.Second)
	for _, msg := range []tea.Msg{tea.BlurMsg{}, snapshotMsg(*s), tea.FocusMsg{}} {
		if a = send(a, msg); !a.snap.At.Equal(now) {
			t.Errorf("after %T the held screen moves", msg)
		}
	}
}

// The first snapshot is shown wherever the focus is.
func TestAwayFromTheStart(t *testing.T) {
	a := send(New(nil, Options{}).sized(80, 24), tea.BlurMsg{})
	if a = send(a, snapshotMsg(*calm())); !a.live {
		t.Error("started without the focus, nothing is shown")
	}
	if a = send(New(nil, Options{}).sized(80, 24), tea.FocusMsg{}); a.live {
		t.Error("the focus makes a snapshot of nothing")
	}
}
