package ui

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"quotatop/model"

	tea "charm.land/bubbletea/v2"
)

// The key goes to the fleet, shows it on the whole screen where it has no place, and does
// nothing without a fleet.
func TestFleetKeys(t *testing.T) {
	for _, c := range []struct {
		state string
		size  [2]int
		keys  string
		want  paneID
		zoom  bool
	}{
		{"fleet12", [2]int{120, 40}, "f", fleetPane, false},
		{"fleet12", [2]int{120, 40}, "f f", fleetPane, true},
		{"fleet12", [2]int{120, 40}, "f f f", fleetPane, false},
		{"fleet12", [2]int{120, 40}, "shift+tab", fleetPane, false},
		{"fleet12", [2]int{120, 40}, "5 tab tab", endpointsPane, false},
		{"fleet12", [2]int{120, 40}, "l f", fleetPane, false},
		{"fleet12", [2]int{120, 40}, "f ? f", fleetPane, false},
		{"fleet12", [2]int{80, 24}, "f", fleetPane, true},
		{"fleet12", [2]int{80, 24}, "f f", endpointsPane, false},
		{"fleet12", [2]int{80, 24}, "f esc", endpointsPane, false},
		{"fleet12", [2]int{80, 24}, "f enter", detailPane, true},
		{"fleet12", [2]int{120, 40}, "f enter esc", fleetPane, false},
		{"fleet12", [2]int{20, 3}, "f", fleetPane, true},
		{"fleet12", [2]int{80, 24}, ": f l e e t enter", fleetPane, true},
		{"over", [2]int{120, 40}, "f", endpointsPane, false},
		{"over", [2]int{120, 40}, "shift+tab", detailPane, false},
	} {
		a := press(screen(state(t, c.state), c.size[0], c.size[1]), strings.Fields(c.keys)...)
		if a.focus != c.want || a.zoom != c.zoom {
			t.Errorf("%s, %v, keys %q: focus %d, zoom %t; want %d, %t", c.state, c.size, c.keys, a.focus, a.zoom, c.want, c.zoom)
		}
	}
	if frame := plainFrame(press(screen(over, 120, 40), "?")); strings.Contains(frame, "generators") {
		t.Errorf("without a fleet the help has its key:\n%s", frame)
	}
}

// order is the names of the generators as they stand on the screen.
func (a *App) names() (names []string) {
	for _, i := range a.generators() {
		names = append(names, a.snap.Fleet.Generators[i].Name)
	}
	return names
}

// Generators can be sorted and filtered like the other lists, and the cursor stays with
// its generator.
func TestFleetOrder(t *testing.T) {
	first := func(a App) string { return strings.Join(a.names()[:3], " ") }
	a := press(screen(fleetOf12, 120, 40), "f", "j")
	for _, step := range []struct{ keys, title, want string }{
		{"", "load-7 ·", "gen-5 gen-7 gen-3"},
		{"s", "by name ·", "gen-1 gen-2 gen-3"},
		{"S", "by name, reversed ·", "gen-12 gen-11 gen-10"},
		{"s", "by rate ·", "gen-7 gen-5 gen-3"},
		{"s", "load-7 ·", "gen-5 gen-7 gen-3"},
		{"S", "load-7, reversed ·", "gen-12 gen-11 gen-10"},
		{"S / h o s t enter", "/host · 10 hidden", ""},
	} {
		a = press(a, strings.Fields(step.keys)...)
		if step.want != "" && first(a) != step.want {
			t.Errorf("keys %q: %s, want %s", step.keys, first(a), step.want)
		}
		if frame := plainFrame(a); !strings.Contains(frame, step.title) {
			t.Errorf("keys %q: no %q in\n%s", step.keys, step.title, frame)
		}
	}
	if got := a.names(); !slices.Equal(got, []string{"gen-3", "gen-8"}) {
		t.Errorf("filtered by egress: %v", got)
	}
	if a = press(a, "esc"); a.generator().Name != "gen-7" {
		t.Errorf("the cursor is on %s, want it back on gen-7", a.generator().Name)
	}
}

