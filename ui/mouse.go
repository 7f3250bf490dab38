package ui

import (
	tea "charm.land/bubbletea/v2"
)

// A target is a part of the screen that reacts to the mouse.
type target struct {
	at   area
	kind targetKind
	pane paneID // of a pane or a row
	item item   // of a row
	nth  int    // the index of an action in the key map, or of a command in the palette; a sorting; the index of a setting
}

type targetKind int

const (
	onNothing targetKind = iota
	onPane
	onRow
	onAction  // a hint of the footer
	onCommand // a line of the palette
	onChart   // the chart of the detail pane
	onLog     // an entry of the log, by its index, or the log for -1
	onColumn  // the title of a column of the endpoints
	onSetting // a line of the settings
)

// under returns the uppermost target at a position on the screen. It draws the
// frame again to find it.
func (a *App) under(x, y int) target {
	if a.w <= 0 || a.h <= 0 {
		return target{}
	}
	all := a.frame().targets
	for i := len(all) - 1; i >= 0; i-- {
		if at := all[i].at; x >= at.x && x < at.x+at.w && y >= at.y && y < at.y+at.h {
			return all[i]
		}
	}
	return target{}
}

// click handles a click.
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
	case onSetting:
		if a.panelRow == t.nth {
			return a, a.changeRow(1)
		}
		a.panelRow = t.nth
	case onColumn:
		if s := sorting(t.nth); t.pane == fleetPane {
			a.sortFleet(s, a.fleet.sorted == s && !a.fleet.reversed)
		} else {
			a.sortBy(s)
		}
	case onLog:
		if all := a.entries(); t.nth >= 0 && t.nth < len(all) {
			if t.nth == a.pickedEntry(all) && a.canOpen() {
				cmd := a.open("")
				return a, cmd
			}
			a.pickEntry(t.nth)
		}
	case onChart:
		a.show(detailPane)
		a.putCursor(m.X - t.at.x)
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

// textStep is how many lines of text the wheel scrolls. In lists it moves by one
// row.
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
	case a.help, a.log.open && !a.panel:
		a.move(step * textStep)
	case a.panel:
		a.panelRow = min(max(a.panelRow+step, 0), max(len(a.settings())-1, 0))
	case t.kind == onPane || t.kind == onRow || t.kind == onColumn:
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
