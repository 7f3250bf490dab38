package ui

import (
	"slices"
	"strings"

	"quotatop/theme"
	"quotatop/ui/words"

	tea "charm.land/bubbletea/v2"
)

// Settings are what the user can change while the screen runs, and what is in use.
type Settings interface {
	// List returns the settings in the order of the screen, those that can be changed
	// first. It does not block.
	List() []Setting
	// Set changes a setting for this session. The error says what to do. It does not
	// block. The screen itself takes over SettingTheme and SettingBell.
	Set(name, value string) error
	// Save writes all changes into the configuration file and says where they are.
	Save() (said string, err error)
}

// A Setting is a line of the settings panel.
type Setting struct {
	Name, Value string
	Note        string   // what its values are, or where it comes from
	Choices     []string // the values, if there are few; the screen knows its themes
	Changed     bool     // it has been changed and is not saved
	Fixed       bool     // it cannot be changed
}

// The names of the settings that the screen takes over when they are set.
const (
	SettingTheme = "theme"
	SettingBell  = "bell"
)

// The values of SettingBell.
const (
	BellOn  = "on"
	BellOff = "off"
)

// hasSettings reports whether there are settings to change.
func (a *App) hasSettings() bool { return a.opts.Settings != nil }

func (a *App) toggleSettings(string) tea.Cmd {
	open := !a.panel
	a.help, a.log.open, a.panel, a.panelRow = false, false, open, 0
	return nil
}

// set changes a setting. The error says why it cannot be changed.
func (a *App) set(name, value string) error {
	if name == SettingTheme {
		if _, err := theme.ByName(a.opts.Themes, value); err != nil {
			return err
		}
		i, _ := a.themeNamed(value)
		a.choose(i)
		return nil
	}
	if err := a.opts.Settings.Set(name, value); err != nil {
		return err
	}
	for _, s := range a.settings() {
		if s.Name != name {
			continue
		}
		if name == SettingBell {
			a.opts.Bell = s.Value == BellOn
		}
		said := name + " " + s.Value + " for this session"
		if s.Changed {
			said += " (:save to keep)"
		}
		a.say(said)
	}
	return nil
}

// A savedMsg is what Settings.Save said.
type savedMsg string

// save writes the changes into the configuration file.
func (a *App) save() tea.Cmd {
	settings := a.opts.Settings
	return func() tea.Msg {
		said, err := settings.Save()
		if err != nil {
			said = err.Error()
		}
		return savedMsg(plain(said, maxSaid))
	}
}

// maxSaid bounds the cells of what a setting says.
const maxSaid = 300

// panelKey handles a key of the open panel. It returns false for a key of others.
func (a *App) panelKey(key string) (cmd tea.Cmd, handled bool) {
	list := a.opts.Settings.List()
	last := len(list) - 1
	switch key {
	case "esc", ",":
		a.panel = false
	case "up", "k":
		a.panelRow--
	case "down", "j":
		a.panelRow++
	case "home", "g":
		a.panelRow = 0
	case "end", "G":
		a.panelRow = last
	case "enter", "space", "right", "l":
		cmd = a.changeRow(1)
	case "left", "h":
		if n := a.panelRow; n <= last && len(a.choicesOf(&list[n])) > 0 {
			cmd = a.changeRow(-1)
		}
	case "s", "ctrl+s":
		cmd = a.save()
	default:
		return nil, false
	}
	a.panelRow = min(max(a.panelRow, 0), max(last, 0))
	return cmd, true
}

// changeRow changes the setting of the selected row: it takes the nth choice from here
// or, without choices, lets the value be typed.
func (a *App) changeRow(n int) tea.Cmd {
	list := a.opts.Settings.List()
	if a.panelRow >= len(list) {
		return nil
	}
	s := &list[a.panelRow]
	choices := a.choicesOf(s)
	switch k := len(choices); {
	case s.Fixed:
		a.say(s.Name + " " + plain(s.Value, maxSaid) + " (fixed while quotatop runs)")
	case k > 0:
		next := choices[(slices.Index(choices, a.valueOf(s))+n+k)%k]
		if err := a.set(s.Name, next); err != nil {
			a.say(plain(err.Error(), maxSaid))
		}
	default:
		return a.startSetting(s.Name)
	}
	return nil
}

// valueOf is the value of a setting. The screen itself knows its theme best.
func (a *App) valueOf(s *Setting) string {
	if s.Name == SettingTheme {
		return a.opts.Themes[a.theme].Name
	}
	return s.Value
}

// choicesOf are the values of a setting, if there are few.
func (a *App) choicesOf(s *Setting) []string {
	if s.Name != SettingTheme {
		return s.Choices
	}
	names := make([]string, len(a.opts.Themes))
	for i := range names {
		names[i] = a.opts.Themes[i].Name
	}
	return names
}

// startSetting lets the value of a setting be typed.
func (a *App) startSetting(name string) tea.Cmd {
	a.asking, a.asked, a.choice, a.wrong = true, setWord+name+" ", 0, ""
	return nil
}

// setWord begins a line that changes a setting: "set interval 5s".
const setWord = "set "

