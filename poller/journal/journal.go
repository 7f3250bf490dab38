// Package journal keeps what the dashboard sees, so that nothing is lost when
// it is restarted: every event in a folder of event lines, and beside them,
// from time to time, all that the ledger knows.
//
// Each run of quotatop writes files of its own, so that several can share the
// folder. Whatever goes wrong is a warning: the dashboard goes on without.
package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"quotatop/model"
	"quotatop/poller/events"
	"quotatop/poller/events/frame"
)

const (
	// flushEvery is the longest that an event waits to be written: what is
	// lost by a crash.
	flushEvery = time.Second
	// checkpointEvery bounds the events that a restart has to read.
	checkpointEvery = 30 * time.Second
	// flushAt is how many bytes of lines are written without waiting, and
	// maxPending how many may wait for a disk that stalls.
	flushAt    = 512 << 10
	maxPending = 8 << 20
	// segmentSize is from which size on a file is followed by another, so that
	// what is too old can be removed.
	segmentSize = 64 << 20
	// retryAfter is how long a folder that cannot be written is left alone.
	retryAfter = 10 * time.Second
)

// What is kept unless Options say otherwise.
const (
	DefaultKeep     = 14 * 24 * time.Hour
	DefaultMaxBytes = 2 << 30
)

// Options are what a journal need not be told. The zero value is fit for use.
type Options struct {
	Keep     time.Duration // how long files are kept; DefaultKeep if 0
	MaxBytes int64         // how much all files may take; DefaultMaxBytes if 0
	// Report, if not nil, is called when the journal cannot be written, once
	// until it can again, and with nil once it can. It must not block.
	Report func(error)
}

// A Journal writes events to a folder, from the side: whoever has an event
// never waits for the disk. It has to be closed.
type Journal struct {
	dir, run string
	opts     Options
	wake     chan struct{} // holds one token while there is much to write
	done     chan struct{} // closed by Close
	ended    chan struct{} // closed when the last event is written

	mu      sync.Mutex
	pending []byte
	lines   int       // in pending
	lost    int       // events that were not written
	unread  bool      // rows of the billing log came, and not yet the Reading that they belong to
	state   []byte    // a checkpoint to be written; nil for none
	stateAt int       // its place in pending
	saved   time.Time // when the last checkpoint was taken
	closed  bool
	writing // belongs to the writing goroutine
}

// writing is the state of the writing goroutine.
type writing struct {
	file    file // nil before the first, and after trouble with the folder
	number  int  // of the file
	day     int  // of the file, in UTC
	offset  int64
	frames  *frame.Writer
	frame   []byte
	retry   time.Time
	trouble error
	lostTo  error // the trouble that events were last lost to, over or not
	create  func(path string) (file, error)
}

// file is an *os.File, or a test's.
type file interface {
	io.WriterAt
	io.Closer
}

// Open begins a journal in a folder, which is made if it is not there.
func Open(dir string, opts Options) *Journal {
	j := newJournal(dir, opts)
	go j.writeAll()
	return j
}

func newJournal(dir string, opts Options) *Journal {
	if opts.Keep == 0 {
		opts.Keep = DefaultKeep
	}
	if opts.MaxBytes == 0 {
		opts.MaxBytes = DefaultMaxBytes
	}
	name := fmt.Sprintf("%s-%d-%04x", time.Now().UTC().Format(runLayout), os.Getpid(), rand.N(1<<16))
	return &Journal{
		dir: dir, run: name, opts: opts,
		wake: make(chan struct{}, 1), done: make(chan struct{}), ended: make(chan struct{}),
		writing: writing{frames: frame.NewWriter(), create: create},
	}
}

// Observe takes in an event to be written. It never waits: an event that comes
// while too much is pending is lost.
func (j *Journal) Observe(e model.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e.Source == model.SourceBilling && e.Call != nil && e.Call.Vantage == model.VantageAccount {
		j.unread = true
	} else if e.Reading != nil {
		j.unread = false
	}
	if j.closed || len(j.pending) > maxPending {
		j.lost++
		return
	}
	before := len(j.pending)
	j.pending = events.Append(j.pending, e)
	j.lines++
	if before < flushAt && len(j.pending) >= flushAt {
		select {
		case j.wake <- struct{}{}:
		default:
		}
	}
}

