package model

import "time"

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
	place                        place                        // where local was seen
	egresses, near               int                          // the addresses of the fleet, and those that are near the limit
	same                         bool                         // the account's estimate agrees with this machine's count
	continued                    bool                         // used is the account's figure up to the horizon, and this machine's since
}

// view returns the calls at a moment. For a limit by client IP they are those from the
// fullest address, as far as that is known.
func (l *Ledger) view(e, span int, m *moment) view {
	p, egresses, near := l.fullest(e, span, m)
	v := l.viewFrom(p, e, span, m)
	v.egresses, v.near = egresses, near
	return v
}

// viewFrom chooses between the figure of local calls, which ends now or where a fleet
// has reported, and the account's, which ends at the horizon of the billing log. It uses
// the larger.
//
// For a per-IP limit it uses this machine's calls if they are known, with our own
// polls. Otherwise it uses the account's calls, as an upper bound: some may have
// come from other addresses.
func (l *Ledger) viewFrom(p place, e, span int, m *moment) view {
	per, end := l.spans[e][span], m.local
	perIP := l.table.Endpoints[e].Scope == ScopeIP
	local := func(from, to time.Time) int { return p.count(e, span, from, to) }
	account := func(from, to time.Time) int { return l.accountCount(e, span, from, to) }
	silent := l.billingSilent(m.now)
	watching, localCovers := l.watching(), l.localCovers(per, end, m)
	localKnown := watching
	if perIP && p.polls != nil {
		localKnown = true
	}
	v := view{asOf: end, place: p}
	if localKnown {
		v.local = Some(local(end.Add(-per), m.countEnd()))
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
	if perIP && watching && (localCovers || l.byAddress(e)) && l.observesLoad(p, e, span, m) {
		hasAccount = false // this machine's calls are known, and others do not count
	}
	// An estimate that agrees with this machine's count within its error is no
	// reason to prefer it.
	then := 0
	if watching {
		then = local(h.Add(-per), h)
	}
	v.same = v.estimated && localCovers && accountUsed-v.margin <= max(localUsed, then)
	if m.stuck && !perIP && accountCovers && h.After(end) { // the account's figure says all of a later time
		v.local, hasLocal = Opt[int]{}, false
	}
	switch {
	case hasAccount && (!hasLocal || accountUsed > localUsed) && !v.same && !(localCovers && silent):
		v.used, v.asOf, v.fromAccount = v.account, h, true
		v.upper = perIP && accountUsed > p.polls.between(e, span, h.Add(-per), h)
		v.lower = !accountCovers
		v.count, v.streams = account, []*stream{l.billing}
	case hasLocal:
		v.lower = !localCovers && !(accountCovers && !perIP) || m.misses(end.Add(-per), end) || l.byAddress(e) && m.assumed
		v.useLocal(local, m)
	default:
		return v
	}
	v.known = true
	// What this machine called before it was watched is not others'.
	if hasAccount && !perIP && !v.same && l.localCovers(per, h, m) && !silent {
		v.others = Some(max(accountUsed-then, 0))
	}
	if hasAccount && !v.same && !silent && !l.byAddress(e) {
		l.continueAccount(&v, e, span, m)
	}
	return v
}

// observesLoad reports whether a place saw other calls than our own polls. A fleet sees
// the load at all of its addresses, of which the fullest may be that of the polls alone.
func (l *Ledger) observesLoad(p place, e, span int, m *moment) bool {
	if l.byAddress(e) {
		p = l.everywhere()
	}
	from := m.local.Add(-l.spans[e][span])
	return p.count(e, span, from, m.countEnd()) > p.polls.between(e, span, from, m.countEnd())
}

// continueAfter is how long this machine must have watched before the horizon for
// its calls to continue the account's: less does not show whether there are others.
const continueAfter = 10 * time.Second

// continueAccount makes a view use the account's calls up to the horizon and this
// machine's since then, where that is known for all of the window and says more than
// either alone: for the first window that this machine watches, and when there are
// calls from elsewhere, as a lower bound.
func (l *Ledger) continueAccount(v *view, e, span int, m *moment) {
	per, h, end := l.spans[e][span], l.horizon, m.local
	from := end.Add(-per)
	if !h.After(from) || m.fleet && h.After(end) || !l.localCovers(continueAfter, h, m) || !l.billing.covers(per, end) {
		return
	}
	count := l.continuedCount(&v.place, e, span, m)
	used := count(from, end)
	if used < v.local.Or(0) {
		return
	}
	margin, estimated := l.sampling.margin(from, h, func(own int) bool { return l.table.Covered(e, own) })
	both := maxTime(from, l.watchingSince(end))
	others := l.accountCount(e, span, both, h) - l.localCount(e, span, both, h)
	foreign := others-margin > max(1, used/50)
	fromIP := l.table.Endpoints[e].Scope == ScopeIP
	switch {
	case fromIP:
		if l.localCovers(per, end, m) || l.localCount(e, span, both, m.countEnd()) == l.polls.between(e, span, both, m.countEnd()) {
			return // the load may go past this machine
		}
		v.upper = l.billing.between(e, span, from, h) > 0
	case foreign && used > v.used.Or(0):
		v.others = Some(min(others, used-v.local.Or(0)))
	case foreign || l.localCovers(per, end, m):
		return
	}
	v.used, v.asOf, v.count, v.streams = Some(used), end, count, append([]*stream{l.billing}, l.local...)
	v.fromAccount, v.continued, v.lower = false, true, foreign && !fromIP || m.misses(h, end)
	v.margin, v.estimated = margin, estimated
	if others, known := v.others.Get(); known { // it is a part of used
		v.others = Some(min(others, used-v.local.Or(0)))
	}
}

// continuedCount returns a count of the account's calls up to the horizon, and of
// the local calls since then.
func (l *Ledger) continuedCount(p *place, e, span int, m *moment) func(from, to time.Time) int {
	h := l.horizon
	return func(from, to time.Time) (calls int) {
		if from.Before(h) {
			calls = l.accountCount(e, span, from, minTime(to, h))
		}
		if to.After(h) {
			if !to.Before(m.local) {
				to = m.countEnd()
			}
			calls += p.count(e, span, maxTime(from, h), to)
		}
		return calls
	}
}

// useLocal makes a view use the figure of local calls. count counts them.
func (v *view) useLocal(count func(from, to time.Time) int, m *moment) {
	v.used = v.local
	v.count = func(from, to time.Time) int {
		if !to.Before(m.local) {
			to = m.countEnd()
		}
		return count(from, to)
	}
	v.streams = v.place.streams
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

// localCount returns the local calls in [from, to), from all addresses, with our own
// polls.
func (l *Ledger) localCount(e, span int, from, to time.Time) int {
	p := l.everywhere()
	return p.count(e, span, from, to)
}

// accountCount returns the calls in the billing log in [from, to), plus our own
// polls, which are not in it.
func (l *Ledger) accountCount(e, span int, from, to time.Time) int {
	return l.billing.between(e, span, from, to) + l.polls.between(e, span, from, to)
}
