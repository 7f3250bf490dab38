package model

import (
	"slices"
	"time"
)

// A Ledger takes in what the sources learn and gives out what it adds up to.
// It is deterministic: time comes with the events and with Snapshot. Its memory
// is bounded whatever the rate of events. It is not safe for concurrent use.
type Ledger struct {
	attribution
	spans [][]time.Duration // by endpoint: those of its limits, and a minute

	billing, polls *lane   // nil until the first event for them
	local          []*lane // by source, in the order they were first heard of
	horizon        time.Time
	now            time.Time  // the latest time that a source vouched for
	lessons        [][]lesson // by endpoint, then by its limits
	sampling       sampling
	drawn          []drawn // by endpoint
	modelPeriod    period  // the models' calls are of
	known          known

	spend   spend
	alerts  alerts
	sources []source
	offset  time.Duration
}

// LedgerOptions are what a Ledger cannot learn from events. The zero value is
// fit for use.
type LedgerOptions struct {
	// Cap is the spending cap of a day, for accounts whose plan-info does not
	// say it.
	Cap Opt[Micros]
	// CountDoubleRows counts both rows of a call that was logged twice.
	CountDoubleRows bool
}

// NewLedger returns an empty ledger for the limits of t.
func NewLedger(t Table, opts LedgerOptions) *Ledger {
	l := &Ledger{attribution: newAttribution(t, opts), spend: newSpend(opts.Cap), drawn: make([]drawn, len(t.Endpoints))}
	for _, e := range t.Endpoints {
		spans := make([]time.Duration, 0, len(e.Limits)+1)
		for _, limit := range e.Limits {
			spans = append(spans, limit.Per)
		}
		if !slices.Contains(spans, time.Minute) {
			spans = append(spans, time.Minute)
		}
		l.spans = append(l.spans, spans)
		l.lessons = append(l.lessons, make([]lesson, len(e.Limits)))
	}
	return l
}

// ahead is how far in the future a billing row may be dated: the dates are the
// API's, and one that is far ahead would push all others out of the windows.
const ahead = time.Minute

// Observe takes in one event. Late and unordered events are fine.
func (l *Ledger) Observe(e Event) {
	e.At = wall(e.At)
	if e.Call != nil && e.Call.Vantage == VantageAccount {
		if (l.now.IsZero() || e.At.Before(l.now.Add(ahead))) && !l.known.row(e.At) {
			l.call(e, l)
		}
		return
	}
	l.now = maxTime(l.now, e.At)
	switch {
	case e.Call != nil:
		if e.Call.Vantage == VantageOwn || !e.At.Before(l.localLane(e.Source).known) {
			l.call(e, l)
		}
	case e.Reading != nil:
		l.openBilling()
		l.reading(e.Reading, l)
	case e.Account != nil:
		l.spend.observe(*e.Account, e.At)
		l.reschedule()
	case e.Health != nil:
		l.health(e.Source, *e.Health, e.At)
	}
}

// wall drops the monotonic clock from a time: it stands still while a machine
// sleeps, and what is old would look new.
func wall(t time.Time) time.Time { return t.Round(0).UTC() }

// row implements sink.
func (l *Ledger) row(endpoint int, at time.Time) {
	b := l.openBilling()
	for _, e := range l.under[endpoint] {
		b.rows[e].Add(at, 1)
	}
}

// internal implements sink.
func (l *Ledger) internal(at time.Time, u ModelUsage) { l.spend.charge(at, at, u.Cost, false) }

// accepted implements sink.
func (l *Ledger) accepted(c countedCall) {
	lane := l.laneOf(&c)
	switch c.vantage {
	case VantageOwn:
		l.poller(c.source).polls.Add(c.at, 1)
	case VantageAccount:
		l.spend.charge(c.at, c.at, c.usage.Cost, false)
		l.countModel(lane, c.endpoint, c.at, c.usage)
	default:
		l.alerts.sent(c.endpoint, c.source, c.at, l.spend.reset)
		l.countModel(lane, c.endpoint, c.at, c.usage)
	}
	for _, e := range l.under[c.endpoint] {
		if c.vantage == VantageOwn && e == c.endpoint {
			continue // our polls use per-IP quota; they are nobody's traffic
		}
		lane.accept(e, c.at, c.at, 1)
	}
	if c.pattern >= 0 {
		lane.paths[c.pattern].Add(c.at, 1)
	}
}

// laneOf returns the lane that a call belongs to.
func (l *Ledger) laneOf(c *countedCall) *lane {
	switch c.vantage {
	case VantageAccount:
		return l.openBilling()
	case VantageOwn:
		if l.polls == nil {
			l.polls = newLane("", l.table, l.spans)
		}
		return l.polls
	}
	return l.localLane(c.source)
}

