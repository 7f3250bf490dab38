package ui

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"quotatop/model"

	tea "charm.land/bubbletea/v2"
)

// pressed is the message of a key as tea.Key names it.
func pressed(name string) tea.KeyPressMsg {
	special := map[string]tea.Key{
		"tab": {Code: tea.KeyTab}, "shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift},
		"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "backspace": {Code: tea.KeyBackspace},
		"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
		"home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd}, "space": {Code: tea.KeySpace, Text: " "},
		"ctrl+c": {Code: 'c', Mod: tea.ModCtrl}, "ctrl+z": {Code: 'z', Mod: tea.ModCtrl}, "ctrl+u": {Code: 'u', Mod: tea.ModCtrl},
		"pgup": {Code: tea.KeyPgUp}, "pgdown": {Code: tea.KeyPgDown}, "ctrl+d": {Code: 'd', Mod: tea.ModCtrl}, "f1": {Code: tea.KeyF1},
	}
	if k, ok := special[name]; ok {
		return tea.KeyPressMsg(k)
	}
	r, _ := utf8.DecodeRuneInString(name)
	return tea.KeyPressMsg{Code: r, Text: name}
}

// press gives keys to the App, one after the other.
func press(a App, keys ...string) App {
	for _, k := range keys {
		a = send(a, pressed(k))
	}
	return a
}

func TestKeysAreUniqueAndKnown(t *testing.T) {
	seen := map[string]string{}
	for _, act := range keymap() {
		if act.Help().Desc == "" || act.Help().Key == "" {
			t.Errorf("the action of %q has no help", act.Keys())
		}
		for _, k := range act.Keys() {
			if seen[k] != "" {
				t.Errorf("key %q is there twice: %s, %s", k, seen[k], act.Help().Desc)
			}
			seen[k] = act.Help().Desc
			if got := pressed(k).String(); got != k {
				t.Errorf("key %q: Bubble Tea calls it %q", k, got)
			}
		}
	}
}

func TestHelpNamesAllKeys(t *testing.T) {
	frame := plainFrame(press(screen(fleetOf12, 120, 40), "?"))
	for _, act := range keymap() {
		if !strings.Contains(frame, act.Help().Key) || !strings.Contains(frame, act.Help().Desc) {
			t.Errorf("the help lacks %q %q", act.Help().Key, act.Help().Desc)
		}
	}
	frame = plainFrame(press(New(nil, Options{}).sized(120, 40), "?"))
	if strings.Contains(frame, "poll now") {
		t.Errorf("without PollNow the help offers it:\n%s", frame)
	}
}

// sized is the App at a size, without a snapshot.
func (a App) sized(w, h int) App { return send(a, tea.WindowSizeMsg{Width: w, Height: h}) }

func plainFrame(a App) string { return a.frame().text(nil) }

func TestFocusKeys(t *testing.T) {
	for _, c := range []struct {
		size [2]int
		keys string
		want paneID
		zoom bool
	}{
		{[2]int{120, 40}, "tab", capPane, false},
		{[2]int{120, 40}, "tab tab tab tab tab", endpointsPane, false},
		{[2]int{120, 40}, "shift+tab", detailPane, false},
		{[2]int{120, 40}, "3", ratePane, false},
		{[2]int{120, 40}, "right right", ratePane, false},
		{[2]int{120, 40}, "4 left left", capPane, false},
		{[2]int{120, 40}, "2 z", capPane, true},
		{[2]int{120, 40}, "2 z z", capPane, false},
		{[2]int{120, 40}, "2 z tab", ratePane, true},
		{[2]int{70, 24}, "shift+tab", billingPane, false}, // no place for the detail pane
		{[2]int{70, 24}, "5", detailPane, true},
		{[2]int{70, 24}, "5 esc", endpointsPane, false},
		{[2]int{80, 24}, "3 enter", detailPane, true},
		{[2]int{80, 24}, "3 enter esc", ratePane, false},
		{[2]int{40, 12}, "3", ratePane, true},
		{[2]int{40, 12}, "3 esc", endpointsPane, false},
		{[2]int{120, 40}, "? 2", capPane, false},
	} {
		a := press(screen(over, c.size[0], c.size[1]), strings.Fields(c.keys)...)
		if a.focus != c.want || a.zoom != c.zoom || a.help {
			t.Errorf("%v, keys %q: focus %d, zoom %t, help %t; want %d, %t, false", c.size, c.keys, a.focus+1, a.zoom, a.help, c.want+1, c.zoom)
		}
	}
}

