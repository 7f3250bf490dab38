package journal

import (
	"bytes"
	"cmp"
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
// usable checkpoint, and the events journalled that it does not cover, of its run and
// of those that ran beside it. It is resumed (model.Ledger.Resume), so that what the
// sources read again is not counted twice. local is the local time.
//
// The ledger is never nil; the error says what could not be used.
func Recover(dir string, table model.Table, opts model.LedgerOptions, local time.Time) (*model.Ledger, error) {
	l, _, err := recoverRuns(dir, table, opts, local)
	return l, err
}

// Recover is Recover for the run that the journal is of. It is called before Observe.
func (j *Journal) Recover(table model.Table, opts model.LedgerOptions) (*model.Ledger, error) {
	l, read, err := recoverRuns(j.segments.dir, table, opts, time.Now())
	j.segments.read.Store(&read)
	return l, err
}

// recoverRuns also returns how far each run was read.
func recoverRuns(dir string, table model.Table, opts model.LedgerOptions, local time.Time) (*model.Ledger, map[string]position, error) {
	l := model.NewLedger(table, opts)
	if err := prepare(dir, false); errors.Is(err, fs.ErrNotExist) {
		return l, nil, nil
	} else if err != nil {
		return l, nil, fmt.Errorf("not read: %w", err)
	}
	runs, err := list(dir)
	if err != nil {
		return l, nil, err
	}
	found, owner, refused := newest(runs, table, opts)
	r := replay{ledger: l, read: map[string]position{}, recent: recent(runs)}
	if owner != nil {
		r.ledger = found.ledger
		r.run(owner, found.position, time.Time{})
		r.ledger.Pause(time.Time{})
	}
	from := earlier(latest(runs, r.recent), local.Add(r.ledger.ClockOffset(local))).Add(-replayAtMost)
	for _, other := range runs {
		read, covered := found.Read[other.name]
		switch {
		case other == owner:
			continue
		case found.Sequence > 0 || owner == nil: // it began later, or its lines are covered up to a place
		case !other.writtenAfter(found.At):
			continue
		default: // of a version that did not keep that
			from = later(from, found.At)
		}
		if covered && len(other.segments) == 0 {
			continue
		}
		r.run(other, read, from)
	}
	r.ledger.Resume(local.Add(r.ledger.ClockOffset(local)))
	if refused != nil {
		r.failed = append(r.failed, fmt.Errorf("skipped the saved state: %w", refused))
	}
	if r.corrupt > 0 {
		r.failed = append(r.failed, fmt.Errorf("skipped %d corrupt parts", r.corrupt))
	}
	return r.ledger, r.read, errors.Join(r.failed...)
}

// latest returns the time of the last event of any run that was written since a time.
func latest(runs []*run, since time.Time) (at time.Time) {
	for _, r := range runs {
		if n := len(r.segments); n > 0 && !r.segments[n-1].mtime.Before(since) {
			at = later(at, lastOf(r.segments[n-1].path))
		}
	}
	return at
}

// lastOf returns the latest time in the last frame of a segment; zero if there is none.
func lastOf(path string) time.Time {
	f, err := os.Open(path)
	if err != nil {
		return time.Time{}
	}
	defer f.Close()
	frames := frame.NewReader(f, 0)
	defer frames.Close()
	start := int64(-1)
	for {
		if _, err := frames.Skip(); err != nil {
			break
		}
		start = frames.Start
	}
	if start < 0 {
		return time.Time{}
	}
	frames.Offset = start
	lines, _ := frames.Next()
	return newestOf(lines)
}

// recent returns when the files were written that may hold what is still counted: by
// their own times, as the local clock may have been set since, and generously, as it
// may have been set between them.
func recent(runs []*run) (since time.Time) {
	for _, r := range runs {
		for _, s := range r.segments {
			since = later(since, s.mtime)
		}
	}
	return since.Add(-48 * time.Hour)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
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
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Or(b.Sequence-a.Sequence, b.At.Compare(a.At)) })
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
	read    map[string]position // how far each run was read
	recent  time.Time           // segments that were written before hold nothing that counts
	rows    []model.Event       // of the billing log, until their Reading
	last    time.Time           // of the last event of the run
	corrupt int
	failed  []error
}

// run feeds what a run wrote after a position, or since a time if that is later.
func (r *replay) run(of *run, after position, from time.Time) {
	r.rows, r.last = r.rows[:0], time.Time{}
	end := after
	for _, s := range of.segments {
		offset := int64(0)
		if s.number == after.Number {
			offset = after.Offset
		}
		if s.number < after.Number || !from.IsZero() && s.mtime.Before(r.recent) {
			continue
		}
		end = position{s.number, r.segment(s, offset, from)}
	}
	r.read[of.name] = end
	if !r.last.IsZero() {
		r.ledger.Pause(r.last)
	}
}

// mtimeSlack is how far a file's modification time may be behind the clock.
const mtimeSlack = time.Second

func (r *run) writtenAfter(t time.Time) bool {
	n := len(r.segments)
	return n > 0 && r.segments[n-1].mtime.After(t.Add(-mtimeSlack))
}

// segment feeds the events of a segment after an offset, or since a time.
// It returns where it stopped.
func (r *replay) segment(s segment, offset int64, from time.Time) (end int64) {
	f, err := os.Open(s.path)
	if err != nil {
		r.failed = append(r.failed, fmt.Errorf("journal: %w", err))
		return offset
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
	return frames.Offset
}

func (r *replay) observe(e model.Event) {
	if e.Call != nil && e.Call.Vantage == model.VantageAccount {
		if len(r.rows) < maxRows {
			r.rows = append(r.rows, e)
		}
		return
	}
	r.last = later(r.last, e.At)
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
