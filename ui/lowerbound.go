package ui

import (
	"cmp"

	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"
)

// fleetBound says that figures are lower bounds, and why, if what is not known of the
// fleet's calls makes them so: from the longest text to the shortest.
func (a *App) fleetBound() []string {
	if a.snap.Fleet == nil {
		return nil
	}
	n := words.FleetOf(a.snap.Fleet)
	why := n.Unheard()
	switch bound := a.anyLowerBound(); {
	case why == nil, n.Silent+n.Behind == 0 && !bound:
		return nil
	case !bound:
		return why
	}
	const bounds = ": figures are lower bounds"
	return []string{why[0] + bounds + " (" + a.signs("≥") + ")", why[0] + bounds, why[1] + bounds, why[2] + bounds, why[2]}
}

// drawFleetBound draws it, and returns how many lines it used. A screen with a line for
// the fleet says it there.
func (a *App) drawFleetBound(at area) int {
	_, said := a.slot(fleetLinePane)
	texts := a.fleetBound()
	if said || texts == nil {
		return 0
	}
	at.set(1, 0, theme.Warm, '◌')
	at.cut(3, 0, at.w-4, theme.Warm, cmp.Or(fit(at.w-4, texts...), texts[len(texts)-1]))
	return 1
}

// anyLowerBound reports whether a gauge is one.
func (a *App) anyLowerBound() bool {
	for i := range a.snap.Endpoints {
		for j := range a.snap.Endpoints[i].Limits {
			if a.snap.Endpoints[i].Limits[j].LowerBound {
				return true
			}
		}
	}
	return false
}

// whyLower says why a limit's window may have more calls than are known.
func (a *App) whyLower(l *model.LimitUsage) string {
	if a.alone() {
		return "window not fully loaded"
	}
	n := words.FleetOf(a.snap.Fleet)
	why := n.Unheard()
	switch {
	case n.Silent+n.Behind > 0:
		return why[0]
	case l.Egresses > 0 && a.assumesEgress():
		return "generators may share an address: set --egress"
	case why != nil:
		return why[0]
	}
	return "window not fully loaded"
}
