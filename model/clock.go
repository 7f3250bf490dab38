package model

import (
	"slices"
	"time"
)

const (
	// clockJump is the smallest change of the clock offset that invalidates earlier
	// local times.
	clockJump = 2 * time.Second

	// clockSettles is how long the figures are in doubt after that.
	clockSettles = time.Minute

	// maxOffset is the largest offset between two clocks that is believed, maxWait the
	// longest wait or interval.
	maxOffset = 100 * 365 * day
	maxWait   = 31 * day
)

// The times that events may have, in Unix seconds: from 1970 to 2200. Arithmetic in
// nanoseconds can hold them, with room for the length of any window, wait or offset.
const (
	firstPossible = 0
	afterPossible = 7_258_118_400
)

// possible reports whether an event may have a time.
func possible(t time.Time) bool { return t.Unix() >= firstPossible && t.Unix() < afterPossible }

// clamp returns the possible time that is closest to t, without the reading of the
// monotonic clock.
func clamp(t time.Time) time.Time {
	return maxTime(minTime(wall(t), time.Unix(afterPossible-1, 0).UTC()), time.Unix(firstPossible, 0).UTC())
}

// restrained returns an event whose times, durations and cap are possible: those that
// are not are left out or cut. ok is false if the event itself has no possible time.
func restrained(e Event) (_ Event, ok bool) {
	if e.At = wall(e.At); !possible(e.At) {
		return e, false
	}
	switch {
	case e.Call != nil && e.Call.Denial != nil:
		wait, known := e.Call.Denial.RetryAfter.Get()
		if known && (wait < 0 || wait > maxWait) {
			call, denial := *e.Call, *e.Call.Denial
			denial.RetryAfter = Some(min(max(wait, 0), maxWait))
			call.Denial, e.Call = &denial, &call
		}
	case e.Reading != nil:
		return e, possible(e.Reading.From) && possible(e.Reading.To)
	case e.Account != nil:
		account := *e.Account
		if !possible(account.ResetsAt) {
			account.ResetsAt = time.Time{}
		}
		account.Interval = min(max(account.Interval, 0), maxWait)
		if limit, known := account.Limit.Get(); known && limit < 0 {
			account.Limit = Opt[Micros]{}
		}
		e.Account = &account
	case e.Beat != nil:
		e.Beat = e.Beat.restrained(e.At)
	case e.Health != nil:
		health := *e.Health
		if !possible(health.RetryAt) {
			health.RetryAt = time.Time{}
		}
		if health.Since = wall(health.Since); !possible(health.Since) || health.Since.After(e.At) {
			health.Since = time.Time{}
		}
		health.Interval = min(max(health.Interval, 0), maxWait)
		health.ClockOffset = min(max(health.ClockOffset, -maxOffset), maxOffset)
		health.ClockStep = min(max(health.ClockStep, -maxOffset), maxOffset)
		e.Health = &health
	}
	return e, true
}

// restartLocal drops the calls whose times come from a clock that turned out to
// be wrong: they may be far from the server's. Counting starts again at now.
func (l *Ledger) restartLocal(now time.Time) {
	if l.polls != nil {
		l.polls = newStream("", l.table, l.spans)
	}
	for i, old := range l.local {
		if old.name == SourceFleet {
			continue // its generators have clocks of their own
		}
		stream := newStream(old.name, l.table, l.spans)
		stream.live, stream.replayedTo = old.live, old.replayedTo
		if old.watching() {
			stream.since = now
		}
		l.local[i] = stream
	}
	for e := range l.lastDenials {
		clear(l.lastDenials[e])
		l.full[e] = newFullTally(l.spans[e][:len(l.lastDenials[e])])
	}
	l.spend.figures = nil
	for i := range l.sources {
		l.sources[i].polls = newPollWindow()
	}
}

// restartBilling forgets what has been read of the billing log.
func (l *Ledger) restartBilling() {
	l.billing, l.horizon, l.replayed, l.sampling = nil, time.Time{}, logRange{}, sampling{}
	l.spend.forgetRows()
}

// turnBack makes nothing lie ahead of now: what does comes from a clock that was
// wrong. The billing log is counted anew if it was read up to a time ahead of now.
func (l *Ledger) turnBack(now time.Time) {
	l.now = minTime(l.now, now)
	l.happened.turnBack(now)
	if l.horizon.After(now) {
		l.restartBilling()
	}
	// Every window is part of the state.
	l.serialize(&codec{version: StateVersion, visit: func(w *Window) { w.cut(now) }})
	l.spend.turnBack(now)
	l.fleet.turnBack(now)
	for _, stream := range l.local {
		stream.since, stream.replayedTo = minTime(stream.since, now), minTime(stream.replayedTo, now)
		stream.watched.cut(now)
	}
	for e := range l.lastDenials {
		for i := range l.lastDenials[e] {
			if l.lastDenials[e][i].at.After(now) {
				l.lastDenials[e][i] = lastDenial{}
			}
		}
	}
	l.alerts.groups = slices.DeleteFunc(l.alerts.groups, func(g *group) bool { return g.at.After(now) })
	for i := range l.sources {
		l.sources[i].good = minTime(l.sources[i].good, now)
	}
	if l.modelPeriod.from.After(now) {
		l.modelPeriod = period{}
	}
}

// turnBack makes none of the figures lie ahead of now.
func (s *spend) turnBack(now time.Time) {
	for _, at := range []*time.Time{&s.asOf, &s.denied, &s.leftAt, &s.fullAt} {
		*at = minTime(*at, now)
	}
	s.figures = slices.DeleteFunc(s.figures, func(f figure) bool { return f.at.After(now) })
	if s.rowsEnd.After(s.reset(now)) {
		s.forgetRows()
	}
}

// forgetRows forgets what the rows of the billing log cost.
func (s *spend) forgetRows() {
	s.rows, s.rowsEnd, s.estimated = 0, time.Time{}, false
	s.since, s.sinceSampled, s.cost = 0, false, newSpend(s.limit).cost
}

// cut drops the counts of the buckets that begin after a time.
func (w *Window) cut(end time.Time) {
	last, size := w.bucket(end), w.size
	switch {
	case w.newest <= last:
	case last < 0 || w.newest-last >= size:
		clear(w.counts)
		w.newest = -1
	default:
		for ; w.newest > last; w.newest-- {
			w.counts[w.newest%size] = 0
		}
	}
}
