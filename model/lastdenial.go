package model

import "time"

// A lastDenial is the last time that a limit denied a call, and what follows from
// it.
type lastDenial struct {
	at        time.Time // zero before the first denial
	explained bool      // the response said why; see Denial
	named     int       // the limit that the response named; 0 for none
	until     time.Time // when the Retry-After of all denials is over; zero without one
	accepted  time.Time // the last call that was accepted after it; zero for none
	settled   bool      // the account's figure for this moment is known
	learned   int       // the limit that follows from that figure; 0 for none
}

// unexpected is the part of a limit below which a denial is not expected.
const unexpected = 0.9

// record notes that a limit over a window of per denied a call.
func (d *lastDenial) record(n *Denial, per time.Duration, at time.Time) {
	if at.Sub(d.at) > streamLag {
		d.learned = 0
	}
	if wait, ok := n.RetryAfter.Get(); ok {
		d.until = maxTime(d.until, at.Add(wait))
	}
	if at.Before(d.at) {
		return
	}
	d.at, d.explained, d.named, d.settled = at, n.explained(), 0, false
	if n.Limit.Per == 0 || n.Limit.Per == per {
		d.named = n.Limit.Max
	}
	if !d.accepted.After(at.Add(inFlightTime)) {
		d.accepted = time.Time{}
	}
}

// accept notes a call that was accepted at a time. One that was on its way when
// another was denied says nothing.
func (d *lastDenial) accept(at time.Time) {
	if !d.at.IsZero() && at.After(d.accepted) && at.Sub(d.at) > inFlightTime {
		d.accepted = at
	}
}

// ahead reports whether the denial is dated too far after now to be of now.
func (d *lastDenial) ahead(now time.Time) bool { return !d.at.Before(countEnd(now)) }

// refuses returns until when the limit refuses calls, if it does so at now. A
// denial without Retry-After holds for rateHolds.
func (d *lastDenial) refuses(now time.Time) (until time.Time, ok bool) {
	until = maxTime(d.until, d.at.Add(rateHolds))
	return until, !d.at.IsZero() && !d.ahead(now) && now.Before(until)
}

// full reports whether the denial says that the limit's window, of per, is still
// full at now: it does until the window has slid, which the first call that is
// accepted after the wait shows, or until the account's figure says what was in
// it.
func (d *lastDenial) full(per time.Duration, now time.Time) bool {
	if !d.explained || d.settled || d.ahead(now) || !now.Before(d.at.Add(per)) {
		return false
	}
	return d.accepted.IsZero() || now.Before(d.until)
}

// inForce returns the limit that the API applies, as far as its denials say: max
// is what the table says.
func (d *lastDenial) inForce(max int) int {
	switch {
	case d.named > 0:
		return d.named
	case d.learned > 0:
		return d.learned
	}
	return max
}

// refusing returns the one limit that denied a call of an endpoint, or those that
// may have if the response did not say why. A response that named no limit is
// taken to be about the fullest of all that cover the call.
func (l *Ledger) refusing(d *Denial, endpoint int, from *egress, at time.Time) []limitRef {
	found := l.deniedBy(d, endpoint)
	if d.Kind != KindRate || !d.explained() {
		return found
	}
	if d.Limit.Max == 0 {
		for _, e := range l.coveredBy[endpoint] { // the endpoint's own come first
			for i := range l.lastDenials[e] {
				if e != endpoint && (d.Limit.Per == 0 || d.Limit.Per == l.spans[e][i]) {
					found = append(found, limitRef{e, i})
				}
			}
		}
	}
	if len(found) < 2 {
		return found
	}
	for i, ref := range found { // it still is, in a run of denials
		d := &l.denialsAt(ref.endpoint, from)[ref.limit]
		if d.full(l.spans[ref.endpoint][ref.limit], at) || d.explained && at.Sub(d.at).Abs() < time.Second {
			return found[i : i+1]
		}
	}
	fullest, most := 0, -1.0
	for i, ref := range found {
		if part := l.fullness(ref, from, at); part > most {
			fullest, most = i, part
		}
	}
	return found[fullest : fullest+1]
}

// denialsAt returns the last denials by the limits of an endpoint: by those by client
// IP, of the calls from an egress.
func (l *Ledger) denialsAt(e int, from *egress) []lastDenial {
	if from != nil && l.byAddress(e) {
		return from.lastDenials[e]
	}
	return l.lastDenials[e]
}

