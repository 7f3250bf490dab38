package ui

import (
	tea "charm.land/bubbletea/v2"
)

// A target is a part of the screen that the mouse can mean.
type target struct {
	at   area
	kind targetKind
	pane paneID // of a pane or a row
	item item   // of a row
	nth  int    // of an action the place in the table, of a command that in the palette
}

type targetKind int

const (
	onNothing targetKind = iota
	onPane
	onRow
	onAction  // a hint of the footer
	onCommand // a line of the palette
)

// mark notes what stands where, when somebody asks for it. A frame that is only
// shown notes nothing.
func (a *App) mark(t target) {
	if a.targets != nil {
		*a.targets = append(*a.targets, t)
	}
}

// under is what stands at a place of the screen. Where things lie over each
// other it is the uppermost. Nothing is kept from frame to frame: the frame is
// drawn once more to see.
func (a App) under(x, y int) target {
	var all []target
	a.targets = &all
	if a.w > 0 && a.h > 0 {
		a.frame()
	}
	for i := len(all) - 1; i >= 0; i-- {
		if at := all[i].at; x >= at.x && x < at.x+at.w && y >= at.y && y < at.y+at.h {
			return all[i]
		}
	}
	return target{}
}

// click does what a click of the left button asks for.
func (a App) click(m tea.Mouse) (tea.Model, tea.Cmd) {
	if m.Button != tea.MouseLeft {
		return a, nil
	}
	t := a.under(m.X, m.Y)
	a.typing, a.said = false, ""
	if t.kind != onCommand {
		a.asking = false
	}
	switch t.kind {
	case onAction:
		act := &a.keys[t.nth]
		cmd := act.do(&a, act.Keys()[0])
		return a, cmd
	case onCommand:
		a.choice = t.nth
		return a.ask("enter", "")
	case onPane:
		a.show(t.pane)
	case onRow:
		if a.focus == t.pane && a.picked[t.pane] == t.item {
			cmd := a.open("")
			return a, cmd
		}
		a.show(t.pane)
		a.picked[t.pane] = t.item
	}
	return a, nil
}

// textStep is how many lines of text the wheel scrolls; in lists it is one row.
const textStep = 3

// wheel scrolls what is under the pointer.
func (a App) wheel(m tea.Mouse) App {
	step := 0
	switch m.Button {
	case tea.MouseWheelUp:
		step = -1
	case tea.MouseWheelDown:
		step = 1
	}
	t := a.under(m.X, m.Y)
	switch {
	case step == 0:
	case a.asking:
		a.choice = min(max(a.choice+step, 0), max(len(a.hits())-1, 0))
	case a.help:
		a.move(step * textStep)
	case t.kind == onPane || t.kind == onRow:
		if t.pane != a.focus {
			a.typing = false
			a.show(t.pane)
		}
		if t.pane == detailPane {
			step *= textStep
		}
		a.move(step)
	}
	return a
}
