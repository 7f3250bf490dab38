package ui

import (
	"cmp"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"quotatop/model"
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

// nextSort switches to the next order. The cursor stays on its endpoint.
func (a *App) nextSort(string) tea.Cmd {
	a.sorted = (a.sorted + 1) % sortings
	return nil
}

// order returns the indexes of all endpoints in the chosen order. Unknown figures
// come last; equal ones keep the order of the table.
func (a *App) order() []int {
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
