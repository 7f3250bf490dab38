package model

import "time"

// A Chart is the recent calls to an endpoint, step by step. The charts of an endpoint
// differ only in their step and length. A Chart never changes, and snapshots may
// share it.
type Chart struct {
	Step time.Duration
	// To is the end of the last step. The step that is still filling is left out.
	To time.Time
	// From is when watching began. Steps that begin before it may be incomplete.
	From time.Time
	// Accepted and Rejected are the calls in each step, oldest first.
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

// A chartTally counts one endpoint's calls for one chart.
type chartTally struct{ accepted, rejected *Window }

func newChartTallies() (tallies [len(chartSteps)]chartTally) {
	for i, c := range chartSteps {
		memory := c.step*time.Duration(c.steps) + streamLag
		tallies[i] = chartTally{NewWindow(c.step, memory), NewWindow(c.step, memory)}
	}
	return tallies
}

// A chartCache keeps the last charts of one endpoint, from this machine's figures
// and from the account's. The chart of a day is long, so charts are made once for
// each of their steps, not once for each snapshot.
type chartCache struct{ local, account []Chart }

// charts returns the charts of an endpoint from the streams of a view; nil when
// there are none.
func (l *Ledger) charts(e int, v view) []Chart {
	if !v.known {
		return nil
	}
	since, kept := v.watched(), &l.chartCache[e].local
	if v.fromAccount {
		kept = &l.chartCache[e].account
	}
	var made []Chart
	for i, c := range chartSteps {
		to := v.asOf.Truncate(c.step)
		if len(*kept) > 0 && (*kept)[i].To.Equal(to) && (*kept)[i].From.Equal(since) {
			continue
		}
		if made == nil { // snapshots share the old ones
			made = make([]Chart, len(chartSteps))
			copy(made, *kept)
		}
		accepted, rejected := l.steps(v, to, c.steps, func(stream *stream) chartTally { return stream.charts[e][i] })
		made[i] = Chart{Step: c.step, To: to, From: since, Accepted: accepted, Rejected: rejected}
	}
	if made != nil {
		*kept = made
	}
	return *kept
}

// steps returns the last n steps that end by a time. Accepted calls are those of
// the view's streams, the largest of them in each step; rejected calls are what
// this machine saw. Steps before v.since also count the calls of v.past.
func (l *Ledger) steps(v view, to time.Time, n int, tally func(*stream) chartTally) (accepted, rejected []int) {
	accepted, rejected = make([]int, n), make([]int, n)
	step := make([]int, n)
	most := func(into []int, from *Window) {
		from.Steps(to, step)
		for j, n := range step {
			into[j] = max(into[j], n)
		}
	}
	for _, stream := range v.streams {
		most(accepted, tally(stream).accepted)
	}
	if v.past != nil {
		window := tally(v.past).accepted
		window.Steps(to, step)
		start := to.Truncate(window.width).Add(-time.Duration(n) * window.width)
		for j := 0; j < n && start.Add(time.Duration(j)*window.width).Before(v.since); j++ {
			accepted[j] = max(accepted[j], step[j])
		}
	}
	for _, stream := range l.local {
		most(rejected, tally(stream).rejected)
	}
	return accepted, rejected
}
