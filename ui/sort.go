package ui

import (
	"cmp"
	"slices"
	"strings"

	"quotatop/model"
	"quotatop/ui/words"

	tea "charm.land/bubbletea/v2"
)

// A sorting is an order of the endpoints.
type sorting int

const (
	byTable    sorting = iota // as in the table of limits
	byHeadroom                // the least first
	byName
	byRate // most calls in the last minute first
	sortings
)

// sortNames are the names of the orders.
var sortNames = [sortings]string{"table", "headroom", "name", "rate"}

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

// urgency returns the rank of an endpoint's worst limit.
func urgency(e *model.EndpointUsage) float64 {
	most := -1.0
	for i := range e.Limits {
		most = max(most, words.Rank(&e.Limits[i]))
	}
	return most
}
