package runner

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

const (
	// snapshotEvery is the shortest time between two snapshots, idleEvery the
	// time between them while no event comes: countdowns move by the second.
	snapshotEvery = 250 * time.Millisecond
	idleEvery     = time.Second

	// eventQueue is how many events may wait for the ledger. It is far quicker
	// than any source; the queue only bridges the making of a snapshot.
	eventQueue = 1024

	// restartAfter is the first wait before a source that failed is started
	// again; it doubles up to restartAtMost.
	restartAfter  = time.Second
	restartAtMost = time.Minute
)

// A Runner runs the sources, folds their events into its ledger and hands out
// snapshots. It is used once.
type Runner struct {
	Sources []Source
	Ledger  *model.Ledger // owned by the Runner once started
	// Recover, if not nil, is called to make the Ledger while the sources start.
	Recover func() *model.Ledger
	Clock   *pioneer.Clock
	// Seen, if not nil, is shown every snapshot before it is handed out. It is
	// how the billing source learns that a gauge runs high; it must not block.
	Seen func(model.Snapshot)
	// Journals keep what is seen.
	Journals []Journal
}

// A Journal keeps what the ledger is told, and what it knows, so that a later
// run can go on from there. Its methods are called by one goroutine and must
// not block.
type Journal interface {
	// Observe is shown each event, in the ledger's order.
	Observe(model.Event)
	// Checkpoint is called with every snapshot. state appends all that the
	// ledger knows, after the events observed so far; it is valid during the
	// call.
	Checkpoint(state func(dst []byte) []byte)
}

// Start runs the sources until ctx ends or none of them has any more to tell.
// The channel holds one snapshot, always the newest: one that nobody took is
// replaced. It is closed once every source has returned.
func (r *Runner) Start(ctx context.Context) <-chan model.Snapshot {
	events := make(chan model.Event, eventQueue)
	var running sync.WaitGroup
	for _, source := range r.Sources {
		running.Go(func() { r.supervise(ctx, source, events) })
	}
	go func() {
		running.Wait()
		close(events)
	}()
	out := make(chan model.Snapshot, 1)
	go r.fold(events, out)
	return out
}

// fold is the one goroutine that touches the ledger.
func (r *Runner) fold(events <-chan model.Event, out chan model.Snapshot) {
	defer close(out)
	if r.Recover != nil {
		r.Ledger = r.Recover()
	}
	publish := func() {
		s := r.Ledger.Snapshot(r.Clock.Now())
		if r.Seen != nil {
			r.Seen(s)
		}
		for _, j := range r.Journals {
			j.Checkpoint(r.Ledger.AppendState)
		}
		select {
		case <-out: // a snapshot that nobody looked at
		default:
		}
		out <- s
	}
	publish()
	last := time.Now()
	timer := time.NewTimer(idleEvery)
	defer timer.Stop()
	for {
		select {
		case e, ok := <-events:
			if !ok {
				publish()
				return
			}
			r.Ledger.Observe(e)
			for _, j := range r.Journals {
				j.Observe(e)
			}
			timer.Reset(max(snapshotEvery-time.Since(last), 0))
		case <-timer.C:
			publish()
			last = time.Now()
			timer.Reset(untilNextSecond(r.Clock.Now()))
		}
	}
}

// untilNextSecond makes idle snapshots come just after the server's second
// turns, so that a countdown moves in step with the clock.
func untilNextSecond(now time.Time) time.Duration {
	const past = 20 * time.Millisecond
	return now.Truncate(idleEvery).Add(idleEvery + past).Sub(now)
}

// supervise runs one source, again after each failure, until ctx ends or the
// source has no more to tell.
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
		}})
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// run runs a source once. A fault in it is an error like others: a crash would
// take the other sources along, and leave the terminal as the screen has set it.
func run(ctx context.Context, source Source, emit func(model.Event)) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("a fault in quotatop itself, please report it: %v", fault)
		}
	}()
	return source.Run(ctx, emit)
}
