package billing

import (
	"context"
	"slices"
	"time"
)

// catchUp reports what was added since the last horizon without reading what has
// not settled: in full if afford pages are enough, else as its exact count and
// the rows of the page at the new horizon.
func (l *log) catchUp(ctx context.Context, p page, afford int) error {
	p, i, err := l.settled(ctx, p)
	if err != nil {
		return err
	}
	l.polled = time.Time{}
	if i == len(p.rows) { // nothing has settled, or the guess went past the end
		l.rate = 0
		return nil
	}
	from, to := l.horizon, l.edge(p, i)
	switch {
	case !to.at.After(from.at):
		l.rate = 0 // the guess went too far back: start from the first page next time
		return nil
	case to.rank < from.rank: // the log shrank: start counting again from here
		l.horizon, l.oldest, l.floor = to, to, to
		return nil
	}
	added := to.rank - from.rank
	ids := map[string]bool{}
	rows := since(from.at, appendNew(nil, ids, p.rows[i:]))
	for more := (added - len(rows) + p.size - 1) / p.size; more > 0 && more < afford; more-- {
		next, err := l.fetch(ctx, p.number+1)
		if err != nil {
			return err
		}
		rows, p = since(from.at, appendNew(rows, ids, next.rows)), next
	}
	l.rate = float64(added) / to.at.Sub(from.at).Seconds()
	l.horizon = to
	if len(rows) < added {
		clear(l.recent)
		l.recentSince = to.at
		l.reportSampled(from, to, rows)
		return nil
	}
	for _, r := range slices.Backward(rows) {
		l.reportRow(r)
	}
	l.reportRead(from.at, to.at)
	return nil
}

// since drops the rows older than t. They are newest first.
func since(t time.Time, rows []row) []row {
	if i := slices.IndexFunc(rows, func(r row) bool { return r.at.Before(t) }); i >= 0 {
		return rows[:i]
	}
	return rows
}
