package ui

import (
	"cmp"
	"slices"
	"strings"

	"quotatop/model"

	tea "charm.land/bubbletea/v2"
)

// A sorting is an order of the endpoints.
type sorting int

const (
	byTable    sorting = iota // as the table of limits has them
	byHeadroom                // the fullest first
	byName
	byRate // the most calls of the last minute first
	sortings
)

// sortNames are what the orders are called.
var sortNames = [sortings]string{"table", "headroom", "name", "rate"}

// nextSort goes from one order to the next. The cursor stays on its endpoint.
func (a *App) nextSort(string) tea.Cmd {
	a.sorted = (a.sorted + 1) % sortings
	return nil
}

// order is the places in the snapshot of all endpoints, in the order that was
// chosen. What is not known comes last, equals stay as in the table.
func (a *App) order() []int {
	all := a.snap.Endpoints
	out := make([]int, len(all))
	for i := range out {
		out[i] = i
	}
	switch a.sorted {
	case byHeadroom:
		slices.SortStableFunc(out, func(i, j int) int { return cmp.Compare(urgency(&all[j]), urgency(&all[i])) })
	case byName:
		slices.SortStableFunc(out, func(i, j int) int {
			return strings.Compare(strings.ToLower(all[i].ID), strings.ToLower(all[j].ID))
		})
	case byRate:
		slices.SortStableFunc(out, func(i, j int) int { return cmp.Compare(all[j].Calls.Or(-1), all[i].Calls.Or(-1)) })
	}
	return out
}

// urgency is the greater the less headroom an endpoint's fullest limit has.
func urgency(e *model.EndpointUsage) float64 {
	most := -1.0
	for i := range e.Limits {
		most = max(most, rank(&e.Limits[i]))
	}
	return most
}

// rank orders limits by their pressure, and under the same by their ratio.
func rank(l *model.LimitUsage) float64 {
	return float64(l.Pressure())*1000 + min(l.Ratio().Or(-1), 999)
}
