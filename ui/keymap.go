package ui

import (
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// An action is what keys do. The table of them is all there is to know about
// keys: Update obeys it, the footer and the help are printed from it.
type action struct {
	keys  []string // as tea.Key names them
	show  string   // the keys, for people
	help  string
	hint  string          // a word for the footer; empty for none
	stays bool            // the last to go from a footer without room
	when  func(*App) bool // whether the keys do anything here and now; nil for always
	do    func(a *App, key string) tea.Cmd
}

// keymap returns the table of actions. Where two actions have a key, the first
// that can be done is.
func keymap() []action {
	return []action{
		{[]string{"tab"}, "tab", "next pane", "pane", false, nil, (*App).nextPane},
		{[]string{"shift+tab"}, "shift+tab", "pane before", "", false, nil, (*App).paneBefore},
		{[]string{"1", "2", "3", "4", "5"}, "1-5", "pane by its number", "", false, nil, (*App).paneByNumber},
		{[]string{"up", "k"}, "↑ k", "up", "", false, (*App).moves, (*App).up},
		{[]string{"down", "j"}, "↓ j", "down", "", false, (*App).moves, (*App).down},
		{[]string{"left", "h"}, "← h", "pane or item before", "", false, nil, (*App).left},
		{[]string{"right", "l"}, "→ l", "next pane or item", "", false, nil, (*App).right},
		{[]string{"g", "home"}, "g", "to the top", "", false, (*App).moves, (*App).top},
		{[]string{"G", "end"}, "G", "to the end", "", false, (*App).moves, (*App).end},
		{[]string{"enter"}, "enter", "all about the row", "detail", false, (*App).canOpen, (*App).open},
		{[]string{"esc"}, "esc", "back, or end the filter", "back", false, (*App).canLeave, (*App).leave},
		{[]string{"z"}, "z", "this pane alone", "zoom", false, nil, (*App).toggleZoom},
		{[]string{"p", "space"}, "p", "hold the screen still", "pause", false, nil, (*App).togglePause},
		{[]string{"r"}, "r", "poll now", "poll", false, (*App).canPoll, (*App).poll},
		{[]string{"/"}, "/", "filter the alerts", "filter", false, nil, (*App).startFilter},
		{[]string{"c"}, "c", "clear the alerts", "clear", false, (*App).canClear, (*App).clear},
		{[]string{"t"}, "t", "next theme", "", false, nil, (*App).nextTheme},
		{[]string{"?"}, "?", "all keys", "help", true, nil, (*App).toggleHelp},
		{[]string{"q", "ctrl+c"}, "q", "quit", "quit", true, nil, (*App).quit},
		{[]string{"ctrl+z"}, "ctrl+z", "suspend", "", false, nil, (*App).suspend},
	}
}

// press does what a key asks for.
func (a App) press(msg tea.KeyPressMsg) (tea.Model, tea.Cmd) {
	key := msg.String()
	if a.typing {
		return a.typeFilter(key, msg.Text)
	}
	for _, act := range a.keys {
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

func (a *App) toggleHelp(string) tea.Cmd {
	a.help, a.scroll = !a.help, 0
	return nil
}

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
