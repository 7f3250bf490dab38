package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"quotatop/model"
	"quotatop/poller/events"
	"quotatop/poller/events/frame"
	"quotatop/poller/pioneer"
)

const (
	// flushEvery is the longest that an event waits to be written.
	flushEvery = time.Second
	// flushAt is how many bytes are written without waiting, and maxPending how
	// many may wait for a disk that stalls.
	flushAt    = 512 << 10
	maxPending = 8 << 20
)

// A Recorder writes a recording, from the side. It is a runner.Journal and has
// to be closed.
type Recorder struct {
	clock  *pioneer.Clock
	fresh  []byte // the state of a ledger that knows nothing
	report func(error)
	wake   chan struct{} // holds one token while there is much to write
	done   chan struct{} // closed by Close
	ended  chan struct{} // closed when the last event is written

	mu       sync.Mutex
	pending  []byte
	lost     int
	marks    []mark
	gatherer gatherer
	closed   bool

	// The following belong to the writing goroutine.
	file, index io.WriteCloser
	offset      int64
	frames      *frame.Writer
	plain       bool
	trouble     error // the recording ends here
	unindexed   bool  // the index ends here: it can be made again
}

// A mark is an entry of the index whose place in the file is not known yet.
type mark struct {
	entry
	at int // its place in pending
}

// Options are what a Recorder is told of the run.
type Options struct {
	Table  model.Table
	Ledger model.LedgerOptions
	Clock  *pioneer.Clock
	// Report, if not nil, is called once if the recording cannot go on (a full
	// disk). It must not block.
	Report func(error)
}

// Create begins a recording. The file must not be there yet; its name ends in
// .jsonl, or in .jsonl.zst for one that is compressed. Only its owner can read
// it.
func Create(path string, o Options) (*Recorder, error) {
	zipped, err := compressed(path)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("record: %s is there already: choose another name", path)
	}
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	index, err := os.OpenFile(path+indexSuffix, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("record: %w", err), file.Close(), os.Remove(path))
	}
	r, err := newRecorder(file, index, zipped, o)
	if err != nil {
		return nil, err
	}
	go r.writeAll()
	return r, nil
}

func newRecorder(file, index io.WriteCloser, zipped bool, o Options) (*Recorder, error) {
	id := fmt.Sprintf("%016x", rand.Uint64())
	first, err := json.Marshal(newHeader(id, o.Table, o.Ledger))
	if err != nil {
		return nil, err
	}
	r := &Recorder{
		clock: o.Clock, fresh: model.NewLedger(o.Table, o.Ledger).AppendState(nil), report: o.Report, file: file, index: index, plain: !zipped, frames: frame.NewWriter(),
		wake: make(chan struct{}, 1), done: make(chan struct{}), ended: make(chan struct{}),
	}
	r.pending = append(first, '\n')
	r.writeIndex([]byte(indexMagic + id + "\n"))
	return r, nil
}

// Observe takes in an event to be written. It never waits.
func (r *Recorder) Observe(e model.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || len(r.pending) > maxPending {
		r.lost++
		return
	}
	before := len(r.pending)
	r.pending = events.Append(r.pending, e)
	r.gatherer.observe(e)
	if before < flushAt && len(r.pending) >= flushAt {
		r.rouse()
	}
}

// Checkpoint notes the time, and takes the ledger's state for the index where
// that is due. It never waits.
func (r *Recorder) Checkpoint(state func(dst []byte) []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || len(r.pending) > maxPending {
		return
	}
	now := r.clock.Now()
	if r.fresh != nil && r.gatherer.events == 0 {
		r.pending = r.appendBeginning(r.pending, state(nil))
	}
	r.fresh = nil
	r.pending = appendTick(r.pending, now)
	if r.gatherer.tick(now) {
		e := r.gatherer.entry()
		e.state = state([]byte{})
		r.marks = append(r.marks, mark{e, len(r.pending)})
		r.rouse()
	}
}

// appendBeginning appends the line of a ledger that knows something already.
func (r *Recorder) appendBeginning(dst, state []byte) []byte {
	if bytes.Equal(state, r.fresh) {
		return dst
	}
	line, err := json.Marshal(beginning{frame.NewWriter().Append(nil, state)})
	if err != nil { // bytes always encode
		return dst
	}
	return append(append(dst, line...), '\n')
}

func (r *Recorder) rouse() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Close writes what is pending. The error says why the recording is not whole.
func (r *Recorder) Close() error {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		close(r.done)
	}
	r.mu.Unlock()
	<-r.ended
	switch {
	case r.trouble != nil:
		return r.trouble
	case r.lost > 0:
		return fmt.Errorf("record: %d events are not in it: they came faster than the disk takes them", r.lost)
	}
	return nil
}

// writeAll is the writing goroutine.
func (r *Recorder) writeAll() {
	defer close(r.ended)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	var spare []byte
	for last := false; !last; {
		select {
		case <-r.done:
			last = true
		case <-r.wake:
		case <-tick.C:
		}
		told := r.trouble != nil
		if spare = r.flush(spare); r.trouble != nil && !told && r.report != nil {
			r.report(r.trouble)
		}
	}
	err := errors.Join(r.file.Close(), r.index.Close())
	if r.trouble == nil {
		r.trouble = err
	}
}

// flush writes what is pending, and takes an empty buffer for what comes in the
// meantime. It returns the buffer that it has written.
func (r *Recorder) flush(empty []byte) []byte {
	r.mu.Lock()
	batch, marks := r.pending, r.marks
	r.pending, r.marks = empty[:0], nil
	r.mu.Unlock()
	at := 0
	for _, m := range marks {
		r.write(batch[at:m.at])
		at = m.at
		if r.trouble == nil {
			m.offset = r.offset
			m.state = r.frames.Append(nil, m.state)
			r.writeIndex(appendEntry(nil, m.entry))
		}
	}
	r.write(batch[at:])
	if cap(batch) > 2*flushAt {
		return nil
	}
	return batch
}

// write writes lines. Where that fails the recording ends.
func (r *Recorder) write(lines []byte) {
	if r.trouble != nil || len(lines) == 0 {
		return
	}
	text := lines
	if !r.plain {
		text = r.frames.Append(nil, lines)
	}
	if _, err := r.file.Write(text); err != nil {
		r.trouble = fmt.Errorf("record: the recording ends here: %w", err)
		return
	}
	r.offset += int64(len(text))
}

func (r *Recorder) writeIndex(text []byte) {
	if !r.unindexed {
		_, err := r.index.Write(text)
		r.unindexed = err != nil
	}
}