func TestCursorKeys(t *testing.T) {
	for _, c := range []struct {
		keys, want string // the title of the detail pane
	}{
		{"", "Next limit: POST /v1/chat/completions +3, user, 1m"},
		{"j", "Detail: POST /gliner-2/*, user, 1m"},
		{"up k", "Detail: All endpoints, ip, 1h"},
		{"g", "Detail: All endpoints, ip, 1m"},
		{"g down", "Detail: All endpoints, ip, 1h"},
		{"home up", "Detail: All endpoints, ip, 1m"},
		{"g pgdown", "Detail: Other"},
		{"G ctrl+u", "Detail: All endpoints, ip, 1m"},
		{"G", "Detail: Other"},
		{"end down", "Detail: Other"},
		{"g esc", "Next limit: POST /v1/chat/completions +3, user, 1m"},
		{"3", "Detail: chat"},
		{"3 j", "Detail: generate"},
		{"3 j 5", "Detail: generate"},
		{"3 5 right", "Detail: generate"},
		{"3 5 l l h", "Detail: chat"},
		{"4", "Next limit: POST /v1/chat/completions +3, user, 1m"}, // nothing there to tell of
	} {
		a := press(screen(over, 120, 40), strings.Fields(c.keys)...)
		if got := a.detailTitle()[0]; got != c.want {
			t.Errorf("keys %q: %q, want %q", c.keys, got, c.want)
		}
	}
}

// The cursor stays on its alert when newer ones come in above it.
func TestCursorStaysWithItsAlert(t *testing.T) {
	a := press(screen(over, 120, 40), "3", "j")
	s := over()
	slices.Reverse(s.Denials)
	s.Denials = append([]model.DenialGroup{{Kind: model.KindRate, Endpoint: "training", At: now, Count: 1}}, s.Denials...)
	a = send(a, snapshotMsg(*s))
	if got := a.detailTitle()[0]; got != "Detail: generate" {
		t.Errorf("after a new alert the cursor is on %q", got)
	}
}

func TestScrollKeysStopAtTheEnds(t *testing.T) {
	a := press(screen(busy, 40, 12), "g", "j", "j", "j", "enter")
	if a.frame().below == 0 {
		t.Fatal("the detail fits 40x12: find a smaller size")
	}
	a = press(a, "G", "j", "j")
	if c := a.frame(); c.below != 0 {
		t.Errorf("at the end %d lines are still below", c.below)
	}
	a = press(a, "k")
	if c := a.frame(); c.below != 1 {
		t.Errorf("a line up from the end %d lines are below, want 1", c.below)
	}
	if a = press(a, "g", "k"); a.scroll != 0 {
		t.Errorf("at the top scroll is %d", a.scroll)
	}
}

func TestPauseHolds(t *testing.T) {
	for _, k := range []string{"p", "space"} {
		a := press(screen(calm, 120, 40), k)
		later := over()
		later.At = now.Add(14 * time.Second)
		m, cmd := a.Update(snapshotMsg(*later))
		a = m.(App)
		if cmd == nil {
			t.Errorf("%s: a paused screen does not pull the next snapshot", k)
		}
		frame := plainFrame(a)
		if !strings.Contains(frame, "PAUSED 14s") || !strings.Contains(frame, "12:04:31") || strings.Contains(frame, "rejected, ") || strings.Contains(frame, "+44 rejected") {
			t.Errorf("%s: the screen is not held:\n%s", k, frame)
		}
		frame = plainFrame(press(a, k))
		if strings.Contains(frame, "PAUSED") || !strings.Contains(frame, "12:04:45") || !strings.Contains(frame, "+44 rejected") {
			t.Errorf("%s again: the newest snapshot is not shown:\n%s", k, frame)
		}
	}
}

func TestPollKey(t *testing.T) {
	polls := 0
	a := New(nil, Options{PollNow: func() string { polls++; return "polled" }}).sized(120, 40)
	if a = press(a, "r"); polls != 1 {
		t.Errorf("r polled %d times", polls)
	}
	if frame := plainFrame(a); !strings.Contains(frame, "polled") {
		t.Errorf("the footer does not say that it polled:\n%s", frame)
	}
	press(New(nil, Options{}).sized(120, 40), "r") // must not panic
}

