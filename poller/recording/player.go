package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"quotatop/model"
	"quotatop/poller/crash"
	"quotatop/poller/events"
)

// The speeds of a replay, as multiples of time.
const (
	MinSpeed = 1
	MaxSpeed = 1000
)

// frameEvery is the time between two snapshots, as in a live run.
const frameEvery = 250 * time.Millisecond

// PlayOptions say how to play. The zero value plays everything at speed 1.
type PlayOptions struct {
	Speed       float64   // 1 if 0
	From, Until time.Time // all if zero
}

// Status is the state of a replay.
type Status struct {
	At       time.Time // the current time
	From, To time.Time // the part to play
	Speed    float64
	Paused   bool
	Ended    bool // At is To
}

// A Player plays a recording: it is a source of snapshots, as runner.Runner is.
// Its methods may be called from any goroutine and do not block. It can be
// started once.
type Player struct {
	recording *Recording
	wake      chan struct{}

	mu     sync.Mutex
	status Status
	seek   bool // to status.At

	// Used by the playing goroutine only.
	ledger *model.Ledger
	cursor *cursor
	shown  time.Time     // the ledger has observed everything up to it
	held   time.Time     // the tick after events; zero if it has not been read
	events []model.Event // read, but not observed
	over   bool          // the file has been read to its end
}

// Play returns a Player. A part that is not in the recording is an error.
func (r *Recording) Play(o PlayOptions) (*Player, error) {
	from, to := r.Span()
	s := Status{From: from, To: to, Speed: o.Speed}
	if s.Speed == 0 {
		s.Speed = 1
	}
	if !(s.Speed >= MinSpeed && s.Speed <= MaxSpeed) {
		return nil, fmt.Errorf("speed %g: use %d to %d", s.Speed, MinSpeed, MaxSpeed)
	}
	if !o.From.IsZero() {
		s.From = o.From
	}
	if !o.Until.IsZero() {
		s.To = o.Until
	}
	if s.From.Before(from) || s.To.After(to) || s.From.After(s.To) {
		return nil, fmt.Errorf("%s to %s is outside the recording, which runs from %s to %s",
			s.From.Format(time.RFC3339), s.To.Format(time.RFC3339), from.Format(time.RFC3339), to.Format(time.RFC3339))
	}
	s.At = s.From
	return &Player{recording: r, wake: make(chan struct{}, 1), status: s, seek: true}, nil
}

// Start plays until ctx ends. The channel holds one snapshot, always the newest.
// The Player stays at the end of the recording, from where it can still go back.
func (p *Player) Start(ctx context.Context) <-chan model.Snapshot {
	out := make(chan model.Snapshot, 1)
	crash.Go(func() { p.play(ctx, out) })
	return out
}

func (p *Player) play(ctx context.Context, out chan model.Snapshot) {
	defer close(out)
	tick := time.NewTicker(frameEvery)
	defer tick.Stop()
	defer func() {
		if p.cursor != nil {
			p.cursor.close()
		}
	}()
	for moved := true; ; {
		if moved {
			at := p.advance()
			s := p.ledger.Snapshot(at)
			select {
			case <-out: // a snapshot that nobody looked at
			default:
			}
			out <- s
		}
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
			moved = true
		case <-tick.C:
			moved = p.step()
		}
	}
}

// step moves forward by the time between two snapshots, and reports whether it
// could.
func (p *Player) step() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &p.status
	if s.Paused || s.Ended {
		return false
	}
	s.move(time.Duration(float64(frameEvery) * s.Speed))
	return true
}

// move changes the current time, within the part to play.
func (s *Status) move(d time.Duration) {
	s.At = s.At.Add(d)
	if s.At.Before(s.From) {
		s.At = s.From
	}
	if s.At.After(s.To) {
		s.At = s.To
	}
	s.Ended = s.At.Equal(s.To)
}

// advance brings the ledger to the current time, which it returns.
func (p *Player) advance() time.Time {
	p.mu.Lock()
	at, seek := p.status.At, p.seek
	p.seek = false
	p.mu.Unlock()
	if best := p.recording.before(at); p.ledger == nil || seek && (at.Before(p.shown) || best.at.After(p.shown)) {
		p.restore(best)
	}
	for !p.over || !p.held.IsZero() {
		if p.held.IsZero() {
			p.read()
		}
		if p.held.IsZero() || p.held.After(at) {
			break
		}
		for _, e := range p.events {
			p.ledger.Observe(e)
		}
		p.shown, p.held, p.events = p.held, time.Time{}, p.events[:0]
	}
	p.shown = at
	return at
}

