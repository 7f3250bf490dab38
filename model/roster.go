package model

import (
	"slices"
	"strings"
	"time"
)

const (
	// maxGenerators bounds the generators of a fleet that are counted separately,
	// maxUnlisted those beyond that are known by name.
	maxGenerators = 1000
	maxUnlisted   = 4096

	// maxFleetName bounds the bytes of a name that a generator gives itself.
	maxFleetName = 64

	// endedListed and goneListed are how long a generator stays in the list after it
	// ended, or was last heard.
	endedListed = 10 * time.Minute
	goneListed  = time.Hour

	// beatsReach is how far back the calls of a generator may have been lost that is
	// heard for the first time: as far as the bus keeps them for a dashboard.
	beatsReach = time.Hour
)

// A roster is the load generators of a fleet, by what they say about themselves.
type roster struct {
	run        string
	generators []*generator          // in the order in which they were first heard
	byName     map[string]*generator // the same
	last       *generator            // the one that was heard last; nil for none
	unlisted   []unlisted            // those beyond maxGenerators
	lost       coverage              // when calls were lost for good
	egresses   []*egress
	own        *egress   // the one that this machine's own calls leave from, too; nil for none
	replayedTo time.Time // an earlier run has counted the calls of the unlisted before it
	place      string    // see Beat.Place; empty if the source says none

	judged time.Time // when it was last judged who is silent

	pending []pending  // by endpoint: calls of caller
	caller  *generator // nil if nothing is pending
	widths  []int64    // of the buckets of all windows, in nanoseconds
}

// An unlisted is a generator beyond those that are counted separately.
type unlisted struct {
	name  string
	heard time.Time
}

// A generator is what is known of one load generator.
type generator struct {
	bootCount
	name, version string
	egress        string
	assumed       bool      // nobody said what the egress is
	heard         time.Time // the last beat, or the first call if there was none
	to            time.Time // all calls before it have been reported; zero if that is not known
	ended         bool
	live          bool // it has been heard as it spoke, not only from what the bus had kept
	clockOffset   time.Duration
	clockError    time.Duration
	early         int      // calls that ignored a wait that it had got itself
	gaps          coverage // where batches are missing that may still arrive

	// counted is how many calls from to on have been counted, or with places, since the
	// last one; see generator.replays.
	counted    int
	replayedTo time.Time // an earlier run has counted the calls before it, and replayed calls after it
	replayed   int

	endpoints []*generatorTally // by endpoint; nil before its first call
	address   *egress           // where its calls leave from; nil before its first call or beat
}

// A generatorTally counts one generator's calls to one endpoint.
type generatorTally struct {
	accepted, rejected *Window
	early              earlyCalls // the waits that it got
}

// generatorLag is how far behind a generator's newest call a count may end.
const generatorLag = 20 * time.Second

func newGeneratorTally() *generatorTally {
	return &generatorTally{NewWindow(detailWidth, time.Minute+generatorLag), NewWindow(detailWidth, time.Minute+generatorLag), earlyCalls{}}
}

// tally returns the tally of an endpoint, and makes it if need be.
func (g *generator) tally(endpoint int) *generatorTally {
	if g.endpoints[endpoint] == nil {
		g.endpoints[endpoint] = newGeneratorTally()
	}
	return g.endpoints[endpoint]
}

// generator returns the generator of a name, and makes it if there is room; else it
// returns nil. at is the time of what is heard of it.
func (r *roster) generator(name string, at time.Time, endpoints int) *generator {
	if r.last != nil && r.last.name == name {
		return r.last
	}
	g := r.byName[name]
	if g == nil && len(r.generators) < maxGenerators {
		g = r.join(name, at, endpoints)
	}
	r.last = g
	return g
}

func (r *roster) join(name string, at time.Time, endpoints int) *generator {
	name = strings.Clone(name) // does not keep the line that it was read from
	g := &generator{name: name, heard: at, endpoints: make([]*generatorTally, endpoints)}
	if r.byName == nil {
		r.byName = map[string]*generator{}
	}
	r.generators, r.byName[name] = append(r.generators, g), g
	return g
}

// note keeps a generator beyond those that are listed, by its name.
func (r *roster) note(name string, at time.Time) {
	oldest := 0
	for i := range r.unlisted {
		u := &r.unlisted[i]
		if u.name == name {
			u.heard = maxTime(u.heard, at)
			return
		}
		if u.heard.Before(r.unlisted[oldest].heard) {
			oldest = i
		}
	}
	if len(r.unlisted) < maxUnlisted {
		r.unlisted = append(r.unlisted, unlisted{name, at})
		return
	}
	r.unlisted[oldest] = unlisted{name, at}
}

