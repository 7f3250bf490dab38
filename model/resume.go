package model

import "time"

// Resume prepares a ledger of an earlier run for sources that start again.
//
// The sources report some of what they reported before: billing reads the past
// of its log, and a tail that of its file. That is not counted again. What the
// local sources saw before stays, but nobody watched in between, and what the
// sources said about themselves no longer holds. now is the server's time; nothing
// that lies ahead of it stays.
func (l *Ledger) Resume(now time.Time) {
	l.flush()
	now = clamp(now)
	l.turnBack(now)
	l.offset, l.step, l.moved = l.offset-l.step, 0, time.Time{}
	l.Pause(now)
}

// Pause notes that the sources have stopped at a time, or if it is zero, with the last
// event that was observed. What other sources of the same names report after that
// is another run's: of what they may report again, what is counted already is not
// counted twice.
func (l *Ledger) Pause(at time.Time) {
	l.flush()
	if at.IsZero() || at.After(l.now) {
		at = l.now
	}
	if l.billing != nil {
		l.replayed = l.log()
	}
	for _, stream := range l.local {
		counted := stream.newest() // of a source that has not said that it watches
		if stream.watching() {
			counted = at
			stream.watched.add(stream.since, at)
		}
		stream.since = time.Time{}
		if !stream.live {
			stream.replayedTo = maxTime(stream.replayedTo, minTime(counted, at)) // a log with a wrong clock may be ahead
		}
	}
	l.fleet.pause(at)
	l.happened.resume(at)
	kept := l.sources[:0]
	for _, s := range l.sources {
		if s.health.Vantage == VantageAccount { // its requests still count against its budget
			s.health = Health{State: StateStale, Vantage: VantageAccount, Interval: s.health.Interval}
			kept = append(kept, s)
		}
	}
	l.sources = kept
}

// ClockOffset returns the server's clock minus the local clock by what an earlier run
// has learned. local is the local time now: if what was observed lies ahead of it by
// the offset, and not by the local clock alone, the clock has been set since, and the
// offset is 0.
func (l *Ledger) ClockOffset(local time.Time) time.Duration {
	offset := l.offset - l.step
	if l.now.After(local.Add(offset)) && !l.now.After(local) {
		return 0
	}
	return offset
}
