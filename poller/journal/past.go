package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"quotatop/model"
	"quotatop/poller/events"
	"quotatop/poller/events/frame"
	"quotatop/poller/pioneer"
)

// A Past is what a journal holds, up to now: what earlier runs of the account
// observed, and what its own run did. It is a recording.Tape.
type Past struct {
	table   model.Table
	opts    model.LedgerOptions
	clock   *pioneer.Clock
	own     *marks
	old     []mark // of earlier runs
	denials []time.Time

	mu  sync.Mutex
	all []time.Time // the denials of all runs, as far as they were asked for
}

// Past returns the journal's past. The limits and the options are those of the run.
func (j *Journal) Past(table model.Table, opts model.LedgerOptions) (*Past, error) {
	runs, err := list(j.segments.dir)
	if err != nil {
		return nil, err
	}
	p := &Past{table: table, opts: opts, clock: j.clock, own: &j.segments.own}
	written, _ := p.own.get()
	if len(written) == 0 {
		return nil, fmt.Errorf("journal: %w", errNothing)
	}
	for _, r := range runs {
		if r.name == j.segments.run {
			continue
		}
		var all []mark
		for _, s := range r.segments {
			all = append(all, readMarks(s.path)...)
		}
		if len(all) > 0 && !all[0].At.After(written[0].At) { // else it is another dashboard, beside this one
			tail := denialsAfter(all[len(all)-1])
			p.add(all, tail, written[0].At)
		}
	}
	p.denials = slices.DeleteFunc(p.denials, func(at time.Time) bool { return at.After(written[0].At) })
	slices.SortFunc(p.denials, time.Time.Compare) // a clock may have been set back
	return p, nil
}

// denialsAfter returns the denials of a run after its last mark, which are in none.
func denialsAfter(k mark) (denials []time.Time) {
	r := &reader{path: k.path, arrival: arrival{now: k.At}}
	r.open(k.Offset)
	defer r.close()
	var next [1]model.Event
	for {
		events, at, err := r.next(next[:0])
		if err != nil {
			return denials
		}
		if n := len(denials); denied(&events[0]) && n < maxDenials && (n == 0 || at.Sub(denials[n-1]) >= denialGap) {
			denials = append(denials, at)
		}
	}
}

// add adds the marks of an earlier run, and the denials after the last of them. It is
// shown until the next one began.
func (p *Past) add(run []mark, tail []time.Time, until time.Time) {
	for i := len(run) - 1; i >= 0; i-- { // its clock may have been wrong at first
		if run[i].At.After(until) {
			run[i].At = until
		}
		until = run[i].At
	}
	if n := len(p.old); n > 0 && p.old[n-1].At.After(run[len(run)-1].At) {
		return // the one before went on for longer
	}
	from := run[0].At
	p.old = slices.DeleteFunc(p.old, func(k mark) bool { return k.At.After(from) })
	p.denials = slices.DeleteFunc(p.denials, func(at time.Time) bool { return at.After(from) })
	p.old = append(p.old, run...)
	for _, k := range run {
		p.denials = append(p.denials, k.Denials...)
	}
	p.denials = append(p.denials, tail...)
}

var errNothing = errors.New("nothing is written yet")

// before returns the last mark at or before t, or the first.
func (p *Past) before(t time.Time) (i int, k mark) {
	old := p.old
	own, _ := p.own.get()
	n := len(old) + len(own)
	at := func(i int) mark {
		if i < len(old) {
			return old[i]
		}
		return own[i-len(old)]
	}
	i = max(sort.Search(n, func(i int) bool { return at(i).At.After(t) })-1, 0)
	return i, at(i)
}

// Span implements recording.Tape.
func (p *Past) Span() (from, to time.Time) {
	_, first := p.before(time.Time{})
	to = p.clock.Now().UTC().Round(0)
	if to.Before(first.At) {
		to = first.At
	}
	return first.At, to
}

// Kept implements recording.Tape.
func (p *Past) Kept(t time.Time) time.Time {
	_, k := p.before(t)
	return k.At
}

// Denials implements recording.Tape.
func (p *Past) Denials() []time.Time {
	_, own := p.own.get()
	if len(p.denials) == 0 {
		return own
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.all) != len(p.denials)+len(own) {
		p.all = slices.Concat(p.denials, own)
	}
	return p.all
}

// Open implements recording.Tape. A state that cannot be read is that of an empty
// ledger.
func (p *Past) Open(t time.Time) (*model.Ledger, time.Time, func([]model.Event) ([]model.Event, time.Time, error), func()) {
	_, k := p.before(t)
	l, err := k.load(p.table, p.opts)
	if err != nil {
		l = model.NewLedger(p.table, p.opts)
	}
	r := &reader{path: k.path, arrival: arrival{now: k.At, offset: time.Duration(l.Snapshot(k.At).ClockOffsetMS) * time.Millisecond}}
	r.open(k.Offset)
	return l, k.At, r.next, r.close
}

// A reader reads the events of a run, from a place on.
type reader struct {
	path    string // of the segment
	arrival arrival
	file    *os.File
	frames  *frame.Reader
	rest    []byte // the lines of a frame that next has not returned
}

// open opens the segment, if it exists.
func (r *reader) open(offset int64) bool {
	f, err := os.Open(r.path)
	if err != nil {
		return false
	}
	r.close()
	r.file, r.frames, r.rest = f, frame.NewReader(f, offset), nil
	return true
}

func (r *reader) close() {
	if r.file != nil {
		r.frames.Close()
		_ = r.file.Close()
		r.file = nil
	}
}

// next is the next of recording.Tape's Open: one event at a time.
func (r *reader) next(dst []model.Event) ([]model.Event, time.Time, error) {
	for r.file != nil {
		for len(r.rest) > 0 {
			line := r.rest
			if i := bytes.IndexByte(r.rest, '\n'); i >= 0 {
				line, r.rest = r.rest[:i], r.rest[i+1:]
			} else {
				r.rest = nil
			}
			if e, err := events.Parse(line); err == nil {
				return append(dst, e), r.arrival.of(&e), nil
			}
		}
		lines, err := r.frames.Next()
		if err == nil {
			r.rest = lines
			continue
		}
		was := r.path
		if r.path = following(was); r.path == "" || !r.open(0) {
			r.path = was
			break
		}
	}
	return dst, r.arrival.now, io.EOF
}

// following returns the path of the segment after one.
func following(path string) string {
	base, ok := strings.CutSuffix(path, segmentSuffix)
	dot := strings.LastIndexByte(base, '.')
	var n int
	if _, err := fmt.Sscanf(base[dot+1:], "%d", &n); !ok || err != nil {
		return ""
	}
	return fmt.Sprintf("%s.%04d%s", base[:dot], n+1, segmentSuffix)
}
