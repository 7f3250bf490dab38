package model

import "time"

// The API logs one chat call twice: as its path and as "openai_compat", with
// the same model, tokens and cost, less than a second apart (observed May
// 2026). The rows of one call are paired one to one, whichever comes first.

// pairWithin is how far apart the two rows of one call may stand.
const pairWithin = time.Second

// pairMemory is how many unpaired rows are remembered. Rows are read in order
// of time, so that the other half of a row is near.
const pairMemory = 1024

// pairing finds the second row of a call that was logged twice. Its memory is
// fixed.
type pairing struct {
	waiting [pairMemory]half
	next    int // the place that is overwritten next
	// compat counts the alias rows that were seen, paired the pairs.
	compat, paired int
}

// half is a row that may be one of two.
type half struct {
	at     time.Time
	path   string // empty for a free place
	alias  bool   // logged under a name, not a path
	held   bool   // not counted yet
	tokens int64
	cost   Micros
	model  string
}

// take takes in a row and reports whether it counts now. The path row of a call
// bears the call's own time: it counts, and its alias row does not. An alias row
// that comes first is held until its path row may have come.
//
// due is called with alias rows that turn out to stand alone: they count.
func (p *pairing) take(at time.Time, c *Call, alias bool, due func(alone half)) bool {
	if alias {
		p.compat++
	}
	for i := range p.waiting {
		// Oldest first: the newer ones still have time to find another half.
		h := &p.waiting[(p.next+i)%pairMemory]
		if h.path == "" || h.alias == alias || h.tokens != c.Tokens || h.cost != c.Cost || h.model != c.Model {
			continue
		}
		if apart := at.Sub(h.at).Abs(); apart <= pairWithin {
			wasHeld := h.held
			h.path = ""
			p.paired++
			return wasHeld
		}
	}
	if h := &p.waiting[p.next]; h.path != "" && h.held {
		due(*h)
	}
	p.waiting[p.next] = half{at, c.Path, alias, alias, c.Tokens, c.Cost, c.Model}
	p.next = (p.next + 1) % pairMemory
	return !alias
}

// release gives out the held rows that are too old to be one of two, once all
// rows before a time have been taken.
func (p *pairing) release(before time.Time, due func(alone half)) {
	for i := range p.waiting {
		if h := &p.waiting[i]; h.path != "" && h.held && h.at.Before(before.Add(-pairWithin)) {
			h.held = false
			due(*h)
		}
	}
}

// share is the part of the alias rows that are one of two. It starts from the
// observed habit, that all of them are, and follows what is read.
func (p *pairing) share() float64 {
	const habit = 4
	return (float64(p.paired) + habit) / (float64(p.compat) + habit)
}
