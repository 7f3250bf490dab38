package model

import (
	"math"
	"time"
)

// When the billing log grows faster than the polling budget can read, its rows are
// counted and sampled, interval by interval. A sampling keeps the intervals, for
// the error of the figures that include them.

// sampleMemory is how many sampled intervals are kept: more than an hour of them,
// at the rate of the polling budget.
const sampleMemory = 512

// A sampled is one interval.
type sampled struct {
	from, to time.Time
	total    int       // rows in the interval
	margin   int       // the 95% error of total
	read     int       // rows in the sample
	hits     []float64 // by endpoint: the calls among them that count
}

// A sampling is a ring of intervals.
type sampling struct {
	intervals []sampled
	next      int
}

func (s *sampling) add(x sampled) {
	if len(s.intervals) < sampleMemory {
		s.intervals = append(s.intervals, x)
		return
	}
	s.intervals[s.next] = x
	s.next = (s.next + 1) % sampleMemory
}

// designEffect is how many rows read a page at a time are worth one row drawn at
// random: neighbors in the log are alike, and a call that was logged twice is two
// neighbors.
const designEffect = 2.0

// worth returns the number of rows, drawn at random from an endless log, that would
// say as much as the interval's sample; infinite if all of it was read.
func (x *sampled) worth() float64 {
	read, total := float64(x.read), float64(x.total)
	if read >= total {
		return math.Inf(1)
	}
	// An empty sample counts as a very small one.
	return max(read/designEffect/(1-read/total), 0.1)
}

// z is the two-sided 95% quantile of the normal distribution.
const z = 1.96

// margin returns the 95% error, in calls, of a figure over [from, to), and whether
// any of it was sampled. covered reports which endpoints' calls the figure counts.
func (s *sampling) margin(from, to time.Time, covered func(own int) bool) (calls int, ok bool) {
	var sum sampledError
	for i := range s.intervals {
		x := &s.intervals[i]
		length := x.to.Sub(x.from)
		inside := minTime(to, x.to).Sub(maxTime(from, x.from))
		if inside <= 0 || length <= 0 {
			continue
		}
		ok = true
		sum.add(x, float64(inside)/float64(length), covered)
	}
	return sum.margin(), ok
}

// A sampledError adds up the error of a figure over several intervals.
//
// The share of the rows that are calls of the figure is a proportion. Its error is that
// of a Wilson interval (E. B. Wilson, 1927), which also holds for few hits. The calls
// of an interval are assumed to be spread evenly over it: where the span of the figure
// cuts one, that adds the error of a binomial draw, and that of a steady climb or fall
// across the interval.
type sampledError struct{ rows, hits, spread, variance float64 }

// add adds a part of an interval. covered reports which endpoints' calls the figure
// counts.
func (e *sampledError) add(x *sampled, part float64, covered func(own int) bool) {
	var h float64
	for own, n := range x.hits {
		if covered(own) {
			h += n
		}
	}
	inRows := part * float64(x.total)
	e.rows += inRows
	e.spread += sq(inRows) / x.worth()
	share := 0.0
	if x.read > 0 {
		share = h / float64(x.read)
		e.hits += inRows * share
	}
	total := share * float64(x.total)
	e.variance += sq(part * share * float64(x.margin) / z)
	e.variance += total * part * (1 - part)
	// A climb of up to the interval's own mean from one end to the other.
	e.variance += sq(total*part*(1-part)/2) / 3
}

// margin returns the 95% error, in calls.
func (e *sampledError) margin() int {
	var sampling float64
	if e.spread > 0 {
		// Intervals are sampled unevenly. Together, their samples are worth one of
		// this size, drawn evenly from all rows.
		sampling = e.rows * wilson(min(e.hits/e.rows, 1), sq(e.rows)/e.spread)
	}
	return int(math.Ceil(math.Sqrt(sq(sampling) + sq(z)*e.variance)))
}

// wilson returns the larger distance from p to an end of its 95% Wilson interval.
func wilson(p, n float64) float64 {
	if math.IsInf(n, 1) {
		return 0
	}
	middle := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(middle+half-p, p-(middle-half))
}

func sq(x float64) float64 { return x * x }

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
