package fleet

import (
	"slices"
	"time"

	"quotatop/model"
)

const (
	// maxGenerators and maxBoots bound what is remembered; the generators that were
	// not heard for longest are forgotten.
	maxGenerators = 4096
	maxBoots      = 4
	maxGaps       = 64
	maxSayings    = 16

	// lateAfter is how long a batch that is known to have been sent may take until it
	// is missing: the beat that says so overtakes it.
	lateAfter = 2 * time.Second
)

// A boot is what is known of one process of a generator.
type boot struct {
	id   string
	last uint64 // the highest number that has come
	gaps []gap  // the numbers below it that have not come, in order
	// lastTo is the time before which all calls are in that batch and those before it,
	// to the time before which all calls have come.
	lastTo, to time.Time
	// said is what its beats said, of those that the batches do not bear out yet: the
	// oldest first.
	said  []saying
	beat  model.Beat // the newest
	heard time.Time  // when it said so itself; zero if only batches have come
	told  model.Beat // the last that was emitted, at a time
	at    time.Time
}

// A gap is the numbers from first to last, none of which has come. One that is before
// what the source began with is not missing, only unknown.
type gap struct {
	first, last uint64
	since       time.Time
	before      bool
}

type saying struct {
	seq uint64
	to  time.Time
	at  time.Time // when it was heard
}

// take notes that a batch has come, and reports whether it is the first time. to is the
// time before which all calls are in it and in the batches before it.
func (b *boot) take(seq uint64, to, now time.Time) (fresh bool) {
	switch {
	case seq > b.last:
		if seq > b.last+1 {
			b.gaps = append(b.gaps, gap{b.last + 1, seq - 1, now, b.last == 0})
			if len(b.gaps) > maxGaps {
				b.gaps = slices.Delete(b.gaps, 0, 1)
			}
		}
		b.last, b.lastTo = seq, to
	default:
		i := slices.IndexFunc(b.gaps, func(g gap) bool { return g.first <= seq && seq <= g.last })
		if i < 0 {
			return false
		}
		g := b.gaps[i]
		left, right := g, g
		left.last, right.first = seq-1, seq+1
		b.gaps = slices.Delete(b.gaps, i, i+1)
		for _, part := range []gap{right, left} {
			if part.first <= part.last {
				b.gaps = slices.Insert(b.gaps, i, part)
			}
		}
	}
	b.reach(now)
	return true
}

// hear notes what a beat says. seq is the number of its newest batch.
func (b *boot) hear(seq uint64, to, now time.Time) {
	if n := len(b.said); n > 0 && b.said[n-1].seq == seq {
		b.said[n-1].to = to // nothing was sent since
	} else if b.said = append(b.said, saying{seq, to, now}); n >= maxSayings {
		b.said = slices.Delete(b.said, 0, 1)
	}
	b.reach(now)
}

// reach moves the time to which the process has reported: not past a batch that may
// yet come. After model.SilentAfter it is not waited for.
func (b *boot) reach(now time.Time) {
	for _, g := range b.gaps {
		if !g.before && now.Sub(g.since) < model.SilentAfter {
			return
		}
	}
	if b.lastTo.After(b.to) {
		b.to = b.lastTo
	}
	for len(b.said) > 0 && (b.said[0].seq <= b.last || now.Sub(b.said[0].at) >= model.SilentAfter) {
		if s := b.said[0]; s.to.After(b.to) {
			b.to = s.to
		}
		if b.said[0].seq > b.last && len(b.said) == 1 {
			return // it stays for missing to count
		}
		b.said = b.said[1:]
	}
}

// missing returns how many batches should have come and have not.
func (b *boot) missing(now time.Time) int {
	n := uint64(0)
	for _, g := range b.gaps {
		if !g.before && now.Sub(g.since) >= lateAfter {
			n += g.last - g.first + 1
		}
	}
	most := b.last
	for _, s := range b.said {
		if s.seq > most && now.Sub(s.at) >= lateAfter {
			n, most = n+s.seq-most, s.seq
		}
	}
	return int(min(n, 1<<30))
}

// A generator is what is known of one.
type generator struct {
	name
	boots   []*boot // in the order in which they were first heard of
	current *boot   // the one that is told about; nil if there is none yet
	twice   bool    // two processes have its name
	at      time.Time
}

// turn makes a process the one that is told about, if it is not an earlier one: what
// an earlier one has left comes late. live says that it has spoken just now.
func (g *generator) turn(b *boot, live bool, now time.Time) {
	c := g.current
	switch {
	case c == nil || c == b || !live && c.heard.IsZero() && b.id > c.id:
	case !live:
		return
	case !b.heard.IsZero() && now.Sub(c.heard) < model.SilentAfter:
		g.twice = true
		return
	}
	g.current = b
}

// boot returns the boot of an ID.
func (g *generator) boot(id string) *boot {
	for _, b := range g.boots {
		if b.id == id {
			return b
		}
	}
	if len(g.boots) == maxBoots {
		oldest := 0
		if g.boots[0] == g.current {
			oldest = 1
		}
		g.boots = slices.Delete(g.boots, oldest, oldest+1)
	}
	b := &boot{id: id}
	g.boots = append(g.boots, b)
	return b
}

// event returns the beat of a boot as an event, heard at a time.
func (b *boot) event(generator string, at, now time.Time) model.Event {
	beat := b.beat
	beat.To, beat.Missing = b.to, b.missing(now)
	b.told, b.at = beat, at
	return model.Event{At: at, Source: model.SourceFleet, Generator: generator, Beat: &beat}
}

// heard is the generators that a Source has heard of.
type heard map[string]*generator

// of returns a generator. The one that was silent for longest makes room.
func (h heard) of(n name, now time.Time) *generator {
	g := h[n.generator]
	if g == nil {
		if len(h) >= maxGenerators {
			var oldest *generator
			for _, other := range h {
				if oldest == nil || other.at.Before(oldest.at) {
					oldest = other
				}
			}
			delete(h, oldest.generator)
		}
		g = &generator{name: n}
		h[n.generator] = g
	}
	g.at = now
	return g
}
