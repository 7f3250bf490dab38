package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"quotatop/model"
	"quotatop/poller/events"
	"quotatop/poller/events/frame"
	"quotatop/poller/pioneer"
)

// flushEvery is the longest that an event waits to be written.
const flushEvery = time.Second

// A Recorder writes a recording. It is a runner.Journal: Observe and Checkpoint
// are called by one goroutine, and never wait for the disk. It must be closed.
type Recorder struct {
	clock    *pioneer.Clock
	writer   *events.Writer
	output   *output
	empty    []byte // the state of a ledger that has seen nothing; nil after the first checkpoint
	gatherer gatherer
	line     []byte // the last tick
}

// Options describe the run.
type Options struct {
	Table  model.Table
	Ledger model.LedgerOptions
	Clock  *pioneer.Clock
	// Report, if not nil, is called once if the recording cannot go on (a full
	// disk). It must not block.
	Report func(error)
}

// Create begins a recording. The file must not exist; its name ends in .jsonl,
// or in .jsonl.zst for one that is compressed. Only its owner can read it.
func Create(path string, o Options) (*Recorder, error) {
	zipped, err := compressed(path)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("record: %s already exists: choose another name", path)
	}
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	id := fmt.Sprintf("%016x", rand.Uint64())
	index, _, err := createIndex(path+indexSuffix, id)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("record: %w", err), file.Close(), os.Remove(path))
	}
	return newRecorder(id, file, index, zipped, o)
}

// newRecorder returns a Recorder to a new file. The index has its first line.
func newRecorder(id string, file, index io.WriteCloser, zipped bool, o Options) (*Recorder, error) {
	first, err := json.Marshal(newHeader(id, o.Table, o.Ledger))
	if err != nil {
		return nil, errors.Join(err, file.Close(), index.Close())
	}
	out := &output{file: file, index: index, plain: !zipped, frames: frame.NewWriter()}
	r := &Recorder{
		clock: o.Clock, output: out, writer: events.NewWriter("record", out, flushEvery, o.Report),
		empty: model.NewLedger(o.Table, o.Ledger).AppendState(nil),
	}
	r.writer.Line(append(first, '\n'))
	return r, nil
}

// Observe takes in an event to be written. One that comes while too much is
// pending is dropped.
func (r *Recorder) Observe(e model.Event) {
	if r.writer.Observe(e) {
		r.gatherer.observe(e)
	}
}

// Checkpoint records the time, and takes the ledger's state for the index when
// that is due.
func (r *Recorder) Checkpoint(state func(dst []byte) []byte) {
	if r.empty != nil {
		if r.gatherer.events == 0 {
			r.begin(state(nil))
		}
		r.empty = nil
	}
	now := r.clock.Now()
	r.line = appendTick(r.line[:0], now)
	if !r.writer.Line(r.line) || !r.gatherer.tick(now) {
		return
	}
	e := r.gatherer.entry()
	e.state = state(nil)
	r.writer.Then(len(e.state), func() error { return r.output.mark(e) })
}

// begin records the state of a ledger that has seen something before.
func (r *Recorder) begin(state []byte) {
	if bytes.Equal(state, r.empty) {
		return
	}
	if line, err := json.Marshal(beginning{frame.NewWriter().Append(nil, state)}); err == nil { // bytes always encode
		r.writer.Line(append(line, '\n'))
	}
}

// Close writes what is pending. The error says why the recording is incomplete.
func (r *Recorder) Close() error { return r.writer.Close() }

// An output is a recording and its index. It is the sink of the Recorder's
// writer, whose goroutine calls the methods.
type output struct {
	file, index io.WriteCloser
	offset      int64 // of the end of file
	frames      *frame.Writer
	frame       []byte
	plain       bool  // no frames
	err         error // the recording ends here
	unindexed   bool  // the index ends here; Open completes it
}

// Write writes lines. If that fails the recording ends.
func (o *output) Write(lines []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	text := lines
	if !o.plain {
		o.frame = o.frames.Append(o.frame[:0], lines)
		text = o.frame
	}
	if _, err := o.file.Write(text); err != nil {
		o.err = fmt.Errorf("the recording ends here: %w", err)
		_, _ = o.file.Close(), o.index.Close() // so that removing them makes room on a full disk
		return 0, o.err
	}
	o.offset += int64(len(text))
	return len(lines), nil
}

// mark writes an entry for the end of the file to the index. The error says why
// the recording has ended; a recording whose index fails goes on.
func (o *output) mark(e entry) error {
	if o.err != nil || o.unindexed {
		return o.err
	}
	e.offset = o.offset
	e.state = o.frames.Append(nil, e.state)
	_, err := o.index.Write(appendEntry(nil, e))
	o.unindexed = err != nil
	return nil
}

// Close closes both files. The error says why the recording ended early.
func (o *output) Close() error {
	if o.err != nil {
		return o.err
	}
	return errors.Join(o.file.Close(), o.index.Close())
}
