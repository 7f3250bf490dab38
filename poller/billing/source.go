// Package billing reads the account's own view of its quota: the billing log,
// the plan and its cap. It polls within a budget of its own, so that watching
// the quota does not eat it.
package billing

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// DefaultInterval is the time from one poll to the next. It halves while a
// gauge runs high or is being filled, and triples while nothing moves.
const DefaultInterval = 10 * time.Second

// Waits after an answer that was no good.
const (
	backoffFirst = time.Second
	backoffMost  = time.Minute
	retryRefused = time.Minute      // 401, and what is not there: a person must act
	retryDenied  = 5 * time.Minute  // billing denials, and a cap that may be raised
	retryLimited = 10 * time.Second // our own 429 without Retry-After
	resetGrace   = 2 * time.Second  // after a reset, before the server can be expected to know
)

// pollJitter is by how much of itself the time between polls varies: so that
// samples fall on all phases of the load, and of the server's second.
const pollJitter = 0.1

// backfillReserve is how many requests the past leaves to the present.
const backfillReserve = 6

// pollReserve is how many requests a poll may need at the least: one in the
// wrong place of the log, one in the right one, and the plan.
const pollReserve = 3

// Options are what a Source is told. Base, Key, Clock and Table are needed.
type Options struct {
	Base  *url.URL
	Key   string
	Clock *pioneer.Clock
	Table model.Table
	// Interval is the time between polls; DefaultInterval if 0.
	Interval time.Duration
	// BudgetMinute and BudgetHour bound our own requests; if 0, they are 5 %
	// of the table's per-IP limits.
	BudgetMinute, BudgetHour int
	// Transport sends the requests; if nil, one like http.DefaultTransport.
	Transport http.RoundTripper
}

// Source polls the billing endpoints. It is a runner.Source.
type Source struct {
	opts    Options
	client  *client
	log     *log
	account *account
	budget  *budget

	wake     chan struct{}
	hot      atomic.Bool // a gauge runs high
	capHot   atomic.Bool
	idle     atomic.Bool // no calls of late
	failures int
	held     time.Time // polling the log is pointless until then: the cap is reached
	limited  time.Time // our own polls are rate-limited until then
}

// New returns a Source that has not sent anything yet.
func New(opts Options) *Source {
	if opts.Interval == 0 {
		opts.Interval = DefaultInterval
	}
	minute, hour := DefaultBudget(opts.Table)
	if opts.BudgetMinute == 0 {
		opts.BudgetMinute = minute
	}
	if opts.BudgetHour == 0 {
		opts.BudgetHour = hour
	}
	if opts.Transport == nil {
		opts.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	b := newBudget(opts.BudgetMinute, opts.BudgetHour)
	c := newClient(opts.Base, opts.Key, opts.Transport, opts.Clock, b)
	return &Source{
		opts: opts, client: c, budget: b, log: newLog(c), account: &account{client: c, missing: map[string]string{}},
		wake: make(chan struct{}, 1),
	}
}

// budgetShare is the part of every per-IP limit that our own polls may use.
const budgetShare = 0.05

// DefaultBudget is what our polls may use of the table's per-IP limits in a
// minute and in an hour.
func DefaultBudget(t model.Table) (minute, hour int) {
	minute, hour = 50, 500
	for _, e := range t.Endpoints {
		if e.Covers == model.CoversPaths || e.Scope != model.ScopeIP {
			continue
		}
		for _, l := range e.Limits {
			switch share := max(int(float64(l.Max)*budgetShare), 1); l.Per {
			case time.Minute:
				minute = share
			case time.Hour:
				hour = share
			}
		}
	}
	return minute, hour
}

// Name is model.SourceBilling.
func (s *Source) Name() string { return model.SourceBilling }

// Vantage is model.VantageAccount.
func (s *Source) Vantage() model.Vantage { return model.VantageAccount }

// PollNow asks for a poll at once. It does not wait for it, and neither the
// budget nor a Retry-After of the API gives way to it.
func (s *Source) PollNow() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Seen tells the source how the gauges stand, for the pace of its polls. It may
// be called at any time.
func (s *Source) Seen(snap model.Snapshot) {
	hot, idle := false, true
	for _, e := range snap.Endpoints {
		if e.Scope == model.ScopeUser && e.Calls.Or(0) > 0 {
			idle = false
		}
		for _, l := range e.Limits {
			hot = hot || l.Pressure() >= model.Warm
		}
	}
	s.hot.Store(hot)
	s.idle.Store(idle)
	s.capHot.Store(model.PressureOf(snap.Cap.Ratio().Or(0)) >= model.Warm)
}

// Run polls until ctx ends. Whatever goes wrong is reported as Health and tried
// again.
func (s *Source) Run(ctx context.Context, emit func(model.Event)) error {
	for {
		wait, _ := s.step(ctx, emit)
		timer := time.NewTimer(wait)
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				timer.Stop()
				return nil
			case <-timer.C:
				waiting = false
			case <-s.wake:
				waiting = s.opts.Clock.Now().Before(s.limited)
				s.held = time.Time{}
			}
		}
		timer.Stop()
	}
}

// Poll polls once: what a script wants. The error says why there is no answer.
func (s *Source) Poll(ctx context.Context, emit func(model.Event)) error {
	_, err := s.step(ctx, emit)
	return err
}

