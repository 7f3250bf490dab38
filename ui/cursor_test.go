package ui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// readoutOf returns the words above the chart.
func readoutOf(a App) string {
	for line := range strings.SplitSeq(plainFrame(a), "\n") {
		if strings.Contains(line, "of 200") && strings.Contains(line, "│ 1") {
			return line
		}
	}
	return ""
}

// The arrows move the cursor of the chart that has the focus; it says when, how many,
// and what was rejected. It stays at its time, and esc removes it.
func TestChartCursor(t *testing.T) {
	a := press(screen(over, 120, 40), "enter")
	if readoutOf(a) != "" {
		t.Fatal("there is a cursor before a key")
	}
	a = press(a, "right")
	first := readoutOf(a)
	for _, want := range []string{"12:04:30 -1s", " of 200", "×", "rejected"} {
		if !strings.Contains(first, want) {
			t.Errorf("no %q in %q", want, first)
		}
	}
	if b := press(a, "right"); readoutOf(b) != first {
		t.Errorf("the cursor left the chart: %q", readoutOf(b))
	}
	left := press(a, "left", "left")
	if got := readoutOf(left); got == first || got == "" || strings.Contains(got, "12:04:30") {
		t.Errorf("left of it there is %q", got)
	}
	if got := press(left, "end"); readoutOf(got) != first {
		t.Errorf("end reads %q", readoutOf(got))
	}
	if got := press(left, "home"); !strings.Contains(plainFrame(got), "11:50:") || !strings.Contains(plainFrame(got), "not watched") {
		t.Errorf("home is not at the start:\n%s", plainFrame(got))
	}

	later := *over()
	later.At = now.Add(10 * time.Second)
	moved := send(a, snapshotMsg(later))
	if got := readoutOf(moved); !strings.Contains(got, "12:04:30 -11s") { // still chat's, although generate is worse now
		t.Errorf("ten seconds later it reads %q\n%s", got, plainFrame(moved))
	}
	gone := press(a, "esc")
	if readoutOf(gone) != "" || !gone.zoom {
		t.Error("esc did not remove the cursor first")
	}
}

// Elsewhere the arrows and home do what they did.
func TestArrowsWithoutAChart(t *testing.T) {
	a := press(screen(over, 120, 40), "left")
	if a.focus == endpointsPane || !a.cursor.IsZero() {
		t.Errorf("left in the list went to pane %d, cursor %v", a.focus, a.cursor)
	}
	a = press(screen(over, 120, 40), "3", "enter")
	if b := press(a, "right"); b.picked[ratePane] == a.picked[ratePane] || !b.cursor.IsZero() {
		t.Error("right in the details of an alert did not show the next one")
	}
	a = press(screen(over, 120, 40), "enter")
	if b := press(a, "n"); b.picked[endpointsPane].endpoint != "gliner" {
		t.Errorf("n in the details of chat shows %q", b.picked[endpointsPane].endpoint)
	}
	if b := press(a, "n", "N"); b.picked[endpointsPane].endpoint != "chat" {
		t.Errorf("N goes to %q", b.picked[endpointsPane].endpoint)
	}
}

// In a replay the arrows seek, but in the details they move the cursor.
func TestChartCursorInAReplay(t *testing.T) {
	p := &deck{}
	a := New(nil, Options{Player: p})
	a = send(send(a, tea.WindowSizeMsg{Width: 120, Height: 40}), snapshotMsg(*over()))
	a = press(a, "enter", "left")
	if a.cursor.IsZero() || p.told != "" {
		t.Errorf("left in the details: cursor at %v, the player got %q", a.cursor, p.told)
	}
}

// A click puts the cursor where it is, and focuses the chart.
func TestChartCursorByMouse(t *testing.T) {
	a := screen(over, 120, 40)
	g := a.frame().chart
	m, _ := a.Update(tea.MouseClickMsg{X: g.at.x + g.at.w - 1, Y: g.at.y + 1, Button: tea.MouseLeft})
	if got := m.(App); got.focus != detailPane || readoutOf(got) == "" || !strings.Contains(readoutOf(got), "12:04:30") {
		t.Errorf("a click on the newest cell reads %q", readoutOf(got))
	}
	m, _ = a.Update(tea.MouseClickMsg{X: g.at.x, Y: g.at.y + 1, Button: tea.MouseLeft})
	if got := plainFrame(m.(App)); !strings.Contains(got, "11:50:") || !strings.Contains(got, "not watched") {
		t.Errorf("a click on the oldest cell reads\n%s", got)
	}
}
