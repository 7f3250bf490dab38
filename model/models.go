package model

import (
	"math"
	"slices"
	"strings"
	"time"
)

// ModelUsage is the calls that one model took since the last reset.
type ModelUsage struct {
	Model    string `json:"model"` // empty when the calls did not say
	Requests int    `json:"requests"`
	// Tokens and Cost are 0 when the calls were seen on this machine alone,
	// where they are not told.
	Tokens int64  `json:"tokens"`
	Cost   Micros `json:"cost_usd"`
	// Estimated is set when part of the calls was sampled or not read.
	Estimated bool `json:"estimated"`
}

// ModelOthers is the Model that stands for all beyond the first of a long list.
const ModelOthers = "(others)"

// maxModels bounds the models of one endpoint that are told apart.
const maxModels = 64

// A modelTally counts one endpoint's calls by model, in the order in which the
// models were met. There are few, so that a search is as good as a map.
type modelTally []ModelUsage

func (t *modelTally) add(u ModelUsage) {
	at := func(name string) int {
		return slices.IndexFunc(*t, func(m ModelUsage) bool { return m.Model == name })
	}
	i := at(u.Model)
	if i < 0 && len(*t) >= maxModels {
		u.Model = ModelOthers
		i = at(u.Model)
	}
	if i < 0 {
		u.Model = strings.Clone(u.Model) // not the whole page that it was read from
		*t = append(*t, u)
		return
	}
	m := &(*t)[i]
	m.Requests += u.Requests
	m.Tokens = min(m.Tokens, math.MaxInt64-u.Tokens) + u.Tokens // saturates
	m.Cost = min(m.Cost, math.MaxInt64-u.Cost) + u.Cost
	m.Estimated = m.Estimated || u.Estimated
}

// requests is how many calls are counted.
func (t modelTally) requests() (n int) {
	for i := range t {
		n += t[i].Requests
	}
	return n
}

// missed notes that a part of the calls was never seen: what is counted by
// model is not all.
func (l *lane) missed() {
	for e := range l.models {
		for i := range l.models[e] {
			l.models[e][i].Estimated = true
		}
	}
}

// period is the time between two resets.
type period struct{ from, to time.Time }

// countModel counts calls of endpoint own by their model, unless they are of a
// period that is over.
func (l *Ledger) countModel(lane *lane, own int, at time.Time, u ModelUsage) {
	if at.Before(l.modelPeriod.from) {
		return
	}
	if !at.Before(l.modelPeriod.to) {
		from, to := l.spend.period(at)
		l.turn(period{from, to})
	}
	u.Tokens, u.Cost = max(u.Tokens, 0), max(u.Cost, 0)
	for _, e := range l.under[own] {
		lane.models[e].add(u)
	}
}

// turn begins to count the models anew.
func (l *Ledger) turn(p period) {
	l.modelPeriod = p
	if l.billing != nil {
		clear(l.billing.models)
	}
	for _, lane := range l.local {
		clear(lane.models)
	}
}

// reschedule follows an account that says when it resets. When the period turns
// out to have begun later than was taken for granted, the models are counted
// anew from now on.
func (l *Ledger) reschedule() {
	from, to := l.spend.period(l.now)
	switch {
	case !l.now.Before(l.modelPeriod.to): // the next call turns it
	case from.After(l.modelPeriod.from):
		l.turn(period{l.now, to})
	default:
		l.modelPeriod.to = to
	}
}

// models is what is counted of an endpoint's models, most requests first: by
// the billing log where it shows any, else by what this machine saw. since is
// when the count began.
func (l *Ledger) models(e int, now time.Time) (list []ModelUsage, since Opt[time.Time]) {
	list = []ModelUsage{}
	lane := l.modelLane(e)
	if lane == nil {
		return list, since
	}
	p := l.modelPeriod
	if p.to.IsZero() || !now.Before(p.to) { // nothing counted in this period yet
		p.from, p.to = l.spend.period(now)
	} else {
		list = append(list, lane.models[e]...)
	}
	if lane.watching() {
		first := lane.since
		if !lane.oldest.IsZero() {
			first = lane.oldest
		}
		since = Some(maxTime(p.from, first))
	}
	slices.SortStableFunc(list, func(a, b ModelUsage) int {
		switch {
		case (a.Model == ModelOthers) != (b.Model == ModelOthers):
			if a.Model == ModelOthers {
				return 1
			}
			return -1
		case a.Requests != b.Requests:
			return b.Requests - a.Requests
		}
		return strings.Compare(a.Model, b.Model)
	})
	return list, since
}

// modelLane is the lane that tells of an endpoint's models; nil for none. The
// billing log knows tokens and money, so it comes first.
func (l *Ledger) modelLane(e int) *lane {
	if l.billing != nil && len(l.billing.models[e]) > 0 {
		return l.billing
	}
	var best *lane
	for _, lane := range l.local {
		if best == nil || lane.models[e].requests() > best.models[e].requests() {
			best = lane
		}
	}
	if best == nil || len(best.models[e]) == 0 && l.billing.watching() {
		return l.billing
	}
	return best
}
