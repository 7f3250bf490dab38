package model

import (
	"slices"
	"time"
)

// A Ledger counts the events of a live run and returns Snapshots of what is
// known. It is deterministic: time comes with the events and with Snapshot. Its
// memory is bounded at any rate of events. It is not safe for concurrent use.
type Ledger struct {
	attribution
	spans [][]time.Duration // by endpoint: the windows of its limits, and a minute
	saved uint32            // the fingerprint of the table at first, which the state bears

	billing, polls *stream   // nil until the first event for them
	local          []*stream // by source, in order of their first event
	horizon        time.Time
	now            time.Time      // the latest time that a source reported
	lastDenials    [][]lastDenial // by endpoint, then by its limits
	full           []fullTally    // by endpoint
	sampling       sampling
	chartCache     []chartCache // by endpoint
	work           workspace
	modelPeriod    period   // that the calls by model are of
	replayed       logRange // the billing log that an earlier run has counted; see Resume

	spend   spend
	spent   spendTracker
	alerts  alerts
	sources []source
	offset  time.Duration // of the server's clock; see Health.ClockOffset
	step    time.Duration // of the local clock; see Health.ClockStep
	moved   time.Time     // when the server's time last turned out to be another; zero if it never did

	fleet  roster
	egress string // see LedgerOptions

	happened eventLog
}

// LedgerOptions are settings that do not come with events. The zero value is
// ready to use.
type LedgerOptions struct {
	// Cap is the daily spending cap of an account whose plan-info has none.
	Cap Opt[Micros]
	// CountDoubleRows counts both rows of a call that was logged twice.
	CountDoubleRows bool
	// Egress names the address that this machine's own calls and polls leave from, as
	// Beat.Egress does for a generator's; empty if it is not known.
	Egress string
}

// NewLedger returns an empty ledger for the limits of t.
func NewLedger(t Table, opts LedgerOptions) *Ledger {
	l := &Ledger{attribution: newAttribution(t, opts), egress: opts.Egress, spend: newSpend(opts.Cap), spent: newSpendTracker(), saved: t.fingerprint(), chartCache: make([]chartCache, len(t.Endpoints))}
	for _, e := range t.Endpoints {
		spans := make([]time.Duration, 0, len(e.Limits)+1)
		for _, limit := range e.Limits {
			spans = append(spans, limit.Per)
		}
		if !slices.Contains(spans, time.Minute) {
			spans = append(spans, time.Minute)
		}
		l.spans = append(l.spans, spans)
		l.full = append(l.full, newFullTally(spans[:len(e.Limits)]))
		l.lastDenials = append(l.lastDenials, make([]lastDenial, len(e.Limits)))
	}
	return l
}

// maxAhead is how far in the future a billing row may be dated. One that is
// further ahead would push all others out of the windows, so it is dropped.
const maxAhead = time.Minute

// Observe counts one event. Events may come late and in any order.
func (l *Ledger) Observe(e Event) {
	if e.Generator != "" && e.Call != nil && e.Call.Denial == nil {
		l.fleetCall(&e)
		return
	}
	l.flush()
	e, ok := restrained(e)
	if !ok || e.Generator != "" && !l.fromFleet(&e) {
		return
	}
	if e.Call != nil && e.Call.Vantage == VantageAccount {
		if (l.now.IsZero() || e.At.Before(l.now.Add(maxAhead))) && !l.replayed.contains(e.At) {
			l.call(e, l)
		}
		return
	}
	l.now = maxTime(l.now, e.At)
	l.logReset(l.now)
	switch {
	case e.Call != nil:
		l.call(e, l)
	case e.Reading != nil:
		l.openBilling()
		l.reading(e.Reading, l)
		l.logCap()
	case e.Account != nil:
		if l.spend.observe(*e.Account, e.At); !l.spend.fullAt.IsZero() {
			l.alerts.confirmCap(l.spend.unconfirmed(), l.spend.reset)
			l.happened.confirmCap(l.spend.unconfirmed(), l.spend.reset)
		}
		l.followReset()
		l.noteSpend()
		l.happened.resetAt = l.spend.reset(l.now)
		l.logCap()
	case e.Health != nil:
		l.health(e.Source, *e.Health, e.At)
	case e.Notice != nil:
		l.notice(e.Notice, e.At)
	case e.Beat != nil:
		l.beat(e.Generator, e.Beat, e.At)
	}
	l.logSilence(l.now)
}

