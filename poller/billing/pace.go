package billing

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"quotatop/model"
)

// Waits after a response that was no use.
const (
	backoffMin   = time.Second
	backoffMax   = time.Minute
	retryRefused = time.Minute      // 401, and what is missing: a person must act
	retryDenied  = 5 * time.Minute  // billing denials, and a cap that may be raised
	retryLimited = 10 * time.Second // our own 429 without Retry-After
	retryMax     = time.Hour        // whatever a response asks for
	resetGrace   = 2 * time.Second  // after a reset, before the server can be expected to know
)

const (
	// pollJitter is how much the time between polls varies, so that samples fall
	// on all phases of the load and of the server's second.
	pollJitter = 0.1
	// urgentShare is the shortest time between polls that something urgent asks
	// for, as a share of the interval.
	urgentShare = 0.25
	// askedReserve is how many requests a poll needs that the user asks for: the
	// plan and a page of the log.
	askedReserve = 2
	// settleMargin is how long after a call its row is looked for, beyond the
	// lateness of rows.
	settleMargin = time.Second
)

// begin notes that a poll begins: it serves what was urgent until now.
func (s *Source) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.polling, s.urgent, s.retimed = true, false, false
}

// end notes that a poll has ended.
func (s *Source) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.polling = false
}

// notePlan notes when the plan was last polled, and whether denials asked for it.
func (s *Source) notePlan() {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.account.asked.After(s.planAsked):
		return
	case s.planUrgent():
		s.account.confirms++
	default:
		s.account.confirms = 0
	}
	s.planAsked = s.account.asked
}

// pause waits until the next poll: for as long as wait, or less if something
// urgent is seen or the user asks. began is when the last poll began. It returns
// false when ctx ends.
func (s *Source) pause(ctx context.Context, began time.Time, wait time.Duration) bool {
	due := time.Now().Add(wait)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
			return true
		case <-s.wake:
			if at := s.sooner(began); at.Before(due) {
				due = at
				timer.Reset(time.Until(due))
			}
		}
	}
}

// SetInterval changes the time between polls; 0 for DefaultInterval. The next poll
// comes that soon at the latest, unless the source waits after an error. SetInterval
// does not block, and may be called at any time.
func (s *Source) SetInterval(interval time.Duration) {
	next := cmp.Or(interval, DefaultInterval)
	s.mu.Lock()
	changed := s.interval != next
	s.interval, s.retimed = next, s.retimed || changed
	s.mu.Unlock()
	if changed {
		s.signal()
	}
}

// sooner returns when to poll because of what is urgent, in local time.
func (s *Source) sooner(began time.Time) time.Time {
	now := time.Now()
	s.mu.Lock()
	asked, urgent, plan, retimed, interval := s.asked, s.urgent, s.planUrgent(), s.retimed, s.interval
	s.asked = false
	s.mu.Unlock()
	if _, refused := errors.AsType[*refusal](s.failed); refused {
		plan = false // the plan would be refused too, and that is a denial in turn
	}
	never := now.Add(retryMax)
	switch {
	case asked:
		s.capUntil, s.limitedUntil, s.account.planDue = time.Time{}, time.Time{}, time.Time{}
		return now.Add(s.budget.wait(now, askedReserve))
	case s.limitedUntil.After(now):
		return never
	}
	at := never
	if urgent {
		at = began.Add(time.Duration(urgentShare * float64(interval)))
	}
	if retimed && s.failures == 0 && !s.capReached() {
		at = earlier(at, began.Add(interval))
	}
	if plan {
		due := s.account.confirmAt()
		s.account.planDue = earlier(s.account.planDue, due)
		at = earlier(at, due)
	}
	return maxTime(at, now.Add(s.budget.wait(now, pollReserve)))
}

// pace returns the time until the next poll when all is well. now is server time.
func (s *Source) pace(now time.Time) time.Duration {
	s.mu.Lock()
	d, firstCall, wait := s.demand, s.firstCall, s.interval
	s.mu.Unlock()
	local := time.Now()
	switch {
	case d.hot || d.denied || !s.log.complete(s.log.horizon.at.Add(-time.Minute)):
		wait /= 2
	case d.idle && now.Sub(s.log.newest) > time.Minute:
		wait *= 3
	}
	wait += time.Duration((rand.Float64() - 0.5) * pollJitter * float64(wait))
	// The first calls are looked for as soon as the log should have them.
	if settled := firstCall.Add(s.log.lateness.span() + settleMargin).Sub(local); settled > 0 {
		wait = min(wait, settled)
	}
	if due := s.account.planDue.Sub(local); due > 0 {
		wait = min(wait, due)
	}
	if reset := s.nextReset(now).Add(resetGrace).Sub(now); reset > 0 && reset < wait {
		wait, s.account.planDue = reset, time.Time{}
	}
	return wait
}

// planInterval returns the time between polls of the plan.
func (s *Source) planInterval() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	every := planEvery
	if s.demand.capHot {
		every = planEveryHot
	}
	return max(every, s.interval)
}

// backoff returns the state of the source after an error, and the time until it
// tries again: an hour at most, and not past the next reset.
func (s *Source) backoff(err error, now time.Time) (model.State, time.Duration) {
	untilReset := s.nextReset(now).Add(resetGrace).Sub(now)
	longest := min(untilReset, retryMax)
	wait := min(backoffMin<<min(s.failures, 10), backoffMax)
	s.failures++
	if no, ok := errors.AsType[*refusal](err); ok {
		switch no.Kind {
		case model.KindCap:
			s.failures = 0
			if s.capReached() && s.account.roomLeft() {
				s.capUntil = time.Time{} // the cap was raised
				return model.StatePaused, backoffMin
			}
			s.capUntil = time.Now().Add(untilReset)
			return model.StatePaused, min(longest, retryDenied)
		case model.KindRate, model.KindBusy:
			// Whatever it asks for, each refusal in a row is waited out longer.
			wait = min(max(no.RetryAfter.Or(retryLimited), wait), longest)
			s.limitedUntil = time.Now().Add(wait)
			return model.StatePaused, wait
		case model.KindAuth:
			return model.StateError, min(longest, retryRefused)
		}
		return model.StateError, min(longest, retryDenied)
	}
	if status, ok := errors.AsType[*statusError](err); ok && status.status < 500 {
		return model.StateError, min(longest, retryRefused)
	}
	return model.StateError, min(longest, wait/2+rand.N(wait/2))
}

// nextReset returns when the cap's usage returns to zero, as far as is known.
func (s *Source) nextReset(now time.Time) time.Time {
	const day = 24 * time.Hour
	if at := s.account.known.ResetsAt; at.After(now) {
		return at
	}
	return now.Truncate(day).Add(day)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
