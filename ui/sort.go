package ui

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"quotatop/model"
	"quotatop/theme"

	tea "charm.land/bubbletea/v2"
)

// A sorting is an order of the endpoints.
type sorting int

const (
	byTable    sorting = iota // as in the table of limits
	byPressure                // what bites first
	byName
	byRate // most calls in the last minute first
	sortings
)

// sortNames are the names of the orders.
var sortNames = [sortings]string{"table", "pressure", "name", "rate"}

// sortHelp says what the orders are.
var sortHelp = [sortings]string{"as in the table of limits", "what bites first", "A to Z", "most calls in the last minute"}

// sortsFleet reports whether the keys sort the generators, not the endpoints.
func (a *App) sortsFleet() bool {
	return a.hasFleet() && (a.focus == fleetPane || a.focus == detailPane && a.subject == fleetPane)
}

// nextSort switches to the next order. The cursor stays on its row.
func (a *App) nextSort(string) tea.Cmd {
	if a.sortsFleet() {
		next := (a.fleet.sorted + 1) % sortings
		if next == byPressure {
			next++
		}
		a.sortFleet(next, false)
		return nil
	}
	a.sorted, a.reversed = (a.sorted+1)%sortings, false
	return nil
}

// setSort switches the focused list to an order.
func (a *App) setSort(s sorting) {
	if a.sortsFleet() {
		a.sortFleet(s, false)
		return
	}
	a.sorted, a.reversed = s, false
}

// sortBy switches to an order, or reverses it if it is the one already.
func (a *App) sortBy(s sorting) {
	a.reversed = a.sorted == s && !a.reversed
	a.sorted = s
}

// isSorted reports whether the order is not that of the table.
func (a *App) isSorted() bool { return a.sorted != byTable || a.sortsFleet() }

func (a *App) reverse(string) tea.Cmd {
	if a.sortsFleet() {
		a.sortFleet(a.fleet.sorted, !a.fleet.reversed)
		return nil
	}
	a.reversed = !a.reversed
	return nil
}

// sortName names the order.
func (a *App) sortName() string {
	if a.reversed {
		return sortNames[a.sorted] + ", reversed"
	}
	return sortNames[a.sorted]
}

// headings marks the title of the column that the endpoints are sorted by, and makes
// the titles targets. at is the area of the rows; the titles are on its first line.
func (a *App) headings(at area, c columns, o outcome) outcome {
	mark := '▾'
	if a.reversed != (a.sorted == byName) {
		mark = '▴'
	}
	for _, title := range [...]struct {
		by        sorting
		from, end int // of the text
	}{
		{byName, c.id.x, c.id.x + len("endpoint")},
		{byRate, c.figures.x + c.figures.w - len("calls"), c.figures.x + c.figures.w},
		{byPressure, c.state.x, c.state.x + len("state")},
	} {
		if title.by == byPressure && c.state.w <= len("state") {
			continue
		}
		if title.by == a.sorted {
			at.set(title.end, 0, theme.Accent, mark)
		}
		o = o.hit(target{at: at.sub(title.from, 0, title.end+1-title.from, 1), kind: onColumn, pane: endpointsPane, nth: int(title.by)})
	}
	return o
}

// A standing is the order in which the endpoints stand on the screen. It changes
// every standFor at most, so that rows can be read and clicked.
type standing struct {
	at       time.Time // of the snapshot that it is by
	by       sorting
	reversed bool
	order    []int // indexes of the endpoints
}

// standFor is how long the order stands.
const standFor = 10 * time.Second

// stands reports whether the standing is of the chosen order.
func (a *App) stands() bool {
	s := &a.standing
	return s.by == a.sorted && s.reversed == a.reversed && len(s.order) == len(a.snap.Endpoints)
}

// restand puts the endpoints in order again if it is time.
func (a *App) restand() {
	a.restandFleet()
	if a.sorted == byTable || a.stands() && a.snap.At.Sub(a.standing.at).Abs() < standFor {
		return
	}
	a.standing = standing{a.snap.At, a.sorted, a.reversed, a.arranged()}
}

// order returns the indexes of all endpoints in the order of the screen.
func (a *App) order() []int {
	if a.sorted != byTable && a.stands() {
		return a.standing.order
	}
	return a.arranged()
}

// arranged returns the indexes of all endpoints in the chosen order. Equal ones keep
// the order of the table, and unknown figures come last.
func (a *App) arranged() []int {
	all := a.snap.Endpoints
	out := make([]int, len(all))
	for i := range out {
		out[i] = i
	}
	switch a.sorted {
	case byPressure:
		slices.SortStableFunc(out, func(i, j int) int { return cmp.Compare(a.urgency(&all[j]), a.urgency(&all[i])) })
	case byName:
		slices.SortStableFunc(out, func(i, j int) int {
			return strings.Compare(strings.ToLower(all[i].ID), strings.ToLower(all[j].ID))
		})
	case byRate:
		slices.SortStableFunc(out, func(i, j int) int { return cmp.Compare(all[j].Calls.Or(-1), all[i].Calls.Or(-1)) })
	}
	if a.reversed {
		slices.Reverse(out)
	}
	return out
}

// urgency returns the highest urgency of an endpoint's rows.
func (a *App) urgency(e *model.EndpointUsage) urgency {
	w, _ := a.snap.WallOf(e.ID, &model.LimitUsage{})
	most := urgencyOf(w, false)
	for i := range e.Limits {
		w, _ := a.snap.WallOf(e.ID, &e.Limits[i])
		most = max(most, urgencyOf(w, true))
	}
	return most
}

// An urgency says how soon a row needs a person. It is coarse, so that rows do not
// change places by the second.
type urgency int

// urgencies is more than any.
const urgencies urgency = 1000

// urgencyOf returns the urgency of a row by its wall: calls that are refused first,
// then by pressure, then by the quarter of the limit that is used. A row without a
// limit is the last.
func urgencyOf(w model.Wall, limited bool) urgency {
	switch {
	case w.Kind == model.WallRefused:
		return urgencies - 1
	case !limited:
		return -2
	}
	return urgency(w.Pressure)*10 + urgency(min(w.Used.Or(-0.25), 2)*4)
}
