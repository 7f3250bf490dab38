package model

import "time"

// A Rolling is a scan of the windows of a Chart: it stands at a step once Next has
// returned true.
type Rolling struct {
	Step  int
	Calls int // in the window that ends with Step
	Mark  Mark
	// Known is false unless the last minute of the window was watched; all of it, if
	// it is shorter. If more of it was not watched, Calls is a lower bound.
	Known bool

	chart   *Chart
	per     time.Duration
	n, sure int // the steps of a window, and those at its end that must be watched
	full    *FullSteps
	sum     windowSum
	watched int // the steps since the last that was not watched
}

// Rolling returns a scan with windows of length per, as a limit over per counts them.
func (c *Chart) Rolling(per time.Duration) Rolling {
	r := Rolling{Step: -1, chart: c, per: per, n: max(int(per/c.Step), 1), sure: max(int(min(per, time.Minute)/c.Step), 1)}
	for i := range c.Full {
		if c.Full[i].Per == per {
			r.full = &c.Full[i]
		}
	}
	return r
}

// Next moves to the next step, and reports whether there is one.
func (r *Rolling) Next() bool {
	c := r.chart
	if r.Step++; r.Step >= len(c.Accepted) {
		return false
	}
	r.sum.add(c.Accepted[r.Step], c.mark(r.Step), 1)
	if old := r.Step - r.n; old >= 0 {
		r.sum.add(c.Accepted[old], c.mark(old), -1)
	}
	if r.watched++; c.Accepted[r.Step] == Unknown {
		r.watched = 0
	}
	r.Calls, r.Mark, r.Known = r.sum.calls, r.sum.mark(), r.watched >= r.sure
	if r.per < c.Step { // at the average rate of the step
		r.Calls = int((float64(r.Calls)*float64(r.per) + float64(c.Step)/2) / float64(c.Step))
	}
	if r.Step+1 < r.n {
		r.Mark |= MarkLower
	}
	if r.full != nil && r.Known && r.full.Steps[r.Step] && r.Calls < r.full.Limit {
		r.Calls, r.Mark = r.full.Limit, MarkInferred
	}
	return true
}

// mark returns the mark of a step.
func (c *Chart) mark(step int) Mark {
	if c.Marks == nil {
		return 0
	}
	return c.Marks[step]
}

// A windowSum is the calls in some steps.
type windowSum struct {
	calls   int
	unknown int    // the steps that were not watched
	marks   [4]int // the other steps by mark
}

// add adds a step by times, or takes it away if by is negative.
func (s *windowSum) add(calls int, m Mark, by int) {
	if calls == Unknown {
		s.unknown += by
		return
	}
	s.calls += by * calls
	for i := range s.marks {
		if m&(1<<i) != 0 {
			s.marks[i] += by
		}
	}
}

// mark returns how the sum is to be read.
func (s *windowSum) mark() (m Mark) {
	for i, steps := range s.marks {
		if steps > 0 {
			m |= 1 << i
		}
	}
	if s.unknown > 0 {
		m |= MarkLower
	}
	return m
}
