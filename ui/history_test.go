package ui

import (
	"strings"
	"testing"
	"time"

	"quotatop/model"

	tea "charm.land/bubbletea/v2"
)

// strips returns the endpoints of the history pane and the line of each.
func strips(a App) (names []string, lines []int) {
	in := false
	for y, line := range strings.Split(plainFrame(a), "\n") {
		switch {
		case strings.HasPrefix(line, "╭ History"):
			in = true
		case strings.HasPrefix(line, "╰"):
			in = false
		case in && !strings.HasPrefix(line, "│  "):
			names, lines = append(names, strings.Fields(line)[1]), append(lines, y)
		}
	}
	return names, lines
}

// Large screens have the history of every endpoint, smaller ones of those that bite
// first, both in the order of the table.
func TestHistory(t *testing.T) {
	for size, want := range map[[2]int]string{
		{200, 60}: "all inference chat gliner generate training other",
		{120, 40}: "all chat generate",
	} {
		if got, _ := strips(screen(over, size[0], size[1])); strings.Join(got, " ") != want {
			t.Errorf("%v shows the history of %v, want %s", size, got, want)
		}
	}
	frame := plainFrame(screen(over, 200, 60))
	for _, want := range []string{"198/200 │", "max 227 │", "≈4,310/15,000 │", "23/min │"} {
		if !strings.Contains(frame, want) {
			t.Errorf("no %q in\n%s", want, frame)
		}
	}
}

// The endpoints of the history do not change with the figures of each second, only
// when another one bites sooner.
func TestHistoryDoesNotHop(t *testing.T) {
	a := screen(calm, 120, 40)
	was, _ := strips(a)
	s := *calm()
	for i := range 6 {
		s.At = s.At.Add(time.Second)
		s.Endpoints = calm().Endpoints
		for j, n := range []int{212, 280 + 40*(i%2), 45 + 8*(i%2), 3700 + 100*(i%2), 29 + 2*(i%2), i % 2} {
			s.Endpoints[j].Limits[0].Used = model.Some(n)
		}
		a = send(a, snapshotMsg(s))
		if got, _ := strips(a); i > 0 && strings.Join(got, " ") != strings.Join(was, " ") {
			t.Errorf("after %d s it shows %v instead of %v", i+1, got, was)
		}
		was, _ = strips(a)
	}
	s.At = s.At.Add(time.Second)
	s.Endpoints = calm().Endpoints
	s.Endpoints[5].Limits[0].Used = model.Some(19)
	if got, _ := strips(send(a, snapshotMsg(s))); !strings.Contains(strings.Join(got, " "), "training") {
		t.Errorf("training at its limit is not among %v", got)
	}
}

// A click on a strip selects its endpoint.
func TestHistoryClick(t *testing.T) {
	a := screen(over, 120, 40)
	names, lines := strips(a)
	m, _ := a.Update(tea.MouseClickMsg{X: 30, Y: lines[2], Button: tea.MouseLeft})
	if got := m.(App).picked[endpointsPane].endpoint; got != names[2] {
		t.Errorf("a click on %s selected %q", names[2], got)
	}
}
