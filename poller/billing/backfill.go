package billing

import (
	"context"
	"math"
	"slices"
	"time"

	"quotatop/model"
)

// complete reports whether the log has been reported from this time on.
func (l *log) complete(from time.Time) bool {
	return l.began && !l.oldest.at.After(maxTime(from, l.floor))
}

// backfill reports more of the log's past, back to a time, with at most afford
// pages: in full where that is enough, else by pages across the past, each
// standing for what lies between it and the one before.
func (l *log) backfill(ctx context.Context, back time.Time, afford int) error {
	back = maxTime(back, l.floor)
	rate := l.rate
	for ; afford > 0 && l.began && !l.complete(back) && l.oldest.rank >= 0; afford-- {
		if l.oldest.rank == 0 { // there is nothing older
			l.read(model.Reading{From: back, To: l.oldest.at})
			l.oldest.at = back
			return nil
		}
		size := l.pageSize()
		pages := math.Ceil(rate * l.oldest.at.Sub(back).Seconds() / float64(size))
		step := size * int(max(pages/float64(afford), 1))
		p, err := l.pageOf(ctx, max(l.oldest.rank-step+size, 1))
		if err != nil {
			return err
		}
		before := l.oldest
		if !l.passOver(p) {
			return errRepeats
		}
		rate = float64(before.rank-l.oldest.rank) / max(before.at.Sub(l.oldest.at).Seconds(), 0.01)
	}
	return nil
}

// pageOf fetches the page that holds the row of this rank, or one just behind.
func (l *log) pageOf(ctx context.Context, rank int) (page, error) {
	total, size := l.horizon.rank, l.pageSize()
	// Rows have come since the horizon: a second try knows how many.
	total += int(l.rate * l.client.clock.Now().Sub(l.horizon.at).Seconds())
	var p page
	for range 2 {
		var err error
		p, err = l.fetch(ctx, 1+max(total-rank, 0)/size)
		if err != nil || p.total < 0 || len(p.rows) > 0 && p.point(len(p.rows)-1).rank <= rank {
			return p, err
		}
		total, size = p.total, p.size
	}
	return p, nil
}

// passOver reports the log from the end of p up to where the reported part
// began: row by row where p holds all of that, else sampled by p. It returns
// false when p reaches no further back.
func (l *log) passOver(p page) bool {
	first, end := max(p.total-(p.number-1)*p.size-l.oldest.rank, 0), p.before(l.floor)
	if first >= end || p.total < 0 {
		return false
	}
	rows := p.rows[first:end]
	if _, told := l.recent[rows[0].id]; told || rows[0].at.After(l.oldest.at) {
		return false // its place in the log is not where its rows belong
	}
	from := p.behind(end - 1)
	switch {
	case end < len(p.rows):
		from = point{l.floor, p.point(end).rank}
	case p.last():
		from = point{l.anchor, 0}
	}
	if l.oldest.rank-from.rank > len(rows) {
		l.readSampled(from, l.oldest, rows)
		l.oldest = from
		return true
	}
	for _, r := range slices.Backward(rows) {
		l.tell(r)
	}
	l.read(model.Reading{From: from.at, To: l.oldest.at})
	l.oldest = from
	return true
}
