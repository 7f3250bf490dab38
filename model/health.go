package model

import "time"

// source is what is known of one source.
type source struct {
	name   string
	health Health
	good   time.Time // of its last StateOK; zero before
	polls  *Window   // its own requests
}

// maxSources bounds the sources that are told apart: names may come from a file.
const maxSources = 32

// source returns the entry of a source, in the order they were first heard of.
func (l *Ledger) source(name string) *source {
	for i := range l.sources {
		if l.sources[i].name == name {
			return &l.sources[i]
		}
	}
	if len(l.sources) == maxSources {
		return &source{name: name, polls: newPollWindow()} // not kept
	}
	l.sources = append(l.sources, source{name: name, polls: newPollWindow()})
	return &l.sources[len(l.sources)-1]
}

func (l *Ledger) health(name string, h Health, at time.Time) {
	s := l.source(name)
	s.health = h
	if h.State == StateOK {
		s.good = maxTime(s.good, at)
	}
	if name == SourceBilling {
		if (h.ClockOffset - l.offset).Abs() > clockJump {
			l.restartLocal(at)
		}
		l.offset = h.ClockOffset
		return
	}
	if name != SourceTap && name != SourceTail {
		return
	}
	if lane := l.lane(name); lane.since.IsZero() && h.State == StateOK {
		lane.since = at
	}
}

// clockJump is the change of the clock offset from which on earlier local times
// are not on the same clock any more.
const clockJump = 2 * time.Second

// restartLocal forgets the calls that were stamped by a clock that has turned
// out wrong: their times may lie far from the server's. What is watched is
// watched anew from now on.
func (l *Ledger) restartLocal(now time.Time) {
	l.now = now
	for _, p := range []**lane{&l.tap, &l.tail, &l.polls} {
		if *p == nil {
			continue
		}
		watching := (*p).watching()
		*p = newLane(l.table, l.spans)
		if watching {
			(*p).since = now
		}
	}
	if l.horizon.After(now) {
		l.horizon, l.billing.since = time.Time{}, time.Time{}
	}
	l.spend.as, l.spend.figures = minTime(l.spend.as, now), nil
	for i := range l.sources {
		l.sources[i].polls = newPollWindow()
		l.sources[i].good = minTime(l.sources[i].good, now)
	}
}

func newPollWindow() *Window { return NewWindow(detailWidth, time.Hour+laneLag) }

// staleAfter is how long a source that polls may be silent.
func (h Health) staleAfter() time.Duration { return 2*h.Interval + 20*time.Second }

func (s *source) snapshot(now time.Time) Source {
	h := s.health
	out := Source{Name: s.name, State: h.State, Error: h.Error, Note: h.Note}
	if !h.RetryAt.IsZero() {
		out.RetryAt = Some(h.RetryAt)
	}
	if h.Interval == 0 && h.State == StateOK {
		out.AsOf = Some(now) // it would have told us
	} else if !s.good.IsZero() {
		out.AsOf = Some(s.good)
	}
	if out.State == StateOK && h.Interval > 0 && now.Sub(s.good) > h.staleAfter() {
		out.State = StateStale
	}
	if h.BudgetMinute > 0 {
		out.PollsMinute = Some(s.polls.Count(now.Add(-time.Minute), soon(now)))
		out.PollsHour = Some(s.polls.Count(now.Add(-time.Hour), soon(now)))
		out.BudgetMinute, out.BudgetHour = Some(h.BudgetMinute), Some(h.BudgetHour)
	}
	return out
}
