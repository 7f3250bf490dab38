package model

import (
	"math"
	"time"
)

// spendMemory is how many of the account's figures are kept for the burn rate.
const spendMemory = 64

// burnSpan is the time over which the burn rate is measured.
const burnSpan = 5 * time.Minute

// burnAtLeast is the shortest time between two figures that give a burn rate.
const burnAtLeast = 45 * time.Second

// A spend tracks what was spent in the current period: by the account's figure and
// the cost of the billing rows that are newer or, as long as there is none, by the
// cost of all rows.
type spend struct {
	account Account
	asOf    time.Time // of account.Used
	figures []figure  // oldest first
	limit   Opt[Micros]

	since        Micros // cost of the rows that are newer than account.Used
	sinceSampled bool   // some of them were sampled

	rows      Micros    // cost of the rows of the period that ends at rowsEnd
	rowsEnd   time.Time // zero before the first row
	estimated bool      // some rows were sampled
	denied    time.Time // the last call that was denied at the cap

	// leftAt is the last of the account's figures that showed money left, fullAt
	// the first since then that showed none; zero for none.
	leftAt, fullAt time.Time
	cost           *Window // of recent rows, in micro-dollars
}

func newSpend(limit Opt[Micros]) spend {
	return spend{limit: limit, cost: NewWindow(detailWidth, burnSpan+streamLag)}
}

// A figure is what had been spent at a time.
type figure struct {
	at   time.Time
	used Micros
}

// observe updates the account with the fields that are known in a.
func (s *spend) observe(a Account, at time.Time) {
	if a.Plan != "" {
		s.account.Plan = a.Plan
	}
	if a.Team != "" {
		s.account.Team = a.Team
	}
	if a.Limit.Known() {
		s.account.Limit = a.Limit
	}
	if !a.ResetsAt.IsZero() {
		s.account.ResetsAt, s.account.ResetSource, s.account.Period = a.ResetsAt, a.ResetSource, a.Period
	}
	used, ok := a.Used.Get()
	if !ok || at.Before(s.asOf) {
		return
	}
	s.account.Used, s.asOf = a.Used, at
	s.since = Micros(s.cost.Count(at, at.Add(burnSpan)))
	s.sinceSampled = s.sinceSampled && s.since > 0
	switch limit, limited := s.cap().Get(); {
	case limited && used < limit:
		s.leftAt, s.fullAt = at, time.Time{}
	case limited && s.fullAt.IsZero():
		s.fullAt = at
	}
	if n := len(s.figures); n > 0 && used < s.figures[n-1].used {
		s.figures = s.figures[:0] // a new period
	}
	if len(s.figures) == spendMemory {
		s.figures = append(s.figures[:0], s.figures[1:]...)
	}
	s.figures = append(s.figures, figure{at, used})
}

// charge adds the cost of billing rows at to, or over [from, to).
func (s *spend) charge(from, to time.Time, cost Micros, sampled bool) {
	cost = max(cost, 0) // a log of usage has no negative cost
	s.cost.count(from, to, int(cost))
	s.chargeSince(from, to, cost, sampled)
	end := s.reset(to)
	if end.After(s.rowsEnd) {
		s.rows, s.rowsEnd, s.estimated = 0, end, false
	}
	if end.Equal(s.rowsEnd) {
		s.rows = min(s.rows, math.MaxInt64-cost) + cost // saturates
		s.estimated = s.estimated || sampled
	}
}

// chargeSince adds the cost of the rows that are newer than the account's figure,
// and of its period.
func (s *spend) chargeSince(from, to time.Time, cost Micros, sampled bool) {
	if cost == 0 || !s.account.Used.Known() || !to.After(s.asOf) || s.reset(s.asOf).Before(to) {
		return
	}
	if from.Before(s.asOf) {
		cost = Micros(float64(cost) * float64(to.Sub(s.asOf)) / float64(to.Sub(from)))
	}
	s.since = min(s.since, math.MaxInt64-cost) + cost
	s.sinceSampled = s.sinceSampled || sampled
}

// newest returns the account's figure plus the cost of the rows that are newer,
// and the time that it is of.
func (s *spend) newest(log logRange) (f figure, estimated bool) {
	f = figure{s.asOf, s.account.Used.Or(0)}
	f.used += min(s.since, math.MaxInt64-f.used)
	if log.to.After(s.asOf) && !log.from.IsZero() && !log.from.After(s.asOf) {
		f.at = minTime(log.to, s.reset(s.asOf))
	}
	return f, s.since > 0 && s.sinceSampled
}

// capLag is how far the account's figures may lag behind a denial: those of less
// than that after it do not show that there is money left.
const capLag = 30 * time.Second

// deny notes a call that was denied at the cap.
func (s *spend) deny(at time.Time) { s.denied = maxTime(s.denied, at) }

// deniedAt reports whether a denial says that the cap is used up at now: it does
// until the reset, or until the account's figure shows that there is money left.
func (s *spend) deniedAt(now time.Time) bool {
	if s.denied.IsZero() || !s.denied.Before(countEnd(now)) || !now.Before(s.reset(s.denied)) {
		return false
	}
	used, known := s.account.Used.Get()
	limit, limited := s.account.Limit.Get()
	return !known || !limited || used >= limit || !s.asOf.After(s.denied.Add(capLag))
}

// cap returns the account's cap, or the configured one.
func (s *spend) cap() Opt[Micros] {
	if s.account.Limit.Known() {
		return s.account.Limit
	}
	return s.limit
}

// confirmWithin is how long after a denial the account's figure may come that
// shows that the cap is used up.
const confirmWithin = 2 * time.Minute

