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
	// Full are the steps in which denials said that a limit was reached; nil for
	// none.
	Full []FullSteps
}

// FullSteps are the steps of a chart in which a denial said that a limit was reached.
type FullSteps struct {
	Per   time.Duration // the window of the limit
	Limit int           // the limit in force
	Steps []bool
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

func newChartTallies() (tallies []chartTally) {
	for _, c := range chartSteps {
		memory := c.step*time.Duration(c.steps) + streamLag
		tallies = append(tallies, chartTally{NewWindow(c.step, memory), NewWindow(c.step, memory)})
	}
	return tallies
}

// A chartCache keeps the last charts of one endpoint, from this machine's figures
// and from the account's. The chart of a day is long, so charts are made once for
// each of their steps, not once for each snapshot.
type chartCache struct{ local, account keptCharts }

type keptCharts struct {
	charts  []Chart
	egress  string // whose calls they show
	watched int64  // what had been watched when they were made; see Ledger.watchedSum
}

// charts returns the charts of an endpoint at the time of a view; nil when there are
// none.
func (l *Ledger) charts(e int, v *view, m *moment) []Chart {
	if !v.known {
		return nil
	}
	kept := &l.chartCache[e].local
	if v.fromAccount {
		kept = &l.chartCache[e].account
	}
	watched := l.watchedSum(m)
	var made []Chart
	for i, c := range chartSteps {
		to := v.asOf.Truncate(c.step)
		if len(kept.charts) > 0 && kept.charts[i].To.Equal(to) && kept.watched == watched && kept.egress == v.place.egress {
			continue
		}
		if made == nil { // snapshots share the old ones
			made = make([]Chart, len(chartSteps))
			copy(made, kept.charts)
		}
		made[i] = l.chart(e, i, v, m)
	}
	if made != nil {
		kept.charts, kept.watched, kept.egress = made, watched, v.place.egress
	}
	return kept.charts
}

func (l *Ledger) chart(e, i int, v *view, m *moment) Chart {
	s := l.history(e, v, m, chartSteps[i].steps, func(stream *stream) chartTally { return stream.charts[e][i] })
	c := Chart{Step: s.width, To: s.end, From: s.from, Accepted: s.accepted, Rejected: s.rejected}
	if slices.ContainsFunc(s.marks, func(m Mark) bool { return m != 0 }) {
		c.Marks = slices.Clone(s.marks)
	}
	for limit := range l.table.Endpoints[e].Limits {
		if steps := v.place.full[e].steps(limit, i, &c); steps != nil {
			inForce := v.place.lastDenials[e][limit].inForce(l.table.Endpoints[e].Limits[limit].Max)
			c.Full = append(c.Full, FullSteps{l.spans[e][limit], inForce, steps})
		}
	}
	return c
}

// watchedSum returns a number that changes when more of the past is watched. What is
// watched right up to now does not change it.
func (l *Ledger) watchedSum(m *moment) (sum int64) {
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
	add(m.lost, time.Time{})
	return sum
}

// A fullTally counts, by step, the denials that said that a limit of an endpoint was
// reached: for the history of each limit, and for the charts those of the limit per
// minute.
type fullTally struct {
	history []*Window
	charts  []*Window // as chartSteps
}

func newFullTally(spans []time.Duration) fullTally {
	var t fullTally
	for _, span := range spans {
		t.history = append(t.history, NewWindow(span*15/HistorySteps, 15*span+streamLag))
	}
	for _, c := range chartSteps {
		t.charts = append(t.charts, NewWindow(c.step, c.step*time.Duration(c.steps)+streamLag))
	}
	return t
}

// steps returns the steps of a chart, one of chartSteps, in which a limit was reached;
// nil for none. For the limit per minute they are exact, for others to a step of the
// limit's history.
func (t *fullTally) steps(limit, chart int, c *Chart) []bool {
	w := t.history[limit]
	if w.newest < 0 {
		return nil
	}
	if w.width*HistorySteps/15 == time.Minute {
		w = t.charts[chart]
	}
	steps := make([]bool, len(c.Accepted))
	end := c.To.Add(-c.Span())
	for j := range steps {
		end = end.Add(c.Step)
		steps[j] = w.at(w.bucket(end.Add(-1))) > 0
	}
	return steps
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