// wall drops the monotonic clock reading from a time. That clock stops while a
// machine sleeps, so that old events would look new.
func wall(t time.Time) time.Time { return t.Round(0).UTC() }

// row implements sink.
func (l *Ledger) row(endpoint int, at time.Time) {
	b := l.openBilling()
	for _, e := range l.coveredBy[endpoint] {
		b.rows[e].Add(at, 1)
	}
}

// internal implements sink.
func (l *Ledger) internal(at time.Time, u ModelUsage) { l.charge(at, at, u.Cost, false) }

// accepted implements sink.
func (l *Ledger) accepted(c countedCall) {
	stream := l.streamOf(&c)
	if c.at.Before(stream.replayedTo) {
		return
	}
	switch c.vantage {
	case VantageOwn:
		l.poller(c.source).polls.Add(c.at, 1)
	case VantageAccount:
		l.charge(c.at, c.at, c.usage.Cost, false)
		l.countModel(stream, c.endpoint, c.at, c.usage)
	default:
		l.sent(&c, true)
		l.countModel(stream, c.endpoint, c.at, c.usage)
	}
	n := c.usage.Requests
	address := l.addressOf(&c)
	for _, e := range l.coveredBy[c.endpoint] {
		if c.vantage == VantageOwn && e == c.endpoint {
			continue // our polls use per-IP quota, but are nobody's traffic
		}
		stream.accept(e, c.at, c.at, n)
		if c.from != "" && address != nil {
			address.stream.accept(e, c.at, c.at, n)
		}
		if c.vantage != VantageAccount {
			lastDenials := l.denialsAt(e, address)
			for i := range lastDenials {
				lastDenials[i].accept(c.at)
			}
		}
	}
	if c.pattern >= 0 {
		stream.paths[c.pattern].Add(c.at, n)
	}
}

// streamOf returns the stream that a call belongs to.
func (l *Ledger) streamOf(c *countedCall) *stream {
	switch c.vantage {
	case VantageAccount:
		return l.openBilling()
	case VantageOwn:
		if l.polls == nil {
			l.polls = newStream("", l.table, l.spans)
		}
		return l.polls
	}
	return l.localStream(c.source)
}

func (l *Ledger) openBilling() *stream {
	if l.billing == nil {
		l.billing = newBillingStream(l.table, l.spans)
	}
	return l.billing
}

// maxLocalStreams bounds the local sources that are counted separately, as names
// may come from a file. The sources beyond it share the last stream.
const maxLocalStreams = 8

// localStream returns the stream of a local source, and makes it if need be.
func (l *Ledger) localStream(source string) *stream {
	for _, stream := range l.local {
		if stream.name == source {
			return stream
		}
	}
	if source != SourceFleet && len(l.local) >= maxLocalStreams { // there is always room for the fleet
		return l.local[maxLocalStreams-1]
	}
	l.local = append(l.local, newStream(source, l.table, l.spans))
	return l.local[len(l.local)-1]
}

// watching reports whether a source watches this machine's calls.
func (l *Ledger) watching() bool { return slices.ContainsFunc(l.local, (*stream).watching) }

// localCovers reports whether a source has watched the local calls for all of the
// span that ends at t, and none of a fleet's are missing.
func (l *Ledger) localCovers(per time.Duration, t time.Time, m *moment) bool {
	if m.fleet && t.After(m.local) || m.misses(t.Add(-per), t) {
		return false
	}
	for _, stream := range l.local {
		if stream.covers(per, t) {
			return true
		}
	}
	return false
}