// Checkpoint takes the state of the ledger if it is time for that. It is called
// between two events, as often as one likes: the state is that after all events
// observed so far. It never waits for the disk.
//
// Rows of the billing log are read again by the next run unless a Reading said
// that they are all told, so no checkpoint is taken between the two.
func (j *Journal) Checkpoint(state func(dst []byte) []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := time.Now()
	if j.closed || j.unread || j.state != nil || now.Sub(j.saved) < checkpointEvery {
		return
	}
	j.saved = now
	j.state, j.stateAt = state([]byte{}), len(j.pending)
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// Close writes what is pending. The error says how many events were lost over
// the Journal's life, and why.
func (j *Journal) Close() error {
	j.mu.Lock()
	if !j.closed {
		j.closed = true
		close(j.done)
	}
	j.mu.Unlock()
	<-j.ended
	if j.lost > 0 {
		cause := j.lostTo
		if cause == nil {
			cause = errors.New("they came faster than the disk takes them")
		}
		return fmt.Errorf("journal: %d events are not in it: %w", j.lost, cause)
	}
	return nil
}

// writeAll is the writing goroutine.
func (j *Journal) writeAll() {
	defer close(j.ended)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	var spare []byte
	for failing := false; ; {
		last := false
		select {
		case <-j.done:
			last = true
		case <-j.wake:
		case <-tick.C:
		}
		var err error
		if spare, err = j.flush(spare); (err != nil) != failing {
			if failing = err != nil; j.opts.Report != nil {
				if err != nil {
					err = fmt.Errorf("journal: what is seen is not kept: %w", causeFirst(err))
				}
				j.opts.Report(err)
			}
		}
		if last {
			if j.file != nil {
				_ = j.file.Close()
			}
			return
		}
	}
}

// causeFirst puts what is wrong with a file before its path: a line on the screen
// is cut at its end.
func causeFirst(err error) error {
	if wrong, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%w: %s %s", wrong.Err, wrong.Op, wrong.Path)
	}
	return err
}

// flush writes what is pending and takes an empty buffer for what comes in the
// meantime. It returns the buffer that it has written. There is no error while
// nothing was tried.
func (j *Journal) flush(empty []byte) ([]byte, error) {
	j.mu.Lock()
	batch, lines, state, at := j.pending, j.lines, j.state, j.stateAt
	j.pending, j.lines, j.state = empty[:0], 0, nil
	j.mu.Unlock()
	if len(batch) == 0 && state == nil {
		return batch, j.trouble
	}
	if state == nil {
		at = len(batch)
	}
	err := j.write(batch[:at])
	if err == nil && state != nil {
		err = j.save(state)
	}
	if err == nil {
		err = j.write(batch[at:])
	}
	if err != nil {
		j.mu.Lock()
		j.lost += lines
		j.mu.Unlock()
		j.lostTo = err
		if errors.Is(err, fs.ErrNotExist) && j.file != nil { // the folder was removed
			_ = j.file.Close()
			j.file = nil
		}
	}
	j.trouble = err
	if cap(batch) > 2*flushAt { // a burst is over
		batch = nil
	}
	return batch, err
}

// write writes lines as a frame. One that could not be written in full is
// overwritten by the next.
func (j *Journal) write(lines []byte) error {
	if err := j.open(time.Now()); err != nil || len(lines) == 0 {
		return err
	}
	j.frame = j.frames.Append(j.frame[:0], lines)
	if _, err := j.file.WriteAt(j.frame, j.offset); err != nil {
		return err
	}
	j.offset += int64(len(j.frame))
	return nil
}

// open makes sure that there is a file to write to: the next one, where a day
// has begun or the last one is large.
func (j *Journal) open(now time.Time) error {
	day := now.UTC().YearDay()
	if j.file != nil && j.day == day && j.offset < segmentSize {
		return nil
	}
	if now.Before(j.retry) {
		return j.trouble
	}
	j.retry = now.Add(retryAfter)
	if err := prepare(j.dir); err != nil {
		return err
	}
	f, err := j.create(filepath.Join(j.dir, fmt.Sprintf("%s.%04d%s", j.run, j.number+1, segmentSuffix)))
	if err != nil {
		return err
	}
	if j.file != nil {
		_ = j.file.Close()
	}
	j.retry = time.Time{}
	j.file, j.number, j.day, j.offset = f, j.number+1, day, 0
	tidy(j.dir, j.opts.Keep, j.opts.MaxBytes, now)
	return nil
}

func create(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	lock(f) // it is new: nobody else has it
	return f, nil
}

// place is where a checkpoint was taken: a run's lines before it are in it.
type place struct {
	At     time.Time `json:"at"`
	Number int       `json:"segment"`
	Offset int64     `json:"offset"`
}

// save writes the checkpoint in one step: either the old one is there or the
// new one. Its first line says where it was taken, its last bytes are a
// checksum.
func (j *Journal) save(state []byte) error {
	if err := j.open(time.Now()); err != nil {
		return err
	}
	text, err := json.Marshal(place{time.Now().UTC(), j.number, j.offset})
	if err != nil {
		return err
	}
	text = append(append(text, '\n'), state...)
	text = fmt.Appendf(text, "%08x", crc32.ChecksumIEEE(text))
	path := filepath.Join(j.dir, j.run+checkpointSuffix)
	temporary := strings.TrimSuffix(path, checkpointSuffix) + ".new"
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		_ = os.Remove(temporary)
	}
	return err
}
