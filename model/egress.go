package model

import (
	"slices"
	"strings"
	"time"
)

// maxEgresses bounds the addresses that are counted separately.
const maxEgresses = maxGenerators

// An egress is an address that a fleet's calls leave from: what a limit by client IP
// counts.
type egress struct {
	name        string // empty as long as its only generator has not said
	stream      *stream
	streams     []*stream      // stream alone
	lastDenials [][]lastDenial // as of the ledger, for limits by client IP only
	full        []fullTally    // the same
}

// Egress windows have coarse buckets where a span allows: there may be a thousand.
const (
	egressBuckets = 120
	egressWidth   = 30 * time.Second // at most, so that the minute's window can complete them
)

// newEgress returns an egress that counts the calls to endpoints with a limit by
// client IP.
func newEgress(name string, t Table, spans [][]time.Duration) *egress {
	g := &egress{
		name: name, lastDenials: make([][]lastDenial, len(t.Endpoints)), full: make([]fullTally, len(t.Endpoints)),
		stream: &stream{
			tallies: make([][]spanTally, len(t.Endpoints)), charts: make([][]chartTally, len(t.Endpoints)), denied: make([]*Window, len(t.Endpoints)),
			models: make([]modelTally, len(t.Endpoints)), paths: make([]*Window, len(t.patterns)),
		},
	}
	g.streams = []*stream{g.stream}
	fine := func() *Window { return NewWindow(detailWidth, time.Minute+generatorLag) }
	for e, endpoint := range t.Endpoints {
		if endpoint.Scope != ScopeIP {
			continue
		}
		g.lastDenials[e], g.full[e] = make([]lastDenial, len(endpoint.Limits)), newFullTally(spans[e][:len(endpoint.Limits)])
		g.stream.charts[e], g.stream.denied[e] = newChartTallies(), fine()
		for _, span := range spans[e] {
			step := span * 15 / HistorySteps
			width := min(span/egressBuckets, egressWidth)
			y := spanTally{history: chartTally{NewWindow(step, 15*span+generatorLag), NewWindow(step, 15*span+generatorLag)}}
			for _, w := range []*spanWindow{&y.accepted, &y.rejected} {
				w.Window = NewWindow(min(width, detailWidth), span+generatorLag)
				if width > detailWidth {
					*w = spanWindow{NewWindow(width, span+generatorLag), fine()}
				}
			}
			g.stream.tallies[e] = append(g.stream.tallies[e], y)
		}
	}
	for i, p := range t.patterns {
		if t.Endpoints[p.endpoint].Scope == ScopeIP {
			g.stream.paths[i] = fine()
		}
	}
	return g
}

// egressNamed returns the egress of a name, and makes it if there is room; else it
// returns nil.
func (l *Ledger) egressNamed(name string) *egress {
	if i := slices.IndexFunc(l.fleet.egresses, func(g *egress) bool { return g.name == name }); i >= 0 && name != "" {
		return l.fleet.egresses[i]
	}
	if len(l.fleet.egresses) == maxEgresses {
		l.fleet.egresses = slices.DeleteFunc(l.fleet.egresses, func(g *egress) bool {
			return !slices.ContainsFunc(l.fleet.generators, func(of *generator) bool { return of.address == g })
		})
	}
	if len(l.fleet.egresses) == maxEgresses {
		return nil
	}
	g := newEgress(strings.Clone(name), l.table, l.spans)
	l.fleet.egresses = append(l.fleet.egresses, g)
	l.findOwn()
	return g
}

// findOwn finds the egress that this machine's own calls leave from, too.
func (l *Ledger) findOwn() {
	l.fleet.own = nil
	if i := slices.IndexFunc(l.fleet.egresses, func(g *egress) bool { return g.name == l.egress }); i >= 0 && l.egress != "" {
		l.fleet.own = l.fleet.egresses[i]
	}
}

// settleEgress lets a generator's calls count at the address that it names. What was
// counted before it had named one belongs there too.
func (l *Ledger) settleEgress(g *generator, name string) {
	was := g.address
	if name == "" || was != nil && was.name == name {
		return
	}
	unnamed := was != nil && was.name == ""
	if unnamed && !slices.ContainsFunc(l.fleet.egresses, func(o *egress) bool { return o.name == name }) {
		was.name = strings.Clone(name)
		l.findOwn()
		return
	}
	if g.address = l.egressNamed(name); g.address == nil || !unnamed {
		return
	}
	g.address.merge(was)
	l.fleet.egresses = slices.DeleteFunc(l.fleet.egresses, func(o *egress) bool { return o == was })
}

// merge moves what was counted at another egress to this one.
func (g *egress) merge(from *egress) {
	to := g.windows()
	for i, w := range from.windows() {
		w.move(time.Unix(0, 0), to[i])
	}
	for e := range from.lastDenials {
		for i, d := range from.lastDenials[e] {
			if d.at.After(g.lastDenials[e][i].at) {
				g.lastDenials[e][i] = d
			}
		}
	}
}

// windows returns all windows of an egress, in the order of the state.
func (g *egress) windows() (all []*Window) {
	g.serialize(&codec{version: StateVersion, visit: func(w *Window) { all = append(all, w) }})
	return all
}

func (g *egress) serialize(c *codec) {
	text(c, &g.name)
	g.stream.serialize(c)
	for e := range g.lastDenials {
		for i := range g.lastDenials[e] {
			g.lastDenials[e][i].serialize(c)
		}
		g.full[e].serialize(c)
	}
}
