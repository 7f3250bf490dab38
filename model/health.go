package model

import "time"

// source is what is known of one source or service.
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

// poller returns the entry of a source that sends requests of its own, which it
// asks the account with.
func (l *Ledger) poller(name string) *source {
	s := l.source(name)
	if s.health.Vantage == "" {
		s.health.Vantage = VantageAccount
	}
	return s
}

func (l *Ledger) health(name string, h Health, at time.Time) {
	s := l.source(name)
	s.health = h
	if h.State == StateOK {
		s.good = maxTime(s.good, at)
	}
	switch h.Vantage {
	case VantageAccount:
		if (h.ClockOffset - l.offset).Abs() > clockJump {
			l.restartLocal(at)
		}
		l.offset = h.ClockOffset
	case VantageLocal:
		lane := l.localLane(name)
		lane.live = h.Live
		if lane.since.IsZero() && h.State == StateOK {
			lane.since = at
		}
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
	if l.polls != nil {
		l.polls = newLane("", l.table, l.spans)
	}
	for i, old := range l.local {
		lane := newLane(old.name, l.table, l.spans)
		lane.live, lane.known = old.live, old.known
		if old.watching() {
			lane.since = now
		}
		l.local[i] = lane
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

// sourceStates lists the sources and the services at now, each in the order they
// were first heard of.
func (l *Ledger) sourceStates(now time.Time) (sources []Source, services []Service) {
	sources, services = make([]Source, 0, len(l.sources)), []Service{}
	for i := range l.sources {
		s := &l.sources[i]
		if s.health.Vantage != "" {
			sources = append(sources, s.snapshot(now))
			continue
		}
		service := Service{Name: s.name, State: s.health.State, Error: s.health.Error}
		if !s.health.RetryAt.IsZero() {
			service.RetryAt = Some(s.health.RetryAt)
		}
		services = append(services, service)
	}
	return sources, services
}

func (s *source) snapshot(now time.Time) Source {
	h := s.health
	out := Source{Name: s.name, Vantage: h.Vantage, State: h.State, Error: h.Error, Note: h.Note}
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
