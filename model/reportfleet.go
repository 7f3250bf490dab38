package model

import (
	"cmp"
	"slices"
	"strings"
)

// maxReportGenerators bounds the generators that a report counts separately.
const maxReportGenerators = 10_000

// A fleetTally counts the calls of a run by load generator.
type fleetTally struct {
	byName map[string]*generatorRun
	last   *generatorRun // of the last event

	addresses []*addressTally
	overflown bool // there are more addresses
	unplaced  int  // calls whose address is not known yet
}

// A generatorRun is what one load generator did in a run.
type generatorRun struct {
	bootCount
	report   GeneratorReport // but for what bootCount has
	waits    []*earlyCalls   // by endpoint: what it got; nil before its first call
	unplaced []unplacedCall
}

// generator returns the tally of a generator that an event is about, and makes it if
// there is room; else it returns nil.
func (f *fleetTally) generator(name string, endpoints int) *generatorRun {
	if f.last != nil && f.last.report.Name == name {
		return f.last
	}
	g := f.byName[name]
	if g == nil && len(f.byName) < maxReportGenerators {
		name = strings.Clone(name)
		g = &generatorRun{report: GeneratorReport{Name: name}, waits: make([]*earlyCalls, endpoints)}
		if f.byName == nil {
			f.byName = map[string]*generatorRun{}
		}
		f.byName[name] = g
	}
	f.last = g
	return g
}

// observe notes an event of a generator, and makes it one of the fleet's. It returns
// false for one that does not count: a generator reports the calls that it sees itself,
// and its beats.
func (f *fleetTally) observe(e *Event, endpoints int) bool {
	e.Source, e.Generator = SourceFleet, e.Generator[:min(len(e.Generator), maxFleetName)]
	if e.Beat == nil && (e.Call == nil || e.Call.Vantage != VantageLocal) {
		return false
	}
	g := f.generator(e.Generator, endpoints)
	if g == nil {
		return true
	}
	r := &g.report
	if from, known := r.From.Get(); !known || e.At.Before(from) {
		r.From = Some(e.At)
	}
	if to, known := r.To.Get(); !known || e.At.After(to) {
		r.To = Some(e.At)
	}
	if e.Beat != nil && e.Beat.Boot != "" {
		g.beat(e.Beat.restrained(e.At))
	}
	return true
}

// beat notes what a generator says about itself.
func (g *generatorRun) beat(b *Beat) {
	if g.isNew(b.Boot) {
		g.begin(b.Boot)
	}
	g.lose(b)
	keep(&g.report.Egress, b.Egress)
	g.report.EgressAssumed = b.EgressAssumed
}

// sent counts a call of a generator to an endpoint. It reports whether the call was
// early: during a wait that the generator itself had got.
func (g *generatorRun) sent(c *countedCall, accepted bool) (early bool) {
	if accepted {
		g.report.Accepted++
	} else {
		g.report.Rejected++
	}
	g.report.Sent++
	if early = g.wait(c.endpoint).sent(c.at); early {
		g.report.Early++
	}
	return early
}

// wait returns the waits that a generator got from an endpoint.
func (g *generatorRun) wait(endpoint int) *earlyCalls {
	if g.waits[endpoint] == nil {
		g.waits[endpoint] = new(earlyCalls)
	}
	return g.waits[endpoint]
}

// reports returns the reports of the generators; nil without any.
func (f *fleetTally) reports() (all []GeneratorReport) {
	for _, g := range f.byName {
		r := g.report
		r.Boots = max(g.boots, 1)
		r.Missing, r.Dropped = g.lost()
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b GeneratorReport) int {
		return cmp.Or(b.Rejected-a.Rejected, b.Sent-a.Sent, strings.Compare(a.Name, b.Name))
	})
	return all
}

// sent counts a local call as sent, and returns the tally of its source. A call of a
// generator is early if it came during a wait that the generator itself had got.
func (r *Reporter) sent(c *countedCall, accepted bool) *sourceTally {
	w := r.localTally(c.source)
	early := &w.endpoints[c.endpoint].early
	switch g := r.generatorOf(c); {
	case g != nil && g.sent(c, accepted):
		early.count++
	case c.from == "":
		early.sent(c.at)
	}
	return w
}

// waitsFor notes the wait that a denial asks for: of a source, or of the generator that
// got it.
func (r *Reporter) waitsFor(w *sourceTally, c *countedCall, d *Denial) {
	early := &w.endpoints[c.endpoint].early
	if g := r.generatorOf(c); g != nil {
		early = g.wait(c.endpoint)
	}
	early.denied(d, c.at, r.spend.reset(c.at))
}

// generatorOf returns the tally of the generator that made a call; nil for none.
func (r *Reporter) generatorOf(c *countedCall) *generatorRun {
	if c.from == "" {
		return nil
	}
	return r.fleet.generator(c.from, len(r.table.Endpoints))
}