// unconfirmed returns the time from which on the cap may have been used up, when
// the account's figure shows that it is.
func (s *spend) unconfirmed() time.Time {
	return maxTime(s.leftAt.Add(-capLag), s.fullAt.Add(-confirmWithin))
}

// usedUpAt reports whether the cap is known to have been used up at a time.
func (s *spend) usedUpAt(t time.Time) bool {
	if !t.Before(s.denied) && s.deniedAt(t) {
		return true
	}
	return !s.fullAt.IsZero() && !t.Before(s.unconfirmed()) && t.Before(s.reset(s.asOf))
}

// reset returns the first reset after t: the account's, or 00:00 UTC.
func (s *spend) reset(t time.Time) time.Time {
	_, to := s.period(t)
	return to
}

// period returns the last reset at or before t, and the first after it.
func (s *spend) period(t time.Time) (from, to time.Time) {
	at := s.account.ResetsAt
	if at.IsZero() {
		at = t.UTC().Truncate(day)
	}
	if s.account.Period == PeriodMonth {
		at, t = at.UTC(), t.UTC()
		months := 12*(t.Year()-at.Year()) + int(t.Month()-at.Month())
		if same := monthsAfter(at, months); same.After(t) {
			return monthsAfter(at, months-1), same
		}
		return monthsAfter(at, months), monthsAfter(at, months+1)
	}
	days := t.Sub(at) / day
	if t.Before(at) && t.Sub(at)%day != 0 {
		days--
	}
	from = at.Add(days * day)
	return from, from.Add(day)
}

const day = 24 * time.Hour

// monthsAfter returns the same day n months later, or the last day of that month
// if it is too short.
func monthsAfter(t time.Time, n int) time.Time {
	last := time.Date(t.Year(), t.Month()+time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC)
	return time.Date(last.Year(), last.Month(), min(t.Day(), last.Day()), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// snapshot returns the cap at now. log is the part of the billing log whose rows
// were charged.
func (s *spend) snapshot(now time.Time, log logRange) Cap {
	c := Cap{Period: s.account.Period, Limit: s.cap(), ResetsAt: s.reset(now), ResetSource: s.account.ResetSource}
	if c.Period == "" {
		c.Period = PeriodDay
	}
	if c.ResetSource == "" {
		c.ResetSource = ResetAssumed
	}
	switch {
	case s.account.Used.Known():
		if s.reset(s.asOf).After(now) { // else its period is over
			f, estimated := s.newest(log)
			c.Used, c.AsOf, c.Estimated = Some(f.used), Some(f.at), estimated
		}
	case s.rowsEnd.Equal(c.ResetsAt) && s.account.Period != PeriodMonth && log.covers(day, c.ResetsAt):
		c.Used, c.AsOf, c.Estimated = Some(s.rows), Some(log.to), s.estimated
	}
	if used, ok := c.Used.Get(); ok && c.Limit.Known() {
		c.Remaining = Some(max(c.Limit.Or(0)-used, 0))
	}
	if c.Remaining.Or(1) > 0 && s.deniedAt(now) {
		c.Inferred, c.Used, c.Remaining, c.AsOf, c.Estimated = true, c.Limit, Some[Micros](0), Some(now), false
	}
	c.burnAt(s.burn(now, log), now)
	return c
}

// burnAt sets the burn rate, and when the cap runs out at it.
func (c *Cap) burnAt(burn Opt[Micros], now time.Time) {
	c.BurnPerMin, c.ExhaustsAt = burn, Opt[time.Time]{}
	remaining, ok := c.Remaining.Get()
	if !ok || burn.Or(0) <= 0 {
		return
	}
	minutes := float64(remaining) / float64(burn.Or(0))
	if at := c.AsOf.Or(now).Add(time.Duration(min(minutes, 1e6) * float64(time.Minute))); at.Before(c.ResetsAt) {
		c.ExhaustsAt = Some(at)
	}
}

// burn returns the recent spending per minute: by the account's figures, and the
// rows that are newer, if they reach back far enough, else by the cost of rows.
func (s *spend) burn(now time.Time, log logRange) Opt[Micros] {
	if n := len(s.figures); n > 0 && now.Sub(s.figures[n-1].at) < burnSpan {
		last := s.figures[n-1]
		if s.since > 0 {
			last, _ = s.newest(log)
		}
		for _, f := range s.figures {
			apart := last.at.Sub(f.at)
			if apart <= burnSpan && apart >= burnAtLeast {
				return Some(Micros(float64(last.used-f.used) / apart.Minutes()))
			}
		}
	}
	if now.Sub(log.to) > burnSpan {
		return Opt[Micros]{}
	}
	from := maxTime(log.to.Add(-burnSpan), log.from)
	if log.to.Sub(from) < burnAtLeast {
		return Opt[Micros]{}
	}
	return Some(Micros(float64(s.cost.Count(from, log.to)) / log.to.Sub(from).Minutes()))
}

// An accountSpend adds up the account's figures over a run.
type accountSpend struct {
	first, last, mark figure // zero before the first
	spent             Micros
	peak              Opt[Micros] // per minute
}

func (b *accountSpend) observe(f figure) {
	switch {
	case b.first.at.IsZero():
		b.first, b.last, b.mark = f, f, f
		return
	case f.at.Before(b.last.at):
		return
	case f.used < b.last.used: // a new period
		b.spent += max(f.used, 0)
		b.mark = f
	default:
		b.spent += f.used - b.last.used
	}
	b.last = f
	if apart := f.at.Sub(b.mark.at); apart >= burnAtLeast {
		b.peak = Some(max(b.peak.Or(0), Micros(float64(f.used-b.mark.used)/apart.Minutes())))
		b.mark = f
	}
}