// fullness returns the used part of a limit at a time, for calls from an egress.
func (l *Ledger) fullness(at limitRef, from *egress, now time.Time) float64 {
	limit := l.table.Endpoints[at.endpoint].Limits[at.limit]
	denial := &l.denialsAt(at.endpoint, from)[at.limit]
	v := l.viewFrom(l.placeOf(at.endpoint, from), at.endpoint, at.limit, momentOf(now))
	used := v.used
	if v.upper { // the rest may come from other addresses
		used = v.local
	}
	return float64(used.Or(0)) / float64(denial.inForce(limit.Max))
}

// settle compares the last denial of a limit with the account's figure for that
// moment, if the billing log has been read so far.
//
// A denial at far fewer calls than the limit allows has two explanations: calls
// from elsewhere, or a lower limit. The account's figure decides: if it is low
// too, and not an estimate, the limit is lower. Only a denial that said why it
// was made teaches a limit.
func (l *Ledger) settle(e, i int) {
	d, limit := &l.lastDenials[e][i], l.table.Endpoints[e].Limits[i]
	from, to := d.at.Add(-limit.Per), d.at
	if l.byAddress(e) || d.settled || !d.explained || l.horizon.Before(to) || l.horizon.Sub(to) > streamLag || !l.billing.covers(limit.Per, to) {
		return
	}
	if _, estimated := l.sampling.margin(from, to, func(own int) bool { return l.table.Covered(e, own) }); estimated {
		return
	}
	held := max(l.localCount(e, i, from, to), l.accountCount(e, i, from, to))
	d.settled, d.learned = true, 0
	if d.named == 0 && held > 0 && float64(held) < unexpected*float64(limit.Max) {
		d.learned = held
	}
}

func (l *Ledger) settleAll() {
	for e := range l.lastDenials {
		for i := range l.lastDenials[e] {
			l.settle(e, i)
		}
	}
}

// fillDenied sets what a gauge shows of the last denial of its limit: until when
// it refuses calls, and, as long as the whole window before the denial is kept,
// DeniedAt and Learned.
func (l *Ledger) fillDenied(g *LimitUsage, e, i int, v *view, m *moment) {
	d := &v.place.lastDenials[e][i]
	if until, ok := d.refuses(m.now); ok {
		g.RefusedUntil = Some(until)
	}
	if d.at.IsZero() || m.now.Sub(d.at) > streamLag {
		return
	}
	from, to := d.at.Add(-g.Per()), d.at
	held, known := v.place.count(e, i, from, to), l.localCovers(g.Per(), to, m)
	if !l.byAddress(e) && !l.horizon.Before(to) && l.billing.covers(g.Per(), to) {
		held, known = max(held, l.accountCount(e, i, from, to)), true
	}
	if known {
		g.DeniedAt = Some(held)
	}
	if in := d.inForce(g.Limit); in != g.Limit {
		g.Learned = Some(in)
	}
}

// inferFull lets a gauge stand at its limit while a denial says that the window is
// full, and fewer calls are counted. The rest is others', or the limit is lower.
func (l *Ledger) inferFull(g *LimitUsage, e, i int, v *view, m *moment) {
	d := &v.place.lastDenials[e][i]
	limit := d.inForce(g.Limit)
	if g.Used.Or(-1) >= limit || !d.full(g.Per(), m.now) {
		return
	}
	g.Inferred, g.Used, g.AsOf = true, Some(limit), Some(m.now)
	g.TimeToLimit = Some(0.0)
	if g.Peak.Or(0) <= limit {
		g.setPeak(limit, MarkInferred)
	}
	g.Estimated, g.Margin, g.UpperBound, g.LowerBound = false, 0, false, false
	if m.fleet && d.at.After(m.local) {
		g.Others = Opt[int]{} // the fleet's calls of that moment are not known yet
		return
	}
	// What this machine called before it was watched is not others'.
	perIP := l.table.Endpoints[e].Scope == ScopeIP
	if local, ok := g.Local.Get(); ok && (perIP || l.localCovers(g.Per(), m.local, m)) {
		g.Others = Some(max(limit-local, 0))
	}
}
