package billing

import (
	"fmt"
	"math"
	"time"

	"quotatop/model"
)

// A demand is what a snapshot asks of the poller.
type demand struct {
	idle   bool // no calls; false as long as that is not known
	calls  bool // this machine makes calls
	hot    bool // a gauge runs high, or reaches its limit soon
	denied bool // calls are being denied
	capHot bool
	// capDenial is the newest denial for which the cap may be the reason; zero
	// for none.
	capDenial time.Time
}

// hotWithin is the time to a limit below which a gauge is hot, in seconds.
const hotWithin = 60

func demandOf(snap model.Snapshot) demand {
	var d demand
	known, moving := false, false
	for _, e := range snap.Endpoints {
		if e.Scope == model.ScopeUser {
			known = known || e.Calls.Known()
			moving = moving || e.Calls.Or(0) > 0
		}
		for _, l := range e.Limits {
			d.hot = d.hot || l.Pressure() >= model.Warm || l.TimeToLimit.Or(math.Inf(1)) < hotWithin
			d.calls = d.calls || e.Scope == model.ScopeUser && l.Local.Or(0) > 0
		}
	}
	d.idle = known && !moving
	d.capHot = model.PressureOf(snap.Cap.Ratio().Or(0)) >= model.Warm
	for _, g := range snap.Denials {
		d.denied = d.denied || g.Minute > 0 && g.Source != model.SourceBilling
		if mayBeCap(g) && g.At.After(d.capDenial) {
			d.capDenial = g.At
		}
	}
	return d
}

// mayBeCap reports whether the cap is or may be the reason of these denials. A
// log line that has nothing but a status does not say what was reached.
func mayBeCap(g model.DenialGroup) bool {
	switch g.Kind {
	case model.KindCap, model.KindUnknown:
		return true
	case model.KindRate:
		return g.Source != model.SourceBilling && !g.RetryAt.Known() && g.Reason == "" && g.Detail == "" && g.Headers == ""
	}
	return false
}

// Seen gives the source the newest snapshot: what is urgent in it makes the
// source poll sooner. It does not block, and may be called at any time.
func (s *Source) Seen(snap model.Snapshot) {
	next := demandOf(snap)
	s.mu.Lock()
	last := s.demand
	s.demand = next
	if next.calls && !last.calls {
		s.firstCall = time.Now()
	}
	if next.calls && !last.calls || next.hot && !last.hot || next.denied && !last.denied {
		s.urgent = true
	}
	wake := s.urgent || s.planUrgent()
	s.mu.Unlock()
	if wake {
		s.signal()
	}
}

// planUrgent reports whether calls have been denied, perhaps by the cap, since
// the plan was last polled. s.mu is held.
func (s *Source) planUrgent() bool { return s.demand.capDenial.After(s.planAsked) }

func (s *Source) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// PollNow asks for a poll of the plan and the log at once, even while the source
// waits after an error or a denial; only the budget is kept. It does not wait for
// the poll: the text says, for the user, what happens.
func (s *Source) PollNow() string {
	wait := s.budget.wait(time.Now(), askedReserve)
	s.mu.Lock()
	polling := s.polling
	s.asked = true
	s.mu.Unlock()
	s.signal()
	switch {
	case wait > 0:
		return fmt.Sprintf("next poll in %d s: budget", int(math.Ceil(wait.Seconds())))
	case polling:
		return "polling"
	}
	return "polled"
}
