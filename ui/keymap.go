package ui

import (
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// An action is what keys do. The table of actions is all there is to know about
// keys: Update obeys it, the footer and the help are printed from it.
type action struct {
	keys []string // as tea.Key names them
	show string   // the keys, for the help
	help string
	hint string            // a word for the footer; empty for none
	when func(a *App) bool // whether the keys do anything here and now; nil for always
	do   func(a *App, key string) tea.Cmd
}

// actions returns the table. Where two actions have a key, the first that can be
// done is.
func actions() []action {
	return []action{
		{[]string{"tab"}, "tab", "next pane", "pane", nil, (*App).nextPane},
		{[]string{"shift+tab"}, "shift+tab", "pane before", "", nil, (*App).paneBefore},
		{[]string{"1", "2", "3", "4", "5"}, "1-5", "pane by its number", "", nil, (*App).paneByNumber},
		{[]string{"up", "k"}, "↑ k", "up", "", (*App).moves, (*App).up},
		{[]string{"down", "j"}, "↓ j", "down", "", (*App).moves, (*App).down},
		{[]string{"left", "h"}, "← h", "pane or item before", "", nil, (*App).left},
		{[]string{"right", "l"}, "→ l", "next pane or item", "", nil, (*App).right},
		{[]string{"g", "home"}, "g", "to the top", "", (*App).moves, (*App).top},
		{[]string{"G", "end"}, "G", "to the end", "", (*App).moves, (*App).end},
		{[]string{"enter"}, "enter", "all about the row", "detail", (*App).canOpen, (*App).open},
		{[]string{"esc"}, "esc", "back, or end the filter", "back", (*App).canLeave, (*App).leave},
		{[]string{"z"}, "z", "this pane alone", "zoom", nil, (*App).toggleZoom},
		{[]string{"p", "space"}, "p", "hold the screen still", "pause", nil, (*App).togglePause},
		{[]string{"r"}, "r", "poll now", "poll", (*App).canPoll, (*App).poll},
		{[]string{"/"}, "/", "filter the alerts", "filter", nil, (*App).startFilter},
		{[]string{"c"}, "c", "clear the alerts", "clear", (*App).canClear, (*App).clear},
		{[]string{"t"}, "t", "next theme", "", nil, (*App).nextTheme},
		{[]string{"?"}, "?", "all keys", "help", nil, (*App).toggleHelp},
		{[]string{"q", "ctrl+c"}, "q", "quit", "quit", nil, (*App).quit},
		{[]string{"ctrl+z"}, "ctrl+z", "suspend", "", nil, (*App).suspend},
	}
}

// press does what a key asks for.
func (a App) press(msg tea.KeyPressMsg) (tea.Model, tea.Cmd) {
	key := msg.String()
	if a.typing {
		return a.typeFilter(key, msg.Text)
	}
	for _, act := range actions() {
		for _, k := range act.keys {
			if k == key && (act.when == nil || act.when(&a)) {
				cmd := act.do(&a, key)
				return a, cmd
			}
		}
	}
	return a, nil
}

// maxFilter bounds the filter, in bytes.
const maxFilter = 64

// typed is the filter with more text at its end.
func typed(filter, more string) string {
	more = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, more)
	if len(filter)+len(more) > maxFilter {
		return filter
	}
	return filter + more
}

// typeFilter takes a key while the filter is being typed.
func (a App) typeFilter(key, text string) (tea.Model, tea.Cmd) {
	switch key {
	case "enter":
		a.typing = false
	case "esc":
		a.typing, a.filter = false, ""
	case "ctrl+u":
		a.filter = ""
	case "backspace":
		_, size := utf8.DecodeLastRuneInString(a.filter)
		a.filter = a.filter[:len(a.filter)-size]
	case "ctrl+c":
		return a, tea.Quit
	case "ctrl+z":
		return a, tea.Suspend
	default:
		a.filter = typed(a.filter, text)
	}
	return a, nil
}

func (a *App) quit(string) tea.Cmd    { return tea.Quit }
func (a *App) suspend(string) tea.Cmd { return tea.Suspend }

func (a *App) toggleHelp(string) tea.Cmd { a.help = !a.help; return nil }

func (a *App) nextTheme(string) tea.Cmd {
	*a = a.paint((a.theme + 1) % len(a.opts.Themes))
	a.byUser = true
	return nil
}

func (a *App) togglePause(string) tea.Cmd {
	a.paused = !a.paused
	if !a.paused {
		a.snap = a.newest
	}
	return nil
}

func (a *App) canPoll() bool { return a.opts.PollNow != nil }

func (a *App) poll(string) tea.Cmd { a.opts.PollNow(); return nil }

func (a *App) startFilter(string) tea.Cmd {
	if a.focus != ratePane && a.focus != billingPane {
		a.show(ratePane)
	}
	a.typing = true
	return nil
}
