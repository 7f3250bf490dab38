package billing

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"quotatop/model"
)

// requestsPath is the billing log.
const requestsPath = "/billing/usage/requests"

// How many rows to ask for on a page: the server gives fewer if it likes, and
// where it refuses the larger number (422) the smaller is known to work.
const (
	largePage = 1000
	knownPage = 100
)

// A log reads the billing log and reports it as events: in full, row by row,
// while the polling budget allows it, else by exact counts and sampled pages.
//
// It reports the log up to a horizon, which is as far behind the present as
// rows have been seen to arrive late, and each stretch of it once. The log's
// own total_count places every row: the rows before a settled time keep their
// number, so two pages tell exactly how many rows lie between them.
type log struct {
	client *client
	size   int       // of the pages to ask for
	anchor time.Time // start_date of every request

	began    bool
	floor    point   // before it the log was reported by an earlier beginning
	oldest   point   // where the reported part begins
	horizon  point   // where it ends
	total    int     // rows of the log, as the last page said; -1 when unsaid
	rate     float64 // rows per second around the horizon, for guessing pages
	lateness lateness

	recent      map[string]time.Time // rows reported one by one, of the last mostLateness
	recentSince time.Time            // recent is whole from here on
	young       map[string]bool      // rows of the last poll that were newer than its horizon
	polled      time.Time            // when young was last read; zero after a poll that left it out

	note string // what is odd about the log, in a line
}

func newLog(c *client) *log { return &log{client: c, size: largePage} }

// fetch reads one page. The server may give pages of another size than asked.
func (l *log) fetch(ctx context.Context, number int) (page, error) {
	query := url.Values{
		"page":       {strconv.Itoa(number)},
		"page_size":  {strconv.Itoa(l.size)},
		"start_date": {l.anchor.Format("2006-01-02T15:04:05Z")},
	}
	body, asked, err := l.client.get(ctx, requestsPath, query, false)
	if status, ok := errors.AsType[*statusError](err); ok && status.status == 422 && l.size > knownPage {
		l.size = knownPage
		return l.fetch(ctx, number)
	}
	if err != nil {
		return page{}, err
	}
	p, err := decodePage(body, number)
	if err != nil {
		return page{}, fmt.Errorf("%s: %w", requestsPath, err)
	}
	p.asked, l.total = asked, p.total
	if p.bad > 0 {
		l.note = fmt.Sprintf("%d of %d rows cannot be read", p.bad, p.bad+len(p.rows))
	}
	if n := p.before(asked.Add(time.Minute)); n > 0 {
		l.note = fmt.Sprintf("%d rows are dated in the future", n)
	}
	return p, nil
}

// longestSample is the longest stretch that the rows of one page may stand for.
// After a longer silence the log is begun anew and the gap backfilled.
const longestSample = 90 * time.Second

// anchorFor is the start_date for a log that is read at now: the midnight that
// lets the longest backfill in. A date is the only form known to work.
func anchorFor(now time.Time, reach time.Duration) time.Time {
	return now.Add(-reach - mostLateness).UTC().Truncate(24 * time.Hour)
}

// poll reads what has been added to the log since the last poll. It may spend
// afford pages; reach is how far back the log will ever be read.
func (l *log) poll(ctx context.Context, afford int, reach time.Duration) error {
	now := l.client.clock.Now()
	l.note = ""
	if !l.began || !l.polled.IsZero() && now.Sub(l.anchor) > reach+48*time.Hour {
		l.anchor = anchorFor(now, reach)
		l.horizon.rank, l.floor.rank = -1, 0 // ranks are counted from the anchor
	}
	number := 1
	gap := now.Sub(l.horizon.at) > l.lateness.span()+longestSample
	if l.began && l.polled.IsZero() && !gap { // catching up: go where the horizon should be
		number = 1 + int(l.rate*l.lateness.span().Seconds()*1.1)/l.pageSize()
	}
	first, err := l.fetch(ctx, number)
	if err != nil {
		return err
	}
	if !l.began {
		return l.begin(ctx, first)
	}
	if l.horizon.rank >= 0 && first.total >= 0 {
		pages := 1 + (first.total-l.horizon.rank)/first.size
		if pages > afford && gap {
			l.floor = l.horizon
			return l.begin(ctx, first)
		}
		if pages > afford {
			return l.catchUp(ctx, first, afford)
		}
	}
	if number != 1 {
		if first, err = l.fetch(ctx, 1); err != nil {
			return err
		}
	}
	return l.readOn(ctx, first, max(afford, 1))
}

