package model

import "time"

// Snapshot returns what is known at now, which is server time.
func (l *Ledger) Snapshot(now time.Time) Snapshot {
	now = wall(now)
	s := Snapshot{
		Version:       SnapshotVersion,
		At:            now,
		ClockOffsetMS: l.offset.Milliseconds(),
		Profile:       l.table.Profile,
		Account:       AccountName{Plan: l.spend.account.Plan, Team: l.spend.account.Team},
		Cap:           l.spend.snapshot(now, l.log()),
		Endpoints:     make([]EndpointUsage, len(l.table.Endpoints)),
		Denials:       l.alerts.snapshot(now, l.table, l.spend.reset),
	}
	for e := range s.Endpoints {
		s.Endpoints[e] = l.usage(e, now)
	}
	s.Sources, s.Services = l.sourceStates(now)
	s.Walls = WallsOf(&s)
	return s
}

// usage returns the usage of one endpoint at now.
func (l *Ledger) usage(e int, now time.Time) EndpointUsage {
	endpoint := &l.table.Endpoints[e]
	u := EndpointUsage{
		ID: endpoint.ID, Name: endpoint.Name, Scope: endpoint.Scope,
		Limits: make([]LimitUsage, len(endpoint.Limits)), Paths: []PathUsage{},
	}
	var v view // over a minute, which is one of the spans of every endpoint
	for i, per := range l.spans[e] {
		seen := l.view(e, i, now)
		if i < len(endpoint.Limits) {
			u.Limits[i] = l.gauge(e, i, seen, now)
		}
		if per == time.Minute {
			v = seen
		}
	}
	u.Calls = v.used
	u.Rejected = l.rejectedMinute(e, now)
	u.Charts = l.charts(e, v)
	u.Models, u.ModelsSince = l.models(e, now)
	if l.billing.covers(time.Minute, l.horizon) {
		u.Rows = Some(l.billing.rows[e].Count(l.horizon.Add(-time.Minute), l.horizon))
	}
	for i, p := range l.table.patterns {
		if p.endpoint != e {
			continue
		}
		calls := 0
		for _, stream := range v.streams {
			calls = max(calls, stream.paths[i].Count(v.asOf.Add(-time.Minute), v.asOf))
		}
		if calls > 0 {
			u.Paths = append(u.Paths, PathUsage{p.text, calls})
		}
	}
	return u
}

// rejectedMinute returns an endpoint's calls of the last minute that a limit
// denied, or that were denied for a reason that is not known.
func (l *Ledger) rejectedMinute(e int, now time.Time) Opt[int] {
	if !l.watching() {
		return Opt[int]{}
	}
	most := 0
	for _, stream := range l.local {
		most = max(most, stream.charts[e][0].rejected.Count(now.Add(-time.Minute), countEnd(now)))
	}
	return Some(most)
}

// A view is the calls of one endpoint in one span, from the vantage that saw most.
type view struct {
	used, local, account, others Opt[int]
	upper, lower                 bool
	asOf                         time.Time
	known                        bool                         // false when nothing is known
	fromAccount                  bool                         // used is the account's figure
	margin                       int                          // the 95% error of account
	estimated                    bool                         // account is from samples
	count                        func(from, to time.Time) int // the calls behind used
	streams                      []*stream                    // the streams behind used, of which the largest counts
	same                         bool                         // the account's estimate agrees with this machine's count
}

// view chooses between this machine's figure, which ends now, and the account's,
// which ends at the horizon of the billing log. It uses the larger.
//
// For a per-IP limit it uses this machine's calls if they are known, with our own
// polls. Otherwise it uses the account's calls, as an upper bound: some may have
// come from other addresses.
func (l *Ledger) view(e, span int, now time.Time) view {
	per := l.spans[e][span]
	perIP := l.table.Endpoints[e].Scope == ScopeIP
	local := func(from, to time.Time) int { return l.localCount(e, span, from, to) }
	account := func(from, to time.Time) int { return l.accountCount(e, span, from, to) }
	silent := l.billingSilent(now)
	watching, localCovers := l.watching(), l.localCovers(per, now)
	localKnown := watching
	if perIP && l.polls != nil {
		localKnown = true
	}
	v := view{asOf: now}
	if localKnown {
		v.local = Some(local(now.Add(-per), countEnd(now)))
	}
	h := l.horizon
	if l.billing != nil && !h.IsZero() {
		v.account = Some(account(h.Add(-per), h))
	}
	localUsed, hasLocal := v.local.Get()
	accountUsed, hasAccount := v.account.Get()
	if hasAccount {
		v.margin, v.estimated = l.sampling.margin(h.Add(-per), h, func(own int) bool { return l.table.Covered(e, own) })
	}
	accountCovers := hasAccount && l.billing.covers(per, h)
	if perIP && watching && localCovers && localUsed > l.polls.between(e, span, now.Add(-per), countEnd(now)) {
		hasAccount = false // this machine's calls are known, and others do not count
	}
	// An estimate that agrees with this machine's count within its error is no
	// reason to prefer it.
	then := 0
	if watching {
		then = local(h.Add(-per), h)
	}
	v.same = v.estimated && localCovers && accountUsed-v.margin <= max(localUsed, then)
	switch {
	case hasAccount && (!hasLocal || accountUsed > localUsed) && !v.same && !(localCovers && silent):
		v.used, v.asOf, v.fromAccount = v.account, h, true
		v.upper = perIP && accountUsed > l.polls.between(e, span, h.Add(-per), h)
		v.lower = !accountCovers
		v.count, v.streams = account, []*stream{l.billing}
	case hasLocal:
		v.lower = !localCovers && !(accountCovers && !perIP)
		l.useLocal(&v, local, now)
	default:
		return v
	}
	v.known = true
	// What this machine called before it was watched is not others'.
	if hasAccount && !perIP && !v.same && l.localCovers(per, h) && !silent {
		v.others = Some(max(accountUsed-then, 0))
	}
	return v
}