func (l *Ledger) openBilling() *lane {
	if l.billing == nil {
		l.billing = newBillingLane(l.table, l.spans)
	}
	return l.billing
}

// maxLocalLanes bounds the local sources that are told apart: names may come from
// a file. Those beyond it share the last lane.
const maxLocalLanes = 8

// localLane returns the lane of a local source.
func (l *Ledger) localLane(source string) *lane {
	for _, lane := range l.local {
		if lane.name == source {
			return lane
		}
	}
	if len(l.local) == maxLocalLanes {
		return l.local[maxLocalLanes-1]
	}
	l.local = append(l.local, newLane(source, l.table, l.spans))
	return l.local[len(l.local)-1]
}

// watching reports whether a source watches this machine's calls.
func (l *Ledger) watching() bool { return slices.ContainsFunc(l.local, (*lane).watching) }

// localCovers reports whether a source has watched this machine's calls for all
// of the span that ends at t.
func (l *Ledger) localCovers(per time.Duration, t time.Time) bool {
	for _, lane := range l.local {
		if lane.covers(per, t) {
			return true
		}
	}
	return false
}

// denied implements sink.
func (l *Ledger) denied(c countedCall, d *Denial, limits []limitRef) {
	key := groupKey{kind: d.Kind, endpoint: c.endpoint, reason: d.Reason, source: c.source}
	if c.vantage == VantageOwn {
		key.endpoint = ownPolls
		l.poller(c.source).polls.Add(c.at, 1)
	} else {
		l.alerts.sent(c.endpoint, c.source, c.at, l.spend.reset)
	}
	l.alerts.observe(key, *d, c.at, l.spend.reset)
	lane, last := l.laneOf(&c), -1
	for _, at := range limits {
		lane.reject(at.endpoint, at.limit, c.at)
		if at.endpoint != last { // an endpoint's limits stand side by side
			lane.chartRejected(at.endpoint, c.at)
		}
		last = at.endpoint
		l.lessons[at.endpoint][at.limit].learn(d, c.at)
	}
}

// sampled implements sink: it spreads what the sampled rows say over their
// interval, less what is known of it.
func (l *Ledger) sampled(r *Reading, e *estimate) {
	for _, part := range l.known.rest(r) {
		l.sampling.add(sampled{part.From, part.To, part.Total, part.TotalMargin, len(r.Rows), e.calls})
		if len(r.Rows) > 0 {
			l.spread(&part, e, float64(part.Total)/float64(len(r.Rows)))
		}
	}
}

// spread counts an estimate, at a scale, evenly over the interval of a reading.
func (l *Ledger) spread(r *Reading, e *estimate, scale float64) {
	b := l.billing
	for endpoint := range e.calls {
		for _, i := range l.under[endpoint] {
			b.accept(i, r.From, r.To, round(e.calls[endpoint]*scale))
			b.rows[i].Spread(r.From, r.To, round(e.rows[endpoint]*scale))
		}
	}
	for p, n := range e.patterns {
		b.paths[p].Spread(r.From, r.To, round(n*scale))
	}
	l.spend.charge(r.From, r.To, Micros(e.cost*scale), true)
	for i := range e.models {
		m := &e.models[i]
		l.countModel(b, m.endpoint, r.To.Add(-1), m.usage(scale))
	}
}

// read implements sink: it moves the horizon, and where the read part of the log
// begins.
func (l *Ledger) read(r *Reading) {
	b := l.openBilling()
	log := l.log()
	if gap := log.extend(r); gap && r.From.After(l.modelPeriod.from) {
		b.missed()
	}
	b.since, l.horizon = log.from, log.to
	if l.known.row(b.since) || b.since.Equal(l.known.to) {
		b.since = minTime(b.since, l.known.from)
	}
	if b.oldest.IsZero() || b.since.Before(b.oldest) {
		b.oldest = b.since
	}
}

// log returns the part of the billing log that has been read.
func (l *Ledger) log() logRange {
	if l.billing == nil {
		return logRange{}
	}
	return logRange{l.billing.since, l.horizon}
}

// A logRange is the part of the billing log that has been read: [from, to). It
// is zero before the first reading.
type logRange struct{ from, to time.Time }

// extend adds a reading, and reports whether rows between it and the part that
// was read before are missing: the range then begins again.
func (p *logRange) extend(r *Reading) (gap bool) {
	if p.from.IsZero() || r.From.After(p.to) || r.To.Before(p.from) {
		if r.To.After(p.to) {
			gap = !p.from.IsZero()
			p.from, p.to = r.From, r.To
		}
		return gap
	}
	p.from, p.to = minTime(p.from, r.From), maxTime(p.to, r.To)
	return false
}

// covers reports whether all of the span that ends at t has been read.
func (p *logRange) covers(span time.Duration, t time.Time) bool {
	return !p.from.IsZero() && !p.from.After(t.Add(-span))
}
