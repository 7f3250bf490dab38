package ui

import (
	"slices"

	"quotatop/model"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// An action is what a key does. The table of actions is the only place that knows
// keys: Update follows it, and the footer and the help are made from it.
type action struct {
	name string // its name in the config's [keys]; must not change
	key.Binding
	hint  string          // a word for the footer, for its neighbour too if that has the same; empty for none
	stays bool            // the footer drops others first
	when  func(*App) bool // whether the keys do anything now; nil for always
	do    func(a *App, key string) tea.Cmd
}

// panesAction is the action with one key for each pane, in the panes' order.
const panesAction = "pane"

// paletteAction is the action that opens the palette.
const paletteAction = "palette"

// pauseAction and playAction pause, or resume what is paused.
const pauseAction, playAction = "pause", "play"

// keymap returns the table of actions with their default keys. No two actions
// have the same key.
func keymap() []action {
	return slices.Concat([]action{
		{"next-pane", on("tab", "next pane", "tab"), "pane", false, nil, (*App).nextPane},
		{"previous-pane", on("shift+tab", "previous pane", "shift+tab"), "", false, nil, (*App).previousPane},
		{panesAction, on("1-5", "pane by number", "1", "2", "3", "4", "5"), "", false, nil, (*App).paneByNumber},
		{"up", on("↑ k", "up", "up", "k"), "", false, (*App).moves, (*App).up},
		{"down", on("↓ j", "down", "down", "j"), "", false, (*App).moves, (*App).down},
		{"left", on("←", "left: pane or chart", "left"), "", false, nil, (*App).left},
		{"right", on("→", "right: pane or chart", "right"), "", false, nil, (*App).right},
		{"previous-item", on("N", "previous item in details", "N"), "", false, (*App).inDetail, (*App).previousItem},
		{"next-item", on("n", "next item in details", "n"), "", false, (*App).inDetail, (*App).nextItem},
		{"top", on("g", "top, or chart's start", "g", "home"), "", false, (*App).moves, (*App).top},
		{"bottom", on("G", "bottom, or chart's end", "G", "end"), "", false, (*App).moves, (*App).end},
		{"page-up", on("pgup", "half a page up", "pgup", "ctrl+u"), "", false, (*App).moves, (*App).pageUp},
		{"page-down", on("pgdn", "half a page down", "pgdown", "ctrl+d"), "", false, (*App).moves, (*App).pageDown},
		{"open", on("enter", "details", "enter"), "details", false, (*App).canOpen, (*App).open},
		{"back", on("esc", "back, or clear the filter", "esc"), "back", false, (*App).canLeave, (*App).leave},
		{"zoom", on("z", "zoom pane", "z"), "zoom", false, nil, (*App).toggleZoom},
		{fleetAction, on("f", "fleet of generators", "f"), "fleet", false, (*App).hasFleet, (*App).toFleet},
		{"chart-span", on("w", "chart: 15 min, 1 h, 24 h", "w"), "chart", false, (*App).showsChart, (*App).nextSpan},
		{pauseAction, on("p", "pause or resume", "p", "space"), "pause", false, nil, (*App).togglePause},
		{"poll", on("r", "poll now", "r"), "poll", false, (*App).canPoll, (*App).poll},
		{"filter", on("/", "filter list", "/"), "filter", false, nil, (*App).startFilter},
		{"clear", on("c", "clear alerts", "c"), "clear", false, (*App).canClear, (*App).clear},
		{"sort", on("s", "sort endpoints", "s"), "sort", false, nil, (*App).nextSort},
		{"reverse", on("S", "reverse the sorting", "S"), "", false, (*App).isSorted, (*App).reverse},
		{logAction, on("l", "log of what happened", "l"), "log", false, nil, (*App).toggleLog},
	}, travelKeys(), []action{
		{"copy", on("y", "copy row as JSON", "y"), "", false, (*App).canCopy, (*App).copy},
		{"settings", on(",", "settings", ","), "settings", false, (*App).hasSettings, (*App).toggleSettings},
		{paletteAction, on(":", "all commands", ":"), "", false, nil, (*App).openPalette},
		{"next-theme", on("t", "next theme", "t"), "", false, nil, (*App).nextTheme},
		{"help", on("?", "all keys (F1)", "?", "f1"), "help", true, nil, (*App).toggleHelp},
		{"quit", on("q", "quit", "q"), "quit", true, nil, (*App).quit},
		{"suspend", on("ctrl+z", "suspend", "ctrl+z"), "", false, nil, (*App).suspend},
	})
}

// press handles a key.
func (a App) press(msg tea.KeyPressMsg) (tea.Model, tea.Cmd) {
	a.saidBefore, a.said = a.said, ""
	switch name := msg.String(); {
	case name == "ctrl+c": // it cannot be bound
		return a, tea.Quit
	case (a.typing || a.asking) && name == "ctrl+z":
		cmd := a.suspend(name)
		return a, cmd
	case a.typing:
		return a.typeFilter(name, msg.Text)
	case a.asking:
		return a.ask(name, msg.Text)
	case a.panel:
		if cmd, handled := a.panelKey(name); handled {
			return a, cmd
		}
	}
	for _, act := range a.keys {
		if key.Matches(msg, act.Binding) && (act.when == nil || act.when(&a)) {
			cmd := act.do(&a, msg.String())
			return a, cmd
		}
	}
	return a, nil
}

func (a *App) quit(string) tea.Cmd { return tea.Quit }

// suspendsTap is said before the process is suspended with an open tap: the load run
// would then wait for it, without a word.
const suspendsTap = "again to suspend: calls through the tap then wait until bg or fg"

// suspend suspends the process. With an open tap it asks first.
func (a *App) suspend(string) tea.Cmd {
	open := func(s model.Source) bool { return s.Name == model.SourceTap && s.State == model.StateOK }
	if a.saidBefore != suspendsTap && slices.ContainsFunc(a.newest.Sources, open) {
		a.typing, a.asking = false, false
		a.say(suspendsTap)
		return nil
	}
	return tea.Suspend
}

func (a *App) toggleHelp(string) tea.Cmd {
	a.help, a.scroll, a.panel = !a.help, 0, false
	return nil
}

func (a *App) nextTheme(string) tea.Cmd {
	a.choose((a.theme + 1) % len(a.opts.Themes))
	return nil
}

// choose sets a theme, which then no longer follows the background, and names it.
func (a *App) choose(i int) {
	*a = a.paint(i)
	a.byUser, a.chosen = true, true
	if a.opts.Settings != nil {
		_ = a.opts.Settings.Set(SettingTheme, a.opts.Themes[i].Name) // it takes any
	}
	text := "theme " + plain(a.opts.Themes[i].Name, 40)
	if a.basic {
		text += " (all themes look alike in 16 colours)"
	}
	a.say(text)
}

func (a *App) togglePause(string) tea.Cmd {
	a.paused = !a.paused
	if !a.paused {
		a.snap = a.newest
	}
	return nil
}

func (a *App) canPoll() bool { return a.opts.PollNow != nil }

func (a *App) poll(string) tea.Cmd { a.say(a.opts.PollNow()); return nil }
