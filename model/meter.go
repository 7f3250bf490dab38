package model

import (
	"slices"
	"time"
)

// A meter measures a sliding window over a run: its mean, its peak and the time it
// spent near its limit. It measures each bucket once, when calls can no longer
// come late for it. Its memory is fixed.
type meter struct {
	window *Window
	limit  int64
	span   int64 // buckets in the window
	lag    int64 // how late calls may come, in buckets
	next   int64 // the next bucket to measure
	sum    int64 // the calls in the window that ends before next

	total  float64 // of sum, over the measured buckets
	peak   int64
	peakAt int64 // the bucket of the peak
	above  [len(reportParts)]int64
	used   *series // the fullest window of each step; nil when it is not needed
	steps  *timeline
}

// newMeter makes a meter for a limit of max over per. Calls may come late by lag.
// If steps is not nil, the meter adds a series of its fullest windows to it.
func newMeter(max int, per, lag time.Duration, steps *timeline) *meter {
	m := &meter{window: newLimitWindow(per, lag), limit: int64(max), steps: steps}
	m.span = int64(per / m.window.width)
	m.lag = int64(lag / m.window.width)
	if steps != nil {
		m.used = steps.newSeries(true)
	}
	return m
}

// add counts n calls at t, in nanoseconds. It reports whether they came in time.
func (m *meter) add(t int64, n int) bool { return m.addBucket(t/int64(m.window.width), n) }

func (m *meter) addBucket(b int64, n int) bool {
	switch {
	case m.window.newest < 0:
		m.next = max(b-m.lag, 0)
	case b > m.window.newest:
		m.measure(b - m.lag)
	}
	if b < m.next {
		return false
	}
	m.window.addBucket(b, n)
	return true
}

// spread counts n calls evenly over [from, to), in nanoseconds. It reports whether
// they came in time.
func (m *meter) spread(from, to int64, n int) (ok bool) {
	if n == 0 {
		return true
	}
	width := int64(m.window.width)
	last := (to - 1) / width
	first := max(from/width, last-m.window.size+1)
	if !m.addBucket(last, 0) {
		return false
	}
	done := int(float64(n)*max(float64(first*width-from)/float64(to-from), 0) + 0.5)
	for b := first; b <= last; b++ {
		upTo := int(float64(n)*min(float64((b+1)*width-from)/float64(to-from), 1) + 0.5)
		ok = m.addBucket(b, upTo-done)
		done = upTo
	}
	return ok
}

// measure measures the buckets before end.
func (m *meter) measure(end int64) {
	for ; m.next < end; m.next++ {
		if m.sum == 0 && m.next > m.window.newest {
			m.next = end // the window is empty from here on
			return
		}
		m.sum += m.count(m.next) - m.count(m.next-m.span)
		if m.sum == 0 {
			continue
		}
		m.total += float64(m.sum)
		if m.sum > m.peak {
			m.peak, m.peakAt = m.sum, m.next
		}
		for i, part := range reportParts {
			if m.sum*100 >= m.limit*int64(part) {
				m.above[i]++
			}
		}
		if m.used != nil {
			if i := m.steps.at(m.next * int64(m.window.width) / int64(time.Second)); m.sum > m.used[i] {
				m.used[i] = m.sum
			}
		}
	}
}

// count returns the calls in one bucket of the window.
func (m *meter) count(b int64) int64 {
	size := m.window.size
	if b < 0 || b > m.window.newest || b <= m.window.newest-size {
		return 0
	}
	return m.window.counts[b%size]
}

// closed returns a copy that has measured everything up to end, in nanoseconds.
func (m *meter) closed(end int64) meter {
	c := *m
	if m.used != nil {
		used := *m.used
		c.used = &used
	}
	if m.window.newest >= 0 {
		c.measure(end/int64(m.window.width) + 1)
	}
	return c
}

// clone returns a copy that shares nothing but the timeline.
func (m *meter) clone() *meter {
	c, window := *m, *m.window
	window.counts = slices.Clone(window.counts)
	c.window = &window
	if m.used != nil {
		c.used = m.steps.newSeries(true)
		*c.used = *m.used
	}
	return &c
}

// seconds converts a number of buckets to seconds.
func (m *meter) seconds(buckets float64) float64 { return buckets * m.window.width.Seconds() }

// end returns when a bucket ends.
func (m *meter) end(b int64) time.Time { return time.Unix(0, (b+1)*int64(m.window.width)).UTC() }
