package model

import (
	"slices"
	"strings"
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

// A witness is what one source saw. Calls are never matched across witnesses.
type witness struct {
	name      string
	watching  bool
	endpoints []testimony
	cost      Micros
	models    map[string]*ModelReport
	last      *ModelReport // of the last call, as runs use few models
	sampled   bool
}

// A testimony is what one source saw of one endpoint.
type testimony struct {
	accepted, rejected int
	meters             []*meter // by limit
	limited            []int    // calls that each limit denied
	kinds              [len(kinds)]int
	discipline         discipline
	accepts, rejects   *strip
}

var kinds = [...]Kind{KindRate, KindCap, KindCredits, KindCeiling, KindAuth}

// maxReportModels bounds the models that are told apart: names come from outside.
const maxReportModels = 256

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

func (w *witness) open(name string, t Table, lag time.Duration, steps *timeline) {
	w.name, w.models = name, map[string]*ModelReport{}
	for _, e := range t.Endpoints {
		y := testimony{limited: make([]int, len(e.Limits)), accepts: steps.strip(false), rejects: steps.strip(false)}
		for _, limit := range e.Limits {
			y.meters = append(y.meters, newMeter(limit.Max, limit.Per, lag, steps))
		}
		w.endpoints = append(w.endpoints, y)
	}
}

// Observe takes in one event.
func (r *Reporter) Observe(e Event) {
	r.events++
	at := wall(e.At)
	switch {
	case e.Call != nil && e.Call.Vantage == VantageAccount:
		r.row(e.Call, at)
		return
	case r.began.IsZero():
		r.began = at
	}
	r.place(at)
	switch {
	case e.Call != nil:
		r.call(e.Call, e.Source, at)
	case e.Reading != nil:
		r.reading(e.Reading)
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

// charge counts calls of a model.
func (w *witness) charge(model string, calls int, tokens int64, cost Micros) {
	cost, tokens = max(cost, 0), max(tokens, 0) // a log of usage has no negative cost
	w.cost += cost
	if model == "" {
		return
	}
	if w.last == nil || w.last.Model != model {
		m := w.models[model]
		if m == nil {
			if len(w.models) >= maxReportModels {
				model = ModelOthers
			}
			if m = w.models[model]; m == nil {
				m = &ModelReport{Model: model, Source: w.name}
				w.models[model] = m
			}
		}
		w.last = m
	}
	w.last.Calls += calls
	if tokens > 0 {
		w.last.Tokens = Some(w.last.Tokens.Or(0) + tokens)
	}
	if cost > 0 {
		w.last.Cost = Some(w.last.Cost.Or(0) + cost)
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
	if d.To.Before(r.began) {
		r.earlier += d.Total
		return
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

// sampleModel counts a row that stands for scale of its like.
func (w *witness) sampleModel(c Call, scale float64) {
	before := w.cost
	w.charge(c.Model, round(scale), int64(float64(c.Tokens)*scale), Micros(float64(c.Cost)*scale))
	w.cost = before // the money of the sample has been counted as a whole
}

// burnt follows the account's own figures through a run.
type burnt struct {
	first, last, mark figure // zero before the first
	spent             Micros
	peak              Opt[Micros] // per minute
}

func (b *burnt) observe(f figure) {
	switch {
	case b.first.at.IsZero():
		b.first, b.last, b.mark = f, f, f
		return
	case f.at.Before(b.last.at):
		return
	case f.used < b.last.used: // a new period
		b.spent += max(f.used, 0)
		b.mark = f
	default:
		b.spent += f.used - b.last.used
	}
	b.last = f
	if apart := f.at.Sub(b.mark.at); apart >= burnAtLeast {
		b.peak = Some(max(b.peak.Or(0), Micros(float64(f.used-b.mark.used)/apart.Minutes())))
		b.mark = f
	}
}

// Report returns what has been observed so far adds up to. Billing rows that
// still wait for their other half are counted as they are.
func (r *Reporter) Report() Report {
	r.ledger.doubles.release(time.Unix(latest, 0), r.countAlone)
	out := Report{
		Version: ReportVersion, Profile: r.ledger.table.Profile,
		Gaps: r.gaps, Events: r.events, OutOfOrder: r.late, Earlier: r.earlier,
		Endpoints: make([]EndpointReport, len(r.ledger.table.Endpoints)), Models: r.models(), Polls: r.polls,
	}
	if r.placed {
		out.From, out.To = Some(time.Unix(0, r.from).UTC()), Some(time.Unix(0, r.to).UTC())
		out.Watched = Some(time.Duration(r.to - r.from - r.unwatched).Seconds())
		out.Steps.From = Some(time.Unix(r.steps.base*r.steps.step(), 0).UTC())
	}
	out.Steps.EachS, out.Steps.Count = float64(r.steps.step()), r.steps.used
	for e := range out.Endpoints {
		out.Endpoints[e] = r.endpoint(e, out.Watched)
	}
	out.Spend = r.spending(out.Watched)
	return out
}

// local is the witness of this machine that saw most of an endpoint; nil when
// there was none.
func (r *Reporter) local(e int) *witness {
	sees := func(w *witness) int { return w.endpoints[e].accepted + w.endpoints[e].rejected }
	switch {
	case !r.tap.watching && !r.tail.watching:
		return nil
	case !r.tap.watching || r.tail.watching && sees(&r.tail) > sees(&r.tap):
		return &r.tail
	}
	return &r.tap
}

// endpoint chooses between this machine's figures and the account's: the larger
// is used. For a per-IP limit this machine's are, when it sent anything: the
// account's calls may have come from other addresses.
func (r *Reporter) endpoint(e int, watched Opt[float64]) EndpointReport {
	at := &r.ledger.table.Endpoints[e]
	out := EndpointReport{
		ID: at.ID, Name: at.Name, Scope: at.Scope, Limits: make([]LimitReport, len(at.Limits)), Denials: []DenialCount{},
		AcceptedSteps: []int{},
	}
	for i, limit := range at.Limits {
		out.Limits[i] = LimitReport{Limit: limit.Max, PerS: limit.Per.Seconds(), Above: []TimeAbove{}, UsedSteps: []int{}}
	}
	local := r.local(e)
	used := local
	if local != nil {
		out.Local = Some(local.endpoints[e].accepted)
	}
	if r.billing.watching {
		account := r.billing.endpoints[e].accepted
		out.Account = Some(account)
		perIP := at.Scope == ScopeIP && out.Local.Or(0) > r.pollsUnder(e)
		if !perIP && (local == nil || account > out.Local.Or(0)) {
			used = &r.billing
		}
	}
	if used == nil {
		return out
	}
	out.Source = used.name
	out.UpperBound = used == &r.billing && at.Scope == ScopeIP
	out.Estimated = used == &r.billing && used.sampled
	y := &used.endpoints[e]
	out.Accepted = Some(y.accepted)
	out.AcceptedSteps = r.steps.ints(y.accepts)
	for i := range out.Limits {
		out.Limits[i].fill(y.meters[i], r.to, watched)
	}
	if local != nil {
		r.refused(&out, &local.endpoints[e], e)
	}
	return out
}

// pollsUnder is how many of our own polls count against endpoint e.
func (r *Reporter) pollsUnder(e int) int {
	if r.ledger.table.Endpoints[e].Covers == CoversPaths {
		return 0
	}
	return r.polls.Sent - r.polls.Denied
}

// refused fills in what this machine saw of an endpoint's denials. The calls
// that came early are those of all the endpoints under its limits.
func (r *Reporter) refused(out *EndpointReport, y *testimony, e int) {
	out.Rejected = Some(y.rejected)
	out.Sent = Some(out.Accepted.Or(0) + y.rejected)
	out.RejectedSteps = r.steps.ints(y.rejects)
	for i, n := range y.limited {
		out.Limits[i].Rejected = Some(n)
	}
	for i, n := range y.kinds {
		if n > 0 {
			out.Denials = append(out.Denials, DenialCount{kinds[i], n})
		}
	}
	out.WaitS = Some(r.waits[e].until(r.to).Seconds())
	early := 0
	for own := range r.ledger.table.Endpoints {
		if slices.Contains(r.ledger.under[own], e) {
			early += r.local(own).endpoints[own].discipline.early
		}
	}
	out.SentEarly = Some(early)
}

// fill is what a meter measured, up to end.
func (l *LimitReport) fill(m *meter, end int64, watched Opt[float64]) {
	c := m.closed(end)
	l.Peak = Some(int(c.peak))
	if c.peak > 0 {
		l.PeakAt = Some(c.end(c.peakAt))
	}
	for i, part := range reportParts {
		above := TimeAbove{Percent: part}
		if w, ok := watched.Get(); ok {
			above.Seconds = Some(min(c.seconds(float64(c.above[i])), w))
		}
		l.Above = append(l.Above, above)
	}
	if w := watched.Or(0); w > 0 {
		l.Average = Some(min(c.seconds(c.total)/w, float64(c.peak)))
	}
	l.UsedSteps = m.steps.ints(c.used)
}

// models are those of the witness that heard the most calls named.
func (r *Reporter) models() []ModelReport {
	most, out := 0, []ModelReport{}
	for _, w := range []*witness{&r.tap, &r.tail, &r.billing} {
		calls := 0
		for _, m := range w.models {
			calls += m.Calls
		}
		if calls <= most {
			continue
		}
		most, out = calls, out[:0]
		for _, m := range w.models {
			out = append(out, *m)
		}
	}
	slices.SortFunc(out, func(a, b ModelReport) int {
		if a.Calls != b.Calls {
			return b.Calls - a.Calls
		}
		return strings.Compare(a.Model, b.Model)
	})
	return out
}

// spending is the money: by the account's figures where there are two, else by
// what the rows cost, else by what this machine's calls said.
func (r *Reporter) spending(watched Opt[float64]) SpendReport {
	var out SpendReport
	minutes := watched.Or(0) / 60
	switch local := max(r.tap.cost, r.tail.cost); {
	case r.figures.last.at.After(r.figures.first.at):
		out.Source, out.Spent, out.PeakPerMin = "account", Some(r.figures.spent), r.figures.peak
		minutes = r.figures.last.at.Sub(r.figures.first.at).Minutes()
	case r.billing.cost > 0:
		out.Source, out.Spent, out.Estimated = "rows", Some(r.billing.cost), r.billing.sampled
		if c := r.cost.closed(r.to); minutes >= 1 {
			out.PeakPerMin = Some(Micros(c.peak))
		}
	case local > 0:
		out.Source, out.Spent = "calls", Some(local)
	}
	if spent, ok := out.Spent.Get(); ok && minutes >= burnAtLeast.Minutes() {
		out.BurnPerMin = Some(Micros(float64(spent) / minutes))
	}
	if !r.placed {
		return out
	}
	end := time.Unix(0, r.to).UTC()
	out.Cap = r.ledger.spend.snapshot(end, r.ledger.billing, r.ledger.horizon)
	out.Cap.burnAt(out.BurnPerMin, end)
	return out
}
