package model

import "time"

// The API logs one chat call twice: as its path and as the alias "openai_compat",
// with the same model, tokens and cost, less than a second apart (observed in May
// 2026). The two rows of a call may come in either order; each row is paired with
// at most one other.

// pairWithin is the longest time between the two rows of one call.
const pairWithin = time.Second

// pairMemory is how many unpaired rows are kept. Rows are read in order of time,
// so the other row of a call is near.
const pairMemory = 1024

// A pairing finds the second row of a call that was logged twice. Its memory is
// fixed.
type pairing struct {
	waiting    [pairMemory]unpairedRow
	hashes     [pairMemory]uint32 // of what the two rows of a call share; 0 for an empty slot
	hashCounts [8192]uint16       // how many waiting rows have a hash, by some of its bits
	next       int                // the slot to overwrite next
	// aliases counts the alias rows, paired the pairs.
	aliases, paired int
}

// An unpairedRow may be one of the two rows of a call.
type unpairedRow struct {
	at     time.Time
	path   string // empty for an empty slot
	alias  bool   // logged under an alias, not a path
	held   bool   // not counted yet
	tokens int64
	cost   Micros
	model  string
}

// take adds a row and reports whether it counts now. The path row of a call has
// the time of the call: it counts, and its alias row does not. An alias row that
// comes first is held until its path row can no longer come.
//
// take calls single with alias rows that turn out to have no path row: they count.
func (p *pairing) take(at time.Time, c *Call, alias bool, single func(unpairedRow)) bool {
	if alias {
		p.aliases++
	}
	hash := rowHash(c.Tokens, c.Cost)
	// Oldest first: newer rows have more time left to find a match.
	for _, slots := range [2][2]int{{p.next, pairMemory}, {0, p.next}} {
		if p.hashCounts[hash>>1%8192] == 0 {
			break // most rows that have no other row end here
		}
		if i := p.match(slots[0], slots[1], hash, at, c, alias); i >= 0 {
			p.paired++
			return p.free(i).held
		}
	}
	if h := p.free(p.next); h.path != "" && h.held {
		single(h)
	}
	p.add(p.next, hash)
	p.waiting[p.next] = unpairedRow{at, c.Path, alias, alias, c.Tokens, c.Cost, c.Model}
	p.next = (p.next + 1) % pairMemory
	return !alias
}

// match returns the slot in [from, to) of the row that is of the same call as c,
// or -1.
func (p *pairing) match(from, to int, hash uint32, at time.Time, c *Call, alias bool) int {
	for i, other := range p.hashes[from:to] {
		if other != hash {
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

// add notes the hash of the row in a slot, which must be empty.
func (p *pairing) add(slot int, hash uint32) {
	p.hashes[slot] = hash
	p.hashCounts[hash>>1%8192]++
}

// free empties a slot and returns the row that was in it.
func (p *pairing) free(i int) unpairedRow {
	h := p.waiting[i]
	if p.hashes[i] != 0 {
		p.hashCounts[p.hashes[i]>>1%8192]--
		p.hashes[i], p.waiting[i].path = 0, ""
	}
	return h
}

// rowHash returns a hash, never 0, of what the two rows of a call share.
func rowHash(tokens int64, cost Micros) uint32 {
	mixed := uint64(tokens)*0x9e3779b97f4a7c15 ^ uint64(cost)
	mixed = (mixed ^ mixed>>29) * 0xbf58476d1ce4e5b9
	return uint32(mixed>>32) | 1
}

// release calls single with the held rows that are too old to be paired, once all
// rows before a time have been taken.
func (p *pairing) release(before time.Time, single func(unpairedRow)) {
	for i := range p.waiting {
		if h := &p.waiting[i]; h.path != "" && h.held && h.at.Before(before.Add(-pairWithin)) {
			h.held = false
			single(*h)
		}
	}
}

// share returns the share of alias rows that are paired. All of them were when
// this was observed: prior counts as that many paired rows.
func (p *pairing) share() float64 {
	const prior = 4
	return (float64(p.paired) + prior) / (float64(p.aliases) + prior)
}