func TestFilter(t *testing.T) {
	a := press(screen(manyAlerts, 120, 40), "3", "/", "C", "h", "a", "x", "backspace", "t")
	if !a.typing || *a.filter(ratePane) != "Chat" {
		t.Fatalf("typing %t, filter %q, want Chat being typed", a.typing, *a.filter(ratePane))
	}
	a = press(a, "enter")
	frame := plainFrame(a)
	if got := len(a.alerts(ratePane)); got != 2 || !strings.Contains(frame, "/Chat · 10 hidden") {
		t.Errorf("filter Chat shows %d groups, want 2, and says so in the frame:\n%s", got, frame)
	}
	a = press(a, "esc")
	if got := len(a.alerts(ratePane)); got != 12 {
		t.Errorf("after esc %d groups, want 12", got)
	}
	a = press(a, "/", "q", "?", "ctrl+u", "4", "2", "9")
	if *a.filter(ratePane) != "429" || a.help {
		t.Errorf("filter %q, help %t: keys of the filter are only text", *a.filter(ratePane), a.help)
	}
	a = send(a, tea.PasteMsg{Content: "\x1b[31m\nx"})
	if *a.filter(ratePane) != "429[31mx" {
		t.Errorf("pasted filter is %q", *a.filter(ratePane))
	}
	a = send(a, tea.PasteMsg{Content: strings.Repeat("long", 100)})
	if len(*a.filter(ratePane)) > maxTyped {
		t.Errorf("filter has grown to %d bytes", len(*a.filter(ratePane)))
	}
	if a = press(a, "esc"); a.typing || *a.filter(ratePane) != "" {
		t.Errorf("esc leaves typing %t, filter %q", a.typing, *a.filter(ratePane))
	}
}

func TestClearHidesUntilTheNextDenial(t *testing.T) {
	a := press(screen(over, 120, 40), "c")
	if n := len(a.alerts(ratePane)); n != 0 {
		t.Fatalf("after c %d groups are shown", n)
	}
	if frame := plainFrame(a); !strings.Contains(frame, "2 cleared") {
		t.Errorf("the frame does not say what it hides:\n%s", frame)
	}
	s := over()
	s.Denials[1].Count++
	s.Denials[1].At = now
	a = send(a, snapshotMsg(*s))
	if shown := a.alerts(ratePane); len(shown) != 1 || shown[0].Endpoint != "generate" {
		t.Errorf("after one more denial %d groups are shown, want generate's", len(shown))
	}
}

func TestClearIsForThePaneWithTheFocus(t *testing.T) {
	a := press(screen(manyAlerts, 120, 40), "4", "c")
	if r, b := len(a.alerts(ratePane)), len(a.alerts(billingPane)); r != 12 || b != 0 {
		t.Errorf("c in pane 4 leaves %d and %d groups, want 12 and 0", r, b)
	}
}

func TestThemeKeyAndBackground(t *testing.T) {
	white, black := tea.BackgroundColorMsg{Color: rgb(0xffff)}, tea.BackgroundColorMsg{Color: rgb(0)}
	name := func(a App) string { return a.opts.Themes[a.theme].Name }
	a := New(nil, Options{})
	if got := name(a); got != "dark" {
		t.Errorf("without an answer the theme is %s", got)
	}
	if got := name(send(a, white)); got != "light" {
		t.Errorf("on white the theme is %s", got)
	}
	if got := name(send(send(a, white), black)); got != "dark" {
		t.Errorf("on black the theme is %s", got)
	}
	a = press(a, "t")
	if got := name(send(a, black)); got != "light" {
		t.Errorf("a theme that was chosen gives way to the background: %s", got)
	}
	if got := name(send(New(nil, Options{Theme: "light"}), black)); got != "light" {
		t.Errorf("a theme that was named gives way to the background: %s", got)
	}
	if got := name(New(nil, Options{Theme: "none such"})); got != "dark" {
		t.Errorf("an unknown theme gives %s", got)
	}
}

// untapped is calm without a tap.
func untapped() *model.Snapshot {
	s := calm()
	s.Sources = slices.DeleteFunc(s.Sources, func(s model.Source) bool { return s.Name == model.SourceTap })
	return s
}

