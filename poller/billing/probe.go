package billing

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"quotatop/model"
)

// An Answer is what Probe learned from one billing endpoint.
type Answer struct {
	Path string // as in "/billing/plan-info"
	Took time.Duration
	// Status is the HTTP status; 0 when there was no response.
	Status int
	// Err says in one line why the endpoint cannot be used: no response, a
	// denial, or a body that cannot be read. Denial is set for a denial.
	Err    error
	Denial *model.Denial
	// Missing is set when the API does not have the endpoint and quotatop can do
	// without it.
	Missing bool
	Summary string // what it said, in one line
}

// Probe requests each billing endpoint once, whatever the others return, to find
// out why polls fail. Each costs one request of the budget. Do not use a Source
// that probes for anything else.
func (s *Source) Probe(ctx context.Context) iter.Seq[Answer] {
	return func(yield func(Answer) bool) {
		p := &probe{Source: s}
		s.client.emit = p.observe
		requests := func() (string, error) {
			s.log.anchor = anchorFor(s.opts.Clock.Now(), 0)
			first, err := s.log.fetch(ctx, 1)
			if today := anchorFor(s.opts.Clock.Now(), 0); err == nil && !today.Equal(s.log.anchor) {
				s.log.anchor = today // the local clock was wrong
				first, err = s.log.fetch(ctx, 1)
			}
			return first.summary(), err
		}
		amounts := func(path string) func() (string, error) {
			return func() (string, error) {
				_, err := s.account.read(ctx, path)
				return amounts(p.account), err
			}
		}
		more := yield(p.ask(requestsPath, requests)) &&
			yield(p.ask(planPath, amounts(planPath))) &&
			yield(p.ask(statusPath, amounts(statusPath)))
		team := s.account.known.Team
		if !more || team == "" {
			return
		}
		yield(p.ask(overagePath(team), func() (string, error) {
			err := s.account.reset(ctx, team, s.opts.Clock.Now())
			if p.account.ResetsAt.IsZero() {
				return "does not say when the cap resets", err
			}
			return "the cap resets at " + p.account.ResetsAt.Format("2006-01-02 15:04 UTC"), err
		}))
	}
}

// A probe watches what the requests of one endpoint report.
type probe struct {
	*Source
	account model.Account // the last one reported
	status  int           // of the last response
}

func (p *probe) observe(e model.Event) {
	switch {
	case e.Account != nil:
		p.account = *e.Account
	case e.Call != nil:
		p.status = e.Call.Status
	}
}

// ask requests one endpoint and returns what came of it.
func (p *probe) ask(path string, request func() (summary string, err error)) Answer {
	p.status, p.account = 0, model.Account{}
	began := time.Now()
	summary, err := request()
	a := Answer{Path: path, Took: time.Since(began), Status: p.status, Err: err}
	if no, ok := errors.AsType[*refusal](err); ok {
		a.Denial = &no.Denial
	}
	if err != nil {
		return a
	}
	if a.Summary, a.Missing = p.Source.account.missing[path]; !a.Missing {
		a.Summary = summary
	}
	return a
}

// summary says in one line what is on the page.
func (p *page) summary() string {
	text := fmt.Sprintf("rows: %d on the first page", len(p.rows))
	if p.total >= 0 {
		text += fmt.Sprintf(", %d since 00:00 UTC", p.total)
	}
	if p.bad > 0 {
		text += fmt.Sprintf("; %d cannot be read", p.bad)
	}
	return text
}

// amounts says in one line what is known of an account.
func amounts(a model.Account) string {
	plan := a.Plan
	if plan == "" {
		plan = "–"
	}
	return fmt.Sprintf("plan %s, used %s of %s", plan, a.Used, a.Limit)
}
