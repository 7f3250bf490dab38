package ui

import (
	"math"
	"slices"
	"time"

	"quotatop/model"

	tea "charm.land/bubbletea/v2"
)

// show focuses a pane, and zooms it if the layout has no room for it.
func (a *App) show(p paneID) {
	if _, room := a.slot(p); !room {
		a.zoom = true
	}
	if p.isList() {
		a.subject = p
	}
	if p != a.focus {
		a.scroll = 0
	}
	a.focus, a.help, a.panel, a.log.open = p, false, false, false
}

// step focuses the nth pane from here. Unless a pane is zoomed, it skips those that
// are not on screen.
func (a *App) step(n int) {
	p := a.focus
	for range focusable {
		p = (p + paneID(n) + focusable) % focusable
		if p == fleetPane && a.alone() {
			continue
		}
		if _, room := a.slot(p); room || a.zoom {
			a.show(p)
			return
		}
	}
}

func (a *App) nextPane(string) tea.Cmd     { a.step(1); return nil }
func (a *App) previousPane(string) tea.Cmd { a.step(-1); return nil }

func (a *App) paneByNumber(key string) tea.Cmd {
	for i := range a.keys {
		if a.keys[i].name == panesAction {
			a.show(paneID(slices.Index(a.keys[i].Keys(), key)))
		}
	}
	return nil
}

func (a *App) toggleZoom(string) tea.Cmd {
	a.zoom = !a.zoom
	a.home()
	return nil
}

// home moves the focus to a pane that is on screen.
func (a *App) home() {
	if _, room := a.slot(a.focus); !room && !a.zoom {
		a.focus = endpointsPane
	}
}

// isList reports whether the pane has rows to select.
func (p paneID) isList() bool {
	return p == endpointsPane || p == ratePane || p == billingPane || p == fleetPane
}

// items returns the rows of a list.
func (a *App) items(p paneID) []item {
	var out []item
	switch p {
	case endpointsPane:
		out = make([]item, 0, 2*len(a.snap.Endpoints))
		for _, at := range a.order() {
			e := &a.snap.Endpoints[at]
			if !a.lists(e) {
				continue
			}
			for i := range max(len(e.Limits), 1) {
				out = append(out, item{endpoint: e.ID, limit: i})
			}
		}
	case ratePane, billingPane:
		for _, g := range a.alerts(p) {
			out = append(out, itemOf(g))
		}
	case fleetPane:
		for _, i := range a.generators() {
			out = append(out, item{generator: a.snap.Fleet.Generators[i].Name})
		}
	}
	return out
}

// follows reports whether the cursor of the endpoints follows the next wall,
// because the user has not selected one.
func (a *App) follows() bool { return a.picked[endpointsPane] == (item{}) }

// pickedEndpoint returns the row of the endpoints that the cursor is on.
func (a *App) pickedEndpoint() item {
	picked := a.picked[endpointsPane]
	if a.follows() {
		_, e, u, ok := a.snap.NextLimit(a.lists)
		if !ok {
			_, e, u, ok = a.snap.NextLimit(nil)
		}
		if !ok {
			return item{}
		}
		picked = item{endpoint: e.ID, limit: slices.IndexFunc(e.Limits, func(l model.LimitUsage) bool { return l.Limit == u.Limit && l.PerS == u.PerS })}
	}
	if *a.filter(endpointsPane) != "" {
		rows := a.items(endpointsPane)
		if i := chosen(rows, picked); i >= 0 {
			return rows[i]
		}
	}
	return picked
}

// chosen returns the index of the picked row of a list: 0 if it is gone, -1 if the
// list is empty.
func chosen(rows []item, picked item) int {
	if len(rows) == 0 {
		return -1
	}
	return max(slices.Index(rows, picked), 0)
}

// move moves the cursor n rows down in the focused list, or scrolls the detail pane
// or the help.
func (a *App) move(n int) {
	if a.help || !a.log.open && a.focus == detailPane {
		bottom := a.frame().below + a.scroll
		a.scroll = min(max(a.scroll+n, 0), bottom)
		return
	}
	if a.log.open {
		a.moveLog(n)
		return
	}
	a.pick(a.focus, n)
}

