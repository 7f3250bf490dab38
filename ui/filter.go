package ui

import (
	"strings"
	"unicode/utf8"

	"quotatop/model"

	tea "charm.land/bubbletea/v2"
)

// filter is the text that the rows of a list must contain. Both lists of alerts
// share one.
func (a *App) filter(p paneID) *string {
	if p == billingPane {
		p = ratePane
	}
	return &a.filters[p]
}

// typedFilter is the filter that is typed into: the log's while it is open, or that of
// the focused list.
func (a *App) typedFilter() *string {
	if a.log.open {
		return &a.log.filter
	}
	return a.filter(a.focus)
}

// filtering returns the filter that esc clears and the footer shows: that of the
// focused list, or else of another one; nil if no list has any.
func (a *App) filtering() *string {
	if a.log.open {
		if a.log.filter != "" {
			return &a.log.filter
		}
		return nil
	}
	for _, p := range [...]paneID{a.focus, endpointsPane, ratePane, fleetPane} {
		if f := a.filter(p); *f != "" {
			return f
		}
	}
	return nil
}

// startFilter starts typing the filter of the focused list; of the list that the
// detail pane belongs to; or of the alerts.
func (a *App) startFilter(string) tea.Cmd {
	switch {
	case a.log.open:
	case a.focus == detailPane:
		a.show(a.subject)
	case !a.focus.isList():
		a.show(ratePane)
	}
	a.typing, a.help, a.panel = true, false, false
	return nil
}

// lists reports whether the ID, the name or a path of an endpoint matches the
// filter.
func (a *App) lists(e *model.EndpointUsage) bool {
	f := *a.filter(endpointsPane)
	if f == "" || contains(f, e.ID, e.Name) {
		return true
	}
	for i := range e.Paths {
		if contains(f, e.Paths[i].Path) {
			return true
		}
	}
	return false
}

// contains reports whether one of texts contains a filter, ignoring case.
func contains(filter string, texts ...string) bool {
	filter = strings.ToLower(filter)
	for _, s := range texts {
		if strings.Contains(strings.ToLower(s), filter) {
			return true
		}
	}
	return false
}

// maxTyped bounds the bytes that can be typed into a line.
const maxTyped = 64

// typed returns a line with more text at its end, or unchanged if it is full.
func typed(line, more string) string {
	more = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, more)
	if len(line)+len(more) > maxTyped {
		return line
	}
	return line + more
}

// edited returns a line after a key.
func edited(line, key, text string) string {
	switch key {
	case "ctrl+u":
		return ""
	case "ctrl+w":
		line = strings.TrimRight(line, " ")
		return line[:strings.LastIndexByte(line, ' ')+1]
	case "backspace":
		_, size := utf8.DecodeLastRuneInString(line)
		return line[:len(line)-size]
	}
	return typed(line, text)
}

// typeFilter handles a key while the filter is being typed.
func (a App) typeFilter(key, text string) (tea.Model, tea.Cmd) {
	switch key {
	case "enter":
		a.typing = false
	case "esc":
		a.typing = false
		*a.typedFilter() = ""
	default:
		*a.typedFilter() = edited(*a.typedFilter(), key, text)
	}
	return a, nil
}
