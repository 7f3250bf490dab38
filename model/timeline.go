package model

// A series has one value for each step of a timeline.
type series [MaxReportSteps]int64

// A timeline divides a run into at most MaxReportSteps steps of equal length. As
// the run grows, it makes the steps longer and merges the values of its series, so
// that its memory is fixed.
type timeline struct {
	level int   // the length of the steps, as an index into stepSeconds
	base  int64 // the number of the first step, counted from the Unix epoch
	used  int   // steps in use; 0 before the first
	sums  []*series
	peaks []*series
}

// stepSeconds lists the lengths of steps in seconds, each a multiple of the one
// before.
var stepSeconds = [...]int64{1, 2, 10, 30, 60, 120, 600, 1800, 3600, 7200, 21600, 43200, 86400, 5 * 86400, 20 * 86400, 100 * 86400, 400 * 86400}

// newSeries adds a series, of peaks or of sums.
func (t *timeline) newSeries(peak bool) *series {
	s := new(series)
	if peak {
		t.peaks = append(t.peaks, s)
	} else {
		t.sums = append(t.sums, s)
	}
	return s
}

// copySums adds a copy of a series of sums.
func (t *timeline) copySums(s *series) *series {
	c := t.newSeries(false)
	*c = *s
	return c
}

func (t *timeline) step() int64 { return stepSeconds[t.level] }

// at returns the step of a time, in seconds after the Unix epoch. It extends the
// timeline if need be.
func (t *timeline) at(second int64) int {
	if t.used == 0 {
		t.base, t.used = second/t.step(), 1
	}
	for {
		i := second/t.step() - t.base
		switch {
		case i >= 0 && i < int64(t.used):
			return int(i)
		case i >= 0 && i < MaxReportSteps:
			t.used = int(i) + 1
			return int(i)
		case i < 0 && int64(t.used)-i <= MaxReportSteps:
			t.shift(int(-i))
			return 0
		}
		t.coarsen()
	}
}

// shift inserts n steps before the first.
func (t *timeline) shift(n int) {
	for _, all := range [][]*series{t.sums, t.peaks} {
		for _, s := range all {
			copy(s[n:], s[:t.used])
			clear(s[:n])
		}
	}
	t.base -= int64(n)
	t.used += n
}

// coarsen makes the steps longer by one level.
func (t *timeline) coarsen() {
	factor := stepSeconds[t.level+1] / stepSeconds[t.level]
	first := int(t.base % factor)
	for _, s := range t.sums {
		var next series
		for i, n := range s[:t.used] {
			next[(first+i)/int(factor)] += n
		}
		*s = next
	}
	for _, s := range t.peaks {
		var next series
		for i, n := range s[:t.used] {
			next[(first+i)/int(factor)] = max(next[(first+i)/int(factor)], n)
		}
		*s = next
	}
	t.base /= factor
	t.used = (first+t.used-1)/int(factor) + 1
	t.level++
}

// spread adds n evenly over [from, to), in nanoseconds after the Unix epoch.
func (t *timeline) spread(s *series, from, to int64, n int) {
	const second = 1_000_000_000
	t.at(from / second)
	last := t.at((to - 1) / second)
	done := 0
	for i := t.at(from / second); i <= last; i++ {
		end := (t.base + int64(i) + 1) * t.step() * second
		upTo := int(float64(n)*min(float64(end-from)/float64(to-from), 1) + 0.5)
		s[i] += int64(upTo - done)
		done = upTo
	}
}

// values returns the part of a series that is in use.
func (t *timeline) values(s *series) []int {
	out := make([]int, t.used)
	for i := range out {
		out[i] = int(s[i])
	}
	return out
}
