package tail

import (
	"io"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// ahead is how far in the future a call's time may lie: clocks differ a little.
const ahead = time.Minute

// A reader turns what it reads into events.
type reader struct {
	status *status
	target target
	clock  *pioneer.Clock
	window time.Duration
	emit   func(model.Event)

	format  Format
	parse   parser // nil until the format is known
	lines   lines
	tally   tally
	backlog int64     // the size of what was there before we came; 0 when it is read
	first   time.Time // the first time in the backlog, by the local clock

	now time.Time // the local time of the read
}

func (r *reader) setFormat(f Format) {
	r.format, r.parse = f, f.parser(r.target)
}

// recogniseFile looks for the format at both ends of a file.
func (r *reader) recogniseFile(f io.ReaderAt, size int64) {
	buf := make([]byte, probeSize)
	for _, from := range []int64{0, max(size-probeSize, 0)} {
		var ends lines
		_, _ = ends.read(io.NewSectionReader(f, from, int64(len(buf))), func(line []byte) {
			if r.format == FormatAuto {
				r.setFormat(recognise(tidyLine(line)))
			}
		})
	}
}

// read reads once and reports the calls of the lines that are complete.
func (r *reader) read(from io.Reader) (n int, err error) {
	r.now = time.Now()
	n, err = r.lines.read(from, r.take)
	if n > 0 {
		r.tally.long = r.lines.long
		r.status.count(r.tally)
	}
	return n, err
}

// finish reports what stands behind the last line end.
func (r *reader) finish() {
	r.lines.flush(r.take)
	r.status.count(r.tally)
}

// caughtUp notes that what was there before we came has been read.
func (r *reader) caughtUp() {
	r.backlog = 0
	if !r.first.IsZero() {
		r.status.covers(r.first.Add(r.clock.Offset()))
	}
	r.status.set(model.StateOK, "", "")
}

func (r *reader) take(line []byte) {
	line = tidyLine(line)
	if len(line) == 0 {
		return
	}
	if r.parse == nil {
		f := recognise(line)
		if f == FormatAuto {
			r.tally.lines++
			r.tally.odd++
			return
		}
		r.setFormat(f)
		r.tally = tally{long: r.tally.long} // what came before was a preface
	}
	r.tally.lines++
	undated := r.now
	if r.backlog > 0 {
		undated = time.Time{}
	}
	e, ok := r.parse(line, undated)
	switch {
	case !ok:
		r.tally.odd++
		return
	case e.Call == nil:
		return
	}
	r.tally.calls++
	age := r.now.Sub(e.At)
	switch {
	case r.backlog > 0 && (e.At.IsZero() || age > r.window):
		return
	case age > r.window || age < -ahead:
		r.tally.far++
		return
	case r.backlog > 0 && r.first.IsZero():
		r.first = e.At
	}
	e.At = e.At.Add(r.clock.Offset()).UTC()
	r.emit(e)
}