// restore goes to an entry of the index. If that is corrupt, it goes to the last
// intact one before it, or to the beginning.
func (p *Player) restore(e entry) {
	r := p.recording
	l, err := e.load(r.index, r.table, r.options)
	for i := len(r.entries) - 1; err != nil && i >= 0; i-- {
		if r.entries[i].offset < e.offset {
			e = r.entries[i]
			l, err = e.load(r.index, r.table, r.options)
		}
	}
	if err != nil {
		l, e = r.beginning(), entry{}
	}
	if p.cursor != nil {
		p.cursor.close()
	}
	p.ledger, p.cursor = l, r.cursor(e.offset)
	p.shown, p.held, p.events, p.over = e.at, time.Time{}, p.events[:0], false
}

// maxEvents bounds the events held between two ticks; when there are more, they
// are observed before their tick.
const maxEvents = 1 << 16

// read reads the events up to the next tick.
func (p *Player) read() {
	for {
		line, _, err := p.cursor.next()
		if err != nil {
			p.over = true // the end, or a read error
			if errors.Is(err, io.EOF) && len(p.events) > 0 {
				p.events = p.events[:0] // they came after the last tick
			}
			return
		}
		if at, ok := readTick(line); ok {
			// A clock that was set back does not turn back the replay.
			if p.held = at; at.Before(p.shown) {
				p.held = p.shown
			}
			return
		}
		if e, err := events.Parse(line); err == nil {
			if len(p.events) == maxEvents {
				for _, e := range p.events {
					p.ledger.Observe(e)
				}
				p.events = p.events[:0]
			}
			p.events = append(p.events, e)
		}
	}
}

// change changes the status, and has the Player act on it at once.
func (p *Player) change(f func(s *Status)) {
	p.mu.Lock()
	before := p.status.At
	f(&p.status)
	p.seek = p.seek || !p.status.At.Equal(before)
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Toggle pauses or resumes.
func (p *Player) Toggle() { p.change(func(s *Status) { s.Paused = !s.Paused }) }

// Pause pauses.
func (p *Player) Pause() { p.change(func(s *Status) { s.Paused = true }) }

// SeekBy moves forward by this much recorded time, or back if it is negative.
func (p *Player) SeekBy(d time.Duration) { p.change(func(s *Status) { s.move(d) }) }

// SeekTo goes to a time, or to the nearest one in the part to play.
func (p *Player) SeekTo(t time.Time) { p.change(func(s *Status) { s.move(t.Sub(s.At)) }) }

// NextDenial goes to the next denial and reports whether there is one. Denials
// less than a second apart count as one.
func (p *Player) NextDenial() bool { return p.jump(p.recording.denialAfter) }

// PrevDenial goes to the previous denial and reports whether there is one.
func (p *Player) PrevDenial() bool { return p.jump(p.recording.denialBefore) }

func (p *Player) jump(find func(time.Time) (time.Time, bool)) (found bool) {
	p.change(func(s *Status) {
		at, ok := find(s.At)
		if found = ok && !at.Before(s.From) && !at.After(s.To); found {
			s.move(at.Sub(s.At))
		}
	})
	return found
}

// SetSpeed sets the speed, to MinSpeed at least and MaxSpeed at most.
func (p *Player) SetSpeed(x float64) {
	if !math.IsNaN(x) {
		p.change(func(s *Status) { s.Speed = min(max(x, MinSpeed), MaxSpeed) })
	}
}

// Status returns the state of the replay.
func (p *Player) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

// ParseTime reads a time in RFC 3339, or a time of day ("12:04", "12:04:30") in
// UTC: on the recording's first day, or on the second if the recording begins
// later than that.
func (r *Recording) ParseTime(text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC(), nil
	}
	from, to := r.Span()
	for _, layout := range []string{"15:04", "15:04:05"} {
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		midnight := from.UTC().Truncate(24 * time.Hour)
		at := midnight.Add(t.Sub(t.Truncate(24 * time.Hour)))
		switch next := at.Add(24 * time.Hour); {
		case at.Before(from) && !next.After(to):
			return next, nil
		case at.Before(from) && from.Sub(at) < time.Minute && layout == "15:04":
			return from, nil // the minute in which it begins
		}
		return at, nil
	}
	return time.Time{}, fmt.Errorf("time %q: write it like 12:04 (UTC) or 2026-06-17T12:04:00Z", text)
}
