package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"quotatop/poller/events/atomicfile"
	"quotatop/poller/events/frame"
	"quotatop/poller/pioneer"
)

const (
	// segmentSize is the size at which the next segment is begun, so that old
	// ones can be removed.
	segmentSize = 64 << 20
	// retryAfter is how long a folder that cannot be written is left alone.
	retryAfter = 10 * time.Second
)

// segments are the files of this run. They are the sink of the Journal's
// writer, whose goroutine calls the methods.
type segments struct {
	dir, run string
	keep     time.Duration
	maxBytes int64
	clock    *pioneer.Clock // the server's; nil for the local one

	file   file // nil before the first, and after the folder was removed
	number int  // of the file
	day    int  // of the file, in UTC
	offset int64
	frames *frame.Writer
	frame  []byte
	retry  time.Time // when a folder that cannot be used is tried again
	err    error     // the last one
	create func(path string) (file, error)

	read atomic.Pointer[map[string]position] // how far other runs had been read when this one began

	path      string // of file
	own       marks
	index     file // of file's marks; nil before the first
	indexEnd  int64
	unindexed bool // the index cannot be written
}

// file is an *os.File, or a test's.
type file interface {
	io.WriterAt
	io.Closer
}

func newSegments(dir string, opts Options) *segments {
	s := &segments{
		dir: dir, run: fmt.Sprintf("%s-%d-%04x-%06d", time.Now().UTC().Format(runLayout), os.Getpid(), rand.N(1<<16), nextSequence(dir)),
		keep: opts.Keep, maxBytes: opts.MaxBytes, clock: opts.Clock, frames: frame.NewWriter(), create: create,
	}
	if s.keep == 0 {
		s.keep = DefaultKeep
	}
	if s.maxBytes == 0 {
		s.maxBytes = DefaultMaxBytes
	}
	return s
}

func create(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	lock(f) // it is new: nobody else has it
	return f, nil
}

// Write writes lines as a frame, or none of them. A frame that was written only
// in part is overwritten by the next.
func (s *segments) Write(lines []byte) (int, error) {
	err := s.open(time.Now())
	if err == nil {
		s.frame = s.frames.Append(s.frame[:0], lines)
		_, err = s.file.WriteAt(s.frame, s.offset)
	}
	if err != nil {
		return 0, s.failed(err)
	}
	s.offset += int64(len(s.frame))
	return len(lines), nil
}

// Close closes the file.
func (s *segments) Close() error {
	if s.file == nil {
		return nil
	}
	err := errors.Join(s.closeIndex(), s.file.Close())
	s.file = nil
	return err
}

// place is where a checkpoint was taken: it covers the run's lines before that.
type place struct {
	// Sequence orders the checkpoints of a folder, whatever the local clock was when
	// they were taken; 0 in those of versions that did not have it.
	Sequence int       `json:"sequence,omitempty"`
	At       time.Time `json:"at"`
	position
	// Read is how far this run had read the others when it began: it covers their
	// lines before that too.
	Read map[string]position `json:"read,omitempty"`
}

// A position is a place in a run's segments.
type position struct {
	Number int   `json:"segment"`
	Offset int64 `json:"offset"`
}

// save replaces the checkpoint. Its first line says where it was taken, its last
// bytes are a checksum.
func (s *segments) save(state []byte) error {
	err := s.open(time.Now())
	if err != nil {
		return s.failed(err)
	}
	p := place{Sequence: nextCheckpoint(s.dir), At: time.Now().UTC(), position: position{s.number, s.offset}}
	if read := s.read.Load(); read != nil {
		p.Read = *read
	}
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	text = append(append(text, '\n'), state...)
	text = fmt.Appendf(text, "%08x", crc32.ChecksumIEEE(text))
	if err := atomicfile.Write(filepath.Join(s.dir, s.run+checkpointSuffix), text, 0o600); err != nil {
		return s.failed(err)
	}
	return nil
}

// failed returns err for the user. A line on the screen is cut at its end, so
// what is wrong with a file comes before its path.
func (s *segments) failed(err error) error {
	s.err = err
	if errors.Is(err, fs.ErrNotExist) { // the folder was removed
		_ = s.Close()
	}
	if wrong, ok := errors.AsType[*fs.PathError](err); ok {
		err = fmt.Errorf("%w: %s %s", wrong.Err, wrong.Op, wrong.Path)
	}
	return fmt.Errorf("cannot write: %w", err)
}

// open makes sure that there is a file to write to: the next one if a day has
// begun or the last one is large.
func (s *segments) open(now time.Time) error {
	day := now.UTC().YearDay()
	if _, err := os.Stat(s.path); errors.Is(err, fs.ErrNotExist) {
		_ = s.Close() // it was removed, perhaps to make room
	}
	if s.file != nil && s.day == day && s.offset < segmentSize {
		return nil
	}
	if now.Before(s.retry) {
		return s.err
	}
	s.retry = now.Add(retryAfter)
	if err := prepare(s.dir, true); err != nil {
		return err
	}
	path := filepath.Join(s.dir, fmt.Sprintf("%s.%04d%s", s.run, s.number+1, segmentSuffix))
	f, err := s.create(path)
	if err != nil {
		return err
	}
	_ = s.Close()
	s.retry = time.Time{}
	s.file, s.path, s.number, s.day, s.offset = f, path, s.number+1, day, 0
	keep := s.keep
	if s.clock != nil {
		if now = s.clock.Now(); !s.clock.Known() {
			keep = math.MaxInt64 // nothing is too old by a clock that may be wrong
		}
	}
	tidy(s.dir, keep, s.maxBytes, now)
	return nil
}
