package model

// A strip is a series over the steps of a timeline.
type strip [MaxReportSteps]int64

// A timeline cuts a run into at most MaxReportSteps steps of equal time. As the
// run grows, steps are made longer and its strips are brought along: memory is
// the same for any length.
type timeline struct {
	rung  int   // of the ladder
	base  int64 // the number of the first step, counted from the Unix epoch
	used  int   // steps in use; 0 before the first
	sums  []*strip
	peaks []*strip
}

// ladder is the lengths of steps in seconds, each a multiple of the one before.
var ladder = [...]int64{1, 2, 10, 30, 60, 120, 600, 1800, 3600, 7200, 21600, 43200, 86400, 5 * 86400, 20 * 86400, 100 * 86400, 400 * 86400}

// strip adds a strip, of peaks or of sums.
func (t *timeline) strip(peak bool) *strip {
	s := new(strip)
	if peak {
		t.peaks = append(t.peaks, s)
	} else {
		t.sums = append(t.sums, s)
	}
	return s
}

// copyOf adds a copy of a strip of sums.
func (t *timeline) copyOf(s *strip) *strip {
	c := t.strip(false)
	*c = *s
	return c
}

func (t *timeline) step() int64 { return ladder[t.rung] }

// at returns the step of a time, in seconds after the Unix epoch, and makes
// room for it.
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

// shift makes n steps before the first.
func (t *timeline) shift(n int) {
	for _, strips := range [][]*strip{t.sums, t.peaks} {
		for _, s := range strips {
			copy(s[n:], s[:t.used])
			clear(s[:n])
		}
	}
	t.base -= int64(n)
	t.used += n
}

// coarsen makes steps one rung longer.
func (t *timeline) coarsen() {
	factor := ladder[t.rung+1] / ladder[t.rung]
	first := int(t.base % factor)
	for _, s := range t.sums {
		var next strip
		for i, n := range s[:t.used] {
			next[(first+i)/int(factor)] += n
		}
		*s = next
	}
	for _, s := range t.peaks {
		var next strip
		for i, n := range s[:t.used] {
			next[(first+i)/int(factor)] = max(next[(first+i)/int(factor)], n)
		}
		*s = next
	}
	t.base /= factor
	t.used = (first+t.used-1)/int(factor) + 1
	t.rung++
}

// spread adds n evenly over [from, to), in nanoseconds after the Unix epoch.
func (t *timeline) spread(s *strip, from, to int64, n int) {
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

// ints is the part of a strip that is in use.
func (t *timeline) ints(s *strip) []int {
	out := make([]int, t.used)
	for i := range out {
		out[i] = int(s[i])
	}
	return out
}
