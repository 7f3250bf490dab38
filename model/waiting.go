package model

import "time"

// stretch is a time in which waiting was asked for, in nanoseconds.
type stretch struct{ from, to int64 }

// waitMemory is how many stretches are kept apart, for denials that come out of
// order.
const waitMemory = 16

// waited adds up the time in which waiting was asked for; what several
// responses asked for at once counts once. Its memory is fixed.
type waited struct {
	recent [waitMemory]stretch // apart from each other
	n      int
	past   int64 // what has left recent
}

// ask adds a stretch.
func (w *waited) ask(from, to int64) {
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
	w.recent[kept] = stretch{from, to}
	w.n = kept + 1
}

// until is the time asked for before end, in nanoseconds.
func (w *waited) until(end int64) time.Duration {
	sum := w.past
	for _, s := range w.recent[:w.n] {
		sum += max(min(s.to, end)-s.from, 0)
	}
	return time.Duration(sum)
}

// A discipline watches whether one client heeds the waits it is asked for.
type discipline struct {
	told, until       time.Time // of the request rate
	capTold, capUntil time.Time // of the spending cap
	early             int
}

// sent notes a call.
func (d *discipline) sent(at time.Time) {
	if tooEarly(at, d.told, d.until) || tooEarly(at, d.capTold, d.capUntil) {
		d.early++
	}
}

// denied notes what a denial asks for. reset is the cap's next reset after it.
func (d *discipline) denied(n *Denial, at, reset time.Time) {
	switch wait, ok := n.RetryAfter.Get(); {
	case n.Kind == KindCap && at.After(d.capUntil):
		d.capTold, d.capUntil = at, reset
	case n.Kind == KindRate && ok:
		if at.After(d.until) {
			d.told = at
		}
		d.until = maxTime(d.until, at.Add(wait))
	}
}
