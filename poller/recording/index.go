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
	"quotatop/poller/events/private"
)

// An entry of the index is due after this many events, or this much time.
const (
	entryEvents = 100_000
	entryEvery  = time.Minute
)

// denialGap is the shortest time between two denials that one can jump to.
const denialGap = time.Second

// indexSuffix, appended to the name of a recording, is the name of its index.
const indexSuffix = ".idx"

// indexMagic begins an index; the recording's ID and a newline follow.
const indexMagic = "quotatop index 1 "

// An entry is a time, its offset in the recording, and the state of the ledger.
type entry struct {
	at      time.Time   // recorded time
	offset  int64       // of the first line after it
	events  int64       // before it
	denials []time.Time // since the previous entry
	state   []byte      // of the ledger, compressed; nil if it is in the index's file
	place   int64       // offset of state in the index's file
	size    int         // of state
}

// A gatherer collects the next entry, while a run is recorded or an index is
// rebuilt.
type gatherer struct {
	denied  bool // since the last tick
	denials []time.Time
	last    time.Time // the last denial
	events  int64
	since   int64 // events at the last entry
	now     time.Time
	entryAt time.Time
}

func (g *gatherer) observe(e model.Event) {
	g.events++
	// A denial of our own polls is not one of the run.
	g.denied = g.denied || e.Call != nil && e.Call.Denial != nil && e.Call.Vantage != model.VantageOwn
}

// tick takes in the time of a tick, and reports whether an entry is due.
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

// entry returns what was collected since the previous one, without offset and
// state.
func (g *gatherer) entry() entry {
	e := entry{at: g.now, events: g.events, denials: g.denials}
	g.denials, g.since, g.entryAt = nil, g.events, g.now
	return e
}

// resume continues after an entry.
func (g *gatherer) resume(e entry) {
	g.now, g.entryAt, g.events, g.since = e.at, e.at, e.events, e.events
}

// The size of an entry's fixed fields, and bounds on its state, in bytes, and on
// its denials.
const (
	headSize   = 4 + 4 + 4 + 3*8
	maxState   = 16 << 20
	maxDenials = 1 << 16
)

// appendEntry appends an entry in the format of the file: the number of denials
// and the length of the state, a checksum, time, offset and events, the denials,
// the state.
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

// checksum returns the checksum of an entry without its state, which has one of
// its own.
func checksum(head []byte) uint32 {
	return crc32.Update(crc32.ChecksumIEEE(head[:8]), crc32.IEEETable, head[12:])
}

// createIndex replaces the index at path, if any, with an empty one for a
// recording with this ID. Entries follow at end, where f is positioned. A replay
// that has the old index open keeps it.
func createIndex(path, id string) (f *os.File, end int64, err error) {
	if err := atomicfile.Write(path, []byte(indexMagic+id+"\n"), 0o600); err != nil {
		return nil, 0, err
	}
	if f, err = private.OpenFile(path); err != nil {
		return nil, 0, err
	}
	if end, err = f.Seek(0, io.SeekEnd); err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, end, nil
}

// readIndex reads the entries, without their states, up to the first that is
// incomplete or out of order, of a recording with this ID and size. end is the
// offset after them, 0 if the index is not that recording's.
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

// load restores the ledger of an entry.
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
