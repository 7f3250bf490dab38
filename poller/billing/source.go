// Package billing reads the account's own view of its quota: the billing log,
// the plan and its cap. It keeps to a polling budget, so that watching the quota
// does not use it up.
package billing

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// DefaultInterval is the time from one poll to the next. It is halved while
// something is urgent or history is being filled in, and tripled while nothing
// moves.
const DefaultInterval = 10 * time.Second

// backfillReserve is how many requests backfilling leaves for polling.
const backfillReserve = 6

// pollReserve is how many requests a poll may need: one for the wrong page of the
// log, one for the right one, and the plan.
const pollReserve = 3

// maxStarved bounds how often the reserve is doubled, after polls in a row that ran
// out of budget: one that finds its way back into a long log needs more.
const maxStarved = 3

// Options configure a Source. Base, Key, Clock and Table are required.
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

	failures     int           // in a row
	failed       error         // why the last poll that was not out of budget failed; nil if it did not
	state        model.State   // as last reported
	offset       time.Duration // the server's clock less the steady one, as last reported
	starved      int           // polls in a row that ran out of budget
	capUntil     time.Time     // local: polling the log is pointless before, the cap is reached
	limitedUntil time.Time     // local: our own polls are rate-limited until then

	wake chan struct{} // holds one token while urgency or a request to poll is to be looked at

	mu        sync.Mutex // guards what follows
	demand    demand     // by the last snapshot
	urgent    bool       // the log should be polled soon
	asked     bool       // the user wants a poll
	polling   bool
	firstCall time.Time     // local: when calls were last seen to begin
	interval  time.Duration // between polls when all is well
	retimed   bool          // it has changed since the last poll
	planAsked time.Time     // server: the last poll of the plan
}

// New returns a Source that has not sent anything yet.
func New(opts Options) *Source {
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
		opts: opts, client: c, budget: b, log: newLog(c), account: newAccount(c), wake: make(chan struct{}, 1),
		interval: cmp.Or(opts.Interval, DefaultInterval),
	}
}

// budgetShare is the part of every per-IP limit that our own polls may use.
const budgetShare = 0.05

// DefaultBudget returns how much of the table's per-IP limits our polls may use
// in a minute and in an hour.
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

// Heard returns a channel that is closed once the first request has ended: the
// server's clock is known then, or cannot be known for now.
func (s *Source) Heard() <-chan struct{} { return s.client.heard }

// Run polls until ctx ends. Whatever goes wrong is reported as Health and tried
// again.
func (s *Source) Run(ctx context.Context, emit func(model.Event)) error {
	for {
		began := time.Now()
		wait, _ := s.step(ctx, emit)
		if !s.pause(ctx, began, wait) {
			return nil
		}
	}
}

// Poll polls once. The error says why there is no answer.
func (s *Source) Poll(ctx context.Context, emit func(model.Event)) error {
	_, err := s.step(ctx, emit)
	return err
}

// step polls everything that is due, reports how that went, and returns when to
// poll next.
func (s *Source) step(ctx context.Context, emit func(model.Event)) (time.Duration, error) {
	s.begin()
	defer s.end()
	s.client.emit = emit
	began := time.Now()
	if s.state == "" { // the first
		s.state, s.offset = model.StateOK, s.opts.Clock.Correction()
	}
	s.tellClock()
	err := s.poll(ctx)
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	now := s.opts.Clock.Now()
	h := s.health()
	wait := s.outcome(err, began, now, &h)
	h.Interval = wait
	s.clockMoved(h.ClockOffset)
	emit(model.Event{At: s.asOf(&h, now), Source: model.SourceBilling, Health: &h})
	return wait, s.failed
}

// health returns what the source says of itself, but for how it fares.
func (s *Source) health() model.Health {
	return model.Health{
		Vantage: s.Vantage(), Note: s.note(), BudgetMinute: s.opts.BudgetMinute, BudgetHour: s.opts.BudgetHour,
		ClockOffset: s.opts.Clock.Correction(), ClockStep: s.opts.Clock.Step(),
	}
}

// clockJump is the smallest change of the server's time after which what was dated by
// it is wrong; the ledger's is the same.
const clockJump = 2 * time.Second

