package model

import (
	"slices"
	"strings"
)

// A pending is accepted calls of one generator to one endpoint that are to be counted
// together: all of them fall into the same bucket of every window. Generators send their
// calls in batches, so that many come in a row.
type pending struct {
	call     countedCall // the last of them, with the usage of all
	from, to int64       // the buckets' part in common, in nanoseconds; equal without calls
}

// fleetCall counts an accepted call of a generator.
func (l *Ledger) fleetCall(e *Event) {
	at, c, name := wall(e.At), e.Call, e.Generator[:min(len(e.Generator), maxFleetName)]
	if !possible(at) || c.Vantage != VantageLocal {
		return
	}
	g := l.fleet.generator(name, at, len(l.table.Endpoints))
	if g != l.fleet.caller {
		l.flush()
		l.fleet.caller = g
		if l.fleet.pending == nil {
			l.fleet.pending, l.fleet.widths = make([]pending, len(l.table.Endpoints)), l.widthsOf()
		}
	}
	if l.replays(g, at) {
		return
	}
	if at.After(l.now) {
		l.now = at
		l.logReset(at)
	}
	endpoint, pattern := l.table.match(c.Method, c.Path)
	usage := ModelUsage{Model: c.Model, Requests: 1, Tokens: max(c.Tokens, 0), Cost: max(c.Cost, 0)}
	call := countedCall{at: at, source: SourceFleet, vantage: VantageLocal, from: name, endpoint: endpoint, pattern: pattern, usage: usage}
	if g == nil {
		l.accepted(call)
		return
	}
	l.discipline(g, endpoint, at)
	p, ns := &l.fleet.pending[endpoint], at.UnixNano()
	if ns < p.from || ns >= p.to || p.call.pattern != pattern || p.call.usage.Model != c.Model {
		l.count(p)
		call.from, call.usage.Model = g.name, strings.Clone(c.Model)
		p.call = call
		p.from, p.to = l.fleet.bucket(ns)
		return
	}
	p.call.at = maxTime(p.call.at, at)
	p.call.usage.Requests++
	p.call.usage.Tokens += usage.Tokens
	p.call.usage.Cost += usage.Cost
}

// flush counts the calls that are pending. Whatever reads or changes the ledger calls it
// first.
func (l *Ledger) flush() {
	if l.fleet.caller == nil {
		return
	}
	for e := range l.fleet.pending {
		l.count(&l.fleet.pending[e])
	}
	l.fleet.caller = nil
}

// count counts pending calls.
func (l *Ledger) count(p *pending) {
	if p.from == p.to {
		return
	}
	p.to = p.from
	l.accepted(p.call)
}

// bucket returns the bounds, in nanoseconds, between which a time may be moved without
// leaving its bucket in any window.
func (r *roster) bucket(ns int64) (from, to int64) {
	from, to = 0, ns+1
	for i, width := range r.widths {
		start := ns - ns%width
		if from = max(from, start); i == 0 || start+width < to {
			to = start + width
		}
	}
	return from, to
}

// widthsOf returns the widths of the buckets of all windows that count a fleet's calls.
func (l *Ledger) widthsOf() (widths []int64) {
	note := func(w *Window) {
		if !slices.Contains(widths, int64(w.width)) {
			widths = append(widths, int64(w.width))
		}
	}
	newStream("", l.table, l.spans).serialize(&codec{version: StateVersion, visit: note})
	newEgress("", l.table, l.spans).serialize(&codec{version: StateVersion, visit: note})
	newGeneratorTally().serialize(&codec{version: StateVersion, visit: note})
	return widths
}