// pick moves the cursor of a list n rows down.
func (a *App) pick(p paneID, n int) {
	rows, picked := a.items(p), a.picked[p]
	if p == endpointsPane {
		picked = a.pickedEndpoint()
	}
	if i := chosen(rows, picked); i >= 0 {
		a.picked[p] = rows[min(max(i+n, 0), len(rows)-1)]
	}
}

// far is more rows than any list has.
const far = math.MaxInt32

// moves reports whether there are rows or lines to move in.
func (a *App) moves() bool {
	return a.help || a.log.open || a.focus.isList() || a.focus == detailPane
}

func (a *App) up(string) tea.Cmd      { a.move(-1); return nil }
func (a *App) down(string) tea.Cmd    { a.move(1); return nil }
func (a *App) top(key string) tea.Cmd { a.toEnd(key, -far); return nil }
func (a *App) end(key string) tea.Cmd { a.toEnd(key, far); return nil }

// toEnd moves the cursor to the first or the last row. The keys home and end go to the
// ends of the chart that has the focus.
func (a *App) toEnd(key string, n int) {
	if onChart := key == "home" || key == "end"; !onChart || !a.moveCursor(n) {
		a.move(n)
	}
}

func (a *App) pageUp(string) tea.Cmd   { a.move(-max(a.h/2, 1)); return nil }
func (a *App) pageDown(string) tea.Cmd { a.move(max(a.h/2, 1)); return nil }

func (a *App) left(string) tea.Cmd  { a.sideways(-1); return nil }
func (a *App) right(string) tea.Cmd { a.sideways(1); return nil }

// sideways moves the cursor of the chart that has the focus, or to the nth pane from
// here. Without a chart the detail pane shows the nth item.
func (a *App) sideways(n int) {
	switch {
	case a.log.open:
	case a.moveCursor(n):
	case a.focus == detailPane:
		a.stepItem(n)
	default:
		a.step(n)
	}
}

// stepItem shows the nth item from the one in the detail pane.
func (a *App) stepItem(n int) {
	a.scroll = 0
	a.pick(a.subject, n)
}

func (a *App) previousItem(string) tea.Cmd { a.stepItem(-1); return nil }
func (a *App) nextItem(string) tea.Cmd     { a.stepItem(1); return nil }

// inDetail reports whether the detail pane has the focus.
func (a *App) inDetail() bool { return !a.help && a.focus == detailPane }

// canOpen reports whether enter has a row to open.
func (a *App) canOpen() bool {
	if a.log.open {
		return !a.help && a.canTravel() && a.entry() != nil
	}
	if a.help || !a.focus.isList() {
		return false
	}
	switch a.focus {
	case fleetPane:
		return len(a.generators()) > 0
	case endpointsPane:
		for i := range a.snap.Endpoints {
			if a.lists(&a.snap.Endpoints[i]) {
				return true
			}
		}
		return false
	}
	return len(a.alerts(a.focus)) > 0
}

// open shows the details of the row under the cursor. An alert stays open when a
// newer one comes.
func (a *App) open(string) tea.Cmd {
	if a.log.open {
		return a.goToEntry()
	}
	if a.focus != endpointsPane {
		a.pick(a.focus, 0)
	}
	a.subject, a.focus, a.zoom, a.scroll = a.focus, detailPane, true, 0
	return nil
}

// canLeave reports whether esc has something to leave.
func (a *App) canLeave() bool {
	return a.help || a.log.open || a.problem != "" || !a.cursor.IsZero() || a.zoom || a.filtering() != nil || !a.follows()
}

func (a *App) leave(string) tea.Cmd {
	switch {
	case a.help:
		a.help, a.scroll = false, 0
	case a.log.open && a.log.filter != "":
		a.log.filter = ""
	case a.log.open:
		a.log.open = false
	case a.problem != "":
		a.problem = ""
	case !a.cursor.IsZero():
		a.cursor = time.Time{}
	case a.zoom:
		a.zoom = false
		if a.focus == detailPane {
			a.focus = a.subject
		}
		a.home()
	case a.filtering() != nil:
		*a.filtering() = ""
	default:
		a.picked[endpointsPane] = item{} // follow the next wall again
	}
	return nil
}
