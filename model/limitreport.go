package model

import "time"

// LimitReport describes the sliding window of one limit over the run.
type LimitReport struct {
	Limit   int            `json:"limit"`
	PerS    float64        `json:"per_s"`   // the length of the window in seconds
	Average Opt[float64]   `json:"average"` // calls in the window, over the time watched
	Peak    Opt[int]       `json:"peak"`
	PeakAt  Opt[time.Time] `json:"peak_at"` // the end of the first window that held Peak
	// Egress is, for a limit by client IP of a fleet that called from several addresses,
	// the one whose windows these are: the one with the highest peak.
	Egress string `json:"egress,omitempty"`
	// Rejected is the calls that this limit denied.
	Rejected Opt[int] `json:"rejected"`
	// Above is the time spent at or above each of reportParts.
	Above []TimeAbove `json:"time_above"`
	// UsedSteps is the calls in the fullest window that ended in each step.
	UsedSteps []int `json:"used_steps"`
}

// TimeAbove is the time that a window was at or above a part of its limit.
type TimeAbove struct {
	Percent int          `json:"percent"`
	Seconds Opt[float64] `json:"seconds"`
}

// reportParts are the parts of a limit, in percent, of TimeAbove.
var reportParts = [...]int{80, 90, 100}

// Per is the length of the window.
func (l LimitReport) Per() time.Duration { return time.Duration(l.PerS * float64(time.Second)) }

// PeakRatio is the peak as a part of the limit. It may exceed 1.
func (l LimitReport) PeakRatio() Opt[float64] {
	peak, ok := l.Peak.Get()
	if !ok {
		return Opt[float64]{}
	}
	return Some(float64(peak) / float64(l.Limit))
}

// Headroom is how many times the calls of the fullest window fit into the limit.
// It is below 1 if they exceeded it, and unknown without calls.
func (l LimitReport) Headroom() Opt[float64] {
	peak := l.Peak.Or(0)
	if peak <= 0 {
		return Opt[float64]{}
	}
	return Some(float64(l.Limit) / float64(peak))
}

// fill sets what a meter measured up to end, in nanoseconds.
func (l *LimitReport) fill(m *meter, end int64, watched Opt[float64]) {
	c := m.closed(end)
	l.Peak = Some(int(c.peak))
	if c.peak > 0 {
		l.PeakAt = Some(c.end(c.peakAt))
	}
	for i, part := range reportParts {
		above := TimeAbove{Percent: part}
		if w, ok := watched.Get(); ok {
			above.Seconds = Some(min(c.seconds(float64(c.above[i])), w))
		}
		l.Above = append(l.Above, above)
	}
	if w := watched.Or(0); w > 0 {
		l.Average = Some(min(c.seconds(c.total)/w, float64(c.peak)))
	}
	l.UsedSteps = m.steps.values(c.used)
}
