package model

import (
	"slices"
	"time"
)

// A Reporter counts the events of a whole run and returns a Report. It is
// deterministic, and its memory is fixed for any length of the run. Events may come
// in any order; a call that comes later than reportLag is in the totals only. A
// Reporter is not safe for concurrent use.
type Reporter struct {
	attribution
	spend spend    // the cap
	log   logRange // the part of the billing log that has been read
	steps timeline
	gap   int64 // the longest silence that is not a gap, in nanoseconds

	billing *sourceTally
	local   []*sourceTally // in order of their first event
	unseen  *sourceTally   // a local source that saw no calls: counts our own polls only
	waits   []waitTime     // by endpoint
	fleet   fleetTally
	figures accountSpend
	cost    *meter // the cost of rows, over a minute

	events, late, earlier, unnamed, gaps int
	began                                time.Time // the first event but for rows; zero without any
	from, to                             int64     // the first and the last event, in nanoseconds
	placed                               bool
	unwatched                            int64 // nanoseconds in gaps
	polls                                PollReport
}

// How late a local call and a billing row may come.
const (
	reportLag  = streamLag
	billingLag = 15 * time.Minute
)

// NewReporter returns an empty reporter for the limits of t.
func NewReporter(t Table, opts LedgerOptions) *Reporter {
	r := &Reporter{attribution: newAttribution(t, opts), spend: newSpend(opts.Cap), waits: make([]waitTime, len(t.Endpoints))}
	gap := time.Hour
	for _, e := range t.Endpoints {
		for _, limit := range e.Limits {
			gap = max(gap, limit.Per)
		}
	}
	r.gap = int64(gap)
	r.cost = newMeter(1, time.Minute, billingLag, nil)
	r.unseen = newSourceTally(t, reportLag, &r.steps)
	r.billing = newSourceTally(t, billingLag, &r.steps)
	return r
}

// Observe counts one event.
func (r *Reporter) Observe(e Event) {
	r.events++
	e.At = wall(e.At)
	if e.Generator != "" && !r.fleet.observe(&e, len(r.table.Endpoints)) {
		return
	}
	if g := r.fleet.last; e.Beat != nil && e.Generator != "" && g != nil && g.report.Egress != "" {
		r.settle(g)
	}
	switch {
	case e.Call != nil && e.Call.Vantage == VantageAccount:
		r.billing.watch(e.Source)
		r.attribution.call(e, r)
		return
	case e.Reading != nil: // it is dated at its end, which may be long before the run
		r.billing.watch(e.Source)
		if !e.At.Before(r.began) {
			r.place(e.At)
		}
		r.attribution.reading(e.Reading, r)
		return
	case r.began.IsZero():
		r.began = e.At
	}
	r.place(e.At)
	switch {
	case e.Call != nil:
		r.attribution.call(e, r)
	case e.Account != nil:
		r.spend.observe(*e.Account, e.At)
		if used, ok := e.Account.Used.Get(); ok {
			r.figures.observe(figure{e.At, used})
		}
	case e.Health != nil && e.Health.State == StateOK && e.Health.Vantage == VantageLocal, e.Beat != nil:
		r.localTally(e.Source)
	}
}

// maxSecond is the last second after the Unix epoch that can be counted in
// nanoseconds.
const maxSecond = 9_200_000_000

// placeable reports whether a time can be counted in nanoseconds.
func placeable(at time.Time) bool { return at.Unix() >= 0 && at.Unix() < maxSecond }

// place extends the run to a time, and finds gaps.
func (r *Reporter) place(at time.Time) {
	if !placeable(at) {
		return
	}
	t := at.UnixNano()
	switch {
	case !r.placed:
		r.from, r.to, r.placed = t, t, true
	case t > r.to:
		if t-r.to > r.gap {
			r.gaps++
			r.unwatched += t - r.to
		}
		r.to = t
	case t < r.from:
		r.from = t
	}
	r.steps.at(at.Unix())
}

// localTally returns the tally of a local source, and makes it if need be. The
// sources beyond maxLocalStreams share the last one.
func (r *Reporter) localTally(source string) *sourceTally {
	for _, w := range r.local {
		if w.name == source {
			return w
		}
	}
	if source != SourceFleet && len(r.local) >= maxLocalStreams { // there is always room for the fleet
		return r.local[maxLocalStreams-1]
	}
	w := r.unseen.clone(&r.steps)
	w.watch(source)
	r.local = append(r.local, w)
	return w
}

// accepted implements sink.
func (r *Reporter) accepted(c countedCall) {
	switch c.vantage {
	case VantageOwn:
		r.poll(&c)
	case VantageAccount:
		r.spend.charge(c.at, c.at, c.usage.Cost, false)
		if r.isEarlier(c.at) {
			return
		}
		r.place(c.at)
		covered := r.coveredBy[c.endpoint]
		if c.unnamed { // it may be a call that this machine has seen, to any endpoint
			covered = covered[:len(covered)-1]
			r.unnamed++
		}
		r.accept(r.billing, covered, c.at)
		r.charge(c.at, c.usage)
	default:
		w := r.sent(&c, true)
		if g := r.generatorOf(&c); g != nil {
			r.leave(g, c.endpoint, c.at)
		}
		r.accept(w, r.coveredBy[c.endpoint], c.at)
		w.charge(c.usage)
	}
}

// accept counts an accepted call against the limits of the endpoints that cover it.
func (r *Reporter) accept(w *sourceTally, covered []int, at time.Time) {
	if !placeable(at) {
		for _, e := range covered {
			w.endpoints[e].accepted++
		}
		r.late++
		return
	}
	t, step, inTime := at.UnixNano(), r.steps.at(at.Unix()), true
	for _, e := range covered {
		y := &w.endpoints[e]
		y.accepted++
		y.accepts[step]++
		for _, m := range y.meters {
			inTime = m.add(t, 1) && inTime
		}
	}
	if !inTime {
		r.late++
	}
}

