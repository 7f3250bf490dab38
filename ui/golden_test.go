package ui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"quotatop/model"
	"quotatop/theme"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: run the tests with -update once", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s differs from what is drawn (-want +got):\n%s", file, diff)
	}
}

// screen is the App of a state at a size.
func screen(snap func() *model.Snapshot, w, h int) App {
	a := New(nil, Options{Label: "DEMO", PollNow: func() string { return "" }})
	a = send(a, tea.WindowSizeMsg{Width: w, Height: h})
	if s := snap(); s != nil {
		a = send(a, snapshotMsg(*s))
	}
	return a
}

// send gives a message to the App. A snapshot gets the walls that follow from it.
func send(a App, msg tea.Msg) App {
	if s, ok := msg.(snapshotMsg); ok {
		msg = snapshotMsg(walled(model.Snapshot(s)))
	}
	m, _ := a.Update(msg)
	return m.(App)
}

// walled returns a snapshot with the walls that follow from it.
func walled(s model.Snapshot) model.Snapshot {
	s.Walls = model.WallsOf(&s)
	return s
}

func state(t testing.TB, name string) func() *model.Snapshot {
	t.Helper()
	for _, s := range states {
		if s.name == name {
			return s.snap
		}
	}
	t.Fatalf("no state %q", name)
	return nil
}

var goldenSizes = [][2]int{{20, 3}, {40, 10}, {60, 15}, {80, 24}, {100, 30}, {120, 40}, {200, 60}}

func TestGoldenFrames(t *testing.T) {
	for _, s := range states {
		for _, size := range goldenSizes {
			name := fmt.Sprintf("%s-%dx%d.golden", s.name, size[0], size[1])
			t.Run(name, func(t *testing.T) {
				a := screen(s.snap, size[0], size[1])
				golden(t, name, a.frame().text(nil)+"\n")
			})
		}
	}
}

func TestGoldenASCII(t *testing.T) {
	golden(t, "ascii-fleet-80x24.golden", plainFrame(press(plainScreen(fleetOf12, 80, 24), "f"))+"\n")
	for _, size := range goldenSizes {
		name := fmt.Sprintf("ascii-%dx%d.golden", size[0], size[1])
		t.Run(name, func(t *testing.T) {
			golden(t, name, plainFrame(plainScreen(over, size[0], size[1]))+"\n")
		})
	}
}

// Without colours a frame has the same text: nothing is shown by colour alone.
func TestFramesWithoutColours(t *testing.T) {
	for i, size := range append(goldenSizes, [2]int{120, 40}) {
		a := screen(over, size[0], size[1])
		if i == len(goldenSizes) {
			a = screen(fleetOf12, size[0], size[1])
		}
		plain := plainFrame(a)
		for profile, msg := range map[colorprofile.Profile]string{colorprofile.NoTTY: "no terminal", colorprofile.ASCII: "NO_COLOR"} {
			var b strings.Builder
			w := colorprofile.Writer{Forward: &b, Profile: profile}
			if _, err := w.WriteString(send(a, tea.ColorProfileMsg{Profile: profile}).View().Content); err != nil {
				t.Fatal(err)
			}
			if got := ansi.Strip(b.String()); got != plain {
				t.Errorf("%s, %v: the text differs from that with colours:\n%s", msg, size, got)
			}
			if profile == colorprofile.NoTTY && b.String() != plain {
				t.Errorf("%s, %v: there are escape sequences: %q", msg, size, b.String())
			}
			if m := regexp.MustCompile("\x1b\\[[0-9;:]*(3[0-8]|9[0-7]|4[0-8])[0-9;:]*m").FindString(b.String()); m != "" {
				t.Errorf("%s, %v: there is a colour: %q", msg, size, m)
			}
		}
	}
}

func TestGoldenViews(t *testing.T) {
	for _, v := range []struct{ name, state, keys string }{
		{"help-40x12", "over", "?"},
		{"help-80x24", "over", "?"},
		{"help-end-80x24", "over", "? G"},
		{"help-120x40", "over", "?"},
		{"detail-40x12", "over", "enter"},
		{"detail-80x24", "busy", "enter"},
		{"detail-120x40", "busy", "enter w"},
		{"detail-hour-100x30", "busy", "g j enter w"},
		{"detail-hour-60x40", "over", "g j enter"},
		{"detail-200x60", "busy", "enter"},
		{"cursor-120x40", "over", "enter left left left"},
		{"detail-60x30", "over", "enter"},
		{"detail-models-60x40", "busy", "enter"},
		{"detail-gliner-100x30", "busy", "down enter w w"},
		{"detail-alert-80x24", "cap", "4 down enter"},
		{"filter-80x24", "alerts", "3 / t r a i n"},
		{"filter-endpoints-80x24", "over", "/ c h a t enter"},
		{"cleared-80x24", "over", "3 c"},
		{"column-40x40", "over", ""},
		{"tall-80x40", "over", "3"},
		{"endpoints-120x40", "over", "z"},
		{"palette-20x3", "over", ": z o"},
		{"palette-80x24", "over", ": s o down"},
		{"palette-40x12", "over", ":"},
		{"palette-120x40", "over", ": down"},
		{"paused-120x40", "busy", "p"},
		{"fleet-80x24", "fleet12", "f"},
		{"fleet-120x40", "fleet12", "f f"},
		{"fleet-end-80x24", "fleet1000", "f G"},
		{"fleet-filter-120x40", "fleet1000", "f / 9 9 9 enter"},
		{"fleet-40x12", "fleet12", "f"},
		{"generator-80x24", "fleet12", "f j enter"},
		{"generator-120x40", "fleet12", "f"},
		{"generator-alert-80x24", "fleet12", "3 enter"},
		{"egress-100x30", "fleet12", "g enter"},
	} {
		t.Run(v.name, func(t *testing.T) {
			var w, h int
			if _, err := fmt.Sscanf(v.name[strings.LastIndex(v.name, "-")+1:], "%dx%d", &w, &h); err != nil {
				t.Fatal(err)
			}
			a := press(screen(state(t, v.state), w, h), strings.Fields(v.keys)...)
			golden(t, v.name+".golden", a.frame().text(nil)+"\n")
		})
	}
}

func TestGoldenColours(t *testing.T) {
	for _, th := range theme.BuiltIn() {
		t.Run(th.Name, func(t *testing.T) {
			a := New(nil, Options{Label: "DEMO", Theme: th.Name})
			a = send(send(a, tea.WindowSizeMsg{Width: 120, Height: 40}), snapshotMsg(*over()))
			golden(t, "over-120x40-"+th.Name+".golden", a.View().Content+"\n")
		})
	}
	t.Run("basic", func(t *testing.T) {
		a := send(screen(over, 80, 24), tea.ColorProfileMsg{Profile: colorprofile.ANSI})
		golden(t, "over-80x24-basic.golden", a.View().Content+"\n")
	})
}

func TestSummary(t *testing.T) {
	for _, s := range states {
		if s.snap() == nil {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			got := Summary(walled(*s.snap()))
			if i := strings.IndexFunc(got, func(r rune) bool { return r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 }); i >= 0 {
				t.Errorf("Summary has a control character at %d: %q", i, got[max(i-20, 0):i+1])
			}
			golden(t, "summary-"+s.name+".golden", got)
		})
	}
}
