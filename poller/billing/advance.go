package billing

import (
	"context"
	"slices"
	"time"
)

// advance reads everything since the last horizon, from the first page on.
func (l *log) advance(ctx context.Context, first page, most int) error {
	pages := []page{first}
	p := first
	ids := map[string]bool{}
	rows := appendNew(nil, ids, first.rows)
	for p.before(l.horizon.at) == len(p.rows) && !p.last() && len(pages) < most {
		next, err := l.fetch(ctx, p.number+1)
		if err != nil {
			return err
		}
		had := len(rows)
		if rows = appendNew(rows, ids, next.rows); len(rows) == had {
			return errRepeats
		}
		pages, p = append(pages, next), next
	}
	missed := p.before(l.horizon.at) == len(p.rows) && !p.last()
	if !missed {
		var err error
		if rows, err = l.seekLate(ctx, p, rows, ids, most-len(pages)); err != nil {
			return err
		}
	}
	l.learnLateness(rows, first.asked)

	// The horizon never goes back, even when rows turn out to arrive later.
	to := point{maxTime(l.due(first), l.horizon.at), -1}
	to.rank = rankAt(to.at, pages)
	from := l.horizon.at
	if missed {
		begins := p.behind(len(p.rows) - 1)
		if begins.at.After(to.at) {
			return errTooLong
		}
		l.floor, l.oldest, from = l.horizon, begins, begins.at
	}
	for _, r := range slices.Backward(rows) {
		if r.at.Before(to.at) && !r.at.Before(from) {
			l.reportRow(r)
		}
	}
	l.learnRate(rows)
	l.horizon = to
	l.reportRead(from, to.at)
	l.rememberUnsettled(pages...)
	return nil
}

// appendNew appends the rows whose ids have not been seen yet.
func appendNew(rows []row, ids map[string]bool, more []row) []row {
	for _, r := range more {
		if !ids[r.id] {
			ids[r.id] = true
			rows = append(rows, r)
		}
	}
	return rows
}

// rankAt returns the rank of t in consecutive pages.
func rankAt(t time.Time, pages []page) int {
	for i := range pages {
		p := &pages[i]
		if j := p.before(t); j < len(p.rows) {
			return p.point(j).rank
		}
	}
	if pages[len(pages)-1].last() && pages[0].total >= 0 {
		return 0
	}
	return -1
}

// seekLate finds the rows that arrived behind the horizon after it had passed:
// the log then holds more rows before it than it did. It reports them, and
// lengthens the lateness by what it saw.
func (l *log) seekLate(ctx context.Context, p page, rows []row, ids map[string]bool, most int) ([]row, error) {
	i := p.before(l.horizon.at)
	if l.horizon.rank < 0 || i == len(p.rows) {
		return rows, nil
	}
	missing := p.point(i).rank - l.horizon.rank
	back := maxTime(p.asked.Add(-maxLateness), l.recentSince)
	reportLate := func() {
		for _, r := range slices.Backward(rows) {
			if _, reported := l.recent[r.id]; r.at.Before(l.horizon.at) && !r.at.Before(back) && !reported {
				if !l.polled.IsZero() {
					l.lateness.observe(l.polled.Sub(r.at), p.asked)
				}
				l.reportRow(r)
				missing--
			}
		}
	}
	for reportLate(); missing > 0 && most > 0 && !p.last() && p.before(back) == len(p.rows); most-- {
		var err error
		if p, err = l.fetch(ctx, p.number+1); err != nil {
			return rows, err
		}
		rows = appendNew(rows, ids, p.rows)
		reportLate()
	}
	return rows, nil
}

// learnLateness notes how late the rows were that appeared since the last poll.
func (l *log) learnLateness(rows []row, now time.Time) {
	if l.polled.IsZero() {
		return
	}
	for _, r := range rows {
		if r.at.Before(l.polled) && r.at.After(l.horizon.at) && !l.unsettled[r.id] {
			l.lateness.observe(l.polled.Sub(r.at), now)
		}
	}
}

// rememberUnsettled notes which rows are newer than the horizon, so that the
// next poll sees which ones arrived late.
func (l *log) rememberUnsettled(pages ...page) {
	clear(l.unsettled)
	for _, p := range pages {
		for _, r := range p.rows {
			if r.at.After(l.horizon.at) {
				l.unsettled[r.id] = true
			}
		}
	}
	l.polled = pages[0].asked
}
