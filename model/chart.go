package model

import "time"

// A Chart is the calls of an endpoint, step by step: what a screen draws of its
// past. Charts of one endpoint differ in their step and length only. A Chart is
// never changed once it is made, and may be shared by many snapshots.
type Chart struct {
	Step time.Duration
	// To is the end of the last step; a step that is not over yet is left out.
	To time.Time
	// From is since when calls have been watched: what is counted of the steps
	// that begin before it is not known to be all.
	From time.Time
	// Accepted and Rejected are the calls of each step, oldest first.
	Accepted, Rejected []int
}

// Span is the time that the chart covers.
func (c *Chart) Span() time.Duration { return c.Step * time.Duration(len(c.Accepted)) }

// chartSteps are the charts of each endpoint: the last 15 minutes, the last
// hour and the last day.
var chartSteps = [...]struct {
	step  time.Duration
	steps int
}{{5 * time.Second, 180}, {20 * time.Second, 180}, {time.Minute, 1440}}

// chartTally counts one endpoint's calls for one chart.
type chartTally struct{ accepted, rejected *Window }

func newChartTallies() (tallies [len(chartSteps)]chartTally) {
	for i, c := range chartSteps {
		memory := c.step*time.Duration(c.steps) + laneLag
		tallies[i] = chartTally{NewWindow(c.step, memory), NewWindow(c.step, memory)}
	}
	return tallies
}

// drawn are the charts of one endpoint that were made last, from this machine's
// view and from the account's. A chart of a day is long: it is made once for
// each of its steps, not once for each snapshot.
type drawn struct{ local, account []Chart }

// charts are those of an endpoint from the lanes that see most, as v has them;
// nil when nothing is seen.
func (l *Ledger) charts(e int, v view) []Chart {
	if !v.sees {
		return nil
	}
	since, kept := v.watched(), &l.drawn[e].local
	if v.fromAccount {
		kept = &l.drawn[e].account
	}
	var made []Chart
	for i, c := range chartSteps {
		to := v.asOf.Truncate(c.step)
		if len(*kept) > 0 && (*kept)[i].To.Equal(to) && (*kept)[i].From.Equal(since) {
			continue
		}
		if made == nil { // those that were handed out stay as they are
			made = make([]Chart, len(chartSteps))
			copy(made, *kept)
		}
		accepted, rejected := l.steps(v, to, c.steps, func(lane *lane) chartTally { return lane.charts[e][i] })
		made[i] = Chart{Step: c.step, To: to, From: since, Accepted: accepted, Rejected: rejected}
	}
	if made != nil {
		*kept = made
	}
	return *kept
}

// steps is the n steps up to a time, by the lanes behind a view: accepted calls
// as the one that saw most of them has it, rejected ones as this machine saw
// them. Steps that begin before those lanes watched are also told by the past.
func (l *Ledger) steps(v view, to time.Time, n int, tally func(*lane) chartTally) (accepted, rejected []int) {
	accepted, rejected = make([]int, n), make([]int, n)
	step := make([]int, n)
	most := func(into []int, from *Window) {
		from.Steps(to, step)
		for j, n := range step {
			into[j] = max(into[j], n)
		}
	}
	for _, lane := range v.lanes {
		most(accepted, tally(lane).accepted)
	}
	if v.past != nil {
		window := tally(v.past).accepted
		window.Steps(to, step)
		start := to.Truncate(window.width).Add(-time.Duration(n) * window.width)
		for j := 0; j < n && start.Add(time.Duration(j)*window.width).Before(v.since); j++ {
			accepted[j] = max(accepted[j], step[j])
		}
	}
	for _, lane := range l.local {
		most(rejected, tally(lane).rejected)
	}
	return accepted, rejected
}