// settingCommands returns a command for each setting that can be changed.
func (a *App) settingCommands() []command {
	var out []command
	if a.hasSettings() {
		out = append(out, saveCommand)
	}
	for _, s := range a.settings() {
		if !s.Fixed {
			out = append(out, command{text: setWord + s.Name, help: "now " + a.valueOf(&s), do: func(a *App) tea.Cmd { return a.startSetting(s.Name) }})
		}
	}
	return out
}

// saveCommand keeps the settings.
var saveCommand = command{text: "save", help: "keep the settings: write them to the file", do: func(a *App) tea.Cmd { return a.save() }}

// settings returns the settings, or none.
func (a *App) settings() []Setting {
	if a.opts.Settings == nil {
		return nil
	}
	return a.opts.Settings.List()
}

// settingLine reads a line like "set interval 5s" or "set interval=5s"; or w, which is
// to write the settings elsewhere too.
func (a *App) settingLine(line string) (command, bool) {
	if line == "w" && a.hasSettings() {
		return saveCommand, true
	}
	rest, ok := strings.CutPrefix(line, setWord)
	if !ok {
		return command{}, false
	}
	rest = strings.TrimLeft(rest, " ")
	s, value, ok := findSetting(a.settings(), rest)
	if !ok {
		return command{}, false
	}
	c := command{text: setWord + s.Name + " " + value, help: "now " + a.valueOf(s)}
	if s.Note != "" {
		c.help += " · " + s.Note
	}
	c.do = func(a *App) tea.Cmd {
		if value == "" {
			return a.startSetting(s.Name)
		}
		if err := a.set(s.Name, value); err != nil {
			a.asking, a.wrong = true, plain(err.Error(), maxSaid)
		}
		return nil
	}
	return c, true
}

// findSetting returns the setting that a line begins with, and the rest of the line.
// The window of a limit may be left out if the endpoint has but one.
func findSetting(list []Setting, line string) (found *Setting, value string, ok bool) {
	for i := range list {
		s := &list[i]
		if s.Fixed {
			continue
		}
		if rest, is := strings.CutPrefix(line, s.Name); is && strings.IndexAny(rest, " =") == 0 {
			return s, strings.Trim(rest, " ="), true
		}
		parts, name := strings.Fields(line), strings.Fields(s.Name)
		if len(parts) == 3 && len(name) == 3 && parts[0] == name[0] && parts[1] == name[1] && parts[2] != name[2] {
			ok = found == nil // else it has several windows
			found, value = s, parts[2]
		}
	}
	return found, value, ok
}

// drawPanel draws the settings, and below them what is in use.
func (a *App) drawPanel(at area, o outcome) outcome {
	list := a.settings()
	changed := 0
	for i := range list {
		if list[i].Changed {
			changed++
		}
	}
	if at.w >= framedW && at.h >= framedH {
		note := ""
		if changed > 0 {
			note = words.Count(changed) + " not saved"
		}
		at = at.frame(focusable, []string{"Settings of this session", "Settings"}, note, true)
	}
	name, value := 0, 0
	for i := range list {
		name = max(name, width(list[i].Name))
		if !list[i].Fixed {
			value = max(value, width(a.valueOf(&list[i])))
		}
	}
	lines := len(list) + 1 // one is blank: above the first that is fixed
	line := func(i int) int {
		if list[i].Fixed {
			return i + 1
		}
		return i
	}
	row := min(a.panelRow, len(list)-1)
	scroll := min(max(line(row)-at.h+1, 0), max(lines-at.h, 0))
	for i := range list {
		s, y := &list[i], line(i)-scroll
		if y < 0 || y >= at.h {
			continue
		}
		here := at.sub(0, y, at.w, 1)
		a.drawSetting(here, s, i == row, 2+name+2, value)
		o = o.hit(target{at: here, kind: onSetting, nth: i})
	}
	at.moreMarks(scroll, lines-at.h-scroll)
	return o
}

// drawSetting draws a setting with its value at a position; notes begin after values
// of so many cells.
func (a *App) drawSetting(at area, s *Setting, chosen bool, x, values int) {
	role := theme.Bright
	if s.Fixed {
		role, values = theme.Text, width(s.Value)
	}
	if chosen {
		at.set(0, 0, theme.Accent, '▸')
	}
	at.cut(2, 0, min(x-3, at.w-2), theme.Dim, s.Name)
	end := at.cut(x, 0, at.w-x, role, a.signs(plain(a.valueOf(s), maxSaid)))
	note := s.Note
	if s.Changed {
		note = "not saved"
	}
	if from := max(end, x+values) + 2; width(note) <= at.w-from {
		at.put(from, 0, theme.Dim, note)
	}
}

// panelHints and helpHints are the footer of the settings and of the help: keys, and
// what they do there.
var (
	panelHints = [][2]string{{"enter", "change"}, {"s", "save"}, {"esc", "close"}, {"↑ ↓", "move"}}
	helpHints  = [][2]string{{"↑ ↓", "scroll"}, {"esc", "close"}}
)

// hints draws as many keys of a footer as fit.
func (a area) hints(hints [][2]string) {
	at, x := a, 1
	for _, k := range hints {
		if x+width(k[0])+1+width(k[1]) > at.w {
			return
		}
		x = at.put(x, 0, theme.Accent, k[0]) + 1
		x = at.put(x, 0, theme.Dim, k[1]) + 2
	}
}
