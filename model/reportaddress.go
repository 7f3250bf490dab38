package model

import (
	"slices"
	"strings"
	"time"
)

const (
	// maxReportAddresses bounds the addresses of a fleet that a report counts
	// separately. With more, limits by client IP count the calls of all.
	maxReportAddresses = 64

	// maxUnplaced bounds the calls whose address is not known yet.
	maxUnplaced = 1 << 16
)

// An addressTally measures the limits by client IP for one address of a fleet.
type addressTally struct {
	name   string
	meters [][]*meter // by endpoint, then by limit; nil for an endpoint with limits by user
}

// An unplacedCall is a call of a generator that has not said which address it has.
type unplacedCall struct {
	endpoint int
	at       time.Time
}

// leave counts an accepted call at the address that its generator has, or keeps it
// until that is known.
func (r *Reporter) leave(g *generatorRun, endpoint int, at time.Time) {
	if g.report.Egress == "" && r.fleet.unplaced < maxUnplaced {
		g.unplaced = append(g.unplaced, unplacedCall{endpoint, at})
		r.fleet.unplaced++
		return
	}
	r.countAt(g.report.Egress, endpoint, at)
}

// settle counts the calls that a generator made before it said which address it has.
func (r *Reporter) settle(g *generatorRun) {
	for _, c := range g.unplaced {
		r.countAt(g.report.Egress, c.endpoint, c.at)
	}
	r.fleet.unplaced -= len(g.unplaced)
	g.unplaced = nil
}

// countAt counts a call at an address.
func (r *Reporter) countAt(name string, endpoint int, at time.Time) {
	a := r.address(name)
	if a == nil || !placeable(at) {
		return
	}
	for _, e := range r.coveredBy[endpoint] {
		for _, m := range a.meters[e] {
			m.add(at.UnixNano(), 1)
		}
	}
}

// address returns the tally of an address, and makes it if there is room; else it
// returns nil.
func (r *Reporter) address(name string) *addressTally {
	f := &r.fleet
	if i := slices.IndexFunc(f.addresses, func(a *addressTally) bool { return a.name == name }); i >= 0 {
		return f.addresses[i]
	}
	if len(f.addresses) == maxReportAddresses {
		f.overflown = true
		return nil
	}
	a := &addressTally{name: strings.Clone(name), meters: make([][]*meter, len(r.table.Endpoints))}
	for e, endpoint := range r.table.Endpoints {
		if endpoint.Scope != ScopeIP {
			continue
		}
		for _, limit := range endpoint.Limits {
			a.meters[e] = append(a.meters[e], newMeter(limit.Max, limit.Per, reportLag, &r.steps))
		}
	}
	f.addresses = append(f.addresses, a)
	return a
}

// byAddress lets the limits by client IP of an endpoint be those of the address with
// the highest peak, if its calls came from several. It reports whether they are.
func (r *Reporter) byAddress(out *EndpointReport, e int, watched Opt[float64]) bool {
	for _, g := range r.fleet.byName {
		r.settle(g)
	}
	if len(r.fleet.addresses) < 2 || r.fleet.overflown {
		return !r.fleet.overflown
	}
	for i := range out.Limits {
		l := &out.Limits[i]
		l.Peak, l.PeakAt = Opt[int]{}, Opt[time.Time]{}
		for _, a := range r.fleet.addresses {
			at := LimitReport{Limit: l.Limit, PerS: l.PerS, Egress: a.name, Above: []TimeAbove{}, Rejected: l.Rejected}
			if at.fill(a.meters[e][i], r.to, watched); at.Peak.Or(0) > l.Peak.Or(-1) {
				*l = at
			}
		}
	}
	return true
}
