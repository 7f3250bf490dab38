package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// A shelf is Settings in memory.
type shelf struct {
	list  []Setting
	saved string // what Save says
	err   error
}

func newShelf() *shelf {
	return &shelf{saved: "saved 1 setting to ~/.config/quotatop/config.toml", list: []Setting{
		{Name: "interval", Value: "10s", Note: "between polls, 1s to 10m"}, {Name: SettingTheme},
		{Name: SettingBell, Value: BellOn, Choices: []string{BellOff, BellOn}}, {Name: "cap", Value: "none", Note: "a day, if the plan has none"},
		{Name: "limit all 1m", Value: "1,000"}, {Name: "limit all 1h", Value: "10,000"}, {Name: "limit chat 1m", Value: "200"},
		{Name: "base URL", Value: "https://api.pioneer.ai", Fixed: true}, {Name: "key", Value: "…9f3c", Fixed: true},
		{Name: "profile", Value: "2026-06", Fixed: true}, {Name: "config", Value: "~/.config/quotatop/config.toml", Fixed: true},
		{Name: "tap", Value: "none", Fixed: true}, {Name: "journal", Value: "~/.local/state/quotatop/5f1c", Fixed: true},
	}}
}

func (s *shelf) List() []Setting { return append([]Setting{}, s.list...) }

func (s *shelf) Set(name, value string) error {
	for i := range s.list {
		switch {
		case s.list[i].Name != name:
		case strings.Contains(value, "x"):
			return errors.New("interval of " + value + ": use 1s to 10m")
		default:
			s.list[i].Value, s.list[i].Changed = value, true
		}
	}
	return nil
}

func (s *shelf) Save() (string, error) { return s.saved, s.err }

func (s *shelf) value(name string) string {
	for _, v := range s.list {
		if v.Name == name {
			return v.Value
		}
	}
	return ""
}

// settingsScreen is a busy screen with settings.
func settingsScreen(w, h int) (App, *shelf) {
	s := newShelf()
	a := New(nil, Options{Label: "DEMO", Settings: s, Bell: true}).sized(w, h)
	return send(a, snapshotMsg(*over())), s
}

func TestGoldenSettings(t *testing.T) {
	for name, keys := range map[string]string{
		"settings-120x40": ",", "settings-80x24": ", down space", "settings-40x12": ", G", "settings-20x3": ", j j",
		"settings-typed-80x24": ", enter 5 s", "settings-wrong-80x24": ", enter x enter", "settings-wrong-20x3": ", enter x enter",
	} {
		var w, h int
		if _, err := fmt.Sscanf(name[strings.LastIndex(name, "-")+1:], "%dx%d", &w, &h); err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			a, _ := settingsScreen(w, h)
			golden(t, name+".golden", plainFrame(press(a, strings.Fields(keys)...))+"\n")
		})
	}
}

func TestSettingsKeys(t *testing.T) {
	for _, c := range []struct {
		keys, name, want string
		open             bool // the panel, afterwards
	}{
		{", enter 5 s enter", "interval", "5s", true},
		{", down down space", "bell", BellOff, true},
		{", j j right left", "bell", BellOn, true},
		{", G k k k k k k enter 1 5 0 enter esc", "limit chat 1m", "150", false},
		{": s e t space i n t e r v a l = 7 s enter", "interval", "7s", false},
		{": s e t space l i m i t space c h a t space 1 5 0 enter", "limit chat 1m", "150", false}, // it has one window
		{": s e t space l i m i t space a l l space 9 enter esc", "limit all 1m", "1,000", false},  // which one?
		{": s e t space i n t enter 3 s enter", "interval", "3s", false},
		{", enter x enter ctrl+u esc", "interval", "10s", true},
		{", ,", "interval", "10s", false},
		{", enter 5 esc esc", "interval", "10s", false},
		{", ? esc", "interval", "10s", false},
		{", 3", "interval", "10s", false},
	} {
		a, s := settingsScreen(80, 24)
		a = press(a, strings.Fields(c.keys)...)
		if got := s.value(c.name); got != c.want || a.panel != c.open || a.asking || a.help {
			t.Errorf("keys %q: %s is %s, panel %t, want %s, %t:\n%s", c.keys, c.name, got, a.panel, c.want, c.open, plainFrame(a))
		}
	}
}

