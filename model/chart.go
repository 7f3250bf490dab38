package model

import (
	"slices"
	"time"
)

// A Chart is the recent calls to an endpoint, step by step. The charts of an endpoint
// differ only in their step and length. A Chart never changes, and snapshots may
// share it.
type Chart struct {
	Step time.Duration
	// To is the end of the last step. The step that is still filling is left out.
	To time.Time
	// From is when watching began. There may be gaps since.
	From time.Time
	// Accepted and Rejected are the calls in each step, oldest first. Accepted is
	// Unknown where nothing watched.
	Accepted, Rejected []int
	// Marks say how Accepted is to be read; nil for no marks.
	Marks []Mark
	// Full is set in the steps in which a denial said that a limit of Limit calls
	// per minute was reached; nil for none.
	Full  []bool
	Limit int
}

// Minute returns the calls of the minute that ends with a step, and how they are to
// be read; false if some of that minute was not watched. Where a denial said that
// the limit was reached, they are Limit at least.
func (c *Chart) Minute(step int) (calls int, mark Mark, ok bool) {
	first := step + 1 - max(int(time.Minute/c.Step), 1)
	if first < 0 {
		return 0, 0, false
	}
	for j := first; j <= step; j++ {
		if c.Accepted[j] == Unknown {
			return 0, 0, false
		}
		calls += c.Accepted[j]
		if c.Marks != nil {
			mark |= c.Marks[j]
		}
	}
	if c.Full != nil && c.Full[step] && calls < c.Limit {
		return c.Limit, MarkInferred, true
	}
	return calls, mark, true
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
type chartCache struct{ local, account keptCharts }

type keptCharts struct {
	charts  []Chart
	watched int64 // what had been watched when they were made; see Ledger.watchedSum
}

// charts returns the charts of an endpoint at the time of a view; nil when there are
// none.
func (l *Ledger) charts(e int, v view) []Chart {
	if !v.known {
		return nil
	}
	kept := &l.chartCache[e].local
	if v.fromAccount {
		kept = &l.chartCache[e].account
	}
	watched := l.watchedSum()
	var made []Chart
	for i, c := range chartSteps {
		to := v.asOf.Truncate(c.step)
		if len(kept.charts) > 0 && kept.charts[i].To.Equal(to) && kept.watched == watched {
			continue
		}
		if made == nil { // snapshots share the old ones
			made = make([]Chart, len(chartSteps))
			copy(made, kept.charts)
		}
		made[i] = l.chart(e, i, v)
	}
	if made != nil {
		kept.charts, kept.watched = made, watched
	}
	return kept.charts
}

func (l *Ledger) chart(e, i int, v view) Chart {
	s := l.history(e, v, chartSteps[i].steps, func(stream *stream) chartTally { return stream.charts[e][i] })
	c := Chart{Step: s.width, To: s.end, From: s.from, Accepted: s.accepted, Rejected: s.rejected}
	if slices.ContainsFunc(s.marks, func(m Mark) bool { return m != 0 }) {
		c.Marks = s.marks
	}
	minute := slices.IndexFunc(l.table.Endpoints[e].Limits, func(limit Limit) bool { return limit.Per == time.Minute })
	if full := l.full[e].charts[i]; minute >= 0 && full.newest >= 0 {
		c.Limit = l.lastDenials[e][minute].inForce(l.table.Endpoints[e].Limits[minute].Max)
		c.Full = make([]bool, len(c.Accepted))
		for j, n := range full.steps(v.asOf, len(c.Accepted)) {
			c.Full[j] = n > 0
		}
	}
	return c
}

// watchedSum returns a number that changes when more of the past is watched. What is
// watched right up to now does not change it.
func (l *Ledger) watchedSum() (sum int64) {
	add := func(c coverage, since time.Time) {
		sum = sum*31 + int64(len(c)) + since.UnixNano()
		for i := range c {
			if sum = sum*31 + c[i].from.UnixNano(); i < len(c)-1 {
				sum = sum*31 + c[i].to.UnixNano()
			}
		}
	}
	for _, stream := range l.local {
		add(stream.watched, stream.since)
	}
	if l.billing != nil {
		add(l.billing.watched, time.Time{})
	}
	return sum
}

// A fullTally counts, by step, the denials that said that a limit of an endpoint was
// reached: for the history of each limit, and for the charts those of the limit per
// minute.
type fullTally struct {
	history []*Window
	charts  [len(chartSteps)]*Window
}

func newFullTally(spans []time.Duration) fullTally {
	var t fullTally
	for _, span := range spans {
		t.history = append(t.history, NewWindow(span*15/HistorySteps, 15*span+streamLag))
	}
	for i, c := range chartSteps {
		t.charts[i] = NewWindow(c.step, c.step*time.Duration(c.steps)+streamLag)
	}
	return t
}

// add notes a denial by one limit, over a window of per.
func (t *fullTally) add(limit int, per time.Duration, at time.Time) {
	t.history[limit].Add(at, 1)
	if per == time.Minute {
		for _, w := range t.charts {
			w.Add(at, 1)
		}
	}
}
