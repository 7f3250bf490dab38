package model

import (
	"slices"
	"time"
)

// A coverage is the times in which a source has watched, or that have been read of a
// log: in order, and apart from each other.
type coverage []period

// maxCoverage bounds the periods of a coverage. The oldest is dropped.
const maxCoverage = 64

// add adds [from, to).
func (c *coverage) add(from, to time.Time) {
	if !from.Before(to) {
		return
	}
	first, last := 0, len(*c) // those that [from, to) joins
	for ; first < last && (*c)[first].to.Before(from); first++ {
	}
	for ; first < last && (*c)[last-1].from.After(to); last-- {
	}
	if first == last {
		*c = slices.Insert(*c, first, period{from, to})
		if len(*c) > maxCoverage {
			*c = slices.Delete(*c, 0, 1)
		}
		return
	}
	(*c)[first] = period{minTime(from, (*c)[first].from), maxTime(to, (*c)[last-1].to)}
	*c = slices.Delete(*c, first+1, last)
}

// cut drops what lies after a time.
func (c *coverage) cut(end time.Time) {
	for n := len(*c); n > 0 && (*c)[n-1].to.After(end); n-- {
		if (*c)[n-1].to = end; !(*c)[n-1].from.Before(end) {
			*c = (*c)[:n-1]
		}
	}
}

// mark sets the steps, of a width and from a start on, that are covered in full.
func (c coverage) mark(steps []bool, start time.Time, width time.Duration) {
	for _, p := range c {
		p.mark(steps, start, width)
	}
}

func (p period) mark(steps []bool, start time.Time, width time.Duration) {
	first, end := int64(0), int64(len(steps))
	if late := p.from.Sub(start); late > 0 {
		first = int64((late + width - 1) / width)
	}
	if p.to.Before(start) {
		return
	}
	for end = min(end, int64(p.to.Sub(start)/width)); first < end; first++ {
		steps[first] = true
	}
}

// mark sets the steps that the stream watched in full up to now, and returns when it
// began to; now if it never did. For the billing log, that is what has been read.
func (s *stream) mark(steps []bool, start time.Time, width time.Duration, now time.Time) (since time.Time) {
	since = now
	if s.rows == nil && s.watching() && s.since.Before(now) {
		period{s.since, now}.mark(steps, start, width)
		since = s.since
	}
	s.watched.mark(steps, start, width)
	if len(s.watched) > 0 {
		since = minTime(since, s.watched[0].from)
	}
	return since
}

// touch sets the steps, of a width and from a start on, that are covered in part.
func (c coverage) touch(steps []bool, start time.Time, width time.Duration) {
	for _, p := range c {
		first := int64(max(p.from.Sub(start), 0) / width)
		end := min(int64((p.to.Sub(start)+width-1)/width), int64(len(steps)))
		for ; first < end; first++ {
			steps[first] = true
		}
	}
}

// overlaps reports whether a part of [from, to) is covered.
func (c coverage) overlaps(from, to time.Time) bool {
	return slices.ContainsFunc(c, func(p period) bool { return p.from.Before(to) && p.to.After(from) })
}
