package recording

import (
	"fmt"

	"time"

	"quotatop/model"
	"quotatop/poller/events"
)

// Kept implements Tape.
func (r *Recording) Kept(t time.Time) time.Time { return r.before(t).at }

// Denials implements Tape.
func (r *Recording) Denials() []time.Time { return r.denials }

// Open implements Tape. If an entry of the index is corrupt, the ledger is that of the
// last intact one before it, or of the beginning.
func (r *Recording) Open(t time.Time) (*model.Ledger, time.Time, func([]model.Event) ([]model.Event, time.Time, error), func()) {
	e := r.before(t)
	l, err := e.load(r.index, r.table, r.options)
	for i := len(r.entries) - 1; err != nil && i >= 0; i-- {
		if r.entries[i].offset < e.offset {
			e = r.entries[i]
			l, err = e.load(r.index, r.table, r.options)
		}
	}
	if err != nil {
		l, e = r.beginning(), entry{}
	}
	c := &ticks{cursor: r.cursor(e.offset), at: e.at}
	return l, e.at, c.next, c.close
}

// maxEvents bounds the events held between two ticks; when there are more, they
// are observed before their tick.
const maxEvents = 1 << 16

// ticks reads the events of a recording up to each tick.
type ticks struct {
	*cursor
	at time.Time // the last tick
}

// next is the next of Tape.Open. Events after the last tick are not returned.
func (c *ticks) next(dst []model.Event) ([]model.Event, time.Time, error) {
	for {
		line, _, err := c.cursor.next()
		if err != nil {
			return dst, c.at, err
		}
		if at, ok := readTick(line); ok {
			c.at = at
			return dst, at, nil
		}
		if e, err := events.Parse(line); err == nil {
			if dst = append(dst, e); len(dst) == maxEvents {
				return dst, c.at, nil
			}
		}
	}
}

// ParseTime reads a time in RFC 3339, or a time of day ("12:04", "12:04:30") in
// UTC: on the recording's first day, or on the second if the recording begins
// later than that.
func (r *Recording) ParseTime(text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC(), nil
	}
	from, to := r.Span()
	for _, layout := range []string{"15:04", "15:04:05"} {
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		midnight := from.UTC().Truncate(24 * time.Hour)
		at := midnight.Add(t.Sub(t.Truncate(24 * time.Hour)))
		switch next := at.Add(24 * time.Hour); {
		case at.Before(from) && !next.After(to):
			return next, nil
		case at.Before(from) && from.Sub(at) < time.Minute && layout == "15:04":
			return from, nil // the minute in which it begins
		}
		return at, nil
	}
	return time.Time{}, fmt.Errorf("time %q: write it like 12:04 (UTC) or 2026-06-17T12:04:00Z", text)
}
