package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"slices"
	"sort"
	"strconv"
	"time"

	"quotatop/model"
	"quotatop/poller/events"
	"quotatop/poller/events/frame"
)

// replayAtMost is how far back events are read without a usable checkpoint: the
// longest window of the documented limits.
const replayAtMost = time.Hour

// maxRows bounds the billing rows that wait for their Reading.
const maxRows = 1 << 17

// Recover returns a ledger that knows what earlier runs observed: the newest
// usable checkpoint, and the events journalled after it. It is resumed
// (model.Ledger.Resume), so that what the sources read again is not counted
// twice.
//
// The ledger is never nil; the error says what could not be used.
func Recover(dir string, table model.Table, opts model.LedgerOptions, now time.Time) (*model.Ledger, error) {
	l := model.NewLedger(table, opts)
	if err := prepare(dir, false); errors.Is(err, fs.ErrNotExist) {
		return l, nil
	} else if err != nil {
		return l, fmt.Errorf("not read: %w", err)
	}
	runs, err := list(dir)
	if err != nil {
		return l, err
	}
	found, owner, refused := newest(runs, table, opts)
	r := replay{ledger: l}
	if owner != nil {
		r.ledger = found.ledger
		r.run(owner, found.place)
	} else {
		found.At = now.Add(-replayAtMost)
	}
	for _, other := range runs {
		if other == owner || !other.writtenAfter(found.At) {
			continue
		}
		// It began later, or ran at the same time: what the billing log and the
		// tails reported already is not counted again.
		r.ledger.Resume(now)
		r.run(other, place{At: found.At})
	}
	r.ledger.Resume(now)
	if refused != nil {
		r.failed = append(r.failed, fmt.Errorf("skipped the saved state: %w", refused))
	}
	if r.corrupt > 0 {
		r.failed = append(r.failed, fmt.Errorf("skipped %d corrupt parts", r.corrupt))
	}
	return r.ledger, errors.Join(r.failed...)
}

// A checkpoint is a ledger and the place where it was saved.
type checkpoint struct {
	place
	ledger *model.Ledger
}

// newest returns the newest usable checkpoint and its run. refused says why a
// newer one was not usable.
func newest(runs []*run, table model.Table, opts model.LedgerOptions) (best checkpoint, owner *run, refused error) {
	type candidate struct {
		place
		state []byte
		run   *run
	}
	var all []candidate
	for _, r := range runs {
		if r.checkpoint == "" {
			continue
		}
		at, state, err := readCheckpoint(r.checkpoint)
		if err != nil {
			refused = err
			continue
		}
		all = append(all, candidate{at, state, r})
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return b.At.Compare(a.At) })
	for _, c := range all {
		l, err := model.RestoreLedger(table, opts, c.state)
		if err == nil {
			return checkpoint{c.place, l}, c.run, refused
		}
		refused = err
	}
	return checkpoint{}, nil, refused
}

// maxCheckpoint bounds a checkpoint's file, in bytes.
const maxCheckpoint = 64 << 20

var errCheckpoint = errors.New("corrupt checkpoint")

func readCheckpoint(path string) (p place, state []byte, err error) {
	if info, err := os.Stat(path); err != nil || info.Size() > maxCheckpoint {
		return p, nil, errors.Join(errCheckpoint, err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return p, nil, err
	}
	body := text[:max(len(text)-8, 0)]
	sum, err := strconv.ParseUint(string(text[len(body):]), 16, 32)
	head, state, ok := bytes.Cut(body, []byte{'\n'})
	if err != nil || !ok || uint32(sum) != crc32.ChecksumIEEE(body) || json.Unmarshal(head, &p) != nil {
		return p, nil, errCheckpoint
	}
	return p, state, nil
}

// A replay feeds journalled events to a ledger.
type replay struct {
	ledger  *model.Ledger
	rows    []model.Event // of the billing log, until their Reading
	corrupt int
	failed  []error
}

// run feeds what a run wrote after a place: that of its checkpoint, or one that
// has only a time.
func (r *replay) run(of *run, after place) {
	r.rows = r.rows[:0]
	for _, s := range of.segments {
		switch {
		case s.number < after.Number || s.mtime.Before(after.At.Add(-mtimeSlack)):
		case s.number == after.Number:
			r.segment(s, after.Offset, time.Time{})
		case after.Number > 0:
			r.segment(s, 0, time.Time{})
		default:
			r.segment(s, 0, after.At)
		}
	}
}

// mtimeSlack is how far a file's modification time may be behind the clock.
const mtimeSlack = time.Second

func (r *run) writtenAfter(t time.Time) bool {
	n := len(r.segments)
	return n > 0 && r.segments[n-1].mtime.After(t.Add(-mtimeSlack))
}

// segment feeds the events of a segment after an offset, or since a time.
func (r *replay) segment(s segment, offset int64, from time.Time) {
	f, err := os.Open(s.path)
	if err != nil {
		r.failed = append(r.failed, fmt.Errorf("journal: %w", err))
		return
	}
	defer f.Close()
	frames := frame.NewReader(f, offset)
	defer frames.Close()
	if !from.IsZero() {
		frames.Offset = seek(frames, from)
	}
	for {
		lines, err := frames.Next()
		if err != nil { // its end, torn or not
			break
		}
		frame.Lines(lines, func(line []byte) {
			if e, err := events.Parse(line); err == nil && !e.At.Before(from) {
				r.observe(e)
			}
		})
	}
	r.corrupt += frames.Corrupt
}

func (r *replay) observe(e model.Event) {
	if e.Call != nil && e.Call.Vantage == model.VantageAccount {
		if len(r.rows) < maxRows {
			r.rows = append(r.rows, e)
		}
		return
	}
	if e.Reading != nil {
		for _, row := range r.rows {
			r.ledger.Observe(row)
		}
		r.rows = r.rows[:0]
	}
	r.ledger.Observe(e)
}

// seek returns the offset of the first frame with events since a time, without
// reading those before it.
func seek(frames *frame.Reader, t time.Time) int64 {
	var starts []int64
	for {
		if _, err := frames.Skip(); err != nil {
			break
		}
		starts = append(starts, frames.Start)
	}
	end := frames.Offset
	frames.Corrupt = 0 // counted again when they are read
	i := sort.Search(len(starts), func(i int) bool {
		frames.Offset = starts[i]
		lines, err := frames.Next()
		return err == nil && !newestOf(lines).Before(t)
	})
	frames.Corrupt = 0
	if i == len(starts) {
		return end
	}
	return starts[i]
}

// newestOf returns the latest time in lines.
func newestOf(lines []byte) (newest time.Time) {
	frame.Lines(lines, func(line []byte) {
		if e, err := events.Parse(line); err == nil && e.At.After(newest) {
			newest = e.At
		}
	})
	return newest
}
