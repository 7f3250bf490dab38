package model

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// fromFleet prepares an event of a load generator; it returns false for one that does
// not count: a generator reports its calls, which it sees at once, and its beats.
func (l *Ledger) fromFleet(e *Event) bool {
	e.Source, e.Generator = SourceFleet, e.Generator[:min(len(e.Generator), maxFleetName)]
	if e.Call == nil {
		return e.Beat != nil
	}
	if e.Call.Vantage != VantageLocal {
		return false
	}
	return !l.replays(l.fleet.generator(e.Generator, e.At, len(l.table.Endpoints)), e.At)
}

// replays reports whether a call of a generator, nil for one that is not counted
// separately, is one that an earlier run has counted, and notes it.
func (l *Ledger) replays(g *generator, at time.Time) bool {
	if g == nil {
		return at.Before(l.fleet.replayedTo) && l.fleet.place == ""
	}
	if g.address == nil {
		g.address = l.egressNamed("")
	}
	return g.replays(at, l.fleet.place != "")
}

// FleetPlace returns the last Place of the beats of a fleet's run; empty if there was
// none, or they were of another run.
func (l *Ledger) FleetPlace(run string) string {
	if l.fleet.run != run {
		return ""
	}
	return l.fleet.place
}

// beat notes what a load generator says about itself.
func (l *Ledger) beat(name string, b *Beat, at time.Time) {
	if name == "" {
		return
	}
	for i := range l.sources {
		if s := &l.sources[i]; s.name == SourceFleet {
			s.good = maxTime(s.good, at)
		}
	}
	stream := l.localStream(SourceFleet)
	stream.live = true // see Ledger.health
	if stream.since.IsZero() {
		stream.since = at
	}
	if l.fleet.byName[name] == nil && len(l.fleet.generators) == maxGenerators {
		l.fleet.leave(at)
	}
	g := l.fleet.generator(name, at, len(l.table.Endpoints))
	if b.Place != "" {
		l.fleet.place = strings.Clone(b.Place)
		keep(&l.fleet.run, b.Run)
		if g != nil {
			g.counted, g.replayed = 0, 0
		}
	}
	switch {
	case b.Boot == "" && b.Place != "":
		return
	case g == nil:
		l.fleet.note(strings.Clone(name), at)
		return
	}
	l.fleet.heardBy(g, b, at)
	g.live = g.live || l.now.Sub(at) < SilentAfter
	l.settleEgress(g, g.egress)
}

// restrained returns a beat that was heard at a time, whose times, counts and texts are
// possible.
func (b *Beat) restrained(at time.Time) *Beat {
	r := *b
	for _, p := range []*string{&r.Run, &r.Version, &r.Boot, &r.Egress, &r.Place} {
		*p = (*p)[:min(len(*p), maxFleetName)]
	}
	if r.To = wall(minTime(r.To, at)); !possible(r.To) {
		r.To = time.Time{}
	}
	r.ClockOffset = min(max(r.ClockOffset, -maxOffset), maxOffset)
	r.ClockError = min(max(r.ClockError, 0), maxOffset)
	r.Missing = min(max(r.Missing, 0), maxBucket)
	r.Dropped = min(max(r.Dropped, 0), maxBucket)
	return &r
}

// sent counts a local call as sent: a generator's to its own tally.
func (l *Ledger) sent(c *countedCall, accepted bool) {
	g := l.generatorOf(c)
	switch {
	case g != nil && accepted:
		g.tally(c.endpoint).accepted.Add(c.at, c.usage.Requests)
	case g != nil:
		g.tally(c.endpoint).rejected.Add(c.at, 1)
		l.discipline(g, c.endpoint, c.at)
	case c.from == "":
		l.alerts.sent(c.endpoint, c.source, c.at, l.spend.reset, &l.happened)
	}
}

// discipline counts a call of a generator as early if it came during a wait that the
// generator itself had got, or after it met the cap.
func (l *Ledger) discipline(g *generator, endpoint int, at time.Time) {
	d := &g.tally(endpoint).early
	switch {
	case tooEarly(at, d.from, d.until):
		l.early(g, KindRate, endpoint)
	case tooEarly(at, d.capFrom, d.capUntil):
		l.early(g, KindCap, endpoint)
	}
}

// early notes that a generator ignored a wait that it got.
func (l *Ledger) early(g *generator, kind Kind, endpoint int) {
	g.early++
	for _, group := range l.alerts.groups { // the newest of them
		if key := group.key; key.kind == kind && key.endpoint == endpoint && key.source == SourceFleet {
			group.early++
			group.by = countGenerator(group.by, GeneratorDenials{Name: g.name, Early: 1})
			l.happened.early(key)
			return
		}
	}
}

// generatorOf returns the generator that made a call; nil if it is not counted
// separately, or this machine made it.
func (l *Ledger) generatorOf(c *countedCall) *generator {
	if c.from == "" {
		return nil
	}
	return l.fleet.generator(c.from, c.at, len(l.table.Endpoints))
}

// addressOf returns the egress of the fleet that a call left from; nil if none is known.
func (l *Ledger) addressOf(c *countedCall) *egress {
	if c.from == "" {
		return l.fleet.own
	}
	if g := l.generatorOf(c); g != nil {
		return g.address
	}
	return nil
}

// maxGroupGenerators bounds the generators that are counted separately in a group of
// denials.
const maxGroupGenerators = 32

// countGenerator adds a generator's denials to a list, if there is room.
func countGenerator(list []GeneratorDenials, n GeneratorDenials) []GeneratorDenials {
	if n.Name == "" {
		return list
	}
	for i := range list {
		if g := &list[i]; g.Name == n.Name {
			g.Count, g.Early = g.Count+n.Count, g.Early+n.Early
			return list
		}
	}
	if len(list) == maxGroupGenerators {
		return list
	}
	n.Name = strings.Clone(n.Name)
	return append(list, n)
}

// mostDenied returns a copy of a list, in the order of DenialGroup.Generators.
func mostDenied(list []GeneratorDenials) []GeneratorDenials {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b GeneratorDenials) int {
		return cmp.Or(b.Early-a.Early, b.Count-a.Count, strings.Compare(a.Name, b.Name))
	})
	return list
}
