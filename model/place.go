package model

import "time"

// A place is where the local calls are seen that one figure counts: by streams that may
// have seen the same calls, of which the largest counts, and in quotatop's own polls.
type place struct {
	egress      string // its name; empty without a fleet
	streams     []*stream
	polls       *stream
	lastDenials [][]lastDenial
	full        []fullTally
}

// count returns the calls in [from, to).
func (p *place) count(e, span int, from, to time.Time) int {
	most := 0
	for _, stream := range p.streams {
		most = max(most, stream.between(e, span, from, to))
	}
	return most + p.polls.between(e, span, from, to)
}

// rejected returns the calls in [from, to) that one limit denied.
func (p *place) rejected(e, span int, from, to time.Time) int {
	most := 0
	for _, stream := range p.streams {
		most = max(most, stream.rejected(e, span, from, to))
	}
	return most + p.polls.rejected(e, span, from, to)
}

// everywhere is the place of limits by user: all local calls count.
func (l *Ledger) everywhere() place {
	return place{streams: l.local, polls: l.polls, lastDenials: l.lastDenials, full: l.full}
}

// byAddress reports whether the calls to an endpoint are kept by address: it has a limit
// by client IP, and a fleet calls from several.
func (l *Ledger) byAddress(e int) bool {
	return l.table.Endpoints[e].Scope == ScopeIP && len(l.fleet.egresses) > 0
}

// placeOf returns the place of a call of a source, or of a generator, for the limits of
// an endpoint.
func (l *Ledger) placeOf(e int, from *egress) place {
	switch {
	case !l.byAddress(e):
		return l.everywhere()
	case from != nil:
		return l.placeAt(from)
	}
	return l.elsewhere()
}

// placeAt returns the place of an egress.
func (l *Ledger) placeAt(g *egress) place {
	p := place{egress: g.name, streams: g.streams, lastDenials: g.lastDenials, full: g.full}
	if g == l.fleet.own {
		p.streams, p.polls = append(l.ownStreams(), g.stream), l.polls
	}
	return p
}

// elsewhere returns the place of this machine's own calls, which do not leave from an
// egress of the fleet.
func (l *Ledger) elsewhere() place {
	return place{egress: l.egress, streams: l.ownStreams(), polls: l.polls, lastDenials: l.lastDenials, full: l.full}
}

// ownStreams returns the streams of this machine's own calls.
func (l *Ledger) ownStreams() (own []*stream) {
	for _, stream := range l.local {
		if stream.name != SourceFleet {
			own = append(own, stream)
		}
	}
	return own
}

// fullest returns the place that a figure in a span of an endpoint counts: for a limit
// by client IP, that of the fullest address. It also returns how many addresses of the
// fleet there are, and how many of them use NearLimit of the limit.
func (l *Ledger) fullest(e, span int, m *moment) (found place, egresses, near int) {
	if !l.byAddress(e) {
		return l.everywhere(), 0, 0
	}
	most := -1.0
	for _, g := range l.fleet.egresses {
		p := l.placeAt(g)
		part := l.usedPart(&p, e, span, m)
		if part > 0 || m.egresses[g] {
			egresses++
		}
		if part >= NearLimit {
			near++
		}
		if part > most {
			found, most = p, part
		}
	}
	if own := l.elsewhere(); l.fleet.own == nil && (own.polls != nil || len(own.streams) > 0) {
		if l.usedPart(&own, e, span, m) > most {
			found = own
		}
	}
	return found, egresses, near
}

// usedPart returns the used part of a limit at a place: 1 at least while a denial says
// that it is full. For a span without a limit it returns the calls.
func (l *Ledger) usedPart(p *place, e, span int, m *moment) float64 {
	per := l.spans[e][span]
	used := float64(p.count(e, span, m.local.Add(-per), m.countEnd()))
	if span >= len(l.table.Endpoints[e].Limits) {
		return used
	}
	d := &p.lastDenials[e][span]
	part := used / float64(d.inForce(l.table.Endpoints[e].Limits[span].Max))
	if _, refuses := d.refuses(m.now); refuses && d.explained || d.full(per, m.now) {
		part = max(part, 1)
	}
	return part
}
