package events

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"quotatop/model"
	"quotatop/poller/crash"
	"quotatop/poller/pioneer"
)

const (
	// flushAt is how many bytes are written without waiting any longer.
	flushAt = 512 << 10

	// maxPending bounds what waits while the disk stalls, in bytes.
	maxPending = 8 << 20
)

// A Writer writes lines to a sink from a goroutine of its own, so that whoever
// has an event never waits for a disk. While the sink stalls the Writer holds a
// bounded number of bytes; events beyond that are dropped and counted. Its
// methods may be called from any goroutine. It must be closed.
type Writer struct {
	name   string
	sink   io.WriteCloser
	clock  *pioneer.Clock // not nil if lines are to say that they are by it
	every  time.Duration
	report func(error)
	wake   chan struct{} // holds one token once something is pending
	hurry  chan struct{} // holds one token once it should not wait any longer
	done   chan struct{} // closed by Close
	ended  chan struct{} // closed when the sink is closed

	mu       sync.Mutex
	pending  batch
	held     int // bytes in pending and held by its steps
	dropped  int // events
	cause    error
	closed   bool
	closeErr error // of the sink, set before ended is closed
}

// A batch is what is handed to the sink at once: lines, and what is to be done
// between them.
type batch struct {
	lines  []byte
	events int
	steps  []step
}

// A step is done between two lines of a batch.
type step struct {
	at, events int // bytes and events of the batch before it
	do         func() error
}

// NewWriter returns a Writer to sink. What is observed is written within every,
// or sooner if there is much of it, in one call of sink.Write for consecutive
// lines. Write is called from one goroutine, always with whole lines; it must
// not keep them. If it fails, the events that it did not write are dropped, and
// the next ones are tried again.
//
// report, if not nil, is called with an error when the sink begins to fail, and
// with nil once it works again; it must not block. name begins each error.
func NewWriter(name string, sink io.WriteCloser, every time.Duration, report func(error)) *Writer {
	w := &Writer{
		name: name, sink: sink, every: every, report: report,
		wake: make(chan struct{}, 1), hurry: make(chan struct{}, 1),
		done: make(chan struct{}), ended: make(chan struct{}),
	}
	crash.Go(w.run)
	return w
}

// Observe takes in an event and reports whether it will be written. Otherwise
// too much is pending, or the Writer is closed, and the event is dropped and
// counted.
func (w *Writer) Observe(e model.Event) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.held > maxPending {
		w.dropped++
		return false
	}
	before := len(w.pending.lines)
	if w.clock != nil && w.clock.Known() {
		w.pending.lines = AppendServer(w.pending.lines, e)
	} else {
		w.pending.lines = Append(w.pending.lines, e)
	}
	w.pending.events++
	w.added(len(w.pending.lines) - before)
	return true
}

// Line takes in a line that is no event, with its newline, and reports whether
// it will be written. One that is dropped is not counted.
func (w *Writer) Line(line []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.held > maxPending {
		return false
	}
	w.pending.lines = append(w.pending.lines, line...)
	w.added(len(line))
	return true
}

// Then has the writing goroutine call do, soon, after everything taken in before
// it was handed to the sink and before anything that follows. Its error is
// reported like one of the sink. held is how many bytes do keeps in memory until
// then. Then reports whether do will be called: it is not when too much is
// pending or the Writer is closed.
func (w *Writer) Then(held int, do func() error) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.held > maxPending {
		return false
	}
	w.pending.steps = append(w.pending.steps, step{len(w.pending.lines), w.pending.events, do})
	w.added(held)
	give(w.hurry)
	return true
}

// added notes that something of this size is pending. w.mu is held.
func (w *Writer) added(size int) {
	before := w.held
	w.held += size
	if before == 0 {
		give(w.wake)
	}
	if before < flushAt && w.held >= flushAt {
		give(w.hurry)
	}
}

func give(token chan struct{}) {
	select {
	case token <- struct{}{}:
	default:
	}
}

// Close writes what is pending and closes the sink. The error says how many
// events were dropped over the Writer's life, and why.
func (w *Writer) Close() error {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.done)
	}
	w.mu.Unlock()
	<-w.ended
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.closeErr
	if w.dropped > 0 {
		cause := w.cause
		if cause == nil {
			cause = errors.New("disk too slow")
		}
		plural := "s"
		if w.dropped == 1 {
			plural = ""
		}
		err = fmt.Errorf("%d event%s dropped: %w", w.dropped, plural, cause)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", w.name, err)
	}
	return nil
}

// run is the writing goroutine.
func (w *Writer) run() {
	defer close(w.ended)
	timer := time.NewTimer(w.every)
	defer timer.Stop()
	var b batch
	for failing, last := false, false; !last; {
		last = w.wait(timer)
		b = w.take(b)
		if len(b.lines) == 0 && len(b.steps) == 0 {
			continue
		}
		err := w.flush(b)
		if (err != nil) != failing {
			failing = err != nil
			w.changed(err)
		}
		clear(b.steps) // what they hold
		if cap(b.lines) > 2*flushAt {
			b = batch{} // a burst is over
		}
	}
	w.closeErr = w.sink.Close()
}

// wait returns when what is pending is due, and reports whether that is all.
func (w *Writer) wait(timer *time.Timer) (last bool) {
	select {
	case <-w.done:
		return true
	case <-w.wake:
	}
	timer.Reset(w.every)
	select {
	case <-w.done:
		return true
	case <-w.hurry:
	case <-timer.C:
	}
	return false
}

// changed reports that the sink has begun to fail, or works again.
func (w *Writer) changed(err error) {
	switch {
	case w.report == nil:
	case err == nil:
		w.report(nil)
	default:
		w.report(fmt.Errorf("%s: %w", w.name, err))
	}
}

// take takes what is pending. What comes next is put into the memory of spare, a
// batch that was written.
func (w *Writer) take(spare batch) batch {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.pending
	w.pending, w.held = batch{lines: spare.lines[:0], steps: spare.steps[:0]}, 0
	return b
}

// flush hands a batch to the sink. It goes on after an error, and returns the
// first.
func (w *Writer) flush(b batch) (failed error) {
	note := func(err error) {
		if failed == nil {
			failed = err
		}
	}
	at, events := 0, 0
	for _, s := range b.steps {
		note(w.write(b.lines[at:s.at], s.events-events))
		note(s.do())
		at, events = s.at, s.events
	}
	note(w.write(b.lines[at:], b.events-events))
	return failed
}

// write writes lines, this many of which are events.
func (w *Writer) write(lines []byte, events int) error {
	if len(lines) == 0 {
		return nil
	}
	n, err := w.sink.Write(lines)
	if err != nil {
		w.mu.Lock()
		w.dropped += max(events-bytes.Count(lines[:n], []byte{'\n'}), 0)
		w.cause = err
		w.mu.Unlock()
	}
	return err
}
