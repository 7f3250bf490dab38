package ui

import (
	"encoding/json"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// canCopy reports whether there is something to copy.
func (a *App) canCopy() bool {
	if a.log.open {
		return a.entry() != nil
	}
	e, _, g := a.subjectRow()
	return e != nil || g != nil
}

// copy copies the entry of the log or the alert under the cursor, or else the endpoint's usage, as JSON to
// the clipboard of the terminal's machine (OSC 52).
func (a *App) copy(string) tea.Cmd {
	e, _, g := a.subjectRow()
	generator := a.generator()
	what, name := any(g), ""
	switch entry := a.entry(); {
	case a.log.open:
		what, name = entry, "entry of the log"
	case generator != nil:
		what, name = generator, "generator "+brief(generator.Name, longestName)
	case g != nil:
		name = "alert of " + ending(a.kindName(g), maxID)
	case e != nil:
		what, name = e, "usage of "+ending(e.ID, maxID)
	}
	text, err := json.MarshalIndent(what, "", "  ")
	if err != nil {
		a.say("copy failed: " + err.Error())
		return nil
	}
	a.say("copied " + name)
	set := ansi.SetSystemClipboard(string(text))
	if a.tmux {
		// tmux handles the sequence itself if its set-clipboard is on, and passes
		// it on if its allow-passthrough is on.
		set += ansi.TmuxPassthrough(set)
	}
	return tea.Raw(set)
}
