package model

import (
	"slices"
	"time"
)

// A Reporter takes in the events of a whole run and gives out a Report. It is
// deterministic, and its memory is fixed, however long the run. Events may come
// in any order; a call that comes later than reportLag is in the totals only.
// It is not safe for concurrent use.
type Reporter struct {
	ledger *Ledger // classifies calls and keeps the cap; its lanes count nothing
	steps  timeline
	gap    int64 // the silence, in nanoseconds, from which on nobody was watching

	tap, tail, billing witness
	waits              []waited // by endpoint
	figures            burnt
	cost               *meter // of the rows' cost, over a minute

	events, late, earlier, gaps int
	began                       time.Time // when the first source spoke; zero for rows alone
	from, to                    int64     // in nanoseconds, of the events that can be placed
	placed                      bool
	unwatched                   int64 // nanoseconds in gaps
	polls                       PollReport
}

// How late a call may come: a local one out of order, a billing row behind all
// others.
const (
	reportLag  = laneLag
	billingLag = 15 * time.Minute
)

// NewReporter returns an empty reporter for the limits of t.
func NewReporter(t Table, opts LedgerOptions) *Reporter {
	r := &Reporter{ledger: NewLedger(t, opts), waits: make([]waited, len(t.Endpoints))}
	gap := time.Hour
	for _, e := range t.Endpoints {
		for _, limit := range e.Limits {
			gap = max(gap, limit.Per)
		}
	}
	r.gap = int64(gap)
	r.ledger.openBilling()
	r.cost = newMeter(1, time.Minute, billingLag, nil)
	r.tap.open(SourceTap, t, reportLag, &r.steps)
	r.tail.open(SourceTail, t, reportLag, &r.steps)
	r.billing.open(SourceBilling, t, billingLag, &r.steps)
	return r
}

// Observe takes in one event.
func (r *Reporter) Observe(e Event) {
	r.events++
	at := wall(e.At)
	switch {
	case e.Call != nil && e.Call.Vantage == VantageAccount:
		r.row(e.Call, at)
		return
	case e.Reading != nil: // dated where it ends, which may be long before the run
		if !at.Before(r.began) {
			r.place(at)
		}
		r.reading(e.Reading)
		return
	case r.began.IsZero():
		r.began = at
	}
	r.place(at)
	switch {
	case e.Call != nil:
		r.call(e.Call, e.Source, at)
	case e.Account != nil:
		r.ledger.spend.observe(*e.Account, at)
		if used, ok := e.Account.Used.Get(); ok {
			r.figures.observe(figure{at, used})
		}
	case e.Health != nil && e.Health.State == StateOK && (e.Source == SourceTap || e.Source == SourceTail):
		r.witness(e.Source).watching = true
	}
}

// latest is the last second, after the Unix epoch, that fits into nanoseconds.
const latest = 9_200_000_000

// placeable reports whether a time can be counted in nanoseconds.
func placeable(at time.Time) bool { return at.Unix() >= 0 && at.Unix() < latest }

// place makes room for a time in the run.
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

func (r *Reporter) witness(source string) *witness {
	if source == SourceTap {
		return &r.tap
	}
	return &r.tail // of any name, as in a ledger
}

// call counts a call that this machine saw.
func (r *Reporter) call(c *Call, source string, at time.Time) {
	own, _, _ := r.ledger.classify(c)
	if source == SourceBilling {
		r.poll(c, own, at)
		return
	}
	w := r.witness(source)
	w.watching = true
	y := &w.endpoints[own]
	y.discipline.sent(at)
	if c.Denial != nil {
		r.deny(w, c.Denial, own, at)
		return
	}
	r.accept(w, own, at)
	w.charge(c.Model, 1, c.Tokens, c.Cost)
}

// accept counts an accepted call, against all the limits that it is under.
func (r *Reporter) accept(w *witness, own int, at time.Time) {
	if !placeable(at) {
		for _, e := range r.ledger.under[own] {
			w.endpoints[e].accepted++
		}
		r.late++
		return
	}
	t, step, intime := at.UnixNano(), r.steps.at(at.Unix()), true
	for _, e := range r.ledger.under[own] {
		y := &w.endpoints[e]
		y.accepted++
		y.accepts[step]++
		for _, m := range y.meters {
			intime = m.add(t, 1) && intime
		}
	}
	if !intime {
		r.late++
	}
}

