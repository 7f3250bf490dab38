package model

import "time"

// Snapshot returns what is known at now, which is server time.
func (l *Ledger) Snapshot(now time.Time) Snapshot {
	l.flush()
	now = clamp(now)
	m := l.moment(now)
	s := Snapshot{
		Version:       SnapshotVersion,
		At:            now,
		ClockOffsetMS: (l.offset - l.step).Milliseconds(),
		ClockInDoubt:  !l.moved.IsZero() && now.Sub(l.moved).Abs() < clockSettles,
		Profile:       l.table.Profile,
		Account:       AccountName{Plan: l.spend.account.Plan, Team: l.spend.account.Team},
		Cap:           l.spend.snapshot(now, l.log()),
		Endpoints:     make([]EndpointUsage, len(l.table.Endpoints)),
		Denials:       l.alerts.snapshot(m, l.table, l.spend.reset),
	}
	for e := range s.Endpoints {
		s.Endpoints[e] = l.usage(e, m)
	}
	s.Cap.Spent = l.spendCurve(now)
	s.Sources, s.Services = l.sourceStates(now)
	s.Fleet = l.fleetAt(&s, m)
	s.Walls = WallsOf(&s)
	s.Log = l.logAt(&s)
	return s
}

// usage returns the usage of one endpoint at a moment.
func (l *Ledger) usage(e int, m *moment) EndpointUsage {
	endpoint := &l.table.Endpoints[e]
	u := EndpointUsage{
		ID: endpoint.ID, Name: endpoint.Name, Scope: endpoint.Scope,
		Limits: make([]LimitUsage, len(endpoint.Limits)), Paths: []PathUsage{},
	}
	var v view // over a minute, which is one of the spans of every endpoint
	for i, per := range l.spans[e] {
		seen := l.view(e, i, m)
		if i < len(endpoint.Limits) {
			u.Limits[i] = l.gauge(e, i, &seen, m)
		}
		if per == time.Minute {
			v = seen
		}
	}
	u.Calls = v.used
	u.Rejected = l.rejectedMinute(e, &v, m)
	u.Charts = l.charts(e, &v, m)
	u.Models, u.ModelsSince = l.models(e, m.now)
	if l.billing.covers(time.Minute, l.horizon) {
		u.Rows = Some(l.billing.rows[e].Count(l.horizon.Add(-time.Minute), l.horizon))
	}
	for i, p := range l.table.patterns {
		if p.endpoint != e {
			continue
		}
		calls := 0
		for _, stream := range v.streams {
			if w := stream.paths[i]; w != nil {
				calls = max(calls, w.Count(v.asOf.Add(-time.Minute), v.asOf))
			}
		}
		if calls > 0 {
			u.Paths = append(u.Paths, PathUsage{p.text, calls})
		}
	}
	return u
}

// rejectedMinute returns an endpoint's calls of the last minute that a limit
// denied, or that were denied for a reason that is not known.
func (l *Ledger) rejectedMinute(e int, v *view, m *moment) Opt[int] {
	if !l.watching() {
		return Opt[int]{}
	}
	most := 0
	for _, stream := range v.place.streams {
		most = max(most, stream.denied[e].Count(m.local.Add(-time.Minute), m.countEnd()))
	}
	return Some(most)
}

// gauge returns one limit at a moment, from the view of its span.
func (l *Ledger) gauge(e, i int, v *view, m *moment) LimitUsage {
	limit := l.table.Endpoints[e].Limits[i]
	g := LimitUsage{Limit: limit.Max, PerS: limit.Per.Seconds()}
	g.Used, g.Local, g.Account, g.Others = v.used, v.local, v.account, v.others
	g.UpperBound, g.LowerBound = v.upper, v.lower
	if v.local.Known() {
		g.Rejected = Some(v.place.rejected(e, i, m.local.Add(-limit.Per), m.countEnd()))
	}
	if l.byAddress(e) {
		g.Egress, g.Egresses, g.EgressesNear = v.place.egress, v.egresses, v.near
	}
	l.fillDenied(&g, e, i, v, m)
	if v.known {
		l.fillCounted(&g, e, i, v, m)
	}
	l.inferFull(&g, e, i, v, m)
	return g
}

// fillCounted sets the figures of a gauge that follow from counted calls.
func (l *Ledger) fillCounted(g *LimitUsage, e, i int, v *view, m *moment) {
	g.AsOf = Some(v.asOf)
	if v.fromAccount || v.continued {
		g.Margin, g.Estimated = v.margin, v.estimated
	}
	g.TimeToLimit = l.forecast(g, e, i, v, m)
	l.fillHistory(g, e, i, v, m)
}

// fillHistory sets the history of a gauge, and its peak.
func (l *Ledger) fillHistory(g *LimitUsage, e, i int, v *view, m *moment) {
	s := l.history(e, v, m, HistorySteps, func(stream *stream) chartTally { return stream.tallies[e][i].history })
	g.History, g.HistoryRejected, g.HistoryFrom = s.accepted, s.rejected, s.from
	var full []int
	if w := v.place.full[e].history[i]; w.newest >= 0 {
		full = w.steps(v.asOf, HistorySteps)
	}
	peak, mark := s.peak(HistorySteps/15, full, g.Learned.Or(g.Limit))
	if used := g.Used.Or(0); used >= peak {
		peak, mark = used, g.mark()
	}
	g.setPeak(peak, mark)
}

// forecast returns the seconds from now until a gauge reaches its limit.
//
// The account's figure ends some seconds ago. Where this machine makes most of the
// calls, those that it has seen since then continue the figure up to now, so that
// a wall shows as soon as the calls that lead to it.
func (l *Ledger) forecast(g *LimitUsage, e, i int, v *view, m *moment) Opt[float64] {
	limit, h := g.Learned.Or(g.Limit), v.asOf
	ahead := func(count func(from, to time.Time) int, at time.Time) Opt[float64] {
		in, ok := timeToLimit(count, limit, g.Per(), at).Get()
		if !ok {
			return Opt[float64]{}
		}
		return Some(max(in-m.now.Sub(at), 0).Seconds())
	}
	if !v.fromAccount || !l.watching() {
		return ahead(v.count, h)
	}
	continued := ahead(l.continuedCount(&v.place, e, i, m), m.local)
	recent := h.Add(-continueAfter)
	if continued.Known() || 2*v.place.count(e, i, recent, h) >= v.count(recent, h) && l.watchingSince(m.local).Before(recent) {
		return continued
	}
	return ahead(v.count, h)
}

// countEnd returns where a count up to now ends. It is later than now, so that the
// bucket that is still filling counts in full.
func countEnd(now time.Time) time.Time { return now.Add(time.Minute) }
