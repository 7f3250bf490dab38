package ui

import (
	"slices"

	"quotatop/model"
	"quotatop/ui/words"
)

// assumesEgress reports whether nobody said which address some generator has.
func (a *App) assumesEgress() bool {
	return slices.ContainsFunc(a.snap.Fleet.Generators, func(g model.Generator) bool { return g.EgressAssumed })
}

// egressAssumed reports whether nobody said that the generators of an address have it.
func (a *App) egressAssumed(egress string) bool {
	return egress != "" && a.hasFleet() && slices.ContainsFunc(a.snap.Fleet.Generators, func(g model.Generator) bool { return g.Egress == egress && g.EgressAssumed })
}

// From egressW cells on, the states of rows have egressState cells more for the address.
const egressW, egressState = 140, 18

// onEgress adds to the longest of texts about a limit which address of a fleet it is
// about, if it is one by client IP.
func onEgress(l *model.LimitUsage, texts ...string) []string {
	if l == nil || l.Egress == "" {
		return texts
	}
	on := []string{texts[0] + " on " + l.Egress}
	if l.EgressesNear > 0 {
		on = []string{on[0] + ", " + words.Near(l), on[0]}
	}
	return append(on, texts...)
}
