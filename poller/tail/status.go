package tail

import (
	"strings"
	"sync"
	"time"

	"quotatop/model"
)

// A status is the health that a tail reports.
type status struct {
	name    string // of the file, for people
	window  time.Duration
	wake    chan struct{} // holds a token after a change to report at once
	counted chan struct{} // holds a token after a change to report soon

	mu      sync.Mutex
	state   model.State
	problem string    // why nothing is read; empty if nothing is wrong
	note    string    // about the file itself
	since   time.Time // the start of what the log covers, in server time; zero for now
	tally   tally
}

// set sets the state, and why nothing is read.
func (s *status) set(state model.State, problem, note string) {
	s.mu.Lock()
	changed := s.state != state || s.problem != problem || s.note != note
	s.state, s.problem, s.note = state, problem, note
	s.mu.Unlock()
	if !changed {
		return
	}
	give(s.wake)
}

// count publishes the tally.
func (s *status) count(t tally) {
	s.mu.Lock()
	s.tally = t
	s.mu.Unlock()
	give(s.counted)
}

func give(token chan struct{}) {
	select {
	case token <- struct{}{}:
	default:
	}
}

// covers notes that the log covers the time from since on.
func (s *status) covers(since time.Time) {
	s.mu.Lock()
	s.since = since
	s.mu.Unlock()
}

func (s *status) health() (h model.Health, since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.State, h.Vantage = s.state, model.VantageLocal
	if s.problem != "" {
		h.Error = s.name + ": " + s.problem
	}
	var notes []string
	if s.note != "" {
		notes = append(notes, s.note)
	}
	notes = append(notes, s.tally.notes(s.window, time.Now())...)
	if len(notes) > 0 {
		h.Note = s.name + ": " + strings.Join(notes, "; ")
	}
	return h, s.since
}

// reportEvery is the shortest time between two reports of what was counted.
const reportEvery = time.Second

// report emits the status when it has changed, at once after set and otherwise
// at most once a second, until done is closed.
func (s *status) report(done <-chan struct{}, now func() time.Time, emit func(model.Event)) {
	var last model.Health
	flush := func() {
		h, since := s.health()
		if h == last || h.State == "" {
			return
		}
		at := now()
		if last.State == "" && !since.IsZero() && h.State == model.StateOK {
			at = since // the log began before us
		}
		last = h
		emit(model.Event{At: at, Source: model.SourceTail, Health: &h})
	}
	var due <-chan time.Time
	for {
		select {
		case <-done:
			flush()
			return
		case <-s.counted:
			if due == nil {
				due = time.After(reportEvery)
			}
			continue
		case <-s.wake:
		case <-due:
			due = nil
		}
		flush()
		if due == nil && last.Note != "" { // it may be about what is counted in a window
			due = time.After(reportEvery)
		}
	}
}
