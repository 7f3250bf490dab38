package model

import (
	"math"
	"slices"
	"strings"
	"time"
)

// ModelUsage is the calls to one model since the last reset.
type ModelUsage struct {
	Model    string `json:"model"` // empty when unknown
	Requests int    `json:"requests"`
	// Tokens and Cost are 0 when unknown, as for calls that only a local source
	// saw.
	Tokens int64  `json:"tokens"`
	Cost   Micros `json:"cost_usd"`
	// Estimated is set when some of the calls were sampled or not read.
	Estimated bool `json:"estimated"`
}

// ModelOthers is the Model of all calls beyond the bound on the number of models.
const ModelOthers = "(others)"

// maxModels bounds the models of one endpoint that are counted separately.
const maxModels = 64

// A modelTally counts one endpoint's calls by model, in the order of their first
// call. There are few models, so a search is as fast as a map.
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
		u.Model = strings.Clone(u.Model) // does not keep the page that it was read from
		*t = append(*t, u)
		return
	}
	m := &(*t)[i]
	m.Requests += u.Requests
	m.Tokens = min(m.Tokens, math.MaxInt64-u.Tokens) + u.Tokens // saturates
	m.Cost = min(m.Cost, math.MaxInt64-u.Cost) + u.Cost
	m.Estimated = m.Estimated || u.Estimated
}

// requests returns the number of calls.
func (t modelTally) requests() (n int) {
	for i := range t {
		n += t[i].Requests
	}
	return n
}

// markModelsEstimated marks the counts by model as incomplete.
func (s *stream) markModelsEstimated() {
	for e := range s.models {
		for i := range s.models[e] {
			s.models[e][i].Estimated = true
		}
	}
}

// A period is the time between two resets.
type period struct{ from, to time.Time }

// countModel counts calls to an endpoint by model, unless their period is over.
func (l *Ledger) countModel(stream *stream, endpoint int, at time.Time, u ModelUsage) {
	if at.Before(l.modelPeriod.from) {
		return
	}
	if !at.Before(l.modelPeriod.to) {
		from, to := l.spend.period(at)
		l.startPeriod(period{from, to})
	}
	u.Tokens, u.Cost = max(u.Tokens, 0), max(u.Cost, 0)
	for _, e := range l.coveredBy[endpoint] {
		stream.models[e].add(u)
	}
}

// startPeriod starts to count the models from zero.
func (l *Ledger) startPeriod(p period) {
	l.modelPeriod = p
	if l.billing != nil {
		clear(l.billing.models)
	}
	for _, stream := range l.local {
		clear(stream.models)
	}
}

// followReset adjusts the period of the models when the account says when it
// resets. If the period began later than assumed, they are counted from zero.
func (l *Ledger) followReset() {
	from, to := l.spend.period(l.now)
	switch {
	case !l.now.Before(l.modelPeriod.to): // the next call starts a new one
	case from.After(l.modelPeriod.from):
		l.startPeriod(period{l.now, to})
	default:
		l.modelPeriod.to = to
	}
}

// models returns an endpoint's calls by model, most requests first: those in the
// billing log if it has any, else those that this machine saw. since is when the
// count began.
func (l *Ledger) models(e int, now time.Time) (list []ModelUsage, since Opt[time.Time]) {
	list = []ModelUsage{}
	stream := l.modelStream(e)
	if stream == nil {
		return list, since
	}
	p := l.modelPeriod
	if p.to.IsZero() || !now.Before(p.to) { // nothing counted in this period yet
		p.from, p.to = l.spend.period(now)
	} else {
		list = append(list, stream.models[e]...)
	}
	if stream.watching() {
		first := stream.since
		if !stream.oldest.IsZero() {
			first = stream.oldest
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

// modelStream returns the stream to take an endpoint's models from, or nil. The
// billing log comes first, as it has tokens and costs.
func (l *Ledger) modelStream(e int) *stream {
	if l.billing != nil && len(l.billing.models[e]) > 0 {
		return l.billing
	}
	var best *stream
	for _, stream := range l.local {
		if best == nil || stream.models[e].requests() > best.models[e].requests() {
			best = stream
		}
	}
	if best == nil || len(best.models[e]) == 0 && l.billing.watching() {
		return l.billing
	}
	return best
}
