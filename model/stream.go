package model

import "time"

// A stream counts one series of calls: those of the billing log, those that one
// local source saw, or quotatop's own polls. The same call may be in several
// streams, which are never matched call by call.
type stream struct {
	name       string         // of the source, for a local stream
	live       bool           // its source reports each call once; see Health.Live
	replayedTo time.Time      // an earlier run has counted the calls before it; see Resume
	since      time.Time      // the source has been watching since then; zero before it started
	watched    coverage       // what was watched before since; for the billing log, what has been read
	oldest     time.Time      // the earliest that since has been, for the billing log, which has gaps
	tallies    [][]spanTally  // by endpoint, then by span of that endpoint
	charts     [][]chartTally // by endpoint, then as chartSteps
	denied     []*Window      // by endpoint: the calls that charts show as rejected
	models     []modelTally   // by endpoint, in the current period
	paths      []*Window      // by pattern of the table
	rows       []*Window      // raw rows by endpoint; for the billing log only
}

// A spanTally counts one endpoint's calls for one span.
type spanTally struct {
	accepted, rejected spanWindow
	history            chartTally
}

// A spanWindow counts the calls of a span: in one window, or in one with coarse buckets
// and a fine one for those that begin after the last of them.
type spanWindow struct {
	*Window
	tail *Window
}

// Add counts n calls at t.
func (w spanWindow) Add(t time.Time, n int) { w.count(t, t, n) }

func (w spanWindow) count(from, to time.Time, n int) {
	w.Window.count(from, to, n)
	if w.tail != nil {
		w.tail.count(from, to, n)
	}
}

// Count returns the calls in [from, to).
func (w spanWindow) Count(from, to time.Time) int {
	if w.tail == nil {
		return w.Window.Count(from, to)
	}
	last := maxTime(from, time.Unix(0, w.bucket(to)*int64(w.width)))
	return w.Window.Count(from, last) + w.tail.Count(last, to)
}

// detailWidth is the width of the buckets for the last minute's details and the
// burn rate.
const detailWidth = time.Second

// streamLag is how far behind its newest call a count of a stream may end: local
// streams are also counted up to the horizon of the billing log.
const streamLag = 2 * time.Minute

// newDetailWindow returns a window for a minute's details.
func newDetailWindow() *Window { return NewWindow(detailWidth, time.Minute+streamLag) }

func newStream(name string, t Table, spans [][]time.Duration) *stream {
	s := &stream{
		name:    name,
		tallies: make([][]spanTally, len(t.Endpoints)),
		charts:  make([][]chartTally, len(t.Endpoints)),
		denied:  make([]*Window, len(t.Endpoints)),
		models:  make([]modelTally, len(t.Endpoints)),
		paths:   make([]*Window, len(t.patterns)),
	}
	for e := range s.tallies {
		s.charts[e], s.denied[e] = newChartTallies(), newDetailWindow()
		for _, span := range spans[e] {
			step := span * 15 / HistorySteps
			s.tallies[e] = append(s.tallies[e], spanTally{
				accepted: spanWindow{Window: newLimitWindow(span, streamLag)},
				rejected: spanWindow{Window: newLimitWindow(span, streamLag)},
				history:  chartTally{NewWindow(step, 15*span+streamLag), NewWindow(step, 15*span+streamLag)},
			})
		}
	}
	for i := range s.paths {
		s.paths[i] = newDetailWindow()
	}
	return s
}

// newBillingStream makes a stream that also counts raw rows.
func newBillingStream(t Table, spans [][]time.Duration) *stream {
	s := newStream("", t, spans)
	for range t.Endpoints {
		s.rows = append(s.rows, newDetailWindow())
	}
	return s
}

// accept counts n accepted calls at t, or spread over [from, t), in every span and
// chart of endpoint e.
func (s *stream) accept(e int, from, t time.Time, n int) {
	for i := range s.tallies[e] {
		y := &s.tallies[e][i]
		y.accepted.count(from, t, n)
		y.history.accepted.count(from, t, n)
	}
	for i := range s.charts[e] {
		s.charts[e][i].accepted.count(from, t, n)
	}
}

// reject counts a denied call in one span of endpoint e.
func (s *stream) reject(e, span int, t time.Time) {
	if len(s.tallies[e]) == 0 {
		return // an egress does not count it
	}
	s.tallies[e][span].rejected.Add(t, 1)
	s.tallies[e][span].history.rejected.Add(t, 1)
}

// chartRejected counts a denied call in the charts of endpoint e.
func (s *stream) chartRejected(e int, t time.Time) {
	for i := range s.charts[e] {
		s.charts[e][i].rejected.Add(t, 1)
	}
	if w := s.denied[e]; w != nil {
		w.Add(t, 1)
	}
}

// covers reports whether the source has watched for all of the span that ends at
// t.
func (s *stream) covers(per time.Duration, t time.Time) bool {
	return s.watching() && !s.since.After(t.Add(-per))
}

// watching reports whether the stream's source has started to watch.
func (s *stream) watching() bool { return s != nil && !s.since.IsZero() }

// between returns the accepted calls in [from, to), counted in the window of a
// span.
func (s *stream) between(e, span int, from, to time.Time) int {
	if s == nil {
		return 0
	}
	return s.tallies[e][span].accepted.Count(from, to)
}

// rejected returns the calls in [from, to) that one limit denied.
func (s *stream) rejected(e, span int, from, to time.Time) int {
	if s == nil {
		return 0
	}
	return s.tallies[e][span].rejected.Count(from, to)
}

// newest returns the end of the last step in which a call was counted.
func (s *stream) newest() (t time.Time) {
	for e := range s.tallies {
		for _, y := range s.tallies[e] {
			for _, w := range []*Window{y.accepted.Window, y.rejected.Window} {
				if w.newest >= 0 {
					t = maxTime(t, time.Unix(0, (w.newest+1)*int64(w.width)).UTC())
				}
			}
		}
	}
	return t
}