// useLocal makes a view use this machine's figure at now. count counts its calls.
func (l *Ledger) useLocal(v *view, count func(from, to time.Time) int, now time.Time) {
	v.used = v.local
	v.count = func(from, to time.Time) int {
		if !to.Before(now) {
			to = countEnd(now)
		}
		return count(from, to)
	}
	v.streams = l.local
}

// watchingSince returns when the first local source started to watch, or now if
// none did.
func (l *Ledger) watchingSince(now time.Time) time.Time {
	since := now
	for _, stream := range l.local {
		if stream.watching() {
			since = minTime(since, stream.since)
		}
	}
	return since
}

// billingSilent reports whether the horizon of the billing log is too old for its
// figures to describe now.
func (l *Ledger) billingSilent(now time.Time) bool {
	var h Health
	for i := range l.sources {
		if l.sources[i].health.Vantage == VantageAccount {
			h = l.sources[i].health
		}
	}
	return now.Sub(l.horizon) > h.staleAfter()+time.Minute
}

// localCount returns the calls that this machine saw in [from, to), with our own
// polls.
func (l *Ledger) localCount(e, span int, from, to time.Time) int {
	most := 0
	for _, stream := range l.local {
		most = max(most, stream.between(e, span, from, to))
	}
	return most + l.polls.between(e, span, from, to)
}

// accountCount returns the calls in the billing log in [from, to), plus our own
// polls, which are not in it.
func (l *Ledger) accountCount(e, span int, from, to time.Time) int {
	return l.billing.between(e, span, from, to) + l.polls.between(e, span, from, to)
}

// gauge returns one limit at now, from the view of its span.
func (l *Ledger) gauge(e, i int, v view, now time.Time) LimitUsage {
	limit := l.table.Endpoints[e].Limits[i]
	g := LimitUsage{Limit: limit.Max, PerS: limit.Per.Seconds()}
	g.Used, g.Local, g.Account, g.Others = v.used, v.local, v.account, v.others
	g.UpperBound, g.LowerBound = v.upper, v.lower
	if v.local.Known() {
		most := 0
		for _, stream := range l.local {
			most = max(most, stream.rejected(e, i, limit.Per, now))
		}
		g.Rejected = Some(most + l.polls.rejected(e, i, limit.Per, now))
	}
	l.fillDenied(&g, e, i, now)
	if v.known {
		l.fillCounted(&g, e, i, v, now)
	}
	l.inferFull(&g, e, i, now)
	return g
}

// fillCounted sets the figures of a gauge that follow from counted calls.
func (l *Ledger) fillCounted(g *LimitUsage, e, i int, v view, now time.Time) {
	g.AsOf = Some(v.asOf)
	if v.fromAccount {
		g.Margin, g.Estimated = v.margin, v.estimated
	}
	g.TimeToLimit = l.forecast(g, e, i, v, now)
	l.fillHistory(g, e, i, v)
}

// fillHistory sets the history of a gauge, and its peak.
func (l *Ledger) fillHistory(g *LimitUsage, e, i int, v view) {
	s := l.history(e, v, HistorySteps, func(stream *stream) chartTally { return stream.tallies[e][i].history })
	g.History, g.HistoryRejected, g.HistoryFrom = s.accepted, s.rejected, s.from
	var full []int
	if w := l.full[e].history[i]; w.newest >= 0 {
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
func (l *Ledger) forecast(g *LimitUsage, e, i int, v view, now time.Time) Opt[float64] {
	limit, h := g.Learned.Or(g.Limit), v.asOf
	ahead := func(count func(from, to time.Time) int, at time.Time) Opt[float64] {
		in, ok := timeToLimit(count, limit, g.Per(), at).Get()
		if !ok {
			return Opt[float64]{}
		}
		return Some(max(in-now.Sub(at), 0).Seconds())
	}
	if !v.fromAccount || !l.watching() {
		return ahead(v.count, h)
	}
	continued := ahead(func(from, to time.Time) int {
		calls := 0
		if from.Before(h) {
			calls = v.count(from, minTime(to, h))
		}
		if to.After(h) {
			if !to.Before(now) {
				to = countEnd(now)
			}
			calls += l.localCount(e, i, maxTime(from, h), to)
		}
		return calls
	}, now)
	recent := h.Add(-10 * time.Second)
	if continued.Known() || 2*l.localCount(e, i, recent, h) >= v.count(recent, h) && l.watchingSince(now).Before(recent) {
		return continued
	}
	return ahead(v.count, h)
}

// countEnd returns where a count up to now ends. It is later than now, so that the
// bucket that is still filling counts in full.
func countEnd(now time.Time) time.Time { return now.Add(time.Minute) }