func TestQuitAndSuspend(t *testing.T) {
	for k, want := range map[string]tea.Msg{"q": tea.QuitMsg{}, "ctrl+c": tea.QuitMsg{}, "ctrl+z": tea.SuspendMsg{}} {
		for _, a := range []App{screen(untapped, 80, 24), press(screen(untapped, 80, 24), "?")} {
			_, cmd := a.Update(pressed(k))
			if cmd == nil || cmd() != want {
				t.Errorf("%s does not give %T", k, want)
			}
		}
	}
	a := press(screen(calm, 80, 24), "/")
	if _, cmd := a.Update(pressed("ctrl+c")); cmd == nil || cmd() != (tea.QuitMsg{}) {
		t.Error("ctrl+c does not quit while the filter is typed")
	}
	if _, cmd := a.Update(pressed("q")); cmd != nil {
		t.Error("q is not text for the filter")
	}
}

// With an open tap, suspending would hold up the load run: it takes the key twice.
func TestSuspendAsksWithAnOpenTap(t *testing.T) {
	for _, before := range []string{"?", "/"} {
		a := press(screen(calm, 80, 24), before)
		m, cmd := a.Update(pressed("ctrl+z"))
		if a = m.(App); cmd != nil || !strings.Contains(plainFrame(a), suspendsTap) {
			t.Errorf("after %s, ctrl+z does not ask:\n%s", before, plainFrame(a))
		}
		if _, cmd := a.Update(pressed("ctrl+z")); cmd == nil || cmd() != (tea.SuspendMsg{}) {
			t.Errorf("after %s, the second ctrl+z does not suspend", before)
		}
		if _, cmd := press(a, "tab").Update(pressed("ctrl+z")); cmd != nil {
			t.Errorf("after %s, ctrl+z does not ask again after another key", before)
		}
	}
}

// The footer offers what can be done here and now, and nothing else.
func TestFooterIsForHereAndNow(t *testing.T) {
	last := func(a App) string {
		lines := strings.Split(plainFrame(a), "\n")
		return lines[len(lines)-1]
	}
	if f := last(screen(calm, 80, 24)); strings.Contains(f, "clear") || strings.Contains(f, "back") {
		t.Errorf("with no alerts the footer offers %q", f)
	}
	if f := last(screen(over, 100, 30)); !strings.Contains(f, "c clear") {
		t.Errorf("with alerts the footer is %q", f)
	}
	if f := last(press(screen(calm, 80, 24), "2")); strings.Contains(f, "enter") {
		t.Errorf("in the cap pane the footer offers %q", f)
	}
	if f := last(press(screen(calm, 80, 24), "enter")); !strings.Contains(f, "esc back") {
		t.Errorf("in the detail the footer is %q", f)
	}
}

// rgb is a grey.
type rgb uint32

func (c rgb) RGBA() (r, g, b, a uint32) { return uint32(c), uint32(c), uint32(c), 0xffff }

// The footer shows both keys of a pair, each of which can be clicked, and what the
// key for the pause does now.
func TestFooterHints(t *testing.T) {
	footer := func(a App) string { return plainFrame(a)[strings.LastIndex(plainFrame(a), "\n")+1:] }
	a := screen(over, 120, 40)
	if got := footer(press(a, "p")); !strings.Contains(got, "p resume") || strings.Contains(got, "pause") {
		t.Errorf("while paused: %q", got)
	}
	if got := footer(press(a, "p", "p")); !strings.Contains(got, "p pause") {
		t.Errorf("after the pause: %q", got)
	}
	p := &deck{}
	r := send(send(New(nil, Options{Player: p}), tea.WindowSizeMsg{Width: 120, Height: 40}), snapshotMsg(*over()))
	for _, pair := range []string{"← → seek", "[ ] denials", "- + speed"} {
		if !strings.Contains(footer(r), pair) {
			t.Errorf("the footer of a replay lacks %q: %q", pair, footer(r))
		}
	}
}

// t says which theme it chose.
func TestThemeIsNamed(t *testing.T) {
	a := screen(over, 80, 24)
	for range a.opts.Themes {
		a = press(a, "t")
		if want := "theme " + a.opts.Themes[a.theme].Name; !strings.Contains(plainFrame(a), want) {
			t.Errorf("the screen lacks %q", want)
		}
	}
}
