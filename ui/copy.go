package ui

import (
	"encoding/json"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// canCopy reports whether there is something to copy.
func (a *App) canCopy() bool {
	e, _, g := a.subjectRow()
	return e != nil || g != nil
}

// copy puts the alert under the cursor, or else the usage of the endpoint, as
// JSON on the clipboard of the machine that the terminal is on (OSC 52).
func (a *App) copy(string) tea.Cmd {
	e, _, g := a.subjectRow()
	what, name := any(g), ""
	switch {
	case g != nil:
		name = "the alert of " + brief(a.kindName(g), maxID)
	case e != nil:
		what, name = e, "the usage of "+brief(e.ID, maxID)
	}
	text, err := json.MarshalIndent(what, "", "  ")
	if err != nil {
		a.say("not copied: " + err.Error())
		return nil
	}
	a.say("copied " + name)
	set := ansi.SetSystemClipboard(string(text))
	if a.tmux {
		// tmux takes the sequence itself where its set-clipboard is on, and else
		// hands it on where its allow-passthrough is on.
		set += ansi.TmuxPassthrough(set)
	}
	return tea.Raw(set)
}
