package recording

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"time"

	"quotatop/model"
	"quotatop/poller/events/atomicfile"
	"quotatop/poller/events/frame"
)

// An entry of the index is due after so many events, or so much time.
const (
	entryEvents = 100_000
	entryEvery  = time.Minute
)

// denialGap is how far apart two denials are to be worth two jumps.
const denialGap = time.Second

// indexSuffix is what an index is named after its recording.
const indexSuffix = ".idx"

// indexMagic begins an index; the recording's ID and a line end follow.
const indexMagic = "quotatop index 1 "

// An entry says where in the recording a time is, and what was known then.
type entry struct {
	at      time.Time   // recorded time
	offset  int64       // of the lines that come after
	events  int64       // before it
	denials []time.Time // since the entry before
	state   []byte      // of the ledger, compressed; nil where it is in the index's file
	place   int64       // of state in the index's file
	size    int         // of state
}

// A gatherer gathers what the next entry is made of, while a run is recorded
// or an index is made again.
type gatherer struct {
	denied  bool // since the last tick
	denials []time.Time
	last    time.Time // of all denials
	events  int64
	since   int64 // events, at the last entry
	now     time.Time
	entryAt time.Time
}

func (g *gatherer) observe(e model.Event) {
	g.events++
	// A denial of our own polls is none of the run's.
	g.denied = g.denied || e.Call != nil && e.Call.Denial != nil && e.Source != model.SourceBilling
}

// tick notes that time has come this far, and reports whether an entry is due.
func (g *gatherer) tick(at time.Time) (due bool) {
	if at.After(g.now) {
		g.now = at
	}
	if g.denied {
		if g.last.IsZero() || g.now.Sub(g.last) > denialGap {
			g.denials = append(g.denials, g.now)
		}
		g.last, g.denied = g.now, false
	}
	return g.entryAt.IsZero() || g.events-g.since >= entryEvents || g.now.Sub(g.entryAt) >= entryEvery
}

// entry takes what has been gathered. The offset and the state are the caller's.
func (g *gatherer) entry() entry {
	e := entry{at: g.now, events: g.events, denials: g.denials}
	g.denials, g.since, g.entryAt = nil, g.events, g.now
	return e
}

// resume goes on after an entry.
func (g *gatherer) resume(e entry) {
	g.now, g.entryAt, g.events, g.since = e.at, e.at, e.events, e.events
}

// Sizes of an entry's head, in bytes, and bounds on what an index may say.
const (
	headSize   = 4 + 4 + 4 + 3*8
	maxState   = 16 << 20
	maxDenials = 1 << 16
)

// appendEntry appends an entry as it stands in the file: how many denials and
// how long a state it has, a checksum, where it is, the denials, the state.
func appendEntry(dst []byte, e entry) []byte {
	start := len(dst)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(e.denials)))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(e.state)))
	dst = append(dst, 0, 0, 0, 0)
	for _, n := range []int64{e.at.UnixNano(), e.offset, e.events} {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(n))
	}
	for _, at := range e.denials {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(at.UnixNano()))
	}
	binary.LittleEndian.PutUint32(dst[start+8:], checksum(dst[start:]))
	return append(dst, e.state...)
}

// checksum is that of an entry less its state, which has one of its own.
func checksum(head []byte) uint32 {
	return crc32.Update(crc32.ChecksumIEEE(head[:8]), crc32.IEEETable, head[12:])
}

// createIndex replaces the index at path, if there is one, by that of a recording
// with this ID: its first line, for the entries to follow at end. Whoever still
// reads the old index keeps it.
func createIndex(path, id string) (f *os.File, end int64, err error) {
	if err := atomicfile.Write(path, []byte(indexMagic+id+"\n"), 0o600); err != nil {
		return nil, 0, err
	}
	if f, err = os.OpenFile(path, os.O_RDWR, 0); err != nil {
		return nil, 0, err
	}
	if end, err = f.Seek(0, io.SeekEnd); err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, end, nil
}

// readIndex reads the entries, less their states, as far as they are whole and
// in order and belong to a recording of this ID and size.
func readIndex(f io.ReaderAt, id string, size int64) (entries []entry, end int64) {
	first := make([]byte, len(indexMagic)+len(id)+1)
	if _, err := f.ReadAt(first, 0); err != nil || string(first) != indexMagic+id+"\n" {
		return nil, 0
	}
	end = int64(len(first))
	for {
		head := make([]byte, headSize)
		if _, err := f.ReadAt(head, end); err != nil {
			return entries, end
		}
		denials, state := binary.LittleEndian.Uint32(head), binary.LittleEndian.Uint32(head[4:])
		if denials > maxDenials || state > maxState {
			return entries, end
		}
		head = append(head, make([]byte, 8*denials)...)
		if _, err := f.ReadAt(head[headSize:], end+headSize); denials > 0 && err != nil || checksum(head) != binary.LittleEndian.Uint32(head[8:]) {
			return entries, end
		}
		number := func(i int) int64 { return int64(binary.LittleEndian.Uint64(head[12+8*i:])) }
		e := entry{at: time.Unix(0, number(0)).UTC(), offset: number(1), events: number(2), place: end + int64(len(head)), size: int(state)}
		for i := range int(denials) {
			e.denials = append(e.denials, time.Unix(0, number(3+i)).UTC())
		}
		if e.offset < 0 || e.offset > size || len(entries) > 0 && e.offset < entries[len(entries)-1].offset {
			return entries, end
		}
		if last := e.place + int64(e.size) - 1; e.size > 0 {
			if _, err := f.ReadAt(make([]byte, 1), last); err != nil {
				return entries, end
			}
		}
		entries = append(entries, e)
		end = e.place + int64(e.size)
	}
}

// load reads the state of an entry.
func (e entry) load(f io.ReaderAt, t model.Table, o model.LedgerOptions) (*model.Ledger, error) {
	state := e.state
	if state == nil {
		state = make([]byte, e.size)
		if _, err := f.ReadAt(state, e.place); err != nil {
			return nil, fmt.Errorf("index: %w", err)
		}
	}
	text, err := frame.Decode(state, maxState)
	if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	return model.RestoreLedger(t, o, text)
}
