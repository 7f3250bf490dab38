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
	same                         bool                         // the account's estimate agrees with this machine's count
	continued                    bool                         // used is the account's figure up to the horizon, and this machine's since
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
	if hasAccount && !v.same && !silent {
		l.continueAccount(&v, e, span, now)
	}
	return v
}

// continueAfter is how long this machine must have watched before the horizon for
// its calls to continue the account's: less does not show whether there are others.
const continueAfter = 10 * time.Second

// continueAccount makes a view use the account's calls up to the horizon and this
// machine's since then, where that is known for all of the window and says more than
// either alone: for the first window that this machine watches, and when there are
// calls from elsewhere, as a lower bound.
func (l *Ledger) continueAccount(v *view, e, span int, now time.Time) {
	per, h := l.spans[e][span], l.horizon
	from := now.Add(-per)
	if !h.After(from) || !l.localCovers(continueAfter, h) || !l.billing.covers(per, now) {
		return
	}
	count := l.continuedCount(e, span, now)
	used := count(from, now)
	if used < v.local.Or(0) {
		return
	}
	margin, estimated := l.sampling.margin(from, h, func(own int) bool { return l.table.Covered(e, own) })
	both := maxTime(from, l.watchingSince(now))
	others := l.accountCount(e, span, both, h) - l.localCount(e, span, both, h)
	foreign := others-margin > max(1, used/50)
	fromIP := l.table.Endpoints[e].Scope == ScopeIP
	switch {
	case fromIP:
		if l.localCovers(per, now) || l.localCount(e, span, both, countEnd(now)) == l.polls.between(e, span, both, countEnd(now)) {
			return // the load may go past this machine
		}
		v.upper = l.billing.between(e, span, from, h) > 0
	case foreign && used > v.used.Or(0):
		v.others = Some(min(others, used-v.local.Or(0)))
	case foreign || l.localCovers(per, now):
		return
	}
	v.used, v.asOf, v.count, v.streams = Some(used), now, count, append([]*stream{l.billing}, l.local...)
	v.fromAccount, v.continued, v.lower = false, true, foreign && !fromIP
	v.margin, v.estimated = margin, estimated
}

// continuedCount returns a count of the account's calls up to the horizon, and of
// this machine's since then.
func (l *Ledger) continuedCount(e, span int, now time.Time) func(from, to time.Time) int {
	h := l.horizon
	return func(from, to time.Time) (calls int) {
		if from.Before(h) {
			calls = l.accountCount(e, span, from, minTime(to, h))
		}
		if to.After(h) {
			if !to.Before(now) {
				to = countEnd(now)
			}
			calls += l.localCount(e, span, maxTime(from, h), to)
		}
		return calls
	}
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
