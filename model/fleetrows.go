package model

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// fleetAt returns the fleet of a snapshot whose endpoints are set; nil if no generator
// has been heard.
func (l *Ledger) fleetAt(s *Snapshot, m *moment) *Fleet {
	r := &l.fleet
	if len(r.generators) == 0 && len(r.unlisted) == 0 {
		return nil
	}
	f := &Fleet{Run: r.run, To: Some(m.local), Generators: make([]Generator, 0, len(r.generators))}
	fullness := s.fullness()
	for _, g := range r.generators {
		if g.listed(m.now) {
			f.Generators = append(f.Generators, l.generatorRow(g, fullness, m))
		}
	}
	for i := range r.unlisted {
		if m.now.Sub(r.unlisted[i].heard) < GoneAfter {
			f.Unlisted++
		}
	}
	slices.SortFunc(f.Generators, func(a, b Generator) int {
		return cmp.Or(
			cmp.Compare(a.hurts(), b.hurts()), cmp.Compare(b.Rejected, a.Rejected), cmp.Compare(b.Early, a.Early),
			cmp.Compare(b.Missing+b.Dropped, a.Missing+a.Dropped), strings.Compare(a.Name, b.Name),
		)
	})
	return f
}

// hurts returns where the state of a generator puts it in the list: 0 comes first.
func (g *Generator) hurts() int {
	switch {
	case g.State == GeneratorSilent || g.Behind:
		return 0
	case g.State == GeneratorLive:
		return 1
	case g.State == GeneratorGone:
		return 2
	}
	return 3 // it ended
}

// fullness returns the used part of the fullest limit of each endpoint; -1 without any.
func (s *Snapshot) fullness() []float64 {
	parts := make([]float64, len(s.Endpoints))
	for e := range s.Endpoints {
		parts[e] = -1
		for i := range s.Endpoints[e].Limits {
			parts[e] = max(parts[e], s.Endpoints[e].Limits[i].Ratio().Or(-1))
		}
	}
	return parts
}

// generatorRow returns the row of a generator. fullness is by endpoint.
func (l *Ledger) generatorRow(g *generator, fullness []float64, m *moment) Generator {
	out := Generator{
		Name: g.name, State: g.state(m.now), Egress: g.egress, EgressAssumed: g.assumed, Early: g.early,
		HeardAt: minTime(g.heard, m.now), To: minTime(g.to, m.now),
		ClockOffsetMS: g.clockOffset.Milliseconds(), ClockErrorMS: g.clockError.Milliseconds(),
		Boots: max(g.boots, 1), Version: g.version,
	}
	out.Missing, out.Dropped = g.lost()
	out.Behind = out.State == GeneratorLive && !g.waitedFor(m.now)
	from, to := m.local.Add(-time.Minute), m.countEnd()
	worst, denied, fullest := -1, 0, -1.0
	called := 0
	for _, t := range g.endpoints {
		if t != nil {
			called++
		}
	}
	out.Endpoints = make([]GeneratorCalls, 0, called)
	for e, t := range g.endpoints {
		if t == nil {
			continue
		}
		n := GeneratorCalls{ID: l.table.Endpoints[e].ID, Calls: t.accepted.Count(from, to), Rejected: t.rejected.Count(from, to)}
		if n.Calls+n.Rejected == 0 {
			continue
		}
		out.Endpoints = append(out.Endpoints, n)
		out.Calls, out.Rejected = out.Calls+n.Calls, out.Rejected+n.Rejected
		if n.Rejected > denied {
			worst, denied = e, n.Rejected
		}
		if denied > 0 {
			continue
		}
		for _, of := range l.coveredBy[e] {
			if worst < 0 || fullness[of] > fullest {
				worst, fullest = of, fullness[of]
			}
		}
	}
	if worst >= 0 {
		out.Worst = l.table.Endpoints[worst].ID
	}
	return out
}
