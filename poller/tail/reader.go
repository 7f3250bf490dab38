package tail

import (
	"io"
	"maps"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// maxAhead is how far in the future the time of a call may be: clocks differ.
const maxAhead = time.Minute

// A reader turns the lines of one log into events.
type reader struct {
	status *status
	hosts  hosts
	clock  *pioneer.Clock
	window time.Duration // 0 reports calls of any age
	emit   func(model.Event)

	times  *times
	parser *parser
	tally  tally

	backlog int64     // the size of the file when it was opened; 0 once that much has been read
	first   time.Time // the first time in the backlog, by the local clock
	recent  time.Time // the time of the last line that had one

	now    time.Time     // the local time of the read
	offset time.Duration // of the server's clock, at the time of the read
	rec    record
}

// newReader returns a reader for a log in a format.
func newReader(f Format, opts Options, clock *pioneer.Clock, failures func() []byte, emit func(model.Event)) *reader {
	zone := opts.Zone
	if zone == nil {
		zone = time.Local
	}
	r := &reader{hosts: opts.Hosts, clock: clock, offset: clock.Offset(), window: opts.Window, emit: emit, times: &times{zone: zone, near: time.Now()}}
	r.parser = newParser(f, r.times, failures)
	r.tally.prose = f == FormatHTTPX
	return r
}

// A stream is one file or pipe that lines come from.
type stream struct {
	lines   lines
	wrapper wrapper
}

func (r *reader) newStream() *stream { return &stream{wrapper: wrapper{times: r.times}} }

// read reads once and reports the calls of complete lines.
func (r *reader) read(s *stream, from io.Reader) (n int, err error) {
	r.now, r.offset = time.Now(), r.clock.Offset()
	r.times.near = r.now
	long := s.lines.long
	n, err = s.lines.read(from, func(line []byte) { r.take(s, line) })
	if n > 0 {
		r.tally.long += s.lines.long - long
		r.publish()
	}
	return n, err
}

// finish reports the calls that lines at the end of a stream still had to
// report: its last line has no newline.
func (r *reader) finish(s *stream) {
	s.lines.flush(func(line []byte) { r.take(s, line) })
	r.parser.flush()
	r.reportExtra(moment{})
	r.publish()
}

func (r *reader) publish() {
	r.tally.unknownFailures, r.tally.onlyFailures = r.parser.stats.unknown, r.parser.stats.other
	if r.status != nil {
		t := r.tally
		t.ignored = maps.Clone(t.ignored)
		r.status.count(t)
	}
}

// caughtUp notes that the backlog has been read. modified is when the file was
// written last.
func (r *reader) caughtUp(modified time.Time) {
	r.backlog = 0
	r.tally.backlog = r.tally.lines
	r.tally.checkZone(modified, r.now)
	if !r.first.IsZero() {
		r.status.covers(r.first.Add(r.clock.Offset()))
	}
	r.publish()
	r.status.set(model.StateOK, "", "")
}

func (r *reader) take(s *stream, line []byte) {
	if line = tidyLine(line); len(line) == 0 {
		return
	}
	line, enveloped, ok := s.wrapper.unwrap(line)
	if !ok || len(line) == 0 {
		return
	}
	kind, v := r.parser.parse(line, &r.rec)
	r.tally.add(kind, v, line)
	r.reportExtra(enveloped)
	if v == isCall {
		r.report(&r.rec, enveloped)
	}
}

func (r *reader) reportExtra(enveloped moment) {
	for _, rec := range r.parser.extra() {
		r.report(&rec, enveloped)
	}
}

// report emits the calls of a record, unless they went elsewhere or are too old.
// Where a program logs the calls that it makes, the requests that it serves are
// something else.
//
// enveloped is the time of the line's envelope, which counts if the line itself
// has no time, or none that names its zone.
func (r *reader) report(rec *record, enveloped moment) {
	if !rec.at.zoned && !enveloped.IsZero() {
		rec.at = enveloped
	}
	if rec.byServerClock { // local, like others, until it is corrected
		rec.at.Time = rec.at.Add(-r.offset)
	}
	n := max(rec.count, 1)
	if host, _ := rec.target(); rec.call == nil && !r.hosts.include(host, rec.byServer) {
		r.tally.ignore(host, n)
		return
	}
	if rec.byServer && r.tally.made > 0 {
		r.tally.served += n
		return
	}
	if !rec.byServer {
		r.tally.made += n
	}
	r.tally.calls += n
	at, ok := r.date(rec, n)
	if !ok {
		return
	}
	r.tally.reported += n
	at = at.Add(r.offset).UTC()
	for range n {
		e := rec.event(at)
		if rec.call == nil { // else it has passed the gate
			e = pioneer.Gate{}.Event(e)
		}
		r.emit(e)
	}
}

// date is the local time of a record's calls. ok is false if they are not to be
// reported.
func (r *reader) date(rec *record, n int) (at time.Time, ok bool) {
	at = rec.at.Time
	past := r.backlog > 0
	switch {
	case !at.IsZero():
		r.recent = at
		if at.After(r.tally.newest) {
			r.tally.newest, r.tally.newestZoned = at, rec.at.zoned
		}
	case !past && r.window > 0:
		return r.now, true
	case r.recent.IsZero() && r.window > 0:
		r.tally.undated += n
		return at, false
	case r.recent.IsZero():
		r.tally.undated += n
		return r.times.near, true
	default:
		at = r.recent // such as that of the line before
	}
	age := r.now.Sub(at)
	switch {
	case r.window == 0:
		return at, true
	case past && age > r.window:
		r.tally.old += n
		return at, false
	case age > r.window || age < -maxAhead:
		r.tally.outside += n
		if !rec.at.zoned && !past {
			r.tally.offBy(-age, 2*time.Minute)
		}
		return at, false
	case past && r.first.IsZero():
		r.first = at
	case !past:
		r.tally.off = 0
	}
	return at, true
}
