package model

import (
	"slices"
	"time"
)

// Unknown is the number of calls of a step that nothing watched, in
// LimitUsage.History and in Chart.Accepted.
const Unknown = -1

// A Mark says how the calls of a step or a window are to be read.
type Mark uint8

// The marks.
const (
	MarkEstimated Mark = 1 << iota // some are from samples (≈)
	MarkUpper                      // some may have come from other addresses (≤)
	MarkLower                      // some of the time was not watched (≥)
	MarkInferred                   // a denial says that the limit was reached
)

// A history is the calls of an endpoint, step by step, oldest first.
type history struct {
	width    time.Duration
	end      time.Time // of the last step
	from     time.Time // when watching began
	accepted []int     // Unknown where nothing watched
	rejected []int     // as this machine saw
	marks    []Mark    // valid until the ledger makes its next history
}

// A workspace is the memory in which histories are made. A ledger keeps it: it makes
// many a second.
type workspace struct {
	counts  []int
	covered []bool
	marks   []Mark
}

// zeroed returns the first n elements of a slice, set to zero.
func zeroed[T any](s *[]T, n int) []T {
	*s = slices.Grow((*s)[:0], n)[:n]
	clear(*s)
	return *s
}

// history returns the last n steps of an endpoint that end by a view's time.
//
// Each step is from one vantage, so that nothing counts twice: from the one that
// saw more of what both watched, or from the other where that did not watch. What
// comes from the account's log may be from other addresses, so for a limit per
// IP this machine's figures come first if it sent anything.
func (l *Ledger) history(e int, v *view, m *moment, n int, tally func(*stream) chartTally) history {
	window := l.shape(tally)
	s := history{width: window.width, from: v.asOf, accepted: make([]int, n), rejected: make([]int, n), marks: zeroed(&l.work.marks, n)}
	s.end = time.Unix(0, window.bucket(v.asOf)*int64(s.width)).UTC()
	start := s.end.Add(-time.Duration(n) * s.width)
	counts, covered := zeroed(&l.work.counts, 4*n), zeroed(&l.work.covered, 3*n)
	local, account, polls, step := counts[:n], counts[n:2*n], counts[2*n:3*n], counts[3*n:]
	watched, read := covered[:n], covered[n:2*n]
	most := func(into []int, from *Window) {
		from.Steps(v.asOf, step)
		for j, calls := range step {
			into[j] = max(into[j], calls)
		}
	}
	for _, stream := range l.local {
		s.from = minTime(s.from, stream.mark(watched, start, s.width, v.asOf))
	}
	for _, stream := range v.place.streams {
		most(local, tally(stream).accepted)
		most(s.rejected, tally(stream).rejected)
	}
	if v.place.polls != nil {
		tally(l.polls).accepted.Steps(v.asOf, polls)
	}
	incomplete := covered[2*n:]
	m.lost.touch(incomplete, start, s.width)
	perIP := l.table.Endpoints[e].Scope == ScopeIP
	if l.billing != nil {
		s.from = minTime(s.from, l.billing.mark(read, start, s.width, v.asOf))
		tally(l.billing).accepted.Steps(v.asOf, account)
		l.markAccount(&s, account, start, perIP)
	}
	accountFirst := v.accountFirst(perIP, local, account, watched, read)
	for j := range s.accepted {
		switch fromAccount := read[j] && (accountFirst || !watched[j]); {
		case fromAccount:
			s.accepted[j] = account[j] + polls[j]
		case watched[j]:
			s.accepted[j], s.marks[j] = local[j]+polls[j], 0
			if incomplete[j] {
				s.marks[j] = MarkLower
			}
		default:
			s.accepted[j], s.marks[j] = Unknown, 0
		}
	}
	return s
}

// shape returns a window with the steps of a history.
func (l *Ledger) shape(tally func(*stream) chartTally) *Window {
	for _, stream := range l.local {
		return tally(stream).accepted
	}
	if l.billing != nil {
		return tally(l.billing).accepted
	}
	return tally(l.polls).accepted
}

// markAccount marks the account's steps.
func (l *Ledger) markAccount(s *history, account []int, start time.Time, perIP bool) {
	for j, calls := range account {
		if perIP && calls > 0 {
			s.marks[j] = MarkUpper
		}
	}
	for i := range l.sampling.intervals {
		x := &l.sampling.intervals[i]
		if !x.from.Before(s.end) || !x.to.After(start) {
			continue
		}
		first := max(int(x.from.Sub(start)/s.width), 0)
		for j := first; j < len(s.marks) && start.Add(time.Duration(j)*s.width).Before(x.to); j++ {
			s.marks[j] |= MarkEstimated
		}
	}
}

// accountFirst reports whether the account's figures come first in a history.
func (v *view) accountFirst(perIP bool, local, account []int, watched, read []bool) bool {
	here, there := 0, 0
	for j := range local {
		if perIP && watched[j] && local[j] > 0 {
			return false
		}
		if watched[j] && read[j] {
			here, there = here+local[j], there+account[j]
		}
	}
	return there > here && !v.same
}

// peak returns the fullest of the windows of n steps that end in a history, with its
// mark. In a step that is full, a window held limit at least.
func (s *history) peak(n int, full []int, limit int) (calls int, mark Mark) {
	var sum windowSum
	for j := range s.accepted {
		sum.add(s.accepted[j], s.marks[j], 1)
		if j >= n {
			sum.add(s.accepted[j-n], s.marks[j-n], -1)
		}
		if sum.calls > calls {
			calls, mark = sum.calls, sum.mark()
			if j < n-1 {
				mark |= MarkLower
			}
		}
		if full != nil && full[j] > 0 && limit > calls {
			calls, mark = limit, MarkInferred
		}
	}
	return calls, mark
}
