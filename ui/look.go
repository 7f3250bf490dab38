package ui

import (
	"quotatop/theme"

	tea "charm.land/bubbletea/v2"
)

// A Look is the settings that may change while the screen runs.
type Look struct {
	Themes []theme.Theme       // as Options.Themes
	Theme  string              // as Options.Theme
	Keys   map[string][]string // as Options.Keys
	Bell   bool                // as Options.Bell
	// Problem is one line about what is wrong with the settings; empty if nothing
	// is. It is shown until esc or a Look without one.
	Problem string
}

// A lookMsg is the next Look.
type lookMsg Look

// nextLook waits for the next Look. Only one such command runs at a time.
func (a App) nextLook() tea.Msg {
	select {
	case l, ok := <-a.opts.Looks:
		if !ok {
			return nil
		}
		return lookMsg(l)
	case <-a.done:
		return nil
	}
}

// apply applies a Look. A theme that was chosen on the screen stays if it still
// exists and the Look names the same theme as before. The command asks for the
// background if that decides again.
func (a App) apply(l Look) (App, tea.Cmd) {
	if len(l.Themes) == 0 {
		l.Themes = theme.BuiltIn()
	}
	old, renamed := a.opts.Themes[a.theme], l.Theme != a.opts.Theme
	a.opts.Themes, a.opts.Theme = l.Themes, l.Theme
	a.keys, a.problem, a.opts.Bell = a.bound(l.Keys), l.Problem, l.Bell
	i, exists := a.themeNamed(old.Name)
	if a.chosen && !renamed && exists {
		return a.paint(i), nil
	}
	a.chosen = false
	if named, ok := a.themeNamed(l.Theme); ok {
		a.byUser = true
		return a.paint(named), nil
	}
	if !exists {
		a.theme = 0
		i = a.themeFor(old.Dark)
	}
	var ask tea.Cmd
	if a.byUser {
		ask = askBackground
	}
	a.byUser = false
	return a.paint(i), ask
}

// themeNamed returns the index of a theme, the last of those with that name.
func (a *App) themeNamed(name string) (int, bool) {
	for i := len(a.opts.Themes) - 1; i >= 0; i-- {
		if a.opts.Themes[i].Name == name {
			return i, true
		}
	}
	return 0, false
}
