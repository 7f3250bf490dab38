package billing

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// requestsPath is the billing log.
const requestsPath = "/billing/usage/requests"

// How many rows to ask for on a page. The server may return fewer; where it
// rejects the larger number (422), the smaller one is known to work.
const (
	largePage = 1000
	knownPage = 100
)

// A log reads the billing log and reports it as events: in full, row by row,
// while the polling budget allows it, else as exact counts and sampled pages.
//
// It reports the log up to a horizon, which is as far behind the present as
// rows have been seen to arrive late, and reports each stretch of it once. The
// log's own total_count ranks every row: the rows before a settled time keep
// their rank, so two pages show exactly how many rows lie between them.
type log struct {
	client *client
	size   int       // page size to ask for
	anchor time.Time // start_date of every request

	begun    bool
	floor    point   // everything before it was reported before the log was begun again
	oldest   point   // start of the reported part
	horizon  point   // end of the reported part
	total    int     // rows in the log, according to the last page; -1 if unknown
	rate     float64 // rows per second around the horizon, for guessing page numbers
	lateness lateness

	recent      map[string]time.Time // rows reported one by one within the last maxLateness
	recentSince time.Time            // recent is complete from here on
	unsettled   map[string]bool      // rows of the last poll that were newer than its horizon
	polled      time.Time            // when unsettled was last read; zero after a poll that skipped it
	newest      time.Time            // of the newest row seen

	note string // what is odd about the log, in one line
}

func newLog(c *client) *log { return &log{client: c, size: largePage} }

// fetch reads one page. The server may return pages of a different size.
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
	ahead := p.before(asked.Add(time.Minute))
	if ahead > 0 {
		l.note = fmt.Sprintf("%d rows are dated in the future", ahead)
	}
	if ahead < len(p.rows) {
		l.newest = maxTime(l.newest, p.rows[ahead].at)
	}
	return p, nil
}

// longestSample is the longest stretch that the rows of one page may stand for.
// After a longer silence the log is begun again and the gap backfilled.
const longestSample = 90 * time.Second

// anchorFor returns the start_date for a log read at now: the midnight that
// admits the longest backfill. A date is the only form known to work.
func anchorFor(now time.Time, reach time.Duration) time.Time {
	return now.Add(-reach - maxLateness).UTC().Truncate(24 * time.Hour)
}

// poll reads what was added to the log since the last poll. It may spend afford
// pages; reach is the furthest back that the log will ever be read.
func (l *log) poll(ctx context.Context, afford int, reach time.Duration) error {
	l.note = ""
	if !l.begun {
		return l.start(ctx, reach)
	}
	if l.polled.Sub(l.anchor) > reach+48*time.Hour {
		l.moveAnchor(l.polled, reach)
	}
	// gap reports whether the horizon is too far back to go on from.
	gap := func(now time.Time) bool { return now.Sub(l.horizon.at) > l.lateness.span()+longestSample }
	number := 1
	if l.polled.IsZero() && !gap(l.client.clock.Now()) { // catching up: go to where the horizon should be
		number = 1 + int(l.rate*l.lateness.span().Seconds()*1.1)/l.pageSize()
	}
	first, err := l.fetch(ctx, number)
	if err != nil {
		return err
	}
	if l.horizon.rank >= 0 && first.total >= 0 {
		pages := 1 + (first.total-l.horizon.rank)/first.size
		if pages > afford && gap(first.asked) {
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
	return l.advance(ctx, first, max(afford, 1))
}

// start reads the log for the first time. The local clock may have been all
// there was to choose the anchor by: if it turns out wrong, it is chosen again.
func (l *log) start(ctx context.Context, reach time.Duration) error {
	l.moveAnchor(l.client.clock.Now(), reach)
	first, err := l.fetch(ctx, 1)
	if err == nil && !anchorFor(first.asked, reach).Equal(l.anchor) {
		l.moveAnchor(first.asked, reach)
		first, err = l.fetch(ctx, 1)
	}
	if err != nil {
		return err
	}
	return l.begin(ctx, first)
}

// forget makes the next poll begin the log again: the server's time was wrong.
func (l *log) forget() {
	l.begun, l.floor, l.oldest, l.horizon = false, point{}, point{}, point{}
	l.polled, l.newest = time.Time{}, time.Time{}
}

// moveAnchor makes the log start where it has to at now.
func (l *log) moveAnchor(now time.Time, reach time.Duration) {
	l.anchor = anchorFor(now, reach)
	l.horizon.rank, l.floor.rank = -1, 0 // ranks are counted from the anchor
}

// pageSize returns the size of the server's pages, as far as it is known.
func (l *log) pageSize() int { return min(l.size, knownPage) }

// Errors about a log whose pages do not add up.
var (
	errTooLong = errors.New("the billing log grows faster than the polling budget can read, and does not give its length")
	errRepeats = errors.New("the billing log returns the same rows on every page")
)

// learnRate notes how many rows a second the log grows by.
func (l *log) learnRate(rows []row) {
	if len(rows) < 2 {
		l.rate = 0
		return
	}
	span := rows[0].at.Sub(rows[len(rows)-1].at).Seconds()
	l.rate = float64(len(rows)) / max(span, 0.01)
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
