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
	path   string
	alias  bool // logged under a name, not a path
	tokens int64
	cost   Micros
	model  string
}

// second reports whether the row is the other half of a call that has already
// been seen. If not, the row waits for its other half.
func (p *pairing) second(at time.Time, c *Call, alias bool) bool {
	if alias {
		p.compat++
	}
	for i := range p.waiting {
		// Newest first: the other half is most likely the row just before.
		h := &p.waiting[(p.next-1-i+2*pairMemory)%pairMemory]
		if h.path == "" || h.alias == alias || h.tokens != c.Tokens || h.cost != c.Cost || h.model != c.Model {
			continue
		}
		if apart := at.Sub(h.at).Abs(); apart <= pairWithin {
			h.path = ""
			p.paired++
			return true
		}
	}
	p.waiting[p.next] = half{at, c.Path, alias, c.Tokens, c.Cost, c.Model}
	p.next = (p.next + 1) % pairMemory
	return false
}

// share is the part of the alias rows that are one of two. It starts from the
// observed habit, that all of them are, and follows what is read.
func (p *pairing) share() float64 {
	const habit = 4
	return (float64(p.paired) + habit) / (float64(p.compat) + habit)
}
