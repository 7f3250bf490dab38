package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"quotatop/model"
	"quotatop/poller/events/frame"
)

// A segment has an index, its name with indexSuffix: the state of the ledger at some
// times, so that one can go back to any of them. It holds two zstd frames for each
// mark: a line of JSON and the state. What is missing of it cannot be gone back to.
const indexSuffix = ".idx"

// A mark is due after so much time, or so many events.
const (
	markEvery  = 5 * time.Minute
	markEvents = 50_000
)

// denialGap is the shortest time between two denials that one can jump to.
const denialGap = time.Second

// maxDenials bounds the denials of one run that are remembered.
const maxDenials = 1 << 16

// A mark is a time of which the state of the ledger is in an index.
type mark struct {
	At      time.Time   `json:"at"`
	Offset  int64       `json:"offset"`            // of what follows in the segment
	Denials []time.Time `json:"denials,omitempty"` // since the mark before

	path  string // of the segment
	place int64  // of the state in the index
}

// marks are what a run knows of its own marks: those written so far, and the denials.
// They may be used by any goroutine.
type marks struct {
	mu      sync.Mutex
	written []mark
	denials []time.Time
}

func (m *marks) add(k mark) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k.Denials = nil // they are among the run's
	m.written = append(m.written, k)
}

// deny remembers a denial at a time, and reports whether it is one to jump to.
func (m *marks) deny(at time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.denials); n == maxDenials || n > 0 && at.Sub(m.denials[n-1]) < denialGap {
		return false
	}
	m.denials = append(m.denials, at)
	return true
}

// get returns what there is. It must not be changed.
func (m *marks) get() (written []mark, denials []time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.written, m.denials
}

// A marker collects the next mark of a run.
type marker struct {
	arrival arrival
	denials []time.Time
	events  int
	at      time.Time // the last mark, in local time
}

// observe notes an event, and returns when it came.
func (m *marker) observe(e *model.Event) time.Time {
	m.events++
	return m.arrival.of(e)
}

// denied reports whether an event is a denial of the run: not of our own polls.
func denied(e *model.Event) bool {
	return e.Call != nil && e.Call.Denial != nil && e.Call.Vantage != model.VantageOwn
}

// next returns the next mark if it is due. now is local time, at the server's.
func (m *marker) next(now, at time.Time) (k mark, due bool) {
	if !m.at.IsZero() && now.Sub(m.at) < markEvery && m.events < markEvents {
		return k, false
	}
	k = mark{At: at, Denials: m.denials}
	m.denials, m.events, m.at = nil, 0, now
	m.arrival.now = at
	return k, true
}

// An arrival tells when a ledger observed an event, which the journal does not say:
// when the newest event so far happened. Rows of the billing log are older.
type arrival struct {
	now    time.Time
	offset time.Duration // of the server's clock
}

func (a *arrival) of(e *model.Event) time.Time {
	const jump = 2 * time.Second // see model.Ledger
	switch {
	case e.Call != nil && e.Call.Vantage == model.VantageAccount:
		return a.now
	case e.Health != nil && e.Health.Vantage == model.VantageAccount:
		if (e.Health.ClockOffset - a.offset).Abs() > jump {
			a.now = time.Time{} // what was before is of another clock
		}
		a.offset = e.Health.ClockOffset
	}
	if e.At.After(a.now) {
		a.now = e.At
	}
	return a.now
}

// mark adds a mark with the state of the ledger to the index of the segment that is
// written. An index that cannot be written ends there.
func (s *segments) mark(k mark, state []byte) error {
	if err := s.open(time.Now()); err != nil {
		return s.failed(err)
	}
	if s.index == nil && !s.unindexed {
		f, err := s.create(s.path + indexSuffix)
		s.index, s.indexEnd, s.unindexed = f, 0, err != nil
	}
	if s.unindexed {
		return nil
	}
	k.Offset, k.path = s.offset, s.path
	line, err := json.Marshal(k)
	if err != nil {
		return err
	}
	head := s.frames.Append(nil, append(line, '\n'))
	k.place = s.indexEnd + int64(len(head))
	text := s.frames.Append(head, state)
	if _, err := s.index.WriteAt(text, s.indexEnd); err != nil {
		s.unindexed = true
		return nil
	}
	s.indexEnd += int64(len(text))
	s.own.add(k)
	return nil
}

// closeIndex closes the index of the segment.
func (s *segments) closeIndex() error {
	s.unindexed = false
	if s.index == nil {
		return nil
	}
	err := s.index.Close()
	s.index = nil
	return err
}

// readMarks returns the marks of a segment, without their states.
func readMarks(path string) (all []mark) {
	f, err := os.Open(path + indexSuffix)
	if err != nil {
		return nil
	}
	defer f.Close()
	frames := frame.NewReader(f, 0)
	defer frames.Close()
	for {
		line, err := frames.Next()
		if err != nil {
			return all
		}
		k := mark{path: path, place: frames.Offset}
		if json.Unmarshal(line, &k) != nil || len(k.Denials) > maxDenials {
			return all
		}
		if _, err := frames.Skip(); err != nil {
			return all
		}
		all = append(all, k)
	}
}

var errNoState = errors.New("no state")

// maxState bounds a state, in bytes.
const maxState = 16 << 20

// load returns the ledger of a mark.
func (k *mark) load(table model.Table, opts model.LedgerOptions) (*model.Ledger, error) {
	f, err := os.Open(k.path + indexSuffix)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	frames := frame.NewReader(f, k.place)
	defer frames.Close()
	state, err := frames.Next()
	switch {
	case err != nil:
		return nil, err
	case frames.Start != k.place || len(state) > maxState:
		return nil, fmt.Errorf("%s: %w", f.Name(), errNoState)
	}
	return model.RestoreLedger(table, opts, state)
}