// Rows do not change places by the second.
func TestFleetStands(t *testing.T) {
	a := screen(fleetOf12, 120, 40)
	s := fleetOf12()
	slices.Reverse(s.Fleet.Generators)
	s.At = now.Add(time.Second)
	s.Fleet.Generators = append([]model.Generator{{Name: "new", State: model.GeneratorLive, HeardAt: s.At}}, s.Fleet.Generators...)
	if a = send(a, snapshotMsg(*s)); a.names()[0] != "gen-5" || a.names()[12] != "new" {
		t.Errorf("a second later the order is %v", a.names())
	}
	s.Fleet.Generators[1].State = model.GeneratorSilent
	s.Fleet.Generators[0], s.Fleet.Generators[1] = s.Fleet.Generators[1], s.Fleet.Generators[0]
	if a = send(a, snapshotMsg(*s)); a.names()[0] != "gen-12" {
		t.Errorf("one more that is silent is not the first: %v", a.names())
	}
	s = fleetOf12()
	slices.Reverse(s.Fleet.Generators)
	s.Fleet.Generators = append([]model.Generator{{Name: "new", State: model.GeneratorLive, HeardAt: s.At}}, s.Fleet.Generators...)
	s.At = now.Add(standFor + time.Second)
	if a = send(a, snapshotMsg(*s)); a.names()[0] != "new" || a.names()[1] != "gen-12" {
		t.Errorf("%s later the order is %v", standFor, a.names())
	}
}

func TestByNumber(t *testing.T) {
	names := strings.Fields("gen-10 Gen-2 gen-02 gen-1 a gen 7 gen-1x")
	slices.SortStableFunc(names, byNumber)
	if got := strings.Join(names, " "); got != "7 a gen gen-1 Gen-2 gen-02 gen-10 gen-1x" {
		t.Error(got)
	}
}

// A click selects a generator, the next one opens it; one on a title sorts by it.
func TestFleetMouse(t *testing.T) {
	a := screen(fleetOf12, 120, 40)
	at := func(text string) tea.MouseClickMsg {
		for y, line := range strings.Split(plainFrame(a), "\n") {
			if x := strings.Index(line, text); x >= 0 && y > 11 {
				return tea.MouseClickMsg{X: width(line[:x]), Y: y, Button: tea.MouseLeft}
			}
		}
		t.Fatalf("no %q on screen", text)
		return tea.MouseClickMsg{}
	}
	if a = send(a, at("gen-4 ")); a.focus != fleetPane || a.generator().Name != "gen-4" {
		t.Errorf("a click gives pane %d, generator %v", a.focus, a.generator())
	}
	if opened := send(a, at("gen-4 ")); opened.focus != detailPane || opened.detailTitle()[0] != "Detail: gen-4" {
		t.Errorf("the second click gives pane %d, %q", opened.focus, opened.detailTitle()[0])
	}
	if a = send(a, at("name ")); a.fleet.sorted != byName || a.names()[0] != "gen-1" {
		t.Errorf("a click on the title gives %v", a.names())
	}
	if a = send(a, at("name▴")); !a.fleet.reversed {
		t.Error("the second click does not reverse")
	}
}

// Time travel may go to before the fleet: nothing of it is left, and nothing breaks.
func TestFleetGone(t *testing.T) {
	for _, keys := range []string{"f", "f f", "f enter", "f / x enter"} {
		a := press(screen(fleetOf12, 120, 40), strings.Fields(keys)...)
		a = send(a, snapshotMsg(*over()))
		if frame := plainFrame(a); strings.Contains(frame, "gen-") || strings.Contains(frame, "lower bounds") {
			t.Errorf("keys %q: the fleet is still shown:\n%s", keys, frame)
		}
		a = press(a, "j", "s", "S", "y", "enter", "esc", "esc", "tab")
		checkFrame(t, keys, plainFrame(a), 120, 40)
	}
}

// A frame costs as much as its rows do, not as its generators.
func TestFleetFrameCost(t *testing.T) {
	cost := func(snap func() *model.Snapshot) float64 {
		a := screen(snap, 120, 40)
		return testing.AllocsPerRun(20, func() { a.View() })
	}
	few := cost(func() *model.Snapshot { return fleetOf(busy(), 12) })
	if alone, many := cost(busy), cost(fleetOf1000); many > few+20 || many > alone+60 {
		t.Errorf("%g allocations a frame without a fleet, %g with 12 generators, %g with 1,000", alone, few, many)
	}
}

// At every size something says that a generator is silent, or that figures are lower
// bounds; with room, in words.
func TestSilenceIsSaid(t *testing.T) {
	for w := 20; w <= 200; w += 14 {
		for h := 3; h <= 60; h += 5 {
			frame := plainFrame(screen(fleetOf12, w, h))
			if !strings.Contains(frame, "≥") && !strings.Contains(frame, "◌") && h > 3 {
				t.Errorf("%dx%d:\n%s", w, h, frame)
			}
			if w >= 62 && h >= 18 && !strings.Contains(frame, "silent: figures are lower bounds") && !strings.Contains(frame, "dropped: figures are lower bounds") {
				t.Errorf("%dx%d does not say that figures are lower bounds:\n%s", w, h, frame)
			}
		}
	}
	s := fleetOf12()
	for i := range s.Endpoints {
		for j := range s.Endpoints[i].Limits {
			s.Endpoints[i].Limits[j].LowerBound = false
		}
	}
	if frame := plainFrame(screen(func() *model.Snapshot { return s }, 120, 40)); strings.Contains(frame, "lower bound") || !strings.Contains(frame, "1 of 12 generators is silent") {
		t.Errorf("no gauge is a lower bound:\n%s", frame)
	}
}

