package model

import "time"

// A moment is when a snapshot is made, and how far what it counts reaches.
//
// What this machine sees, it sees at once: windows of its calls end now. A fleet's
// calls arrive some seconds late, and each generator says up to when it has reported
// all. So with a fleet all windows of local calls, this machine's included, end
// together, at the time up to which the slowest of the live generators has reported:
// figures that stand side by side are of one and the same time.
type moment struct {
	now   time.Time
	local time.Time // the end of the windows of local calls: now without a fleet
	fleet bool      // local is the fleet's
	stuck bool      // because no generator is heard that should be
	// lost is when calls of the fleet are not known, incomplete whether generators
	// that should be heard are not: every figure of the fleet is then a lower bound.
	lost       coverage
	incomplete bool
	assumed    bool             // generators may share an address although they name different ones
	egresses   map[*egress]bool // that generators in the list use
}

// countEnd returns where a count up to the end of the local windows ends. Up to now,
// it ends later, so that the bucket that is still filling counts in full.
func (m *moment) countEnd() time.Time {
	if m.fleet {
		return m.local
	}
	return countEnd(m.now)
}

// misses reports whether calls of the fleet in [from, to) may not be known.
func (m *moment) misses(from, to time.Time) bool {
	return m.incomplete || m.lost.overlaps(from, to)
}

// momentOf returns the moment of a time without regard to a fleet.
func momentOf(now time.Time) *moment { return &moment{now: now, local: now} }

// waitAtMost is how far behind a live generator may be to be waited for. One that is
// further behind is sending what it had to keep while it could not send.
const waitAtMost = 10 * time.Second

// waitedFor reports whether the windows wait for a generator that is live.
func (g *generator) waitedFor(now time.Time) bool { return now.Sub(g.to) <= waitAtMost }

// moment returns the moment of a snapshot at now.
//
// If no generator is waited for, but some should be heard, the windows stay where the
// best of them has reported: nothing newer is known. They end now if another local
// source watches this machine's calls.
func (l *Ledger) moment(now time.Time) *moment {
	m := momentOf(now)
	var slowest, latest time.Time
	for _, g := range l.fleet.generators {
		switch state := g.state(now); {
		case state == GeneratorLive && g.waitedFor(now):
			if slowest.IsZero() || g.to.Before(slowest) {
				slowest = g.to
			}
		case state == GeneratorLive || state == GeneratorSilent:
			m.incomplete = true
			latest = maxTime(latest, g.to)
		}
	}
	if slowest.IsZero() && !l.watchingBesideFleet() {
		slowest, m.stuck = latest, true
	}
	if !slowest.IsZero() {
		m.fleet, m.local = true, minTime(slowest, now).Truncate(detailWidth) // a whole bucket of every window
	}
	m.incomplete = m.incomplete || l.fleet.unlistedSince(now.Add(-SilentAfter))
	m.egresses = make(map[*egress]bool, len(l.fleet.egresses))
	for _, p := range l.fleet.lost {
		m.lost.add(p.from, p.to)
	}
	for _, g := range l.fleet.generators {
		if g.listed(now) {
			m.assumed = m.assumed || g.assumed
			m.egresses[g.address] = true
		}
		for _, p := range g.losses(now, m.local) {
			m.lost.add(p.from, p.to)
		}
	}
	return m
}

// watchingBesideFleet reports whether a source watches this machine's own calls.
func (l *Ledger) watchingBesideFleet() bool {
	for _, stream := range l.local {
		if stream.name != SourceFleet && stream.watching() {
			return true
		}
	}
	return false
}

// unlistedSince reports whether a generator that is not counted separately has been
// heard since a time.
func (r *roster) unlistedSince(t time.Time) bool {
	for i := range r.unlisted {
		if r.unlisted[i].heard.After(t) {
			return true
		}
	}
	return false
}
