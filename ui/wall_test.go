package ui

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"quotatop/model"
)

// bigText is a figure in big or huge characters, as it is on the screen.
func bigText(figure string, huge bool) []string {
	w, _ := bigWidth(figure)
	c := newCanvas(2*w, hugeHeight)
	if huge {
		c.all().huge(0, 0, 0, figure)
	} else {
		c.all().big(0, 0, 0, figure)
	}
	lines := strings.Split(c.text(nil), "\n")
	if !huge {
		lines = lines[:bigHeight]
	}
	return lines
}

// The largest thing on the screen is the time to the next wall, with a word for what it
// is; while all is calm, the reset.
func TestNextWallIsTheLargestThing(t *testing.T) {
	for _, size := range [][2]int{{62, 20}, {80, 24}, {100, 30}, {120, 40}, {200, 60}, {40, 40}} {
		for _, tt := range []struct {
			state         string
			title, figure string
		}{
			{"wall", "▲ chat: limit in ─", "14s"},
			{"busy", "▲ chat: limit in ─", "14s"},
			{"over", "■ chat: retry in ─", "00:07"},
			{"refused", "■ chat: retry in ─", "00:07"},
			{"cap", "■ cap resets in ─", "11:55:29"},
			{"calm", " cap resets in ─", "11:55:29"},
			{"stale", "◌ billing: no data for ─", "3m"},
			{"auth", "■ key: refused ─", ""},
		} {
			frame := plainFrame(screen(state(t, tt.state), size[0], size[1]))
			if !strings.Contains(frame, tt.title) {
				t.Errorf("%s, %v: no %q in\n%s", tt.state, size, tt.title, frame)
			}
			whole := func(huge bool) bool {
				for _, line := range bigText(tt.figure, huge) {
					if !strings.Contains(frame, line) {
						return false
					}
				}
				return true
			}
			if tt.figure != "" && !whole(false) && !whole(true) {
				t.Errorf("%s, %v: no big %s in\n%s", tt.state, size, tt.figure, frame)
			}
		}
	}
}

// Where there is no room for big figures, a line says it, and never the time alone.
func TestNextWallHasItsWord(t *testing.T) {
	word := regexp.MustCompile(`(limit|retry|resets|runs out) (in )?(14s|00:07)`)
	for _, name := range []string{"wall", "over", "refused"} {
		for w := 20; w <= 90; w += 3 {
			for h := 1; h <= 18; h++ {
				frame := plainFrame(screen(state(t, name), w, h))
				if !word.MatchString(frame) {
					t.Errorf("%s, %dx%d does not say when the next wall comes:\n%s", name, w, h, frame)
				}
			}
		}
	}
}

// During an outage the header names the source once.
func TestHeaderNamesALostSourceOnce(t *testing.T) {
	for _, name := range []string{"stale", "auth"} {
		s := state(t, name)()
		s.Denials = nil
		header, _, _ := strings.Cut(plainFrame(screen(func() *model.Snapshot { return s }, 160, 50)), "\n")
		if n := strings.Count(header, "billing"); n != 1 {
			t.Errorf("%s: the header names billing %d times: %s", name, n, header)
		}
	}
}

// What a refusal implies has its sign, its part of the gauge, and its words.
func TestInferredLimit(t *testing.T) {
	a := screen(refusedAtOnce, 120, 40)
	if frame := plainFrame(a); !strings.Contains(frame, "░│▒") || !strings.Contains(frame, "≈200/200 ≈100%") {
		t.Errorf("the row does not say that it is inferred:\n%s", frame)
	}
	frame := strings.Join(strings.Fields(plainFrame(press(a, "enter"))), " ")
	for _, want := range []string{"inferred refused at 148 here, so 52", "elsewhere or a lower limit", "peak ≥160", "61 calls, 1 rejected"} {
		if !strings.Contains(frame, want) {
			t.Errorf("the detail lacks %q:\n%s", want, frame)
		}
	}
}

// A pane has one age, and only what is older says so.
func TestOneAgeAPane(t *testing.T) {
	s := calm()
	for i := range s.Endpoints {
		for j := range s.Endpoints[i].Limits {
			s.Endpoints[i].Limits[j].AsOf = at(8 * time.Second)
		}
	}
	s.Endpoints[2].Limits[0].AsOf, s.Endpoints[3].Limits[0].AsOf = at(0), at(15*time.Second)
	s.Cap.AsOf = at(0)
	frame := plainFrame(screen(func() *model.Snapshot { return s }, 80, 24))
	if strings.Count(frame, "8s ago") != 1 || strings.Count(frame, "15s ago") != 1 || strings.Count(frame, " ago") != 2 {
		t.Errorf("not the pane's age and that of what is older:\n%s", frame)
	}
}

// Names lose their beginning, not what tells them apart.
func TestEnding(t *testing.T) {
	for _, tt := range []struct {
		name string
		n    int
		want string
	}{
		{"deepseek-ai/V4-Flash", 20, "deepseek-ai/V4-Flash"},
		{"deepseek-ai/V4-Flash", 12, "V4-Flash"},
		{"deepseek-ai/V4-Flash", 6, "…Flash"},
		{"credits inference", 10, "…inference"},
		{"model-20260617", 6, "…"},
		{"漢字漢字", 5, "…漢字"},
		{"a", 0, ""},
	} {
		if got := ending(tt.name, tt.n); got != tt.want {
			t.Errorf("ending(%q, %d) = %q, want %q", tt.name, tt.n, got, tt.want)
		}
	}
}

// Calls that were refused without a reason in the log are counted in their row.
func TestRefusedForNoKnownReason(t *testing.T) {
	s := calm()
	s.Endpoints[2].Rejected = model.Some(12)
	s.Denials = []model.DenialGroup{{Kind: model.KindUnknown, Endpoint: "chat", Status: 429, First: now.Add(-time.Minute), At: now.Add(-30 * time.Second), Count: 12, Source: model.SourceTail}}
	frame := plainFrame(screen(func() *model.Snapshot { return s }, 120, 40))
	for _, want := range []string{"+12 rejected", "reason not in the log"} {
		if !strings.Contains(frame, want) {
			t.Errorf("no %q in\n%s", want, frame)
		}
	}
}