// The limits by client IP name the fullest address, and the detail how many are near.
func TestEgressIsNamed(t *testing.T) {
	for size, want := range map[[2]int][]string{
		{200, 60}: {"limit in 55s on nat-1, 1 of 4 near", "≤2,690 left on nat-1"},
		{120, 40}: {"limit in 55s"},
	} {
		for _, text := range want {
			if frame := plainFrame(screen(fleetOf12, size[0], size[1])); !strings.Contains(frame, text) {
				t.Errorf("%v: no %q in\n%s", size, text, frame)
			}
		}
	}
	if frame := plainFrame(press(screen(fleetOf12, 120, 40), "g", "enter")); !strings.Contains(frame, "nat-1  the fullest; 1 of 4 near") {
		t.Errorf("the detail does not name the address:\n%s", frame)
	}
}

// Denials name the generators that are to blame.
func TestDenialsNameGenerators(t *testing.T) {
	a := press(screen(fleetOf12, 120, 40), "3")
	for _, want := range []string{"gen-7 ignores Retry-After: 11 early", "gen-2 and 1 more  Rate limit exceeded"} {
		if frame := plainFrame(a); !strings.Contains(frame, want) {
			t.Errorf("no %q in\n%s", want, frame)
		}
	}
	if frame := plainFrame(press(a, "enter")); !strings.Contains(frame, "26×  gen-7  11 early") {
		t.Errorf("the detail does not name the generator:\n%s", frame)
	}
	filtered := press(a, "/", "g", "e", "n", "-", "9")
	if got := len(filtered.alerts(ratePane)); got != 1 {
		t.Errorf("%d groups of gen-9, want 1", got)
	}
	g := fleetOf12().Denials[0]
	g.Generators = nil
	for i := range 12 {
		g.Generators = append(g.Generators, model.GeneratorDenials{Name: fmt.Sprint("gen-", i), Count: 9, Early: 1})
	}
	g.Early = 12
	if got := message(&g); got != "gen-0 and 11 more ignore Retry-After: 12 early" {
		t.Error(got)
	}
	if facts := generatorDenials(&g); len(facts) != mostGenerators+1 || facts[mostGenerators].value != "+4 more" {
		t.Errorf("facts %v", facts)
	}
	g.Kind = model.KindCap
	g.Endpoints = []model.EndpointCount{{ID: "chat", Count: 26}}
	if got := message(&g); got != "gen-0 and 11 more send after the cap: 12 calls  chat 26×" {
		t.Error(got)
	}
}

// What a recording or a broker brings cannot break the screen.
func TestHostileFleet(t *testing.T) {
	s := fleetOf12()
	s.Fleet.Run = nasty
	for i := range s.Fleet.Generators {
		g := &s.Fleet.Generators[i]
		g.Name, g.Egress, g.Worst, g.Version, g.State = fmt.Sprint(nasty, i), nasty, nasty, nasty, model.GeneratorState(nasty)
		g.Calls, g.Rejected, g.Early, g.Missing, g.Dropped, g.Boots = math.MaxInt32, math.MaxInt32, math.MaxInt32, math.MaxInt32, math.MaxInt32, math.MaxInt32
		g.ClockOffsetMS, g.ClockErrorMS, g.HeardAt, g.To = math.MinInt32, math.MaxInt32, time.Time{}, now.Add(99*time.Hour)
		g.Endpoints = []model.GeneratorCalls{{ID: nasty, Calls: math.MaxInt32, Rejected: math.MaxInt32}}
	}
	for i := range s.Denials {
		s.Denials[i].Generators[0].Name = nasty
	}
	s.Endpoints[0].Limits[0].Egress = nasty
	for _, size := range [][2]int{{1, 1}, {20, 3}, {24, 6}, {40, 12}, {62, 20}, {80, 24}, {120, 40}, {200, 60}} {
		for _, keys := range []string{"", "f", "f f", "f j enter", "f enter G", "f s s", "f / 3", "3 enter", "g enter"} {
			a := press(screen(func() *model.Snapshot { return s }, size[0], size[1]), strings.Fields(keys)...)
			checkFrame(t, "hostile fleet, keys "+keys, plainFrame(a), size[0], size[1])
		}
	}
	if text := Summary(walled(*s)); strings.ContainsAny(text, "\x1b\x07\u202e") {
		t.Errorf("the summary has control characters: %q", text)
	}
}
