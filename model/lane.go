package model

import "time"

// A lane is one stream of calls that can be counted by itself: what the
// billing log shows, what one local source saw, and quotatop's own polls. Calls are never matched across lanes.
type lane struct {
	name    string                        // of the source of a local lane
	live    bool                          // its source reports calls once, as they happen
	known   time.Time                     // calls before this time are known; see Resume
	since   time.Time                     // the lane has been watching from here on; zero when it has not begun
	oldest  time.Time                     // the earliest that since has been, for a lane with gaps; else zero
	tallies [][]tally                     // by endpoint, then by span of that endpoint
	charts  [][len(chartSteps)]chartTally // by endpoint
	models  []modelTally                  // by endpoint, of the current period
	paths   []*Window                     // the calls by pattern of the table
	rows    []*Window                     // raw billing rows by endpoint; the billing lane only
}

// tally counts one endpoint's calls for one span.
type tally struct {
	accepted, rejected *Window
	history            chartTally
}

// detailWidth is the width of the windows that serve the detail of a minute and
// the burn rate.
const detailWidth = time.Second

// laneLag is how far behind its newest call a lane can still be counted: the
// local lanes are counted up to the billing log's horizon too.
const laneLag = 2 * time.Minute

func newLane(name string, t Table, spans [][]time.Duration) *lane {
	l := &lane{
		name:    name,
		tallies: make([][]tally, len(t.Endpoints)),
		charts:  make([][len(chartSteps)]chartTally, len(t.Endpoints)),
		models:  make([]modelTally, len(t.Endpoints)),
		paths:   make([]*Window, len(t.patterns)),
	}
	for e := range l.tallies {
		l.charts[e] = newChartTallies()
		for _, span := range spans[e] {
			step := span * 15 / HistorySteps
			l.tallies[e] = append(l.tallies[e], tally{
				accepted: newLimitWindow(span, laneLag),
				rejected: newLimitWindow(span, laneLag),
				history:  chartTally{NewWindow(step, 15*span+laneLag), NewWindow(step, 15*span+laneLag)},
			})
		}
	}
	for i := range l.paths {
		l.paths[i] = NewWindow(detailWidth, time.Minute+laneLag)
	}
	return l
}

// newBillingLane also counts raw rows.
func newBillingLane(t Table, spans [][]time.Duration) *lane {
	l := newLane("", t, spans)
	for range t.Endpoints {
		l.rows = append(l.rows, NewWindow(detailWidth, time.Minute+laneLag))
	}
	return l
}

// accept counts n accepted calls at t, or spread over [from, t), for every
// span and chart of endpoint e.
func (l *lane) accept(e int, from, t time.Time, n int) {
	for i := range l.tallies[e] {
		y := &l.tallies[e][i]
		y.accepted.count(from, t, n)
		y.history.accepted.count(from, t, n)
	}
	for i := range l.charts[e] {
		l.charts[e][i].accepted.count(from, t, n)
	}
}

// reject counts a denied call against one span of endpoint e.
func (l *lane) reject(e, span int, t time.Time) {
	l.tallies[e][span].rejected.Add(t, 1)
	l.tallies[e][span].history.rejected.Add(t, 1)
}

// chartRejected counts a denied call in the charts of endpoint e, whichever of
// its limits denied it.
func (l *lane) chartRejected(e int, t time.Time) {
	for i := range l.charts[e] {
		l.charts[e][i].rejected.Add(t, 1)
	}
}

// covers reports whether the lane has watched all of the span that ends at t.
func (l *lane) covers(per time.Duration, t time.Time) bool {
	return l.watching() && !l.since.After(t.Add(-per))
}

// watching reports whether the lane's source has said that it is there.
func (l *lane) watching() bool { return l != nil && !l.since.IsZero() }

// between counts the accepted calls of a span's window in [from, to).
func (l *lane) between(e, span int, from, to time.Time) int {
	if l == nil {
		return 0
	}
	return l.tallies[e][span].accepted.Count(from, to)
}

// rejected counts the calls that one limit denied in the span that ends at t.
func (l *lane) rejected(e, span int, per time.Duration, t time.Time) int {
	if l == nil {
		return 0
	}
	return l.tallies[e][span].rejected.Count(t.Add(-per), soon(t))
}
