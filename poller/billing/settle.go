package billing

import (
	"context"
	"slices"
	"time"
)

// horizonGrain is what horizons are multiples of where possible. So are the
// buckets of the minute and hour windows, which a horizon then does not split.
const horizonGrain = 500 * time.Millisecond

// due returns the horizon that a page allows.
func (l *log) due(p page) time.Time { return p.asked.Add(-l.lateness.span()).Truncate(horizonGrain) }

// edge returns the horizon on a page whose first settled row is row i: the time
// that is due, if the page shows the rows on both sides of it.
func (l *log) edge(p page, i int) point {
	to := p.point(i)
	if i > 0 || p.number == 1 {
		to.at = l.due(p)
	}
	return to
}

// settled returns a page that reaches behind the horizon that is due, and the
// first of its rows that has settled. From p it guesses its way back through the
// log, and forward again where a guess went so far that nothing on the page is
// new.
func (l *log) settled(ctx context.Context, p page) (page, int, error) {
	const tries = 6
	young := 0 // no page up to this one has settled rows
	for range tries {
		i := p.before(l.due(p))
		var number int
		switch {
		case p.number > young+1 && (len(p.rows) == 0 || i == 0 && !p.rows[0].at.After(l.horizon.at)):
			number = young + (p.number-young)/2
		case i == len(p.rows) && !p.last():
			young, number = p.number, l.further(p)
		default:
			return p, i, nil
		}
		next, err := l.fetch(ctx, number)
		if err != nil {
			return page{}, 0, err
		}
		if len(next.rows) > 0 && len(p.rows) > 0 && next.rows[0].id == p.rows[0].id {
			return page{}, 0, errRepeats
		}
		p = next
	}
	return page{}, 0, errRepeats
}

// further guesses which page holds the horizon that is due, from a page that is
// too young and the rate of its rows.
func (l *log) further(p page) int {
	if p.total < 0 {
		return p.number + 1 // the length of the log is unknown
	}
	newest, oldest := p.rows[0].at, p.rows[len(p.rows)-1].at
	perSecond := float64(len(p.rows)) / max(newest.Sub(oldest).Seconds(), 0.01)
	behind := oldest.Sub(l.due(p)).Seconds() * perSecond * 1.1 / float64(p.size)
	return min(p.number+1+int(min(behind, 1e6)), (p.total-1)/p.size+1)
}

// begin reports the first page that has settled rows.
func (l *log) begin(ctx context.Context, first page) error {
	p, i, err := l.settled(ctx, first)
	if err != nil {
		return err
	}
	l.begun = true
	l.recent, l.unsettled = map[string]time.Time{}, map[string]bool{}
	end, from := l.unreported(p)
	switch {
	case i < len(p.rows):
		l.horizon = l.edge(p, i)
	case p.total >= 0:
		l.horizon = point{l.due(p), 0}
	default:
		l.horizon = point{l.due(p), -1}
	}
	if l.oldest = from; from.at.IsZero() { // an empty page of a log that continues
		l.oldest = l.horizon
	}
	l.recentSince = l.oldest.at
	l.polled = time.Time{}
	for _, r := range slices.Backward(p.rows[min(i, end):end]) {
		l.reportRow(r)
	}
	l.learnRate(p.rows)
	l.reportRead(l.oldest.at, l.horizon.at)
	if p.number == 1 {
		l.rememberUnsettled(p)
	}
	return nil
}

// unreported returns the end of p's rows that have not been reported yet, and
// their position in the log: the floor, the start of the log, or the end of the
// page. The position is zero for an empty page that others follow.
func (l *log) unreported(p page) (end int, from point) {
	switch end = p.before(l.floor.at); {
	case end < len(p.rows):
		return end, point{l.floor.at, p.point(end).rank}
	case p.last():
		return end, point{l.anchor, 0}
	case end > 0:
		return end, p.behind(end - 1)
	}
	return end, point{}
}