// step polls all that is due, reports how that went, and says when to go on.
func (s *Source) step(ctx context.Context, emit func(model.Event)) (time.Duration, error) {
	s.client.emit = emit
	err := s.poll(ctx)
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if errors.Is(err, errBudget) {
		err = nil // we come back for the rest
	}
	now := s.opts.Clock.Now()
	h := model.Health{
		State: model.StateOK, Vantage: s.Vantage(), Note: s.note(),
		BudgetMinute: s.opts.BudgetMinute, BudgetHour: s.opts.BudgetHour, ClockOffset: s.opts.Clock.Offset(),
	}
	wait := s.pace()
	if err == nil && s.held.After(now) {
		err = &refusal{model.Denial{Kind: model.KindCap, Status: http.StatusTooManyRequests}}
	}
	if err != nil {
		h.State, wait = s.setback(err, now)
		h.Error, h.RetryAt = err.Error(), now.Add(wait)
	} else {
		s.failures = 0
	}
	h.Interval = wait
	emit(model.Event{At: now, Source: model.SourceBilling, Health: &h})
	return wait, err
}

// poll reads the log and the account, and more of the log's past while there
// is some to read.
func (s *Source) poll(ctx context.Context) error {
	now := s.opts.Clock.Now()
	if s.held.After(now) { // the cap may have been raised
		s.account.planDue = time.Time{}
		return s.account.refresh(ctx, true)
	}
	back, reach := s.pasts(now)
	if err := s.log.poll(ctx, max(s.budget.spare(time.Now())/2, 1), reach); err != nil {
		return err
	}
	if err := s.account.refresh(ctx, s.capHot.Load()); err != nil {
		return err
	}
	for _, past := range back {
		if err := s.log.backfill(ctx, past, s.budget.spare(time.Now())-backfillReserve); err != nil {
			return err
		}
	}
	return nil
}

// pasts are the times back to which the log is wanted, the nearest first: for
// the windows of a minute, then for the longest limit and for the screen's
// history, and for the day's spending where the account does not tell it. reach
// is how far back the furthest of them may ever lie.
func (s *Source) pasts(now time.Time) (back []time.Time, reach time.Duration) {
	longest := 15 * time.Minute
	for _, e := range s.opts.Table.Endpoints {
		for _, l := range e.Limits {
			longest = max(longest, l.Per)
		}
	}
	edge := s.log.horizon.at
	if edge.IsZero() {
		edge = now
	}
	back = []time.Time{edge.Add(-time.Minute), edge.Add(-longest)}
	if s.account.noPlan {
		back = append(back, now.Truncate(24*time.Hour))
	}
	return back, max(longest, 24*time.Hour)
}

// pace is the time until the next poll when all is well.
func (s *Source) pace() time.Duration {
	now := s.opts.Clock.Now()
	wait := s.opts.Interval
	switch {
	case s.hot.Load() || !s.log.complete(s.log.horizon.at.Add(-time.Minute)):
		wait /= 2
	case s.idle.Load():
		wait *= 3
	}
	if at := s.nextReset(now).Add(resetGrace); at.After(now) && at.Before(now.Add(wait)) {
		wait = at.Sub(now)
		s.account.planDue = time.Time{}
	}
	wait += time.Duration((rand.Float64() - 0.5) * pollJitter * float64(wait))
	return max(wait, s.budget.wait(time.Now(), pollReserve))
}

// setback says how the source stands after an error, and when to try again.
func (s *Source) setback(err error, now time.Time) (model.State, time.Duration) {
	untilReset := s.nextReset(now).Add(resetGrace).Sub(now)
	if no, ok := errors.AsType[*refusal](err); ok {
		s.failures = 0
		switch no.Kind {
		case model.KindCap:
			if s.held.After(now) && s.account.roomLeft() {
				s.held = time.Time{} // the cap was raised
				return model.StatePaused, backoffFirst
			}
			s.held = now.Add(untilReset)
			return model.StatePaused, min(untilReset, retryDenied)
		case model.KindRate, model.KindBusy:
			wait := max(no.RetryAfter.Or(retryLimited), time.Second)
			s.limited = now.Add(wait)
			return model.StatePaused, wait
		case model.KindAuth:
			return model.StateError, min(untilReset, retryRefused)
		}
		return model.StateError, min(untilReset, retryDenied)
	}
	if status, ok := errors.AsType[*statusError](err); ok && status.status < 500 {
		return model.StateError, retryRefused
	}
	wait := min(backoffFirst<<min(s.failures, 10), backoffMost)
	s.failures++
	return model.StateError, wait/2 + rand.N(wait/2)
}

// nextReset is when the cap's use returns to zero, as far as is known.
func (s *Source) nextReset(now time.Time) time.Time {
	const day = 24 * time.Hour
	if at := s.account.known.ResetsAt; at.After(now) {
		return at
	}
	return now.Truncate(day).Add(day)
}

// note says what is missing or odd, in a line.
func (s *Source) note() string {
	notes := slices.Sorted(maps.Values(s.account.missing))
	if s.log.note != "" {
		notes = append(notes, s.log.note)
	}
	return strings.Join(notes, "; ")
}
