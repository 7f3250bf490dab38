package ui

import (
	"quotatop/theme"

	tea "charm.land/bubbletea/v2"
)

// A Look is what a user can set anew while the screen runs.
type Look struct {
	Themes []theme.Theme       // as Options.Themes
	Theme  string              // as Options.Theme
	Keys   map[string][]string // as Options.Keys
	// Trouble is one line that says what is wrong with what was set; empty for
	// nothing. It is shown until esc or a Look without it.
	Trouble string
}

// A lookMsg is the next Look.
type lookMsg Look

// nextLook waits for the next Look. There is never more than one such command.
func (a App) nextLook() tea.Msg {
	select {
	case l, ok := <-a.opts.Looks:
		if !ok {
			return nil
		}
		return lookMsg(l)
	case <-a.over:
		return nil
	}
}

// wear takes a Look. A theme that was chosen on the screen stays, as long as it
// is there and no other is named than before. The command asks for the
// background, where that is to choose again.
func (a App) wear(l Look) (App, tea.Cmd) {
	if len(l.Themes) == 0 {
		l.Themes = theme.BuiltIn()
	}
	worn, renamed := a.opts.Themes[a.theme], l.Theme != a.opts.Theme
	a.opts.Themes, a.opts.Theme = l.Themes, l.Theme
	a.keys, a.complaint = a.bound(l.Keys), l.Trouble
	i, there := a.themeNamed(worn.Name)
	if a.chosen && !renamed && there {
		return a.paint(i), nil
	}
	a.chosen = false
	if named, ok := a.themeNamed(l.Theme); ok {
		a.byUser = true
		return a.paint(named), nil
	}
	if !there {
		a.theme = 0
		i = a.themeFor(worn.Dark)
	}
	var ask tea.Cmd
	if a.byUser {
		ask = tea.RequestBackgroundColor
	}
	a.byUser = false
	return a.paint(i), ask
}

// themeNamed is the place of a theme. Of several of the same name it is the
// last.
func (a *App) themeNamed(name string) (int, bool) {
	for i := len(a.opts.Themes) - 1; i >= 0; i-- {
		if a.opts.Themes[i].Name == name {
			return i, true
		}
	}
	return 0, false
}