// clockMoved notes the server's clock less the steady one, and reports whether it has
// jumped. What was read by the wrong time is then read again.
func (s *Source) clockMoved(offset time.Duration) bool {
	back := s.offset - offset
	s.offset = offset
	if back.Abs() <= clockJump {
		return false
	}
	if s.log.lateness = (lateness{}); back > 0 {
		s.log.forget()
	}
	s.account.known.ResetsAt, s.account.termsDue = time.Time{}, time.Time{}
	s.mu.Lock()
	s.planAsked = time.Time{}
	s.mu.Unlock()
	return true
}

// tellClock tells the ledger that the server's time turned out to be another, before
// anything is dated by it.
func (s *Source) tellClock() {
	if h := s.health(); s.clockMoved(h.ClockOffset) {
		if h.State = s.state; s.failed != nil {
			h.Error = s.failed.Error()
		}
		s.client.emit(model.Event{At: s.opts.Clock.Now(), Source: model.SourceBilling, Health: &h})
	}
}

// outcome judges a poll that began at a local time: it sets the state, and returns
// when to poll next. A poll that ran out of budget says nothing new unless some of
// it was answered: what was wrong before still is.
func (s *Source) outcome(err error, began, now time.Time, h *model.Health) (wait time.Duration) {
	starved := errors.Is(err, errBudget)
	if starved {
		s.starved++
		err = nil
	} else {
		s.starved = 0
	}
	if err == nil && s.capReached() {
		err = &refusal{model.Denial{Kind: model.KindCap, Status: http.StatusTooManyRequests}}
	}
	switch {
	case err != nil:
		s.state, wait = s.backoff(err, now)
		s.failed = err
	case starved && s.failed != nil && s.client.answered.Before(began):
	default:
		s.failures, s.failed, s.state = 0, nil, model.StateOK
		wait = s.pace(now)
	}
	wait = max(wait, s.budget.wait(time.Now(), pollReserve<<min(s.starved, maxStarved)))
	if h.State = s.state; s.failed != nil {
		h.Error, h.RetryAt = s.failed.Error(), now.Add(wait)
	}
	return wait
}

// asOf returns when a state was so: a source is well as of its last response.
func (s *Source) asOf(h *model.Health, now time.Time) time.Time {
	if h.State != model.StateOK || s.client.answered.IsZero() {
		return now
	}
	return s.opts.Clock.At(s.client.answered)
}

// poll reads the plan, the log, and more of the log's past while there is some to
// read. The plan comes first: the log needs the server's date, which the first
// response gives.
func (s *Source) poll(ctx context.Context) error {
	s.account.every = s.planInterval()
	planErr := s.account.plan(ctx, s.capReached())
	s.tellClock()
	s.notePlan()
	if _, broken := errors.AsType[*endpointError](planErr); planErr != nil && !broken || s.capReached() {
		return planErr
	}
	reach := s.reach()
	if err := s.log.poll(ctx, max(s.budget.spare(time.Now())/2, 1), reach); err != nil {
		return err
	}
	if planErr != nil {
		return planErr
	}
	if err := s.account.terms(ctx); err != nil {
		return err
	}
	for _, past := range s.pasts() {
		if err := s.log.backfill(ctx, past, s.budget.spare(time.Now())-backfillReserve); err != nil {
			return err
		}
	}
	return nil
}

// capReached reports whether the cap was reached and has not been reset since:
// the log is refused too.
func (s *Source) capReached() bool { return s.capUntil.After(time.Now()) }

// longest returns the longest window that history is wanted for: that of a limit,
// or of the screen's charts.
func (s *Source) longest() time.Duration {
	longest := 15 * time.Minute
	for _, e := range s.opts.Table.Endpoints {
		for _, l := range e.Limits {
			longest = max(longest, l.Per)
		}
	}
	return longest
}

// reach returns how far back the log may ever be read.
func (s *Source) reach() time.Duration { return max(s.longest(), 24*time.Hour) }

// pasts returns the times back to which the log is wanted, the nearest first: for
// the windows of a minute, for the longest window, and for the day's spending if
// the plan does not give it.
func (s *Source) pasts() []time.Time {
	now := s.opts.Clock.Now()
	edge := s.log.horizon.at
	if edge.IsZero() {
		edge = now
	}
	back := []time.Time{edge.Add(-time.Minute), edge.Add(-s.longest())}
	if s.account.noPlan {
		back = append(back, now.Truncate(24*time.Hour))
	}
	return back
}

// note says in one line what is missing or odd.
func (s *Source) note() string {
	notes := slices.Sorted(maps.Values(s.account.missing))
	if s.log.note != "" {
		notes = append(notes, s.log.note)
	}
	return strings.Join(notes, "; ")
}
