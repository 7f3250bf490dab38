package runner

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"quotatop/model"
	"quotatop/poller/crash"
	"quotatop/poller/pioneer"
)

const (
	// snapshotEvery is the shortest time between two snapshots. While no events arrive
	// there is one a second: countdowns move by the second.
	snapshotEvery = 250 * time.Millisecond

	// eventQueue is how many events may wait for the ledger. It is far faster
	// than any source; the queue only covers the time to make a snapshot.
	eventQueue = 1024

	// restartAfter is the wait before a source that failed is first restarted;
	// it doubles up to restartAtMost.
	restartAfter  = time.Second
	restartAtMost = time.Minute
)

// A Runner runs the sources, feeds their events to its ledger and publishes
// snapshots. Start it once.
type Runner struct {
	Sources []Source
	Ledger  *model.Ledger // owned by the Runner once started
	// Recover, if not nil, is called to make the ledger while the sources start.
	Recover func() *model.Ledger
	Clock   *pioneer.Clock
	// Gate is what every event passes before anything else: no text of a source
	// is stored or shown that has not.
	Gate pioneer.Gate
	// Seen, if not nil, is called with every snapshot before it is published. It
	// is how the billing source learns what is urgent. It must not block.
	Seen func(model.Snapshot)
	// Watch, if not nil, is called with every snapshot. The events that it returns,
	// such as warnings, are observed before the snapshot is published. It must not
	// block.
	Watch func(model.Snapshot) []model.Event
	// Journals store the events and the ledger's state.
	Journals []Journal
	// Changes, if not nil, are applied to the ledger between two events.
	Changes <-chan func(*model.Ledger)
}

// A Journal stores the ledger's events and state, so that a later run can
// continue from there. Its methods are called by one goroutine and must not
// block.
type Journal interface {
	// Observe is called with each event, in the ledger's order.
	Observe(model.Event)
	// Checkpoint is called with every snapshot. state appends the ledger's
	// state after the events observed so far; it is valid during the call.
	Checkpoint(state func(dst []byte) []byte)
}

// Start runs the sources until ctx ends or all of them have ended. The channel
// holds one snapshot, always the newest: one that nobody received is replaced. It
// is closed once every source has returned.
func (r *Runner) Start(ctx context.Context) <-chan model.Snapshot {
	events := make(chan model.Event, eventQueue)
	var running sync.WaitGroup
	for _, source := range r.Sources {
		running.Go(crash.Guarded(func() { r.supervise(ctx, source, events) }))
	}
	crash.Go(func() {
		running.Wait()
		close(events)
	})
	out := make(chan model.Snapshot, 1)
	crash.Go(func() { r.fold(events, out) })
	return out
}

// fold is the only goroutine that uses the ledger.
func (r *Runner) fold(events <-chan model.Event, out chan model.Snapshot) {
	defer close(out)
	if r.Recover != nil {
		r.Ledger = r.Recover()
	}
	publish := func() {
		s := r.watched(r.Clock.Now())
		if r.Seen != nil {
			r.Seen(s)
		}
		for _, j := range r.Journals {
			j.Checkpoint(r.Ledger.AppendState)
		}
		select {
		case <-out: // a snapshot that nobody received
		default:
		}
		out <- s
	}
	publish()
	last := time.Now()
	timer := time.NewTimer(r.Clock.UntilTick())
	defer timer.Stop()
	for {
		select {
		case e, ok := <-events:
			if !ok {
				publish()
				return
			}
			r.observe(e)
			timer.Reset(max(snapshotEvery-time.Since(last), 0))
		case change := <-r.Changes:
			change(r.Ledger)
			timer.Reset(max(snapshotEvery-time.Since(last), 0))
		case <-timer.C:
			publish()
			last = time.Now()
			timer.Reset(r.Clock.UntilTick())
		}
	}
}

func (r *Runner) observe(e model.Event) {
	e = r.Gate.Event(e)
	r.Ledger.Observe(e)
	for _, j := range r.Journals {
		j.Observe(e)
	}
}

// watched returns the snapshot at now, with what Watch found in it.
func (r *Runner) watched(now time.Time) model.Snapshot {
	snapshot := func() model.Snapshot {
		s := r.Ledger.Snapshot(now)
		s.ClockInDoubt = s.ClockInDoubt || r.Clock.InDoubt()
		return s
	}
	s := snapshot()
	if r.Watch == nil {
		return s
	}
	found := r.Watch(s)
	if len(found) == 0 {
		return s
	}
	for _, e := range found {
		r.observe(e)
	}
	return snapshot()
}

// supervise runs one source, and restarts it after each failure, until ctx ends
// or the source returns nil.
func (r *Runner) supervise(ctx context.Context, source Source, events chan<- model.Event) {
	emit := func(e model.Event) { events <- e }
	for wait := restartAfter; ; wait = min(2*wait, restartAtMost) {
		started := time.Now()
		err := run(ctx, source, emit)
		if err == nil || ctx.Err() != nil || errors.Is(err, context.Canceled) {
			return
		}
		if time.Since(started) > restartAtMost {
			wait = restartAfter
		}
		now := r.Clock.Now()
		emit(model.Event{At: now, Source: source.Name(), Health: &model.Health{
			State: model.StateError, Vantage: source.Vantage(), Error: err.Error(), RetryAt: now.Add(wait),
			ClockOffset: r.Clock.Correction(), ClockStep: r.Clock.Step(),
		}})
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// run runs a source once. A panic in it is an error like any other: a crash would
// end the other sources, and leave the terminal as the screen had set it.
func run(ctx context.Context, source Source, emit func(model.Event)) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a bug in quotatop, please report it: %v", p)
		}
	}()
	return source.Run(ctx, emit)
}
