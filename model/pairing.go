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
	marks   [pairMemory]uint32 // of what the rows in waiting must share; 0 for a free place
	marked  [8192]uint16       // how many rows in waiting have a mark, by bits of it
	next    int                // the place that is overwritten next
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
	mark := markOf(c.Tokens, c.Cost)
	// Oldest first: the newer ones still have time to find another half.
	for _, place := range [2][2]int{{p.next, pairMemory}, {0, p.next}} {
		if p.marked[mark>>1%8192] == 0 {
			break // as for most rows that stand alone
		}
		if i := p.other(place[0], place[1], mark, at, c, alias); i >= 0 {
			p.paired++
			return p.free(i).held
		}
	}
	if h := p.free(p.next); h.path != "" && h.held {
		due(h)
	}
	p.mark(p.next, mark)
	p.waiting[p.next] = half{at, c.Path, alias, alias, c.Tokens, c.Cost, c.Model}
	p.next = (p.next + 1) % pairMemory
	return !alias
}

// other finds the waiting row in [from, to) that is the other half of c, or
// returns -1.
func (p *pairing) other(from, to int, mark uint32, at time.Time, c *Call, alias bool) int {
	for i, m := range p.marks[from:to] {
		if m != mark {
			continue
		}
		h := &p.waiting[from+i]
		same := h.tokens == c.Tokens && h.cost == c.Cost && h.model == c.Model
		if same && h.alias != alias && at.Sub(h.at).Abs() <= pairWithin {
			return from + i
		}
	}
	return -1
}

// mark marks a place that is free.
func (p *pairing) mark(i int, mark uint32) {
	p.marks[i] = mark
	p.marked[mark>>1%8192]++
}

// free frees a place and returns the row that waited there.
func (p *pairing) free(i int) half {
	h := p.waiting[i]
	if p.marks[i] != 0 {
		p.marked[p.marks[i]>>1%8192]--
		p.marks[i], p.waiting[i].path = 0, ""
	}
	return h
}

// markOf tells most rows apart at a glance.
func markOf(tokens int64, cost Micros) uint32 {
	mixed := uint64(tokens)*0x9e3779b97f4a7c15 ^ uint64(cost)
	mixed = (mixed ^ mixed>>29) * 0xbf58476d1ce4e5b9
	return uint32(mixed>>32) | 1
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
