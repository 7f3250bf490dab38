package ui

import (
	"strings"
	"testing"

	"quotatop/theme"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

// own is a user's theme, with text in a colour of its own.
func own(name string, dark bool, text string) theme.Theme {
	th := theme.Dark()
	th.Name, th.Dark, th.Palette.Text = name, dark, lipgloss.Color(text)
	return th
}

func TestLook(t *testing.T) {
	mine := append(theme.BuiltIn(), own("mine", true, "#010203"))
	name := func(a App) string { return a.opts.Themes[a.theme].Name }
	for _, c := range []struct {
		name  string
		start App
		look  Look
		want  string
		asks  bool // for the background
	}{
		{"named anew", New(nil, Options{Theme: "dark"}), Look{Themes: mine, Theme: "mine"}, "mine", false},
		{"by the background still", New(nil, Options{}), Look{Themes: mine}, "dark", false},
		{"no name any more", New(nil, Options{Theme: "light"}), Look{Themes: mine}, "light", true},
		{"chosen by t", press(New(nil, Options{}), "t"), Look{Themes: mine}, "light", false},
		{"chosen by t, another named", press(New(nil, Options{}), "t"), Look{Themes: mine, Theme: "mine"}, "mine", false},
		{"chosen, then gone", press(New(nil, Options{Themes: mine}), ":", "m", "i", "n", "e", "enter"), Look{Theme: ""}, "dark", true},
		{"named and gone", New(nil, Options{Themes: mine, Theme: "mine"}), Look{Theme: "mine"}, "dark", true},
		{"named, there later", New(nil, Options{Theme: "mine"}), Look{Themes: mine, Theme: "mine"}, "mine", false},
	} {
		a, ask := c.start.apply(c.look)
		if got := name(a); got != c.want || (ask != nil) != c.asks {
			t.Errorf("%s: theme %s, asks %t; want %s, %t", c.name, got, ask != nil, c.want, c.asks)
		}
	}
}

// A theme file that was saved shows at once, keys too.
func TestLookIsWornLive(t *testing.T) {
	looks := make(chan Look, 1)
	a := New(nil, Options{Themes: []theme.Theme{own("mine", true, "#010203")}, Theme: "mine", Looks: looks}).sized(80, 24)
	a = send(a, snapshotMsg(*over()))
	looks <- Look{Themes: []theme.Theme{own("mine", true, "#0a0b0c")}, Theme: "mine", Keys: map[string][]string{"zoom": {"x"}}}
	m, next := a.Update(a.nextLook())
	a = m.(App)
	if content := a.View().Content; !strings.Contains(content, "38;2;10;11;12m") || strings.Contains(content, "38;2;1;2;3m") {
		t.Error("the new palette is not drawn")
	}
	if !press(a, "x").zoom || press(a, "z").zoom {
		t.Error("the new keys are not obeyed")
	}
	looks <- Look{}
	if next == nil || next() == nil {
		t.Fatal("the next look is not pulled")
	}
	if a = send(a, lookMsg{}); press(a, "x").zoom || !press(a, "z").zoom {
		t.Error("without keys of its own the look does not bring the default ones back")
	}
}

func TestTroubleIsShownUntilItIsGone(t *testing.T) {
	trouble := "config.toml:3:7: unknown key \"zom\" in [keys]"
	for _, size := range [][2]int{{120, 40}, {80, 24}, {60, 15}} {
		a := screen(authError, size[0], size[1])
		a = send(a, lookMsg{Problem: trouble})
		frame := plainFrame(a)
		if !strings.Contains(frame, trouble) || !strings.Contains(frame, "key refused") {
			t.Errorf("%v: not both troubles are told:\n%s", size, frame)
		}
		checkFrame(t, "trouble", frame, size[0], size[1])
		if frame := plainFrame(send(a, lookMsg{})); strings.Contains(frame, "config.toml") {
			t.Errorf("%v: gone and still shown:\n%s", size, frame)
		}
		z := press(a, "z", "esc")
		if frame := plainFrame(z); strings.Contains(frame, "config.toml") || !z.zoom {
			t.Errorf("%v: esc leaves it, or does more:\n%s", size, frame)
		}
	}
	a := send(New(nil, Options{}).sized(80, 24), lookMsg{Problem: nasty})
	checkFrame(t, "hostile trouble", plainFrame(a), 80, 24)
	if m, cmd := a.Update(tea.KeyPressMsg{Code: tea.KeyEscape}); cmd != nil || m.(App).problem != "" {
		t.Error("before the first snapshot esc does not put it away")
	}
}