// pageSize is the size of the server's pages, as far as it is known.
func (l *log) pageSize() int { return min(l.size, knownPage) }

// horizonGrain is what horizons are whole multiples of where possible. So are
// the buckets of the minute's and the hour's windows, which then are not cut.
const horizonGrain = 500 * time.Millisecond

// due is the horizon that a page allows for.
func (l *log) due(p page) time.Time { return p.asked.Add(-l.lateness.span()).Truncate(horizonGrain) }

// edge is the horizon on a page whose row i is the first that has settled: the
// time that is due, if the page shows the rows on both sides of it.
func (l *log) edge(p page, i int) point {
	to := p.point(i)
	if i > 0 || p.number == 1 {
		to.at = l.due(p)
	}
	return to
}

// settled returns a page that reaches behind the horizon that is due, and the
// first of its rows that has settled. From p it looks further on by guessing,
// and back where a guess went so far that the page has nothing new.
func (l *log) settled(ctx context.Context, p page) (page, int, error) {
	const tries = 6
	young := 0 // no page up to this one has rows that have settled
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

// further guesses the page that holds the horizon that is due, from a page that
// is too young and the pace of its rows.
func (l *log) further(p page) int {
	if p.total < 0 {
		return p.number + 1 // where the log ends is not known
	}
	newest, oldest := p.rows[0].at, p.rows[len(p.rows)-1].at
	perSecond := float64(len(p.rows)) / max(newest.Sub(oldest).Seconds(), 0.01)
	behind := oldest.Sub(l.due(p)).Seconds() * perSecond * 1.1 / float64(p.size)
	return min(p.number+1+int(min(behind, 1e6)), (p.total-1)/p.size+1)
}

var errTooLong = errors.New("the billing log grows faster than the polling budget can read, and does not say its length")

var errRepeats = errors.New("the billing log shows the same rows on every page")

// begin reports the first page that has settled rows.
func (l *log) begin(ctx context.Context, first page) error {
	p, i, err := l.settled(ctx, first)
	if err != nil {
		return err
	}
	l.began = true
	l.recent, l.young = map[string]time.Time{}, map[string]bool{}
	end, from := l.foot(p)
	switch {
	case i < len(p.rows):
		l.horizon = l.edge(p, i)
	case p.total >= 0:
		l.horizon = point{l.due(p), 0}
	default:
		l.horizon = point{l.due(p), -1}
	}
	if l.oldest = from; from.at.IsZero() { // an empty page of a log that goes on
		l.oldest = l.horizon
	}
	l.recentSince = l.oldest.at
	l.polled = time.Time{}
	for _, r := range slices.Backward(p.rows[min(i, end):end]) {
		l.tell(r)
	}
	l.learnRate(p.rows)
	l.read(model.Reading{From: l.oldest.at, To: l.horizon.at})
	if p.number == 1 {
		l.remember(p)
	}
	return nil
}

// foot is where the part of the log ends that p has more to tell of: at the row
// with the number end, and at the place before it, which is the floor, the log's
// beginning, or the end of the page. It is zero for an empty page with others
// behind it.
func (l *log) foot(p page) (end int, from point) {
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

// remember notes which rows stand beyond the horizon, to see what comes late.
func (l *log) remember(pages ...page) {
	clear(l.young)
	for _, p := range pages {
		for _, r := range p.rows {
			if r.at.After(l.horizon.at) {
				l.young[r.id] = true
			}
		}
	}
	l.polled = pages[0].asked
}

// readOn reads in full what came since the last horizon, from the first page on.
func (l *log) readOn(ctx context.Context, first page, most int) error {
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

	// The horizon never goes back, even when rows turn out to come later.
	to := point{l.due(first), -1}
	if to.at.Before(l.horizon.at) {
		to.at = l.horizon.at
	}
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
			l.tell(r)
		}
	}
	l.learnRate(rows)
	l.horizon = to
	l.read(model.Reading{From: from, To: to.at})
	l.remember(pages...)
	return nil
}

