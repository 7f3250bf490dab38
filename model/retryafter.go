package model

import "time"

// An interval is a time span that a Retry-After covers, in nanoseconds.
type interval struct{ from, to int64 }

// waitMemory is how many intervals are kept separately, for denials that come out
// of order.
const waitMemory = 16

// A waitTime adds up the time that Retry-After covers. Time that several responses
// cover counts once. Its memory is fixed.
type waitTime struct {
	recent [waitMemory]interval // they do not overlap
	n      int
	past   int64 // total of the intervals that have left recent
}

// add adds an interval.
func (w *waitTime) add(from, to int64) {
	if to <= from {
		return
	}
	kept := 0
	for _, s := range w.recent[:w.n] {
		if s.to < from || s.from > to {
			w.recent[kept] = s
			kept++
			continue
		}
		from, to = min(from, s.from), max(to, s.to)
	}
	if kept == waitMemory {
		oldest := 0
		for i, s := range w.recent {
			if s.from < w.recent[oldest].from {
				oldest = i
			}
		}
		w.past += w.recent[oldest].to - w.recent[oldest].from
		w.recent[oldest] = w.recent[kept-1]
		kept--
	}
	w.recent[kept] = interval{from, to}
	w.n = kept + 1
}

// before returns the total before end, which is in nanoseconds.
func (w *waitTime) before(end int64) time.Duration {
	sum := w.past
	for _, s := range w.recent[:w.n] {
		sum += max(min(s.to, end)-s.from, 0)
	}
	return time.Duration(sum)
}

// An earlyCalls counts the calls that ignored a Retry-After or a reached cap.
type earlyCalls struct {
	from, until       time.Time // the current Retry-After
	capFrom, capUntil time.Time // the cap is reached
	count             int
}

// sent adds a call, and reports whether it was early.
func (d *earlyCalls) sent(at time.Time) bool {
	early := tooEarly(at, d.from, d.until) || tooEarly(at, d.capFrom, d.capUntil)
	if early {
		d.count++
	}
	return early
}

// denied adds a denial. reset is the cap's next reset after it.
func (d *earlyCalls) denied(n *Denial, at, reset time.Time) {
	switch wait, ok := n.RetryAfter.Get(); {
	case n.Kind == KindCap && at.After(d.capUntil):
		d.capFrom, d.capUntil = at, reset
	case n.Kind == KindRate && ok:
		if at.After(d.until) {
			d.from = at
		}
		d.until = maxTime(d.until, at.Add(wait))
	}
}
