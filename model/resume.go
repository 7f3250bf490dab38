package model

import "time"

// known is what the sources of an earlier run told. Those of a later one tell
// some of it again: billing reads the past of its log, and a tail that of its
// file. It is not counted twice.
type known struct {
	from, to time.Time // of the billing log; what a local source told is in its lane
}

// Resume readies a ledger of an earlier run for sources that start anew. What
// the sources said of themselves is over, and the tap and the tails saw nothing
// in between; what they saw before stays. now is the server's time.
func (l *Ledger) Resume(now time.Time) {
	if l.billing != nil {
		l.known.from, l.known.to = l.billing.since, l.horizon
	}
	for _, lane := range l.local {
		lane.since = time.Time{}
		if !lane.live {
			lane.known = minTime(l.now, now) // a log with a wrong clock may be ahead
		}
	}
	kept := l.sources[:0]
	for _, s := range l.sources {
		if s.health.Vantage == VantageAccount { // its requests still count against its budget
			s.health = Health{State: StateStale, Vantage: VantageAccount, Interval: s.health.Interval}
			kept = append(kept, s)
		}
	}
	l.sources = kept
}

// row reports whether a row of the billing log is known.
func (k *known) row(at time.Time) bool { return !at.Before(k.from) && at.Before(k.to) }

// rest is the parts of a sampled reading that are not known. Its rows are taken
// to be spread evenly over it.
func (k *known) rest(r *Reading) (parts []Reading) {
	if !r.From.Before(k.to) || !k.from.Before(r.To) || !r.From.Before(r.To) {
		return []Reading{*r} // they do not meet
	}
	length := r.To.Sub(r.From)
	for _, p := range [][2]time.Time{{r.From, k.from}, {k.to, r.To}} {
		if !p[0].Before(p[1]) {
			continue
		}
		share := float64(p[1].Sub(p[0])) / float64(length)
		part := *r
		part.From, part.To = p[0], p[1]
		part.Total, part.TotalMargin = round(share*float64(r.Total)), round(share*float64(r.TotalMargin))
		parts = append(parts, part)
	}
	return parts
}
