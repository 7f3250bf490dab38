package model

import "time"

// Resume prepares a ledger of an earlier run for sources that start again.
//
// The sources report some of what they reported before: billing reads the past
// of its log, and a tail that of its file. That is not counted again. What the
// local sources saw before stays, but nobody watched in between, and what the
// sources said about themselves no longer holds. now is the server's time.
func (l *Ledger) Resume(now time.Time) {
	if l.billing != nil {
		l.replayed = l.log()
	}
	for _, stream := range l.local {
		if stream.watching() {
			stream.watched.add(stream.since, minTime(l.now, now))
		}
		stream.since = time.Time{}
		if !stream.live {
			stream.replayedTo = minTime(l.now, now) // a log with a wrong clock may be ahead
		}
	}
	l.happened.resume(minTime(l.now, now))
	kept := l.sources[:0]
	for _, s := range l.sources {
		if s.health.Vantage == VantageAccount { // its requests still count against its budget
			s.health = Health{State: StateStale, Vantage: VantageAccount, Interval: s.health.Interval}
			kept = append(kept, s)
		}
	}
	l.sources = kept
}
