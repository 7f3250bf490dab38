package model

import "time"

// falling is the share of the recent calls below which their newer half shows a
// falling rate.
const falling = 0.25

// timeToLimit returns the time from at until the calls in a window of per reach
// limit, if they continue at the recent rate while older ones leave the window;
// unknown if they would not reach it, and while the rate is falling. count
// returns the calls in [from, to).
func timeToLimit(count func(from, to time.Time) int, limit int, per time.Duration, at time.Time) Opt[time.Duration] {
	used := count(at.Add(-per), at)
	if used >= limit {
		return Some(time.Duration(0))
	}
	recent := min(max(per/6, 10*time.Second), time.Minute, per)
	calls := count(at.Add(-recent), at)
	if float64(count(at.Add(-recent/2), at)) < falling*float64(calls) {
		return Opt[time.Duration]{} // the rate is falling: it says nothing about what comes
	}
	rate := float64(calls) / float64(recent) // per nanosecond
	if float64(used)+rate*float64(per) < float64(limit) {
		return Opt[time.Duration]{} // not even if no call left the window
	}
	const steps = 60
	before := float64(used)
	for i := 1; i <= steps; i++ {
		t := per * time.Duration(i) / steps
		then := float64(count(at.Add(t-per), at)) + rate*float64(t)
		if then >= float64(limit) {
			part := (float64(limit) - before) / (then - before)
			return Some(t - time.Duration((1-part)*float64(per)/steps))
		}
		before = then
	}
	return Opt[time.Duration]{}
}
