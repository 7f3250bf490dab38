package recording

import (
	"context"
	"fmt"
	"math"
	"sort"
	"sync"
	"time"

	"quotatop/model"
	"quotatop/poller/crash"
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
	Reading  bool // what is shown is not yet of At
	// Denials are the times of the denials, in order. It must not be changed.
	Denials []time.Time
}

// settle is how long the newest part of a growing tape may miss what is still to be
// written; it is shown again until then.
const settle = 3 * time.Second

// A Tape is what a Player plays: a recording, or what a journal holds. Its methods
// may be called from any goroutine; only Open may block.
type Tape interface {
	// Span returns the first and the last time.
	Span() (from, to time.Time)
	// Kept returns the last time at or before t of which the ledger's state is
	// kept, or the first.
	Kept(t time.Time) time.Time
	// Open returns the ledger at the last time at or before t of which the state can
	// be read, that time, and a function that reads on from there until close is
	// called. next appends the next events to dst and returns when the ledger had
	// observed them; its error is io.EOF when there are none yet.
	Open(t time.Time) (l *model.Ledger, at time.Time, next func(dst []model.Event) ([]model.Event, time.Time, error), close func())
	// Denials returns the times of the denials, in order.
	Denials() []time.Time
}

// A Player plays a Tape: it is a source of snapshots, as runner.Runner is. Its
// methods may be called from any goroutine and do not block. It can be started
// once.
type Player struct {
	tape    Tape
	growing bool // the tape goes on to now
	wake    chan struct{}

	mu     sync.Mutex
	status Status
	seek   bool // to status.At

	// Used by the playing goroutine only.
	ledger *model.Ledger
	next   func(dst []model.Event) ([]model.Event, time.Time, error)
	close  func()
	shown  time.Time     // the ledger has observed everything up to it
	held   time.Time     // when the ledger had observed events; zero if they have not been read
	events []model.Event // read, but not observed
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
	return &Player{tape: r, wake: make(chan struct{}, 1), status: s, seek: true}, nil
}

// PlayPast returns a Player of a tape that goes on to now, paused at its end.
func PlayPast(t Tape) *Player {
	s := Status{Speed: 1, Paused: true, Ended: true}
	s.From, s.To = t.Span()
	s.At = s.To
	return &Player{tape: t, growing: true, wake: make(chan struct{}, 1), status: s, seek: true}
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
		if p.close != nil {
			p.close()
		}
	}()
	for moved := true; ; {
		if at, ok := p.shownAt(ctx, moved); ok {
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
	p.grow()
	if p.growing && s.To.Sub(s.At) < settle {
		return true
	}
	if s.Paused || s.Ended {
		return false
	}
	s.move(time.Duration(float64(frameEvery) * s.Speed))
	return true
}

// grow follows the end of a tape that grows. p.mu is held.
func (p *Player) grow() {
	if p.growing {
		p.status.From, p.status.To = p.tape.Span()
	}
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

// shownAt brings the ledger to the current time, if that has moved, and returns that
// time. It returns false if there is nothing new to show.
func (p *Player) shownAt(ctx context.Context, moved bool) (at time.Time, ok bool) {
	for moved {
		p.mu.Lock()
		at := p.status.At
		seek := p.seek
		p.seek, p.status.Reading = false, true
		p.mu.Unlock()
		if p.advance(ctx, at, seek) {
			p.mu.Lock()
			p.status.Reading = p.seek
			p.mu.Unlock()
			return at, true
		}
		if ctx.Err() != nil {
			return at, false
		}
	}
	return at, false
}

// advance brings the ledger to a time. It returns false if it was interrupted: by the
// end of ctx, or by a seek to another time.
func (p *Player) advance(ctx context.Context, at time.Time, seek bool) bool {
	if p.ledger == nil || seek && (at.Before(p.shown) || p.tape.Kept(at).After(p.shown)) {
		p.restore(at)
	}
	var tried time.Time
	for n := 0; ; n++ {
		if n%256 == 255 && p.interrupted(ctx) {
			return false
		}
		if p.held.IsZero() && !p.read() {
			if kept := p.tape.Kept(at); kept.After(p.shown) && !kept.Equal(tried) { // the next run
				tried = kept
				p.restore(at)
				continue
			}
			break
		}
		if p.held.After(at) {
			break
		}
		for _, e := range p.events {
			p.ledger.Observe(e)
		}
		p.shown, p.held, p.events = p.held, time.Time{}, p.events[:0]
	}
	p.shown = at
	return true
}

func (p *Player) interrupted(ctx context.Context) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seek || ctx.Err() != nil
}

// restore goes to a time of which the ledger's state is kept.
func (p *Player) restore(t time.Time) {
	if p.close != nil {
		p.close()
	}
	p.ledger, p.shown, p.next, p.close = p.tape.Open(t)
	p.held, p.events = time.Time{}, p.events[:0]
}

// read reads the next events, and reports whether there are any.
func (p *Player) read() bool {
	events, at, err := p.next(p.events[:0])
	if err != nil { // the end, or a read error
		return false
	}
	// A clock that was set back does not turn back the replay.
	if p.held, p.events = at, events; at.Before(p.shown) {
		p.held = p.shown
	}
	return true
}

// change changes the status, and has the Player act on it at once.
func (p *Player) change(f func(s *Status)) {
	p.mu.Lock()
	before := p.status.At
	p.grow()
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
func (p *Player) NextDenial() bool {
	return p.jump(func(all []time.Time, at time.Time) int {
		return sort.Search(len(all), func(i int) bool { return all[i].After(at) })
	})
}

// PrevDenial goes to the previous denial and reports whether there is one.
func (p *Player) PrevDenial() bool {
	return p.jump(func(all []time.Time, at time.Time) int {
		return sort.Search(len(all), func(i int) bool { return !all[i].Before(at) }) - 1
	})
}

// jump goes to the denial with the index that find returns, if it is in the part to
// play.
func (p *Player) jump(find func(all []time.Time, at time.Time) int) (found bool) {
	all := p.tape.Denials()
	p.change(func(s *Status) {
		i := find(all, s.At)
		if found = i >= 0 && i < len(all) && !all[i].Before(s.From) && !all[i].After(s.To); found {
			s.move(all[i].Sub(s.At))
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
	denials := p.tape.Denials()
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.status
	s.Denials = denials
	return s
}
