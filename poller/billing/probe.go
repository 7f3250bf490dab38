package billing

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"quotatop/model"
)

// An Answer is what one billing endpoint said to Probe.
type Answer struct {
	Path string // as in "/billing/plan-info"
	Took time.Duration
	// Status is the HTTP status; 0 when there was no answer.
	Status int
	// Err says in a line why the endpoint is of no use: no answer, a denial, or
	// a body that cannot be read. Denial is set for a denial.
	Err    error
	Denial *model.Denial
	// Missing is set when the endpoint is not there and quotatop does without.
	Missing bool
	Said    string // what it told, in a line
}

// Probe asks each billing endpoint once, whatever the others said, for finding
// out why polls fail. Each costs a request of the budget. A Source that probes
// does nothing else.
func (s *Source) Probe(ctx context.Context) iter.Seq[Answer] {
	return func(yield func(Answer) bool) {
		var told model.Account // the last one that was told
		var status int         // of the last answer
		s.client.emit = func(e model.Event) {
			switch {
			case e.Account != nil:
				told = *e.Account
			case e.Call != nil:
				status = e.Call.Status
			}
		}
		now := s.opts.Clock.Now()
		s.log.anchor = anchorFor(now, 0)
		asks := []struct {
			path string
			ask  func() (said string, err error)
		}{
			{requestsPath, func() (string, error) {
				p, err := s.log.fetch(ctx, 1)
				return p.told(), err
			}},
			{planPath, func() (string, error) {
				_, err := s.account.read(ctx, planPath)
				return amounts(told), err
			}},
			{statusPath, func() (string, error) {
				_, err := s.account.read(ctx, statusPath)
				return amounts(told), err
			}},
		}
		probe := func(path string, ask func() (said string, err error)) Answer {
			status, told = 0, model.Account{}
			began := time.Now()
			said, err := ask()
			a := Answer{Path: path, Took: time.Since(began), Status: status, Err: err}
			if no, ok := errors.AsType[*refusal](err); ok {
				a.Denial = &no.Denial
			}
			if err != nil {
				return a
			}
			if a.Said, a.Missing = s.account.missing[path]; !a.Missing {
				a.Said = said
			}
			return a
		}
		for _, a := range asks {
			if !yield(probe(a.path, a.ask)) {
				return
			}
		}
		if team := s.account.known.Team; team != "" {
			yield(probe(overagePath(team), func() (string, error) {
				err := s.account.reset(ctx, team, now)
				if told.ResetsAt.IsZero() {
					return "it does not say when the cap resets", err
				}
				return "the cap resets at " + told.ResetsAt.Format("2006-01-02 15:04 UTC"), err
			}))
		}
	}
}

// told is what a page tells, in a line.
func (p *page) told() string {
	text := fmt.Sprintf("rows: %d on the first page", len(p.rows))
	if p.total >= 0 {
		text += fmt.Sprintf(", %d since 00:00 UTC", p.total)
	}
	if p.bad > 0 {
		text += fmt.Sprintf("; %d cannot be read", p.bad)
	}
	return text
}

// amounts is what an account tells, in a line.
func amounts(a model.Account) string {
	plan := a.Plan
	if plan == "" {
		plan = "–"
	}
	return fmt.Sprintf("plan %s, used %s of %s", plan, a.Used, a.Limit)
}
