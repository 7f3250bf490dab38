package tail

import (
	"io"
	"time"

	"quotatop/poller/events/input"
)

// maxWhole is the size up to which a log is read whole if its lines have no
// times, or none that can be read, to say what is wrong with it.
const maxWhole = 32 << 20

// begin seeks to the first call of the window in the file that was just opened.
func (f *follower) begin() error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	f.backlog = 0
	if !f.opened {
		f.backlog = size
	}
	if ready, err := f.file.detect(); err != nil || !ready || f.file.encoding != plainText {
		return err
	}
	cutoff := time.Now().Add(-f.window)
	start, dated, err := f.start(size, cutoff)
	if err != nil || start.offset == 0 {
		return err
	}
	f.readHeader()
	if err := f.file.seek(start.offset); err != nil {
		return err
	}
	f.file.lines.skip = start.midLine
	if f.backlog > 0 && dated {
		f.first = cutoff
	}
	return nil
}

// start is the place to start reading the file. dated is false if its lines
// have no times.
func (f *follower) start(size int64, cutoff time.Time) (start place, dated bool, err error) {
	if f.opened && size <= maxLine { // it replaced another: all of it is new
		return place{}, true, nil
	}
	probe := newParser(f.format, f.times, nil)
	f.probe(probe, 0)
	if probe.stats.columns != nil { // rows are differences to the ones before
		return place{}, true, nil
	}
	w := wrapper{times: f.times}
	stamp := func(line []byte) (time.Time, bool) {
		line, at, ok := w.unwrap(line)
		if w.partial = w.partial[:0]; ok && at.IsZero() {
			at, ok = probe.stamp(line)
		}
		return at.Time, ok && !at.IsZero()
	}
	start, dated, err = find(f.file, size, cutoff, stamp)
	if !dated && size <= maxWhole {
		start = place{}
	}
	return start, dated, err
}

// probe has a parser read the lines at offset.
func (f *follower) probe(p *parser, offset int64) {
	var l lines
	var rec record
	_, _ = l.read(io.NewSectionReader(f.file, offset, probeSize), func(line []byte) { p.parse(tidyLine(line), &rec) })
}

// readHeader reads the first line, which may be the header row of a table.
func (f *follower) readHeader() {
	var l lines
	var rec record
	first := true
	_, _ = l.read(io.NewSectionReader(f.file, 0, probeSize), func(line []byte) {
		if first {
			f.parser.parse(tidyLine(line), &rec)
		}
		first = false
	})
}

// maxFailures is how much of Locust's file of failures is read, in bytes.
const maxFailures = 1 << 20

// failuresOf returns a function that reads the file of failures that goes with
// Locust's history at path.
func failuresOf(path string) func() []byte {
	return func() []byte {
		name := failuresPath(path)
		if name == "" {
			return nil
		}
		file, err := input.Regular(name)
		if err != nil {
			return nil
		}
		defer file.Close()
		text, _ := io.ReadAll(io.LimitReader(file, maxFailures))
		return text
	}
}
