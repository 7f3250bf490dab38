package model

import (
	"slices"
	"strings"
	"time"
)

// An attribution turns events into calls that count: it finds the endpoint of
// each call and the limits it counts against, counts a call that was logged
// twice once, and estimates what sampled rows stand for. What it finds goes to a
// sink: the Ledger of a live run, or the Reporter of a whole one.
type attribution struct {
	table        Table
	coveredBy    [][]int // by endpoint: the endpoints whose limits its calls count against
	aliased      []bool  // by endpoint: its calls may be logged under an alias, too
	countDoubles bool
	doubles      pairing
}

// A sink counts what an attribution finds.
type sink interface {
	// row counts a row of the billing log as it stands, double and internal
	// rows included.
	row(endpoint int, at time.Time)
	// internal counts the API's own work, which costs money and uses no quota.
	internal(at time.Time, u ModelUsage)
	// accepted counts an accepted call.
	accepted(c countedCall)
	// denied counts a denied call.
	denied(c countedCall, d *Denial)
	// busy notes that the API had no capacity for a call, which no limit denied:
	// the call is passed on as accepted too.
	busy(c countedCall, d *Denial)
	// sampled counts the rows of a sampled reading, which e estimates.
	sampled(r *Reading, e *estimate)
	// read notes how far the billing log has been read.
	read(r *Reading)
}

// A countedCall is a call that counts, once however often it was logged.
type countedCall struct {
	at       time.Time
	source   string
	vantage  Vantage
	from     string // the generator of a fleet that made it; empty for this machine's
	endpoint int    // the one it belongs to
	pattern  int    // the pattern of the table that its path matched; -1 for none
	unnamed  bool   // a billing row that does not name its endpoint
	usage    ModelUsage
}

// A limitRef is one limit of the table.
type limitRef struct{ endpoint, limit int }

func newAttribution(t Table, opts LedgerOptions) attribution {
	a := attribution{table: t, countDoubles: opts.CountDoubleRows}
	for own := range t.Endpoints {
		var coveredBy []int
		for e := range t.Endpoints {
			if t.Covered(e, own) {
				coveredBy = append(coveredBy, e)
			}
		}
		a.coveredBy = append(a.coveredBy, coveredBy)
		a.aliased = append(a.aliased, slices.ContainsFunc(t.patterns, func(p pattern) bool { return p.alias && p.endpoint == own }))
	}
	return a
}

// call passes a call on to a sink.
func (a *attribution) call(e Event, to sink) {
	c := e.Call
	endpoint, pattern, alias := a.classify(c)
	counted := countedCall{
		at: e.At, source: e.Source, vantage: c.Vantage, from: e.Generator, endpoint: endpoint, pattern: pattern, unnamed: unnamed(c),
		usage: ModelUsage{Model: c.Model, Requests: 1, Tokens: c.Tokens, Cost: c.Cost},
	}
	if c.Vantage == VantageAccount {
		to.row(endpoint, e.At)
		if internal(pattern, c.Path) {
			to.internal(e.At, counted.usage)
			return
		}
		if a.countDoubles || !a.aliased[endpoint] || a.doubles.take(e.At, c, alias, a.single(to)) {
			to.accepted(counted)
		}
		return
	}
	d := c.Denial
	if d != nil && d.Kind == KindRate && e.Source == SourceTail && !d.explained() {
		d = d.as(KindUnknown) // a line with a status alone; recordings have such as a rate limit's
	}
	switch {
	case d != nil && d.Kind == KindBusy:
		to.busy(counted, d)
	case d != nil:
		to.denied(counted, d)
		return
	}
	to.accepted(counted)
}

// reading passes a reading on to a sink.
func (a *attribution) reading(r *Reading, to sink) {
	if r.Sampled {
		to.sampled(r, a.estimate(r))
	}
	a.release(r.To, to)
	to.read(r)
}

// release counts the alias rows whose path row can no longer come, once all rows
// before a time have been read.
func (a *attribution) release(before time.Time, to sink) { a.doubles.release(before, a.single(to)) }

// single returns a func that counts an alias row without a path row.
func (a *attribution) single(to sink) func(unpairedRow) {
	return func(h unpairedRow) {
		endpoint, pattern := a.table.match("", h.path)
		to.accepted(countedCall{
			at: h.at, vantage: VantageAccount, endpoint: endpoint, pattern: pattern,
			usage: ModelUsage{Model: h.model, Requests: 1, Tokens: h.tokens, Cost: h.cost},
		})
	}
}

// unnamed reports whether a call is a billing row that does not name its endpoint.
func unnamed(c *Call) bool { return c.Vantage == VantageAccount && c.Path == EndpointOther }

// internal reports whether a billing row is the API's own work (a judge call),
// which costs money and uses no rate quota: its endpoint string matches no pattern.
func internal(pattern int, endpoint string) bool {
	return pattern < 0 && (strings.Contains(endpoint, "llmaj") || strings.Contains(endpoint, "judge"))
}

// classify returns the endpoint of a call, the pattern that its path matched or
// -1, and whether that is an alias: a name that billing rows use for a path.
func (a *attribution) classify(c *Call) (endpoint, pattern int, alias bool) {
	endpoint, pattern = a.table.match(c.Method, c.Path)
	return endpoint, pattern, pattern >= 0 && a.table.patterns[pattern].alias
}

// deniedBy returns the limits that denied a call of an endpoint, if a rate limit
// did: the one that the response names; else, as the table may be out of date,
// the endpoint's own over the same time; else the endpoint's own; else, for
// calls that have none of their own, all that cover them.
func (a *attribution) deniedBy(d *Denial, endpoint int) (found []limitRef) {
	if d.Kind != KindRate {
		return nil
	}
	named := d.Limit
	hasOwn := len(a.table.Endpoints[endpoint].Limits) > 0
	for _, fits := range []func(e int, limit Limit) bool{
		func(_ int, limit Limit) bool {
			return limit.Max == named.Max && (limit.Per == named.Per || named.Per == 0)
		},
		func(e int, limit Limit) bool { return e == endpoint && limit.Per == named.Per },
		func(e int, _ Limit) bool { return e == endpoint || !hasOwn },
	} {
		for _, e := range a.coveredBy[endpoint] {
			for i, limit := range a.table.Endpoints[e].Limits {
				if fits(e, limit) {
					found = append(found, limitRef{e, i})
				}
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}
