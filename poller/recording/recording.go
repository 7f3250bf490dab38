package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"quotatop/model"
	"quotatop/poller/events"
	"quotatop/poller/events/frame"
	"quotatop/poller/events/input"
	"quotatop/poller/events/private"
)

// A Recording is an open recording. It is read while it is played, so its length
// does not matter. It must be closed.
type Recording struct {
	path    string
	file    *os.File
	index   *os.File // nil if all entries are in memory
	zipped  bool
	table   model.Table
	options model.LedgerOptions
	entries []entry // at least one
	denials []time.Time
	end     time.Time
}

// Open opens a recording. What is missing of its index is rebuilt: beside the
// recording or, if that cannot be written, in memory.
func Open(path string) (*Recording, error) {
	r, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

var (
	errEmpty     = errors.New("the recording is empty")
	errNoTicks   = errors.New("the recording ends before its first second")
	errDirectory = errors.New("is a folder, not a recording")
)

func open(path string) (_ *Recording, err error) {
	file, err := input.Regular(path)
	if err != nil {
		return nil, errors.Unwrap(err) // without the path, which Open adds
	}
	r := &Recording{path: path, file: file}
	defer func() {
		if err != nil {
			_ = r.Close()
		}
	}()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errDirectory
	case info.Size() == 0:
		return nil, errEmpty
	}
	head := make([]byte, 4)
	n, _ := file.ReadAt(head, 0)
	r.zipped = frame.Is(head[:n])
	c := r.cursor(0)
	first, _, err := c.next()
	c.close()
	if err == io.EOF {
		err = errNotRecording
	}
	if err != nil {
		return nil, err
	}
	h, err := readHeader(first)
	if err != nil {
		return nil, err
	}
	if r.table, r.options, err = h.ledger(); err != nil {
		return nil, err
	}
	if err := r.openIndex(h.ID, info.Size()); err != nil {
		return nil, err
	}
	for _, e := range r.entries {
		r.denials = append(r.denials, e.denials...)
	}
	return r, nil
}

// Close closes the files.
func (r *Recording) Close() error {
	err := r.file.Close()
	if r.index != nil {
		err = errors.Join(err, r.index.Close())
	}
	return err
}

// Span returns the first and the last time of the recording.
func (r *Recording) Span() (from, to time.Time) { return r.entries[0].at, r.end }

// openIndex reads the index, and rebuilds what is missing of it.
func (r *Recording) openIndex(id string, size int64) error {
	path := r.path + indexSuffix
	var end int64
	f, err := private.OpenFile(path)
	if err != nil {
		f, err = input.Regular(path) // it may still be readable
	}
	if err == nil {
		r.index = f
		r.entries, end = readIndex(f, id, size)
	}
	l := r.beginning()
	var g gatherer
	for len(r.entries) > 0 { // from the last entry whose state is intact
		last := r.entries[len(r.entries)-1]
		if l, err = last.load(r.index, r.table, r.options); err == nil {
			g.resume(last)
			break
		}
		end = last.place - int64(headSize+8*len(last.denials))
		r.entries = r.entries[:len(r.entries)-1]
		l = r.beginning()
	}
	return r.extend(l, g, id, end)
}

// extend reads from the last entry to the end of the recording and adds the
// entries that are due on the way. They are written to the index at end, or kept
// in memory if that fails.
func (r *Recording) extend(l *model.Ledger, g gatherer, id string, end int64) error {
	var offset int64
	if n := len(r.entries); n > 0 {
		offset = r.entries[n-1].offset
	}
	if end == 0 { // there is no index, or it belongs to another recording
		if r.index != nil {
			_ = r.index.Close()
		}
		r.index, end, _ = createIndex(r.path+indexSuffix, id)
	}
	frames := frame.NewWriter()
	c := r.cursor(offset)
	defer c.close()
	for {
		line, next, err := c.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		at, isTick := readTick(line)
		if !isTick {
			if e, err := events.Parse(line); err == nil {
				l.Observe(e)
				g.observe(e)
			}
			continue
		}
		// Reading can begin at an entry, so not within a frame.
		if g.tick(at) && next >= 0 {
			e := g.entry()
			e.offset, e.state = next, frames.Append(nil, l.AppendState(nil))
			end = r.add(e, end)
		}
	}
	if end > 0 {
		_ = r.index.Truncate(end) // what was corrupt after it
	}
	if len(r.entries) == 0 {
		if g.now.IsZero() {
			return errNoTicks
		}
		r.entries = []entry{{at: g.now, state: frames.Append(nil, r.beginning().AppendState(nil))}}
	}
	if r.end = g.now; len(g.denials) > 0 {
		r.entries = append(r.entries, entry{at: g.now, offset: c.offset(), events: g.events, denials: g.denials, state: frames.Append(nil, l.AppendState(nil))})
	}
	return nil
}