// appendNew appends the rows whose ids are not there yet.
func appendNew(rows []row, ids map[string]bool, more []row) []row {
	for _, r := range more {
		if !ids[r.id] {
			ids[r.id] = true
			rows = append(rows, r)
		}
	}
	return rows
}

// rankAt is the rank of t in the pages that were read one after the other.
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

// seekLate finds the rows that landed behind the horizon after it had passed
// them: the log then holds more rows before it than it did. It reports them,
// and what it saw makes the lateness longer.
func (l *log) seekLate(ctx context.Context, p page, rows []row, ids map[string]bool, most int) ([]row, error) {
	i := p.before(l.horizon.at)
	if l.horizon.rank < 0 || i == len(p.rows) {
		return rows, nil
	}
	missing := p.point(i).rank - l.horizon.rank
	back := maxTime(p.asked.Add(-mostLateness), l.recentSince)
	found := func() {
		for _, r := range slices.Backward(rows) {
			if _, told := l.recent[r.id]; r.at.Before(l.horizon.at) && !r.at.Before(back) && !told {
				if !l.polled.IsZero() {
					l.lateness.observe(l.polled.Sub(r.at), p.asked)
				}
				l.tell(r)
				missing--
			}
		}
	}
	for found(); missing > 0 && most > 0 && !p.last() && p.before(back) == len(p.rows); most-- {
		var err error
		if p, err = l.fetch(ctx, p.number+1); err != nil {
			return rows, err
		}
		rows = appendNew(rows, ids, p.rows)
		found()
	}
	return rows, nil
}

// learnLateness notes how late the rows were that are new since the last poll.
func (l *log) learnLateness(rows []row, now time.Time) {
	if l.polled.IsZero() {
		return
	}
	for _, r := range rows {
		if r.at.Before(l.polled) && r.at.After(l.horizon.at) && !l.young[r.id] {
			l.lateness.observe(l.polled.Sub(r.at), now)
		}
	}
}

// learnRate notes how many rows a second the log grows by.
func (l *log) learnRate(rows []row) {
	if len(rows) < 2 {
		l.rate = 0
		return
	}
	span := rows[0].at.Sub(rows[len(rows)-1].at).Seconds()
	l.rate = float64(len(rows)) / max(span, 0.01)
}

// tell reports one row.
func (l *log) tell(r row) {
	l.recent[r.id] = r.at
	l.client.emit(model.Event{At: r.at, Source: model.SourceBilling, Call: &r.call})
}

// read reports that a stretch of the log is told.
func (l *log) read(r model.Reading) {
	l.client.emit(model.Event{At: r.To, Source: model.SourceBilling, Reading: &r})
	old := l.horizon.at.Add(-mostLateness)
	for id, at := range l.recent {
		if at.Before(old) {
			delete(l.recent, id)
		}
	}
	l.recentSince = maxTime(l.recentSince, old)
}

// readSampled reports a stretch by its count and some of its rows.
func (l *log) readSampled(from, to point, rows []row) {
	calls := make([]model.Call, len(rows))
	for i, r := range rows {
		calls[i] = r.call
	}
	l.read(model.Reading{From: from.at, To: to.at, Sampled: true, Total: to.rank - from.rank, Rows: calls})
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