// denied implements sink.
func (l *Ledger) denied(c countedCall, d *Denial) {
	stream := l.streamOf(&c)
	if c.at.Before(stream.replayedTo) {
		return
	}
	if c.vantage == VantageOwn {
		l.poller(c.source).polls.Add(c.at, 1)
	} else {
		l.sent(&c, false)
	}
	switch {
	case d.Kind == KindCap:
		l.spend.deny(c.at)
	case d.unexplained() && l.spend.usedUpAt(c.at):
		d = d.as(KindCap)
	}
	l.refused(&c, d)
	if g := l.generatorOf(&c); g != nil {
		g.tally(c.endpoint).early.denied(d, c.at, l.spend.reset(c.at))
	}
	if d.Kind == KindCap && l.happened.capReached() == nil {
		l.logCap()
	}
	l.reject(&c, d, stream)
}

// reject counts a denied call against the limits that denied it.
func (l *Ledger) reject(c *countedCall, d *Denial, seen *stream) {
	address := l.addressOf(c)
	streams := append(make([]*stream, 0, 2), seen)
	if c.from != "" && address != nil {
		streams = append(streams, address.stream)
	}
	last := -1
	for _, stream := range streams {
		if d.Kind == KindRate || d.unexplained() {
			stream.chartRejected(c.endpoint, c.at)
		}
	}
	for _, at := range l.refusing(d, c.endpoint, address, c.at) {
		for _, stream := range streams {
			stream.reject(at.endpoint, at.limit, c.at)
			if at.endpoint != c.endpoint && at.endpoint != last { // the limits of one endpoint are adjacent
				stream.chartRejected(at.endpoint, c.at)
			}
		}
		last = at.endpoint
		per := l.spans[at.endpoint][at.limit]
		p := l.placeOf(at.endpoint, address)
		p.lastDenials[at.endpoint][at.limit].record(d, per, c.at)
		if d.explained() {
			p.full[at.endpoint].add(at.limit, per, c.at)
		}
		l.settle(at.endpoint, at.limit)
	}
}

// busy implements sink.
func (l *Ledger) busy(c countedCall, d *Denial) {
	l.refused(&c, d)
	if g := l.generatorOf(&c); g != nil {
		l.discipline(g, c.endpoint, c.at)
	}
}

// refused notes a denial in the alerts and in the log.
func (l *Ledger) refused(c *countedCall, d *Denial) {
	l.alerts.observe(groupOf(c, d), *d, c.from, c.at, l.spend.reset)
	l.happened.refused(groupOf(c, d), d, c.at, l.spend.reset)
}

// sampled implements sink. What an earlier run has counted of the interval is not
// counted again.
func (l *Ledger) sampled(r *Reading, e *estimate) {
	for _, part := range l.replayed.remaining(r) {
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
		for _, i := range l.coveredBy[endpoint] {
			b.accept(i, r.From, r.To, round(e.calls[endpoint]*scale))
			b.rows[i].Spread(r.From, r.To, round(e.rows[endpoint]*scale))
		}
	}
	for p, n := range e.patterns {
		b.paths[p].Spread(r.From, r.To, round(n*scale))
	}
	l.charge(r.From, r.To, Micros(e.cost*scale), true)
	for i := range e.models {
		m := &e.models[i]
		l.countModel(b, m.endpoint, r.To.Add(-1), m.usage(scale))
	}
}

// read implements sink.
func (l *Ledger) read(r *Reading) {
	b := l.openBilling()
	log := l.log()
	if gap := log.extend(r); gap && r.From.After(l.modelPeriod.from) {
		b.markModelsEstimated()
	}
	b.since, l.horizon = log.from, log.to
	b.watched.add(r.From, r.To)
	if l.replayed.contains(b.since) || b.since.Equal(l.replayed.to) {
		b.since = minTime(b.since, l.replayed.from)
	}
	if b.oldest.IsZero() || b.since.Before(b.oldest) {
		b.oldest = b.since
	}
	l.settleAll()
	l.noteSpend()
}

// log returns the part of the billing log that has been read.
func (l *Ledger) log() logRange {
	if l.billing == nil {
		return logRange{}
	}
	return logRange{l.billing.since, l.horizon}
}
