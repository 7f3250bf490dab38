package events

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"quotatop/model"
)

const (
	// flushEvery is the longest that an event waits to be written.
	flushEvery = 100 * time.Millisecond

	// maxPending bounds what waits while the disk stalls, in bytes.
	maxPending = 4 << 20
)

// A Writer appends events to a file as lines, from the side: whoever has an
// event never waits for the disk. What waits is written every 100 ms by a
// single write that begins and ends with a line, so that several processes may
// append to one file and others may follow it.
type Writer struct {
	file   *os.File
	report func(error)
	wake   chan struct{} // holds one token while lines wait
	done   chan struct{} // closed by Close
	ended  chan struct{} // closed when the last line is written

	mu      sync.Mutex
	pending []byte
	lines   int // in pending
	lost    int // events that were not written
	closed  bool

	// The following belong to the writing goroutine.
	torn    bool // the file ends within a line of ours
	trouble error
}

// OpenWriter opens the file for appending, and makes it if it is not there,
// readable by its owner only. report, if not nil, is called when lines cannot
// be written (a full disk), once until they can again; it must not call the
// Writer. The Writer has to be closed.
func OpenWriter(path string, report func(error)) (*Writer, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("event log: %w", err)
	}
	w := &Writer{
		file: file, report: report,
		wake: make(chan struct{}, 1), done: make(chan struct{}), ended: make(chan struct{}),
	}
	go w.run()
	return w, nil
}

// Observe takes in an event to be written. It never waits: an event that comes
// while too much is pending, or after Close, is lost and counted. It may be
// called from any goroutine.
func (w *Writer) Observe(e model.Event) {
	w.mu.Lock()
	if w.closed || len(w.pending) > maxPending {
		w.lost++
		w.mu.Unlock()
		return
	}
	w.pending = Append(w.pending, e)
	w.lines++
	first := w.lines == 1
	w.mu.Unlock()
	if first {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// Lost is how many events could not be written so far.
func (w *Writer) Lost() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lost
}

// Close writes what is pending and closes the file. The error says how many
// events were lost over the Writer's life, and why.
func (w *Writer) Close() error {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.done)
	}
	w.mu.Unlock()
	<-w.ended
	err := w.file.Close()
	if errors.Is(err, os.ErrClosed) { // closed before
		err = nil
	}
	if lost := w.Lost(); lost > 0 {
		cause := w.trouble
		if cause == nil {
			cause = errors.New("they came faster than the disk takes them")
		}
		return errors.Join(fmt.Errorf("event log: %d events are not in it: %w", lost, cause), err)
	}
	return err
}

func (w *Writer) run() {
	defer close(w.ended)
	buf := make([]byte, 0, 64<<10)
	timer := time.NewTimer(flushEvery)
	defer timer.Stop()
	for failing := false; ; {
		select {
		case <-w.done:
			w.flush(buf)
			return
		case <-w.wake:
		}
		timer.Reset(flushEvery)
		select {
		case <-w.done:
		case <-timer.C:
		}
		var err error
		buf, err = w.flush(buf)
		if err != nil && !failing && w.report != nil {
			w.report(err)
		}
		failing = err != nil
	}
}

// flush writes what is pending. It takes an empty buffer for what comes in the
// meantime, and returns the one that it has written.
func (w *Writer) flush(empty []byte) ([]byte, error) {
	w.mu.Lock()
	batch, lines := w.pending, w.lines
	w.pending, w.lines = empty[:0], 0
	w.mu.Unlock()
	if lines == 0 {
		return batch, nil
	}
	text := batch
	if w.torn { // what came of the last line is a line of its own
		text = append([]byte{'\n'}, batch...)
	}
	n, err := w.file.Write(text)
	if err != nil {
		err = fmt.Errorf("event log: %w", err)
		w.trouble = err
		w.mu.Lock()
		w.lost += lines - bytes.Count(batch[:max(n-len(text)+len(batch), 0)], []byte{'\n'})
		w.mu.Unlock()
	}
	if n > 0 {
		w.torn = text[n-1] != '\n'
	}
	if cap(batch) > 1<<20 { // a burst is over
		batch = nil
	}
	return batch, err
}
