package model

import "time"

// A logRange is a part of the billing log that has been read: [from, to). It is
// zero before the first reading.
type logRange struct{ from, to time.Time }

// extend adds a reading. It reports whether there is a gap between the reading
// and the range, which then starts over from the reading.
func (p *logRange) extend(r *Reading) (gap bool) {
	if p.from.IsZero() || r.From.After(p.to) || r.To.Before(p.from) {
		if r.To.After(p.to) {
			gap = !p.from.IsZero()
			p.from, p.to = r.From, r.To
		}
		return gap
	}
	p.from, p.to = minTime(p.from, r.From), maxTime(p.to, r.To)
	return false
}

// covers reports whether all of the span that ends at t has been read.
func (p *logRange) covers(span time.Duration, t time.Time) bool {
	return !p.from.IsZero() && !p.from.After(t.Add(-span))
}

// contains reports whether a time is in the range.
func (p *logRange) contains(at time.Time) bool { return !at.Before(p.from) && at.Before(p.to) }

// remaining returns the parts of a sampled reading that are outside the range.
// Its rows are taken to be spread evenly over it.
func (p *logRange) remaining(r *Reading) (parts []Reading) {
	if !r.From.Before(p.to) || !p.from.Before(r.To) || !r.From.Before(r.To) {
		return []Reading{*r} // they do not overlap
	}
	length := r.To.Sub(r.From)
	for _, span := range [][2]time.Time{{r.From, p.from}, {p.to, r.To}} {
		if !span[0].Before(span[1]) {
			continue
		}
		share := float64(span[1].Sub(span[0])) / float64(length)
		part := *r
		part.From, part.To = span[0], span[1]
		part.Total, part.TotalMargin = round(share*float64(r.Total)), round(share*float64(r.TotalMargin))
		parts = append(parts, part)
	}
	return parts
}
