package model

import "time"

// A source is what is known about one source or service.
type source struct {
	name   string
	health Health
	good   time.Time // the last time it was OK; zero before
	polls  *Window   // its own requests
}

// maxSources bounds the sources that are kept, as names may come from a file.
const maxSources = 32

// source returns the entry of a source or service, and makes it if need be.
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

// poller returns the entry of a source that sends its own requests. What polls
// sees the account, even before its first health report says so.
func (l *Ledger) poller(name string) *source {
	s := l.source(name)
	if s.health.Vantage == "" {
		s.health.Vantage = VantageAccount
	}
	return s
}

func (l *Ledger) health(name string, h Health, at time.Time) {
	s := l.source(name)
	first := s.health.State == "" || s.health.State == StateStale // of this run
	l.happened.health(s, h, at)
	s.health = h
	if h.State == StateOK {
		s.good = maxTime(s.good, at)
	}
	switch h.Vantage {
	case VantageAccount:
		if (h.ClockOffset - l.offset).Abs() > clockJump {
			if !first { // else the sources have known the clock from the start
				l.restartLocal(at)
				l.moved = at
				if h.ClockOffset < l.offset {
					l.restartBilling() // it is read again
				}
			}
			l.turnBack(at)
		}
		l.offset, l.step = h.ClockOffset, h.ClockStep
	case VantageLocal:
		stream := l.localStream(name)
		stream.live = h.Live || name == SourceFleet // what a fleet reports again is found by generator
		if stream.since.IsZero() && h.State == StateOK {
			stream.since = at
		}
		if !h.Since.IsZero() && h.Since.Before(stream.since) {
			stream.since = h.Since
		}
	}
}

func newPollWindow() *Window { return NewWindow(detailWidth, time.Hour+streamLag) }

// staleAfter is how long a source that polls may be silent before it is stale.
func (h Health) staleAfter() time.Duration { return staleAfter(h.Interval) }

// sourceStates lists the sources and the services at now, each in order of its first
// event.
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
	if h.Interval > 0 {
		out.Interval = Some(h.Interval.Seconds())
	}
	if h.Interval == 0 && h.State == StateOK {
		out.AsOf = Some(now) // it reports changes at once
	} else if !s.good.IsZero() {
		out.AsOf = Some(s.good)
	}
	if out.State == StateOK && h.Interval > 0 && now.Sub(s.good) > h.staleAfter() {
		out.State = StateStale
	}
	if h.BudgetMinute > 0 {
		out.PollsMinute = Some(s.polls.Count(now.Add(-time.Minute), countEnd(now)))
		out.PollsHour = Some(s.polls.Count(now.Add(-time.Hour), countEnd(now)))
		out.BudgetMinute, out.BudgetHour = Some(h.BudgetMinute), Some(h.BudgetHour)
	}
	return out
}
