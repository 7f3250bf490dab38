package tail

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"quotatop/model"
)

// A tally counts lines.
type tally struct {
	lines int // all but empty ones
	odd   int // not understood
	calls int
	long  int // longer than maxLine
	far   int // calls whose time lies outside of the window
}

// A status is what a tail says of itself.
type status struct {
	name   string // of the file, as a person would say it
	window time.Duration
	wake   chan struct{} // holds one token after a change that cannot wait

	mu      sync.Mutex
	state   model.State
	trouble string    // why nothing is read; empty when all is well
	note    string    // about the file as such
	since   time.Time // from when on the log is known, in server time; zero for now
	tally   tally
}

// set notes whether and why nothing is being read.
func (s *status) set(state model.State, trouble, note string) {
	s.mu.Lock()
	changed := s.state != state || s.trouble != trouble || s.note != note
	s.state, s.trouble, s.note = state, trouble, note
	s.mu.Unlock()
	if !changed {
		return
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// count publishes the tally.
func (s *status) count(t tally) {
	s.mu.Lock()
	s.tally = t
	s.mu.Unlock()
}

// covers notes that the log is known from a time in the past on.
func (s *status) covers(since time.Time) {
	s.mu.Lock()
	s.since = since
	s.mu.Unlock()
}

// enough is how many lines without a call begin to look like the wrong format.
const enough = 20

func (s *status) health() (h model.Health, since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.State, h.Vantage = s.state, model.VantageLocal
	if s.trouble != "" {
		h.Error = s.name + ": " + s.trouble
	}
	var notes []string
	if s.note != "" {
		notes = append(notes, s.note)
	}
	t := s.tally
	switch {
	case t.odd > 0 && t.odd == t.lines:
		notes = append(notes, fmt.Sprintf("none of %s understood: set --tail-format", counted(t.lines, "line")))
	case t.odd > 0:
		notes = append(notes, fmt.Sprintf("%d of %s not understood", t.odd, counted(t.lines, "line")))
	case t.calls == 0 && t.lines >= enough:
		notes = append(notes, fmt.Sprintf("no call in %d lines", t.lines))
	}
	if t.long > 0 {
		notes = append(notes, counted(t.long, "line")+" over 1 MiB left out")
	}
	if t.far > 0 {
		notes = append(notes, fmt.Sprintf("%s left out: not of the last %s by the time", counted(t.far, "call"), span(s.window)))
	}
	if len(notes) > 0 {
		h.Note = s.name + ": " + strings.Join(notes, "; ")
	}
	return h, s.since
}

// counted is n things in words.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// span is a window in words.
func span(d time.Duration) string {
	switch {
	case d == time.Hour:
		return "hour"
	case d%time.Hour == 0:
		return fmt.Sprintf("%d hours", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%d minutes", d/time.Minute)
	}
	return d.String()
}

// report reports the status when it has changed, at most once a second unless
// the change cannot wait, until done is closed.
func (s *status) report(done <-chan struct{}, now func() time.Time, emit func(model.Event)) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	var last model.Health
	flush := func() {
		h, since := s.health()
		if h == last || h.State == "" {
			return
		}
		at := now()
		if last.State == "" && !since.IsZero() && h.State == model.StateOK {
			at = since // the log has been watching for longer than we have
		}
		last = h
		emit(model.Event{At: at, Source: model.SourceTail, Health: &h})
	}
	for {
		select {
		case <-done:
			flush()
			return
		case <-s.wake:
		case <-ticker.C:
		}
		flush()
	}
}