// The screen takes over the theme and the bell, and tells the settings which theme t
// chose.
func TestSettingsOfTheScreen(t *testing.T) {
	a, s := settingsScreen(80, 24)
	a = press(a, strings.Fields(": s e t space t h e m e space m o n o enter")...)
	if a.opts.Themes[a.theme].Name != "mono" || s.value(SettingTheme) != "mono" {
		t.Errorf("the theme is %s, %s in the settings", a.opts.Themes[a.theme].Name, s.value(SettingTheme))
	}
	if a = press(a, "t"); s.value(SettingTheme) != a.opts.Themes[a.theme].Name {
		t.Errorf("after t the settings say %s", s.value(SettingTheme))
	}
	if b := press(a, strings.Fields(": s e t space t h e m e space n o p e enter")...); !b.asking || !strings.Contains(plainFrame(b), `"nope"`) {
		t.Errorf("an unknown theme was taken, or nothing says why not:\n%s", plainFrame(b))
	}
	if a = press(a, ",", "j", "j", "space"); a.opts.Bell || !strings.Contains(plainFrame(a), "bell off for this session") {
		t.Errorf("the bell still rings, or nothing says what was done:\n%s", plainFrame(a))
	}
}

// Nothing is written unless the user asks, and then not within Update.
func TestSettingsAreSavedWhenAsked(t *testing.T) {
	for _, keys := range []string{", s", ": s a v e enter", ": w enter"} {
		a, s := settingsScreen(80, 24)
		all := strings.Fields(keys)
		a = press(a, all[:len(all)-1]...)
		m, cmd := a.Update(pressed(all[len(all)-1]))
		if cmd == nil {
			t.Fatalf("keys %q do not save", keys)
		}
		if frame := plainFrame(send(m.(App), cmd())); !strings.Contains(frame, "saved 1 setting to") {
			t.Errorf("keys %q: nothing says that it is saved:\n%s", keys, frame)
		}
		s.err = errors.New("config: \x1b[31mread-only")
		if frame := plainFrame(send(m.(App), cmd())); !strings.Contains(frame, "read-only") || strings.Contains(frame, "\x1b") {
			t.Errorf("keys %q: nothing says that it is not saved:\n%s", keys, frame)
		}
	}
}

func TestSettingsByMouse(t *testing.T) {
	a, s := settingsScreen(80, 24)
	a = press(a, ",")
	for i, want := range []string{BellOn, BellOff} { // a click selects, the next changes
		m, _ := a.Update(tea.MouseClickMsg{X: 5, Y: 4, Button: tea.MouseLeft})
		if a = m.(App); s.value(SettingBell) != want || a.panelRow != 2 {
			t.Errorf("after click %d the bell is %s, row %d", i+1, s.value(SettingBell), a.panelRow)
		}
	}
	m, _ := a.Update(tea.MouseWheelMsg{X: 5, Y: 4, Button: tea.MouseWheelDown})
	if a = m.(App); a.panelRow != 3 {
		t.Errorf("after the wheel row %d is selected", a.panelRow)
	}
}

// Without settings there is nothing to open or set.
func TestNoSettings(t *testing.T) {
	a := press(screen(over, 80, 24), ",")
	if a.panel || strings.Contains(plainFrame(a), "settings") {
		t.Errorf("settings are offered:\n%s", plainFrame(a))
	}
	if a = press(a, strings.Fields(": s e t space i n t e r v a l space 5 s enter")...); !strings.Contains(plainFrame(a), "no matching command") {
		t.Errorf("set was taken:\n%s", plainFrame(a))
	}
}
