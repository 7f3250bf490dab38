package ui

import (
	"strings"
	"testing"
	"time"
)

// A deck is a Player that records its calls.
type deck struct {
	told   string
	denied bool // there is a denial to go to
	now    Replay
}

func (d *deck) Toggle()                 { d.told += "toggle " }
func (d *deck) SeekBy(by time.Duration) { d.told += by.String() + " " }
func (d *deck) SeekTo(t time.Time)      { d.told += t.Format("15:04:05 ") }
func (d *deck) NextDenial() bool        { d.told += "next "; return d.denied }
func (d *deck) PrevDenial() bool        { d.told += "previous "; return d.denied }
func (d *deck) SetSpeed(x float64)      { d.told += "speed "; d.now.Speed = x }
func (d *deck) Status() Replay          { return d.now }

func TestReplayKeys(t *testing.T) {
	d := &deck{now: Replay{Speed: 10}}
	a := send(New(nil, Options{Player: d, PollNow: func() string { t.Error("a recording was polled"); return "" }}).sized(120, 40), snapshotMsg(*over()))
	for _, key := range []string{"space", "p", "left", "right", "shift+left", "shift+right", "]", "[", "+", "-", "r"} {
		a = press(a, key)
	}
	if want := "toggle toggle -10s 10s -1m0s 1m0s next previous speed speed "; d.told != want {
		t.Errorf("the player was told %q, want %q", d.told, want)
	}
	if a.paused {
		t.Error("the screen itself is held")
	}
	if frame := plainFrame(press(a, "]")); !strings.Contains(frame, "no later denial") {
		t.Errorf("nothing says that there are no more denials:\n%s", frame)
	}
	d.denied = true
	if frame := plainFrame(press(a, "[")); strings.Contains(frame, "no earlier denial") {
		t.Errorf("a denial was not found:\n%s", frame)
	}
	if a = press(a, "tab"); a.focus == endpointsPane {
		t.Error("tab does not go to the next pane")
	}
}

// The past is never shown as the present.
func TestReplayIsSaid(t *testing.T) {
	from := over().At
	for want, r := range map[string]Replay{
		"REPLAY 10x 25%":        {Speed: 10, From: from, To: from.Add(time.Hour), At: from.Add(15 * time.Minute)},
		"REPLAY paused 10x 25%": {Speed: 10, From: from, To: from.Add(time.Hour), At: from.Add(15 * time.Minute), Paused: true},
		"REPLAY ended 10x":      {Speed: 10, From: from, To: from.Add(time.Hour), At: from.Add(time.Hour), Ended: true},
	} {
		for _, size := range [][2]int{{20, 3}, {40, 12}, {80, 24}, {120, 40}} {
			a := send(New(nil, Options{Player: &deck{now: r}}).sized(size[0], size[1]), snapshotMsg(*over()))
			if frame := plainFrame(a); !strings.Contains(frame, "REPLAY") || size[0] >= 80 && !strings.Contains(frame, want) {
				t.Errorf("%dx%d does not say %q:\n%s", size[0], size[1], want, frame)
			}
		}
	}
}
