package model

import "time"

// lateness is how late figures usually are: rows of the billing log take some
// seconds to appear in it.
const lateness = 20 * time.Second

// planInterval is the time from one poll of the plan to the next. It is longer than
// that of the log.
const planInterval = time.Minute

// staleAfter is the age at which a figure is stale that its source brings every
// interval: one poll may be late or fail.
func staleAfter(interval time.Duration) time.Duration { return 2*interval + lateness }

// Stale reports whether a gauge is too old to be taken for live. Figures of the
// billing log are as fresh as its polls can make them; while those fail, no newer
// ones can be expected. A figure of unknown time is not stale.
func (s *Snapshot) Stale(asOf Opt[time.Time]) bool { return s.stale(asOf, 0) }

// CapStale reports whether the cap's figures are too old to be taken for live.
func (s *Snapshot) CapStale() bool { return s.stale(s.Cap.AsOf, planInterval) }

// stale reports whether a figure is stale that its source brings at least every
// interval.
func (s *Snapshot) stale(asOf Opt[time.Time], interval time.Duration) bool {
	t, ok := asOf.Get()
	if !ok {
		return false
	}
	for i := range s.Sources {
		src := &s.Sources[i]
		if src.Vantage != VantageAccount {
			continue
		}
		if src.State == StateError || src.State == StateStale {
			interval = 0
			break
		}
		interval = max(interval, time.Duration(src.Interval.Or(0)*float64(time.Second)))
	}
	return s.At.Sub(t) > staleAfter(interval)
}
