package billing

import (
	"context"
	"math"
	"slices"
	"time"
)

// complete reports whether everything from this time to the horizon has been
// reported.
func (l *log) complete(from time.Time) bool {
	return l.begun && !l.oldest.at.After(maxTime(from, l.floor.at))
}

// backfill reports more of the log's past, back to a given time, with at most
// afford pages: in full where that is enough, else by pages spread over the
// past, each standing for the rows between it and the one before.
//
// How far apart the pages should be follows from the rate of the rows that are
// known. Those may be a burst: a page that turns out to lie before back, and so
// would spread its rows over the time up to back, is dropped for one half as far
// away.
func (l *log) backfill(ctx context.Context, back time.Time, afford int) error {
	back = maxTime(back, l.floor.at)
	rate, most := l.rate, math.MaxInt
	for ; afford > 0 && l.begun && !l.complete(back) && l.oldest.rank >= 0; afford-- {
		if l.oldest.rank <= l.floor.rank { // nothing older, or nothing unreported
			l.reportRead(back, l.oldest.at)
			l.oldest.at = back
			return nil
		}
		size := l.pageSize()
		left := float64(l.oldest.rank - l.floor.rank)
		pages := math.Ceil(min(rate*l.oldest.at.Sub(back).Seconds(), left) / float64(size))
		step := min(size*int(max(pages/float64(afford), 1)), most)
		p, err := l.pageOf(ctx, max(l.oldest.rank-step+size, l.floor.rank+1))
		if err != nil {
			return err
		}
		before := l.oldest
		if _, from := l.unreported(p); step > size && afford > 1 && from.at.Before(back) {
			most = max(step/2/size, 1) * size
			continue
		}
		if !l.reportBackTo(p) {
			return errRepeats
		}
		rate = float64(before.rank-l.oldest.rank) / max(before.at.Sub(l.oldest.at).Seconds(), 0.01)
	}
	return nil
}

// pageOf fetches the page that holds the row of this rank. Where rows were added
// since the last page gave their number, a second try knows better.
func (l *log) pageOf(ctx context.Context, rank int) (page, error) {
	size := l.pageSize()
	for retry := false; ; retry = true {
		p, err := l.fetch(ctx, 1+max(l.total-rank, 0)/size)
		if err != nil || retry || p.total < 0 || len(p.rows) > 0 && p.point(len(p.rows)-1).rank <= rank {
			return p, err
		}
		size = p.size
	}
}

// reportBackTo reports the log from the end of p up to the part already
// reported: row by row where p holds all of that, else sampled by p. It returns
// false when p reaches no further back.
func (l *log) reportBackTo(p page) bool {
	first := max(p.total-(p.number-1)*p.size-l.oldest.rank, 0)
	end, from := l.unreported(p)
	if first >= end || p.total < 0 {
		return false
	}
	rows := p.rows[first:end]
	if _, reported := l.recent[rows[0].id]; reported || rows[0].at.After(l.oldest.at) {
		return false // its place in the log does not match its rows
	}
	if l.oldest.rank-from.rank > len(rows) {
		oldest := point{rows[len(rows)-1].at, from.rank}
		l.reportSampled(oldest, l.oldest, appendNew(nil, map[string]bool{}, rows))
		if from.at.Before(oldest.at) { // nothing lies between the page and its start
			l.reportRead(from.at, oldest.at)
		}
		l.oldest = from
		return true
	}
	for _, r := range slices.Backward(rows) {
		l.reportRow(r)
	}
	l.reportRead(from.at, l.oldest.at)
	l.oldest = from
	return true
}