// add adds an entry: to the index at end or, if that is 0 or cannot be written, in
// memory. It returns where the next one goes.
func (r *Recording) add(e entry, end int64) int64 {
	if end > 0 {
		text := appendEntry(nil, e)
		if _, err := r.index.WriteAt(text, end); err == nil {
			e.place, e.size = end+int64(len(text)-len(e.state)), len(e.state)
			e.state = nil
			end += int64(len(text))
		} else {
			end = 0
		}
	}
	r.entries = append(r.entries, e)
	return end
}

// beginning returns the ledger before the first event.
func (r *Recording) beginning() *model.Ledger {
	c := r.cursor(0)
	defer c.close()
	_, _, err := c.next() // the header
	line, _, next := c.next()
	var b beginning
	if err == nil && next == nil && json.Unmarshal(line, &b) == nil && len(b.State) > 0 {
		if l, err := (entry{state: b.State}).load(nil, r.table, r.options); err == nil {
			return l
		}
	}
	return model.NewLedger(r.table, r.options)
}

// before returns the last entry at or before t, or the first one.
func (r *Recording) before(t time.Time) entry {
	i, found := slices.BinarySearchFunc(r.entries, t, func(e entry, t time.Time) int { return e.at.Compare(t) })
	if !found {
		i--
	}
	return r.entries[max(i, 0)]
}

// A cursor reads the lines of a file, beginning at an offset.
type cursor struct {
	frames *frame.Reader // nil for text
	text   io.ReaderAt
	buf    []byte // the current block
	rest   []byte // what next has not returned of it
	at     int64  // the offset of rest, or of what follows the block
	long   bool   // rest begins within a line that is too long
}

// blockSize is how much text is read at once, and the length of the longest line,
// in bytes.
const blockSize = 256 << 10

func (r *Recording) cursor(offset int64) *cursor {
	if r.zipped {
		return &cursor{frames: frame.NewReader(r.file, offset)}
	}
	return &cursor{text: r.file, at: offset}
}

func (c *cursor) close() {
	if c.frames != nil {
		c.frames.Close()
	}
}

func (c *cursor) corrupt() int {
	if c.frames != nil {
		return c.frames.Corrupt
	}
	return 0
}

// next returns the next line, which is valid until the following call, and the
// offset after it, or -1 if reading cannot begin there. It skips a last line
// without a newline, which was cut.
func (c *cursor) next() (line []byte, next int64, err error) {
	for {
		if i := bytes.IndexByte(c.rest, '\n'); i >= 0 {
			line, c.rest = c.rest[:i], c.rest[i+1:]
			c.at += int64(i) + 1
			if c.long {
				c.long = false
				continue
			}
			return line, c.offset(), nil
		}
		if err := c.read(); err != nil {
			return nil, 0, err
		}
	}
}

// offset returns the offset after the last line, or -1.
func (c *cursor) offset() int64 {
	switch {
	case c.frames == nil:
		return c.at
	case len(c.rest) == 0:
		return c.frames.Offset
	}
	return -1
}

// read reads what follows rest.
func (c *cursor) read() error {
	if c.frames != nil {
		lines, err := c.frames.Next()
		if errors.Is(err, frame.ErrTorn) {
			err = io.EOF
		}
		c.rest = lines
		return err
	}
	if len(c.rest) >= blockSize {
		c.at += int64(len(c.rest))
		c.rest, c.long = nil, true
	}
	if c.buf == nil {
		c.buf = make([]byte, 2*blockSize)
	}
	kept := copy(c.buf, c.rest)
	n, err := c.text.ReadAt(c.buf[kept:], c.at+int64(kept))
	c.rest = c.buf[:kept+n]
	if n > 0 || err == nil {
		return nil
	}
	return err
}
