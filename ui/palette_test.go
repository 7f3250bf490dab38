package ui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

func TestPaletteDoesWhatIsChosen(t *testing.T) {
	start := screen(over, 80, 24)
	for _, c := range []struct {
		keys string
		done func(a App) bool
	}{
		{": z o o m enter", func(a App) bool { return a.zoom }},
		{": t h l i g enter", func(a App) bool { return a.opts.Themes[a.theme].Name == "light" && a.byUser }},
		{": s o r t space r a t e enter", func(a App) bool { return a.sorted == byRate }},
		{": p a n e space b enter", func(a App) bool { return a.focus == billingPane }},
		{": p a u s e enter", func(a App) bool { return a.paused }},
		{": h e l p enter", func(a App) bool { return a.help }},
		{": f i l t enter c", func(a App) bool { return a.typing && *a.filter(endpointsPane) == "c" }},
		{": down down up enter", func(a App) bool { return a.zoom && a.focus == detailPane }}, // open
		{": z esc", func(a App) bool { return !a.zoom }},
		{": z ctrl+u p a u backspace backspace backspace backspace z enter", func(a App) bool { return a.zoom }},
		{": backspace z", func(a App) bool { return a.zoom }}, // closed by backspace in the empty line
	} {
		a := press(start, strings.Fields(c.keys)...)
		if !c.done(a) || a.asking {
			t.Errorf("keys %q: not done, or the palette is still open:\n%s", c.keys, plainFrame(a))
		}
	}
}

// The first of the commands is the one that the typed text most likely means.
func TestPaletteRanks(t *testing.T) {
	a := screen(over, 80, 24)
	for typed, want := range map[string]string{
		"": "pause", "q": "quit", "p": "pause", "po": "poll", "so": "sort", "rate": "pane rate", "th": "theme dark", "dark": "theme dark",
		"nt": "next-theme", "pd": "pane detail", "json": "copy", "SORT PR": "sort pressure", "half a page down": "page-down",
	} {
		a.asked = typed
		hits := a.hits()
		if len(hits) == 0 || hits[0].text != want {
			t.Errorf("%q: %v, want %s first", typed, hits, want)
		}
	}
}

// Every command can be reached with the cursor alone, and is on screen then.
func TestPaletteReachesAll(t *testing.T) {
	for _, size := range [][2]int{{120, 40}, {80, 24}, {40, 12}} {
		a := press(screen(over, size[0], size[1]), ":")
		for i, c := range a.commands() {
			if a.choice != i || !strings.Contains(plainFrame(a), "▸ "+c.text) {
				t.Fatalf("%v: after %d steps down %s is not chosen:\n%s", size, i, c.text, plainFrame(a))
			}
			a = press(a, "down")
		}
	}
}

// The palette offers no more than what can be done here and now.
func TestPaletteIsForHereAndNow(t *testing.T) {
	has := func(a App, text string) bool {
		for _, c := range a.commands() {
			if c.text == text {
				return true
			}
		}
		return false
	}
	a := screen(calm, 80, 24)
	if has(a, "clear") || has(a, "back") || !has(a, "open") {
		t.Error("with no alerts and nothing to leave it offers clear or back, or not to open the row")
	}
	if a := screen(over, 80, 24); !has(a, "clear") {
		t.Error("with alerts it does not offer to clear them")
	}
	if a := New(nil, Options{}).sized(80, 24); has(a, "poll") {
		t.Error("without PollNow it offers to poll")
	}
	// Every action can be found by its name.
	for _, act := range keymap() {
		if act.when == nil && act.name != panesAction && act.name != paletteAction && !has(a, act.name) {
			t.Errorf("it lacks %s", act.name)
		}
	}
}

func TestPaletteWithNothingFound(t *testing.T) {
	a := press(screen(over, 80, 24), ":", "q", "q", "q", "down", "enter")
	if !a.asking || !strings.Contains(plainFrame(a), "no matching command") {
		t.Errorf("after enter on nothing:\n%s", plainFrame(a))
	}
	if a = send(a, tea.PasteMsg{Content: "\x1b]0;x"}); a.asked != "qqq]0;x" {
		t.Errorf("pasted: %q", a.asked)
	}
	if _, cmd := a.Update(pressed("ctrl+c")); cmd == nil {
		t.Error("ctrl+c does not quit from the palette")
	}
}