// denied implements sink.
func (r *Reporter) denied(c countedCall, d *Denial) {
	switch {
	case d.Kind == KindCap:
		r.spend.deny(c.at)
	case d.unexplained() && r.spend.usedUpAt(c.at):
		d = d.as(KindCap)
	}
	if c.vantage == VantageOwn {
		r.polls.Sent++
		r.polls.Denied++
		return
	}
	w, at := r.sent(&c, false), c.at
	r.waitsFor(w, &c, d)
	kind := slices.Index(kinds[:], d.Kind)
	for _, e := range r.coveredBy[c.endpoint] {
		y := &w.endpoints[e]
		y.rejected++
		if kind >= 0 {
			y.kinds[kind]++
		}
		if !placeable(at) {
			continue
		}
		y.rejects[r.steps.at(at.Unix())]++
		if wait, ok := d.RetryAfter.Get(); ok && d.Kind == KindRate {
			r.waits[e].add(at.UnixNano(), at.UnixNano()+int64(wait))
		}
	}
	for _, l := range r.deniedBy(d, c.endpoint) {
		w.endpoints[l.endpoint].limited[l.limit]++
	}
}

// busy implements sink.
func (r *Reporter) busy(c countedCall, d *Denial) {
	wait, ok := d.RetryAfter.Get()
	if !ok || c.vantage == VantageOwn || !placeable(c.at) {
		return
	}
	for _, e := range r.coveredBy[c.endpoint] {
		r.waits[e].add(c.at.UnixNano(), c.at.UnixNano()+int64(wait))
	}
}

// poll counts one of quotatop's own requests in every tally: polls use per-IP quota,
// whichever source the figures are from, but are nobody's traffic.
func (r *Reporter) poll(c *countedCall) {
	r.polls.Sent++
	if !placeable(c.at) {
		return
	}
	step := r.steps.at(c.at.Unix())
	for _, e := range r.coveredBy[c.endpoint] {
		if e == c.endpoint {
			continue
		}
		r.unseen.endpoints[e].poll(c.at, step)
		r.billing.endpoints[e].poll(c.at, step)
		for _, w := range r.local {
			w.endpoints[e].poll(c.at, step)
		}
	}
}

// row implements sink. A report does not count raw rows.
func (r *Reporter) row(int, time.Time) {}

// internal implements sink.
func (r *Reporter) internal(at time.Time, u ModelUsage) {
	if !r.isEarlier(at) {
		r.place(at)
		r.charge(at, u)
	}
	r.spend.charge(at, at, u.Cost, false)
}

// isEarlier reports whether a billing row is older than the run, and counts it if
// so. Such rows were read for the cost of the day.
func (r *Reporter) isEarlier(at time.Time) bool {
	if r.began.IsZero() || !at.Before(r.began) {
		return false
	}
	r.earlier++
	return true
}

// charge counts the cost of a row.
func (r *Reporter) charge(at time.Time, u ModelUsage) {
	r.billing.charge(u)
	if placeable(at) {
		r.cost.add(at.UnixNano(), int(max(u.Cost, 0)))
	}
}

// read implements sink.
func (r *Reporter) read(d *Reading) { r.log.extend(d) }

// sampled implements sink. Rows of the part of the interval that is before the run
// are counted as earlier.
func (r *Reporter) sampled(d *Reading, s *estimate) {
	if !d.From.Before(d.To) || !placeable(d.From) || !placeable(d.To) {
		return
	}
	r.spend.charge(d.From, d.To, Micros(s.cost*s.scale), true)
	from, total, scale, inside := d.From, d.Total, s.scale, 1.0
	if from.Before(r.began) {
		inside = max(0, float64(d.To.Sub(r.began))/float64(d.To.Sub(from)))
		total = round(inside * float64(d.Total))
		r.earlier += d.Total - total
		if total == 0 {
			return
		}
		from, scale = r.began, scale*inside
	}
	r.place(from)
	r.place(d.To)
	r.billing.sampled = true
	start, end := from.UnixNano(), d.To.UnixNano()
	r.unnamed += round(s.unnamed * scale)
	interval := &sampled{total: d.Total, margin: d.TotalMargin, read: len(d.Rows), hits: s.calls}
	for e := range r.billing.endpoints {
		r.billing.endpoints[e].sampled.add(interval, inside, func(own int) bool { return r.table.Covered(e, own) })
	}
	if !r.spread(start, end, s, scale) {
		r.late += total
	}
	r.cost.spread(start, end, round(s.cost*scale))
	r.billing.cost += Micros(s.cost * scale)
	for i := range s.models {
		r.billing.countModel(s.models[i].usage(scale)) // without the cost, which has been counted as a whole
	}
}

// spread counts sampled calls, by endpoint, evenly over [from, to), in nanoseconds.
// It reports whether they came in time.
func (r *Reporter) spread(from, to int64, s *estimate, scale float64) (inTime bool) {
	inTime = true
	other := len(s.calls) - 1
	for own, calls := range s.calls {
		for _, e := range r.coveredBy[own] {
			n := round(calls * scale)
			if own == other && e == other {
				n = round((calls - s.unnamed) * scale)
			}
			y := &r.billing.endpoints[e]
			y.accepted += n
			r.steps.spread(y.accepts, from, to, n)
			for _, m := range y.meters {
				inTime = m.spread(from, to, n) && inTime
			}
		}
	}
	return inTime
}
