package model

import (
	"math"
	"time"
)

// A Window counts events in buckets of time, for the number of events in any span
// that its memory covers. The memory is fixed at any rate. Events may be added in
// any order; those older than the memory are not counted.
type Window struct {
	width  time.Duration
	size   int64   // the number of buckets
	counts []int64 // a ring: bucket n is at n modulo size; nil before the first event
	newest int64   // the number of the newest bucket; -1 before the first
}

// maxBucket is the largest count of a bucket: the sum of all buckets does not
// overflow.
const maxBucket = 1 << 47

// NewWindow returns a window with buckets of this width that covers at least this
// much time.
func NewWindow(width, memory time.Duration) *Window {
	buckets := int64(memory/width) + 2 // a span may start and end within a bucket
	return &Window{width: width, size: buckets, newest: -1}
}

// newLimitWindow returns a window for a limit over span. Its buckets are a 600th of
// the span, but at most half a second as far as 7,200 buckets allow. lag is how far
// behind the newest event a count may end.
func newLimitWindow(span, lag time.Duration) *Window {
	width := max(min(span/600, 500*time.Millisecond), span/7200)
	return NewWindow(width, span+lag)
}

func (w *Window) bucket(t time.Time) int64 { return t.UnixNano() / int64(w.width) }

// Add counts n events at t.
func (w *Window) Add(t time.Time, n int) { w.addBucket(w.bucket(t), n) }

func (w *Window) addBucket(b int64, n int) {
	size := w.size
	switch {
	case n <= 0 || b < 0 || w.newest >= 0 && b <= w.newest-size:
		return
	case w.newest < 0 || b-w.newest >= size:
		w.reset()
		w.newest = b
	default:
		for ; w.newest < b; w.newest++ {
			w.counts[(w.newest+1)%size] = 0
		}
	}
	c := &w.counts[b%size]
	*c = min(*c+int64(min(n, maxBucket)), maxBucket)
}

// reset makes all buckets empty, before the first of them is counted in.
func (w *Window) reset() {
	if w.counts == nil {
		w.counts = make([]int64, w.size)
	}
	clear(w.counts)
}

// count counts n events at to, or spread over [from, to) if from is earlier.
func (w *Window) count(from, to time.Time, n int) {
	if from.Equal(to) {
		w.Add(to, n)
	} else {
		w.Spread(from, to, n)
	}
}

// Spread counts n events evenly over [from, to).
func (w *Window) Spread(from, to time.Time, n int) {
	start, end, width := from.UnixNano(), to.UnixNano(), int64(w.width)
	if end <= start {
		return
	}
	first, last := start/width, (end-1)/width
	first = max(first, last-w.size+1) // the memory covers no older ones
	perNano := float64(n) / float64(end-start)
	done := int(math.Round(perNano * float64(max(first*width-start, 0)))) // the part before the memory
	for b := first; b <= last; b++ {
		upTo := int(math.Round(perNano * float64(min((b+1)*width, end)-start)))
		if upTo > done {
			w.addBucket(b, upTo-done)
		}
		done = upTo
	}
}

// Count returns the number of events in [from, to). The events of a bucket that is
// only partly in the span are assumed to be spread evenly over the bucket.
func (w *Window) Count(from, to time.Time) int {
	if w.newest < 0 || !to.After(from) {
		return 0
	}
	first, last := w.bucket(from), w.bucket(to)
	sum := w.sum(first+1, last)
	if first == last {
		return sum + int(math.Round(w.at(first)*w.part(from, to)))
	}
	headEnd := time.Unix(0, (first+1)*int64(w.width))
	tailStart := time.Unix(0, last*int64(w.width))
	cut := w.at(first)*w.part(from, headEnd) + w.at(last)*w.part(tailStart, to)
	return sum + int(math.Round(cut))
}

// sum returns the sum of the buckets from first on, up to before end.
func (w *Window) sum(first, end int64) (sum int) {
	for _, run := range w.runs(first, end) {
		for _, n := range run {
			sum += int(n)
		}
	}
	return sum
}

// runs yields the counts of the buckets from first on, up to before end, as far as the
// memory covers them: one run or two, each with the number of its first bucket. The
// modulo for each bucket would cost more than to add it.
func (w *Window) runs(first, end int64) func(yield func(int64, []int64) bool) {
	return func(yield func(int64, []int64) bool) {
		first, end = max(first, w.newest-w.size+1, 0), min(end, w.newest+1)
		for first < end {
			i := first % w.size
			run := w.counts[i:min(i+end-first, w.size)]
			if !yield(first, run) {
				return
			}
			first += int64(len(run))
		}
	}
}

// at returns the count of one bucket, 0 outside the memory.
func (w *Window) at(b int64) float64 {
	size := w.size
	if b < 0 || b > w.newest || b <= w.newest-size {
		return 0
	}
	return float64(w.counts[b%size])
}

// part returns [from, to) as a part of a bucket.
func (w *Window) part(from, to time.Time) float64 { return float64(to.Sub(from)) / float64(w.width) }

// each calls do with the start of each bucket that is not empty, oldest first, and its
// count.
func (w *Window) each(do func(at time.Time, n int)) {
	for b := max(w.newest-w.size+1, 0); b <= w.newest; b++ {
		if n := w.counts[b%w.size]; n > 0 {
			do(time.Unix(0, b*int64(w.width)), int(n))
		}
	}
}

// move moves the counts of the buckets from a time on to a window of the same width,
// and returns their sum.
func (w *Window) move(from time.Time, to *Window) (sum int) {
	size := w.size
	for b := max(w.bucket(from), w.newest-size+1, 0); b <= w.newest; b++ {
		n := int(w.counts[b%size])
		w.counts[b%size] = 0
		to.addBucket(b, n)
		sum += n
	}
	return sum
}

// steps returns the counts of the last n buckets that end at or before to.
func (w *Window) steps(to time.Time, n int) []int {
	counts := make([]int, n)
	w.Steps(to, counts)
	return counts
}

// Steps fills counts with the counts of the buckets that end at or before to, oldest
// first.
func (w *Window) Steps(to time.Time, counts []int) {
	end := w.bucket(to)
	start := end - int64(len(counts))
	clear(counts)
	for first, run := range w.runs(start, end) {
		for i, n := range run {
			counts[first-start+int64(i)] = int(n)
		}
	}
}
