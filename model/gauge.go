package model

import "time"

// Snapshot returns all that is known at now, which is server time. It shares no
// memory with the ledger.
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
	return s
}

// usage is one endpoint at now.
func (l *Ledger) usage(e int, now time.Time) EndpointUsage {
	endpoint := &l.table.Endpoints[e]
	u := EndpointUsage{
		ID: endpoint.ID, Name: endpoint.Name, Scope: endpoint.Scope,
		Limits: make([]LimitUsage, len(endpoint.Limits)), Paths: []PathUsage{},
	}
	var v view // of a minute, which every endpoint has a span for
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
		for _, lane := range v.lanes {
			calls = max(calls, lane.paths[i].Count(v.asOf.Add(-time.Minute), v.asOf))
		}
		if calls > 0 {
			u.Paths = append(u.Paths, PathUsage{p.text, calls})
		}
	}
	return u
}

// A view is one span of one endpoint as seen from the vantage that sees most.
type view struct {
	used, local, account, others Opt[int]
	upper, lower                 bool
	asOf                         time.Time
	sees                         bool                         // false when nothing has been heard yet
	fromAccount                  bool                         // used is the account's figure
	margin                       int                          // the 95 % error of account
	estimated                    bool                         // account rests on samples
	count                        func(from, to time.Time) int // the calls behind used
	lanes                        []*lane                      // those behind used; the largest counts
	since                        time.Time                    // they have watched from here on
	past                         *lane                        // what has watched until since; nil for none
}

// watched is since when the view's past is known.
func (v *view) watched() time.Time {
	if v.past != nil {
		return v.past.since
	}
	return v.since
}

// view chooses between this machine's figure, which ends now, and the
// account's, which ends at the billing log's horizon: the larger is used.
//
// A per-IP limit counts what this machine did when that is known, quotatop's
// own polls included; else the account's calls, which may have come from other
// addresses too and so are an upper bound.
func (l *Ledger) view(e, span int, now time.Time) view {
	per := l.spans[e][span]
	perIP := l.table.Endpoints[e].Scope == ScopeIP
	local := func(from, to time.Time) int { return l.here(e, span, from, to) }
	account := func(from, to time.Time) int { return l.there(e, span, from, to) }
	silent := l.billingSilent(now)
	watching, localCovers := l.watching(), l.localCovers(per, now)
	seesLocal := watching
	if perIP && l.polls != nil {
		seesLocal = true
	}
	v := view{asOf: now}
	if seesLocal {
		v.local = Some(local(now.Add(-per), soon(now)))
	}
	h := l.horizon
	if l.billing != nil && !h.IsZero() {
		v.account = Some(account(h.Add(-per), h))
	}
	here, seesHere := v.local.Get()
	there, seesThere := v.account.Get()
	if seesThere {
		v.margin, v.estimated = l.sampling.margin(h.Add(-per), h, func(own int) bool { return l.table.Covered(e, own) })
	}
	accountCovers := seesThere && l.billing.covers(per, h)
	if perIP && watching && localCovers && here > l.polls.between(e, span, now.Add(-per), soon(now)) {
		seesThere = false // this machine's calls are known, whoever else uses the key
	}
	// An estimate that may be this machine's own calls says nothing against the
	// count of them.
	then := 0
	if watching {
		then = local(h.Add(-per), h)
	}
	same := v.estimated && localCovers && there-v.margin <= max(here, then)
	switch {
	case seesThere && (!seesHere || there > here) && !same && !(localCovers && silent):
		v.used, v.asOf, v.fromAccount = v.account, h, true
		v.upper = perIP && there > l.polls.between(e, span, h.Add(-per), h)
		v.lower = !accountCovers
		v.count, v.lanes, v.since = account, []*lane{l.billing}, l.billing.since
	case seesHere:
		v.used = v.local
		v.lower = !localCovers && !(accountCovers && !perIP)
		v.count = func(from, to time.Time) int {
			if !to.Before(now) {
				to = soon(now)
			}
			return local(from, to)
		}
		v.lanes, v.since = l.local, l.watchingSince(now)
		// What this machine did not watch, as before a restart, is in the
		// account's log; only a per-IP limit does not count all of that.
		if !perIP && l.billing.watching() && l.billing.since.Before(v.since) && !h.Before(v.since) {
			v.past = l.billing
		}
	default:
		return v
	}
	v.sees = true
	if seesThere && !perIP && !same && watching && !silent {
		v.others = Some(max(there-then, 0))
	}
	return v
}

// watchingSince is since when this machine has watched calls; now when it does
// not.
func (l *Ledger) watchingSince(now time.Time) time.Time {
	since := now
	for _, lane := range l.local {
		if lane.watching() {
			since = minTime(since, lane.since)
		}
	}
	return since
}

// billingSilent reports whether the billing log's horizon is so old that its
// figures no longer tell of now.
func (l *Ledger) billingSilent(now time.Time) bool {
	var h Health
	for i := range l.sources {
		if l.sources[i].health.Vantage == VantageAccount {
			h = l.sources[i].health
		}
	}
	return now.Sub(l.horizon) > h.staleAfter()+time.Minute
}

// here counts what this machine saw in [from, to), quotatop's own polls
// included.
func (l *Ledger) here(e, span int, from, to time.Time) int {
	most := 0
	for _, lane := range l.local {
		most = max(most, lane.between(e, span, from, to))
	}
	return most + l.polls.between(e, span, from, to)
}

// there counts what the account's log shows in [from, to), and our own polls,
// which it does not show.
func (l *Ledger) there(e, span int, from, to time.Time) int {
	return l.billing.between(e, span, from, to) + l.polls.between(e, span, from, to)
}

// gauge is one limit at now, by the view of its span.
func (l *Ledger) gauge(e, i int, v view, now time.Time) LimitUsage {
	limit := l.table.Endpoints[e].Limits[i]
	g := LimitUsage{Limit: limit.Max, PerS: limit.Per.Seconds()}
	g.Used, g.Local, g.Account, g.Others = v.used, v.local, v.account, v.others
	g.UpperBound, g.LowerBound = v.upper, v.lower
	if v.local.Known() {
		most := 0
		for _, lane := range l.local {
			most = max(most, lane.rejected(e, i, limit.Per, now))
		}
		g.Rejected = Some(most + l.polls.rejected(e, i, limit.Per, now))
	}
	l.tell(&g, e, i, now)
	if !v.sees {
		return g
	}
	g.AsOf = Some(v.asOf)
	if v.fromAccount {
		g.Margin, g.Estimated = v.margin, v.estimated
	}
	if in, ok := timeToLimit(v.count, limit.Max, limit.Per, v.asOf).Get(); ok {
		g.TimeToLimit = Some(max(in-now.Sub(v.asOf), 0).Seconds())
	}
	g.History, g.HistoryRejected = l.steps(v, v.asOf, HistorySteps, func(lane *lane) chartTally { return lane.tallies[e][i].history })
	g.HistoryFrom = v.watched()
	peak := g.Used.Or(0)
	sum := 0
	const window = HistorySteps / 15
	for j, n := range g.History {
		sum += n
		if j >= window {
			sum -= g.History[j-window]
		}
		peak = max(peak, sum)
	}
	g.Peak = Some(peak)
	return g
}

// soon is where a count up to now ends: nothing that was seen is dated later, so
// the bucket that is filling is counted whole.
func soon(now time.Time) time.Time { return now.Add(time.Minute) }