// deny counts a call that was denied.
func (r *Reporter) deny(w *witness, d *Denial, own int, at time.Time) {
	w.endpoints[own].discipline.denied(d, at, r.ledger.spend.reset(at))
	kind := slices.Index(kinds[:], d.Kind)
	for _, e := range r.ledger.under[own] {
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
			r.waits[e].ask(at.UnixNano(), at.UnixNano()+int64(wait))
		}
	}
	if d.Kind == KindRate {
		for _, p := range r.ledger.denying(d.Limit, own) {
			w.endpoints[p.e].limited[p.span]++
		}
	}
}

// poll counts one of quotatop's own requests. They use per-IP quota, whoever
// tells of it, and are nobody's traffic.
func (r *Reporter) poll(c *Call, own int, at time.Time) {
	r.polls.Sent++
	if c.Denial != nil {
		r.polls.Denied++
		return
	}
	if !placeable(at) {
		return
	}
	for _, e := range r.ledger.under[own] {
		if e == own {
			continue
		}
		for _, w := range []*witness{&r.tap, &r.tail, &r.billing} {
			y := &w.endpoints[e]
			y.accepted++
			y.accepts[r.steps.at(at.Unix())]++
			for _, m := range y.meters {
				m.add(at.UnixNano(), 1)
			}
		}
	}
}

// row counts one billing row. Rows of before the run were read to know what the
// day had cost.
func (r *Reporter) row(c *Call, at time.Time) {
	l := r.ledger
	own, pattern, alias := l.classify(c)
	r.billing.watching = true
	if internal(pattern, c.Path) {
		if !r.isEarlier(at) {
			r.place(at)
			r.charge(half{at: at, cost: c.Cost, model: c.Model, tokens: c.Tokens})
		}
		l.charge(at, at, c.Cost, false)
		return
	}
	if l.countDoubles || !l.aliased(own) || l.doubles.take(at, c, alias, r.countAlone) {
		r.countRow(own, half{at: at, path: c.Path, cost: c.Cost, tokens: c.Tokens, model: c.Model})
	}
}

// isEarlier reports whether a time is before the run, and counts it if so.
func (r *Reporter) isEarlier(at time.Time) bool {
	if r.began.IsZero() || !at.Before(r.began) {
		return false
	}
	r.earlier++
	return true
}

// countAlone counts an alias row that has no other half.
func (r *Reporter) countAlone(h half) {
	own, _ := r.ledger.table.match("", h.path)
	r.countRow(own, h)
}

// countRow counts one call of the billing log.
func (r *Reporter) countRow(own int, h half) {
	r.ledger.charge(h.at, h.at, h.cost, false)
	if r.isEarlier(h.at) {
		return
	}
	r.place(h.at)
	r.accept(&r.billing, own, h.at)
	r.charge(h)
}

// charge counts the money of a row.
func (r *Reporter) charge(h half) {
	r.billing.charge(h.model, 1, h.tokens, h.cost)
	if placeable(h.at) {
		r.cost.add(h.at.UnixNano(), int(max(h.cost, 0)))
	}
}

// reading notes how far the billing log has been read, and counts what of it
// was sampled.
func (r *Reporter) reading(d *Reading) {
	l := r.ledger
	r.billing.watching = true
	if d.Sampled && d.From.Before(d.To) && placeable(d.From) && placeable(d.To) {
		r.sample(d)
	}
	l.doubles.release(d.To, r.countAlone)
	l.readTo(d)
}

// sample spreads what the sampled rows say over their interval.
func (r *Reporter) sample(d *Reading) {
	l := r.ledger
	s := l.estimate(d)
	l.charge(d.From, d.To, Micros(s.cost*s.scale), true)
	if d.From.Before(r.began) {
		inside := max(0, float64(d.To.Sub(r.began))/float64(d.To.Sub(d.From)))
		n := round(inside * float64(d.Total))
		r.earlier += d.Total - n
		if n == 0 {
			return
		}
		part := *d
		part.From, part.Total = r.began, n
		d, s.scale = &part, s.scale*inside
	}
	r.place(d.From)
	r.place(d.To)
	r.billing.sampled = true
	from, to, intime := d.From.UnixNano(), d.To.UnixNano(), true
	for own, hits := range s.hits {
		n := round(hits * s.scale)
		for _, e := range l.under[own] {
			y := &r.billing.endpoints[e]
			y.accepted += n
			r.steps.spread(y.accepts, from, to, n)
			for _, m := range y.meters {
				intime = m.spread(from, to, n) && intime
			}
		}
	}
	if !intime {
		r.late += d.Total
	}
	r.cost.spread(from, to, round(s.cost*s.scale))
	r.billing.cost += Micros(s.cost * s.scale)
	for _, c := range d.Rows {
		_, pattern, alias := l.classify(&c)
		if !internal(pattern, c.Path) && (!alias || l.countDoubles) {
			r.billing.sampleModel(c, s.scale)
		}
	}
}