// leave drops the generators that are no longer listed at a time. When calls of theirs
// were lost is kept.
func (r *roster) leave(now time.Time) {
	r.generators = slices.DeleteFunc(r.generators, func(g *generator) bool {
		if g.listed(now) {
			return false
		}
		for _, p := range g.losses(now, now) {
			r.lost.add(p.from, p.to)
		}
		delete(r.byName, g.name)
		return true
	})
	r.last = nil
}

// heardBy notes a beat of a generator.
func (r *roster) heardBy(g *generator, b *Beat, at time.Time) {
	if at.Before(g.heard) && g.boots > 0 { // it says nothing else that is new
		if b.Boot == g.boot {
			r.reach(g, b.To)
		}
		return
	}
	since := g.to
	if since.IsZero() {
		since = at.Add(-beatsReach)
	}
	if g.isNew(b.Boot) {
		if g.boots > 0 && !g.ended {
			r.lost.add(since, at) // what it had not yet sent
		}
		for _, p := range g.gaps {
			r.lost.add(p.from, p.to)
		}
		g.gaps = nil
		g.begin(b.Boot)
	}
	if b.Dropped > g.dropped {
		r.lost.add(since, at)
	}
	switch {
	case b.Missing > g.missing:
		g.gaps.add(since, at)
	case b.Missing == 0:
		g.gaps = nil
	}
	g.lose(b)
	g.heard, g.ended = maxTime(g.heard, at), b.Ended
	g.clockOffset, g.clockError = b.ClockOffset, b.ClockError
	g.assumed = b.EgressAssumed
	keep(&r.run, b.Run)
	keep(&g.egress, b.Egress)
	keep(&g.version, b.Version)
	r.reach(g, b.To)
}

// reach notes that all calls of a generator before a time have been reported.
func (r *roster) reach(g *generator, to time.Time) {
	if !to.After(g.to) {
		return
	}
	g.to = to
	if r.place != "" {
		return
	}
	g.counted = 0
	if to.After(g.replayedTo) {
		g.replayed = 0
	}
}

// keep sets a text to what a beat says, without keeping the line that it was read from.
func keep(p *string, text string) {
	if *p != text {
		*p = strings.Clone(text)
	}
}

// replays reports whether a call is one that an earlier run has counted, and notes it.
//
// That run had counted all calls before To, and some of those after it. The source
// reports the calls again in the same order, from To on or from earlier: the calls
// before To are dropped, and then as many as had been counted after it. One that says
// places reports again only what had been counted after the last.
func (g *generator) replays(at time.Time, placed bool) bool {
	switch {
	case !placed && at.Before(g.replayedTo):
		return true
	case g.replayed > 0:
		g.replayed--
		return true
	}
	if placed || !at.Before(g.to) {
		g.counted++
	}
	return false
}

// pause notes that what has been counted up to a time may be reported again.
func (r *roster) pause(at time.Time) {
	r.replayedTo = at
	for _, g := range r.generators {
		g.replayedTo, g.replayed = g.to, g.counted
	}
}

// turnBack makes nothing lie ahead of now.
func (r *roster) turnBack(now time.Time) {
	for _, g := range r.generators {
		g.heard, g.to, g.replayedTo = minTime(g.heard, now), minTime(g.to, now), minTime(g.replayedTo, now)
		g.gaps.cut(now)
	}
	for i := range r.unlisted {
		r.unlisted[i].heard = minTime(r.unlisted[i].heard, now)
	}
	r.lost.cut(now)
	r.replayedTo, r.judged = minTime(r.replayedTo, now), minTime(r.judged, now)
	for _, g := range r.egresses {
		for e := range g.lastDenials {
			for i := range g.lastDenials[e] {
				if g.lastDenials[e][i].at.After(now) {
					g.lastDenials[e][i] = lastDenial{}
				}
			}
		}
	}
}

// state returns how a generator is heard at now.
func (g *generator) state(now time.Time) GeneratorState {
	switch silence := now.Sub(g.heard); {
	case g.ended:
		return GeneratorEnded
	case silence >= GoneAfter:
		return GeneratorGone
	case silence >= SilentAfter:
		return GeneratorSilent
	}
	return GeneratorLive
}

// listed reports whether a generator is in the list at now.
func (g *generator) listed(now time.Time) bool {
	if g.ended {
		return now.Sub(g.heard) < endedListed
	}
	return now.Sub(g.heard) < goneListed
}

// losses returns when calls of a generator are not known at now, in windows that end
// at a time.
func (g *generator) losses(now, end time.Time) coverage {
	lost := slices.Clone(g.gaps)
	from := g.to
	if from.IsZero() {
		from = g.heard.Add(-beatsReach)
	}
	switch g.state(now) {
	case GeneratorSilent:
		lost.add(from, maxTime(end, g.heard))
	case GeneratorLive:
		lost.add(from, end)
	case GeneratorGone:
		lost.add(from, g.heard.Add(SilentAfter))
	}
	return lost
}
