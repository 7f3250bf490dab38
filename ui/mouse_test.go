package ui

import (
	"math/rand/v2"
	"strings"
	"testing"

	"quotatop/ui/words"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// place is where a text stands on the screen.
func place(t *testing.T, a App, text string) tea.Mouse {
	t.Helper()
	for y, line := range strings.Split(plainFrame(a), "\n") {
		if before, _, ok := strings.Cut(line, text); ok {
			return tea.Mouse{X: ansi.StringWidth(before), Y: y, Button: tea.MouseLeft}
		}
	}
	t.Fatalf("%q is not on the screen:\n%s", text, plainFrame(a))
	return tea.Mouse{}
}

func click(t *testing.T, a App, text string) App {
	t.Helper()
	return send(a, tea.MouseClickMsg(place(t, a, text)))
}

func wheel(t *testing.T, a App, text string, button tea.MouseButton, times int) App {
	t.Helper()
	for range times {
		m := place(t, a, text)
		m.Button = button
		a = send(a, tea.MouseWheelMsg(m))
	}
	return a
}

func TestClickSelectsAndOpens(t *testing.T) {
	for _, size := range [][2]int{{120, 40}, {80, 24}, {40, 40}} {
		a := click(t, screen(over, size[0], size[1]), "inference")
		if got := a.pickedEndpoint(); a.focus != endpointsPane || got.endpoint != "inference" {
			t.Errorf("%v: a click on inference is on %v of pane %d", size, got, a.focus+1)
		}
		a = click(t, a, "44×")
		if got := a.detailTitle()[0]; a.focus != ratePane || got != "Detail: generate" {
			t.Errorf("%v: a click on the alert of generate is on %q of pane %d", size, got, a.focus+1)
		}
		if a = click(t, a, "44×"); a.focus != detailPane || !a.zoom {
			t.Errorf("%v: the second click opens no detail", size)
		}
	}
	a := screen(over, 80, 24)
	if a = click(t, a, "/120"); a.zoom {
		t.Error("the first click of all opens the row that the cursor was on by itself")
	}
	if a = click(t, a, "$18.73"); a.focus != capPane {
		t.Errorf("a click into the cap's pane gives the focus to pane %d", a.focus+1)
	}
	a = click(t, press(screen(over, 40, 12), "s"), "denied")
	if a.focus != ratePane || !a.zoom {
		t.Errorf("a click on the line of the denials: pane %d, zoom %t", a.focus+1, a.zoom)
	}
}

// The lines are those of the screen, whatever is sorted, filtered or scrolled.
func TestClickMeansWhatIsShown(t *testing.T) {
	a := press(screen(over, 80, 24), "s")
	if a = click(t, a, "1/20"); a.pickedEndpoint().endpoint != "training" {
		t.Errorf("sorted: the click is on %v", a.pickedEndpoint())
	}
	a = press(screen(over, 80, 24), "/", "g", "e", "n")
	if a = click(t, a, "131/120"); a.pickedEndpoint().endpoint != "generate" || a.typing {
		t.Errorf("filtered: the click is on %v, typing %t", a.pickedEndpoint(), a.typing)
	}
	a = press(screen(manyAlerts, 80, 24), "3", "G")
	if a = click(t, a, words.Short(manyAlerts().Denials[22].Count)+"×"); a.picked[ratePane] != itemOf(&a.snap.Denials[22]) {
		t.Errorf("scrolled: the click is on %v", a.picked[ratePane])
	}
}

func TestClickOnTheFooterAndThePalette(t *testing.T) {
	a := screen(over, 120, 40)
	if !click(t, a, "zoom").zoom || !click(t, a, "? help").help || !click(t, a, "p pause").paused {
		t.Error("a hint of the footer does nothing")
	}
	if m, cmd := a.Update(tea.MouseClickMsg(place(t, a, "quit"))); cmd == nil || cmd() != (tea.QuitMsg{}) {
		t.Errorf("a click on quit gives %T", m)
	}
	b := press(a, ":", "t", "h", "l", "i")
	if b = click(t, b, "theme light"); b.asking || b.opts.Themes[b.theme].Name != "light" {
		t.Error("a click on a command does not do it")
	}
	if b = click(t, press(a, ":"), "billing"); b.asking {
		t.Error("a click beside the palette does not close it")
	}
	right := place(t, a, "zoom")
	right.Button = tea.MouseRight
	if send(a, tea.MouseClickMsg(right)).zoom {
		t.Error("the right button does what the left one should")
	}
}

func TestWheel(t *testing.T) {
	a := screen(manyAlerts, 120, 40)
	a = wheel(t, a, "4 Cap and billing", tea.MouseWheelDown, 30)
	if got := chosen(a.items(billingPane), a.picked[billingPane]); a.focus != billingPane || got != 11 {
		t.Errorf("the wheel over the alerts: pane %d, row %d; want the last row", a.focus+1, got)
	}
	a = wheel(t, a, "4 Cap and billing", tea.MouseWheelUp, 2)
	if got := chosen(a.items(billingPane), a.picked[billingPane]); got != 9 {
		t.Errorf("two rows up is row %d", got)
	}
	a = press(screen(busy, 40, 12), "g", "j", "j", "j", "enter")
	if a = wheel(t, a, "Detail", tea.MouseWheelDown, 1); a.scroll == 0 {
		t.Error("the wheel does not scroll the detail")
	}
	a = press(screen(busy, 40, 12), "?")
	if a = wheel(t, a, "Keys", tea.MouseWheelDown, 1); a.scroll != textStep {
		t.Errorf("the wheel scrolls the help by %d", a.scroll)
	}
	if a = wheel(t, press(a, "?", ":"), "Commands", tea.MouseWheelDown, 2); a.choice != 2 {
		t.Errorf("the wheel goes to command %d", a.choice)
	}
	if a = wheel(t, screen(over, 120, 40), "2 Daily cap", tea.MouseWheelDown, 1); a.focus != capPane {
		t.Error("the wheel over the cap goes elsewhere")
	}
}

// The mouse may be anywhere, at any size, in any state.
func TestMouseStorm(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	a := New(nil, Options{})
	for i := range 600 {
		if i%20 == 0 {
			s := states[1+random.IntN(len(states)-1)].snap()
			a = send(a.sized(1+random.IntN(130), 1+random.IntN(45)), snapshotMsg(*s))
		}
		m := tea.Mouse{X: random.IntN(140) - 5, Y: random.IntN(50) - 2, Button: []tea.MouseButton{tea.MouseLeft, tea.MouseWheelUp, tea.MouseWheelDown, tea.MouseRight}[random.IntN(4)]}
		a = send(a, tea.MouseClickMsg(m))
		a = send(a, tea.MouseWheelMsg(m))
		a = send(a, tea.MouseMotionMsg(m))
		if i%7 == 0 {
			a = press(a, []string{":", "/", "?", "z", "s", "esc"}[random.IntN(6)])
		}
		checkFrame(t, "storm", plainFrame(a), a.w, a.h)
	}
}
