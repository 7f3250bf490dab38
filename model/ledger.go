package model

import (
	"slices"
	"strings"
	"time"
)

// A Ledger takes in what the sources learn and gives out what it adds up to.
// It is deterministic: time comes with the events and with Snapshot. Its memory
// is bounded whatever the rate of events. It is not safe for concurrent use.
type Ledger struct {
	table Table
	spans [][]time.Duration // by endpoint: those of its limits, and a minute
	under [][]int           // by endpoint: the endpoints whose limits its calls count against

	billing, tap, tail, polls *lane // nil until the first event for them
	horizon                   time.Time
	now                       time.Time  // the latest time that a source vouched for
	lessons                   [][]lesson // by endpoint, then by its limits
	doubles                   pairing
	sampling                  sampling
	countDoubles              bool
	drawn                     []drawn // by endpoint
	modelPeriod               period  // the models' calls are of
	known                     known

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
	l := &Ledger{table: t, countDoubles: opts.CountDoubleRows, drawn: make([]drawn, len(t.Endpoints))}
	l.spend.limit = opts.Cap
	for own, e := range t.Endpoints {
		spans := make([]time.Duration, 0, len(e.Limits)+1)
		for _, limit := range e.Limits {
			spans = append(spans, limit.Per)
		}
		if !slices.Contains(spans, time.Minute) {
			spans = append(spans, time.Minute)
		}
		l.spans = append(l.spans, spans)
		l.lessons = append(l.lessons, make([]lesson, len(e.Limits)))
		var under []int
		for i := range t.Endpoints {
			if t.Covered(i, own) {
				under = append(under, i)
			}
		}
		l.under = append(l.under, under)
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
			l.row(e.Call, e.At)
		}
		return
	}
	l.now = maxTime(l.now, e.At)
	switch {
	case e.Call != nil:
		l.call(e.Call, e.Source, e.At)
	case e.Reading != nil:
		l.reading(e.Reading)
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

// internal reports whether a billing row is the API's own work (a judge's),
// which costs money and uses no rate quota: a name that no pattern fits.
func internal(pattern int, endpoint string) bool {
	return pattern < 0 && (strings.Contains(endpoint, "llmaj") || strings.Contains(endpoint, "judge"))
}

// classify says which endpoint a row belongs to and whether it is a name that
// stands for another row's path.
func (l *Ledger) classify(c *Call) (own, pattern int, alias bool) {
	own, pattern = l.table.match(c.Method, c.Path)
	return own, pattern, pattern >= 0 && l.table.patterns[pattern].alias
}

// aliased reports whether calls of endpoint e may be logged under an alias too.
func (l *Ledger) aliased(e int) bool {
	return slices.ContainsFunc(l.table.patterns, func(p pattern) bool { return p.alias && p.endpoint == e })
}

// row counts one billing row.
func (l *Ledger) row(c *Call, at time.Time) {
	b := l.openBilling()
	own, pattern, alias := l.classify(c)
	for _, e := range l.under[own] {
		b.rows[e].Add(at, 1)
	}
	if internal(pattern, c.Path) {
		l.charge(at, at, c.Cost, false)
		return
	}
	if l.countDoubles || !l.aliased(own) || l.doubles.take(at, c, alias, l.countAlone) {
		l.countRow(own, pattern, at, ModelUsage{Model: c.Model, Tokens: c.Tokens, Cost: c.Cost})
	}
}

// countRow counts one call of the billing log.
func (l *Ledger) countRow(own, pattern int, at time.Time, u ModelUsage) {
	l.charge(at, at, u.Cost, false)
	u.Requests = 1
	l.countModel(l.billing, own, at, u)
	for _, e := range l.under[own] {
		l.billing.accept(e, at, at, 1)
	}
	if pattern >= 0 {
		l.billing.paths[pattern].Add(at, 1)
	}
}

// countAlone counts an alias row that has no other half.
func (l *Ledger) countAlone(h half) {
	own, pattern := l.table.match("", h.path)
	l.countRow(own, pattern, h.at, ModelUsage{Model: h.model, Tokens: h.tokens, Cost: h.cost})
}

// charge counts money that was spent at to, or over [from, to).
func (l *Ledger) charge(from, to time.Time, cost Micros, sampled bool) {
	cost = max(cost, 0) // a log of usage has no negative cost
	l.spend.row(to, cost, sampled)
	if from.Equal(to) {
		l.billing.cost.Add(to, int(cost))
	} else {
		l.billing.cost.Spread(from, to, int(cost))
	}
}

func (l *Ledger) openBilling() *lane {
	if l.billing == nil {
		l.billing = newBillingLane(l.table, l.spans)
	}
	return l.billing
}

// call counts a call that this machine saw: the tap's, a tail's, or a poll.
func (l *Ledger) call(c *Call, source string, at time.Time) {
	if source == SourceTail && at.Before(l.known.tail) {
		return
	}
	lane := l.lane(source)
	own, pattern, _ := l.classify(c)
	isPoll := source == SourceBilling
	if !isPoll {
		l.alerts.sent(own, source, at, l.spend.reset)
	}
	if c.Denial != nil {
		l.deny(c.Denial, lane, own, source, at)
		return
	}
	for _, e := range l.under[own] {
		if isPoll && e == own {
			continue // our polls use per-IP quota; they are nobody's traffic
		}
		lane.accept(e, at, at, 1)
	}
	if pattern >= 0 {
		lane.paths[pattern].Add(at, 1)
	}
	if isPoll {
		l.source(source).polls.Add(at, 1)
		return
	}
	l.countModel(lane, own, at, ModelUsage{Model: c.Model, Requests: 1, Tokens: c.Tokens, Cost: c.Cost})
}

// lane returns the lane that a source's local calls belong to.
func (l *Ledger) lane(source string) *lane {
	p := &l.tail
	switch source {
	case SourceBilling:
		p = &l.polls
	case SourceTap:
		p = &l.tap
	}
	if *p == nil {
		*p = newLane(l.table, l.spans)
	}
	return *p
}

// deny counts a denial: in the alerts, and against the limit that said no.
func (l *Ledger) deny(d *Denial, lane *lane, own int, source string, when time.Time) {
	key := groupKey{kind: d.Kind, endpoint: own, reason: d.Reason, source: source}
	if source == SourceBilling {
		key.endpoint = ownPolls
		l.source(source).polls.Add(when, 1)
	}
	l.alerts.observe(key, *d, when, l.spend.reset)
	if d.Kind != KindRate {
		return
	}
	last := -1
	for _, at := range l.denying(d.Limit, own) {
		lane.reject(at.e, at.span, when)
		if at.e != last { // an endpoint's limits stand side by side
			lane.chartRejected(at.e, when)
		}
		last = at.e
		l.lessons[at.e][at.span].learn(d, when)
	}
}

// place is one limit of the table.
type place struct{ e, span int }

// denying finds the limits that denied a call of endpoint own: the one that
// the response names; else, as the table may be out of date, the endpoint's
// own over the same time; else the endpoint's own; else, for calls that have
// none of their own, all that cover them.
func (l *Ledger) denying(named Limit, own int) (found []place) {
	mine := len(l.table.Endpoints[own].Limits) > 0
	for _, fits := range []func(e int, limit Limit) bool{
		func(_ int, limit Limit) bool {
			return limit.Max == named.Max && (limit.Per == named.Per || named.Per == 0)
		},
		func(e int, limit Limit) bool { return e == own && limit.Per == named.Per },
		func(e int, _ Limit) bool { return e == own || !mine },
	} {
		for _, e := range l.under[own] {
			for i, limit := range l.table.Endpoints[e].Limits {
				if fits(e, limit) {
					found = append(found, place{e, i})
				}
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// reading notes how far the billing log has been read, and counts what of it
// was sampled.
func (l *Ledger) reading(r *Reading) {
	l.openBilling()
	if r.Sampled {
		for _, part := range l.known.rest(r) {
			l.sample(&part)
		}
	}
	l.doubles.release(r.To, l.countAlone)
	l.readTo(r)
}

// readTo moves the horizon, and where the read part of the log begins.
func (l *Ledger) readTo(r *Reading) {
	b := l.openBilling()
	switch {
	case b.since.IsZero() || r.From.After(l.horizon) || r.To.Before(b.since):
		if r.To.After(l.horizon) { // the first reading, or one after a gap
			if !b.since.IsZero() && r.From.After(l.modelPeriod.from) {
				b.missed()
			}
			b.since, l.horizon = r.From, r.To
		}
	default:
		b.since, l.horizon = minTime(b.since, r.From), maxTime(l.horizon, r.To)
	}
	if l.known.row(b.since) || b.since.Equal(l.known.to) {
		b.since = minTime(b.since, l.known.from)
	}
	if b.oldest.IsZero() || b.since.Before(b.oldest) {
		b.oldest = b.since
	}
}

// An estimate is what the rows of a sampled reading say of all its rows.
type estimate struct {
	hits, rows []float64 // by endpoint: of the sample, the calls that count and all rows
	patterns   []float64 // calls by pattern, aliases too
	alias      []float64 // by endpoint: the calls that one alias row counts for
	cost       float64   // of the sample, in micro-dollars
	scale      float64   // what one row of the sample stands for; 0 without any
}

// estimate judges a sample.
func (l *Ledger) estimate(r *Reading) estimate {
	s := estimate{
		hits: make([]float64, len(l.table.Endpoints)), rows: make([]float64, len(l.table.Endpoints)),
		patterns: make([]float64, len(l.table.patterns)), alias: make([]float64, len(l.table.Endpoints)),
	}
	alias := make([]float64, len(l.table.Endpoints))
	for i := range r.Rows {
		c := &r.Rows[i]
		own, pattern, isAlias := l.classify(c)
		s.rows[own]++
		s.cost += float64(c.Cost)
		switch {
		case internal(pattern, c.Path):
			continue
		case isAlias && !l.countDoubles:
			alias[own]++
		default:
			s.hits[own]++
		}
		if pattern >= 0 {
			s.patterns[pattern]++
		}
	}
	// Both rows of a call that was logged twice carry its cost; taking the
	// share of pairs off the count takes it off the money too.
	for e, n := range alias {
		paired := n * l.doubles.share()
		if s.hits[e] == 0 {
			paired = 0 // a name without any path beside it is no double
		}
		if n+s.hits[e] > 0 {
			s.cost -= l.aliasCost(r.Rows, e) * paired / max(n, 1)
		}
		s.hits[e] += n - paired
		s.alias[e] = (n - paired) / max(n, 1)
	}
	if len(r.Rows) > 0 {
		s.scale = float64(r.Total) / float64(len(r.Rows))
	}
	return s
}

// sample spreads what the sampled rows say over their interval.
func (l *Ledger) sample(r *Reading) {
	s := l.estimate(r)
	l.sampling.add(sampled{r.From, r.To, r.Total, r.TotalMargin, len(r.Rows), s.hits})
	if len(r.Rows) == 0 {
		return
	}
	b := l.billing
	for own := range s.hits {
		for _, e := range l.under[own] {
			b.accept(e, r.From, r.To, round(s.hits[own]*s.scale))
			b.rows[e].Spread(r.From, r.To, round(s.rows[own]*s.scale))
		}
	}
	for p, n := range s.patterns {
		if !l.table.patterns[p].alias {
			b.paths[p].Spread(r.From, r.To, round(n*s.scale))
		}
	}
	l.charge(r.From, r.To, Micros(s.cost*s.scale), true)
	l.sampleModels(r, s.scale, s.alias)
}

// aliasCost is the cost of endpoint e's alias rows.
func (l *Ledger) aliasCost(rows []Call, e int) (cost float64) {
	for i := range rows {
		if own, _, alias := l.classify(&rows[i]); alias && own == e {
			cost += float64(rows[i].Cost)
		}
	}
	return cost
}

func round(x float64) int { return int(x + 0.5) }
