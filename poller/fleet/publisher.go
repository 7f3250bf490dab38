package fleet

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"quotatop/model"
	"quotatop/poller/crash"
	"quotatop/poller/events/frame"
	"quotatop/poller/pioneer"
)

// PublisherOptions say what a Publisher publishes, and as whom.
type PublisherOptions struct {
	Broker Broker
	// Account is that of pioneer.AccountID.
	Account, Run, Generator string
	// Egress names the address that the calls leave from; EgressAssumed is set if
	// nobody said so.
	Egress        string
	EgressAssumed bool
	// Source is the source whose calls are published. Two sources of one machine may
	// see the same calls, so that they do not add up.
	Source string
	// Logs names the logs that the source reads, if it reads any: those calls are left
	// out that an earlier process has published from them.
	Logs    string
	Version string
	Clock   *pioneer.Clock
	Gate    pioneer.Gate // knows the key
	// State is the folder of the user's state, below which the spool is; empty to
	// keep batches in memory. SpoolMax bounds the spool, in bytes.
	State    string
	SpoolMax int64
	// Report, if not nil, is called with an error when publishing begins to fail, and
	// with nil once it works again. It must not block.
	Report func(error)

	every, closeWithin time.Duration // if not 0, for tests
}

const (
	// closeWithin is how long Close tries to send what is left, goneWithin how long
	// it tries if the broker was away already.
	closeWithin = 3 * time.Second
	goneWithin  = time.Second
	// behind is how far behind the clock a generator is complete: sources gather
	// calls for a moment before they report them.
	behind = 50 * time.Millisecond
)

// A Publisher publishes the calls that one source of this machine sees. Its methods
// may be called from any goroutine. It must be closed.
type Publisher struct {
	opts  PublisherOptions
	from  name
	boot  string
	queue queue
	spool *spool
	link  chan beat // holds the newest beat to send

	closing chan struct{} // closed by Close
	ended   chan struct{} // closed when the last batch is in the spool
	sent    chan struct{} // closed when the sender has ended
	stop    context.CancelFunc
	once    sync.Once

	problems problems
}

// A beat is how far a generator is: its beat, and the number of its newest batch.
type beat struct {
	model.Event
	seq uint64
}

// NewPublisher returns a Publisher that publishes what it observes.
func NewPublisher(opts PublisherOptions) (*Publisher, error) {
	if err := opts.Broker.CheckURL(); err != nil {
		return nil, err
	}
	for what, text := range map[string]string{"run": opts.Run, "generator": opts.Generator} {
		if err := CheckName(text); err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
	}
	if err := CheckEgress(opts.Egress); err != nil {
		return nil, fmt.Errorf("egress: %w", err)
	}
	p := &Publisher{
		opts: opts, from: name{opts.Account, opts.Run, opts.Generator}, boot: newBoot(),
		queue: queue{full: make(chan struct{}, 1)}, link: make(chan beat, 1),
		closing: make(chan struct{}), ended: make(chan struct{}), sent: make(chan struct{}),
		problems: problems{report: opts.Report, gate: opts.Gate},
	}
	if p.opts.every == 0 {
		p.opts.every = beatEvery
	}
	if p.opts.closeWithin == 0 {
		p.opts.closeWithin = closeWithin
	}
	var stale int
	p.spool, stale = openSpool(spoolPath(opts.State, p.from), opts.SpoolMax)
	p.problems.start(stale, p.spool.problem)
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	crash.Go(p.cut)
	crash.Go(func() { p.send(ctx) })
	return p, nil
}

// newBoot names a process. Names sort by the time of the start, by the local clock.
func newBoot() string { return fmt.Sprintf("%013x%04x", time.Now().UnixMicro(), rand.Uint32N(1<<16)) }

// Observe takes in an event, and publishes it if it is a call of the source's. It does
// not block.
func (p *Publisher) Observe(e model.Event) {
	if e.Call != nil && e.Source == p.opts.Source && e.Call.Vantage == model.VantageLocal && e.Generator == "" {
		p.queue.put(e, p.opts.Clock.Correction())
	}
}

// Close publishes what it has, and that the generator has ended. It gives up after a
// few seconds. The error says how many calls are lost, and how many batches are left
// in the spool for the next process.
func (p *Publisher) Close() error {
	p.once.Do(func() { close(p.closing) })
	within := time.NewTimer(p.opts.closeWithin)
	defer within.Stop()
	select {
	case <-p.ended:
	case <-within.C: // the disk does not answer
		p.stop()
		return errors.New("publish: the spool does not answer: what it has not written is lost")
	}
	if !p.problems.connected() {
		within.Reset(min(goneWithin, p.opts.closeWithin))
	}
	p.spool.signal()
	select {
	case <-p.sent:
	case <-within.C:
		p.stop()
		<-p.sent
	}
	return p.problems.close(p.spool)
}

// cut makes batches of what is in the queue and puts them in the spool, until the
// Publisher is closed.
func (p *Publisher) cut() {
	defer close(p.ended)
	tick := time.NewTicker(p.opts.every)
	defer tick.Stop()
	c := cutter{p: p, enc: encoder{frames: frame.NewWriter(), gate: p.opts.Gate, from: p.from}}
	for last := false; !last; {
		due := true
		select {
		case <-p.closing:
			last = true
		case <-tick.C:
		case <-p.queue.full:
			due = false
		}
		c.cut(due, last)
	}
}

// A cutter makes the batches of one process.
type cutter struct {
	p       *Publisher
	enc     encoder
	spare   []queued
	seq     uint64
	to      time.Time // all calls before it are in the batches up to seq; zero before the first
	dropped int
	marker  *marker // nil if the source reads no logs
}

// cut puts what is in the queue into batches; when that is due also what fills no
// batch. It waits for the server's time to be known.
func (c *cutter) cut(due, last bool) {
	clock := c.p.opts.Clock
	if !clock.Known() {
		c.wait(due, last)
		return
	}
	now := clock.Now()
	if c.marker == nil && c.p.opts.Logs != "" {
		c.marker = newMarker(c.p.spool.dir, c.p.opts.Logs, now)
	}
	to := now.Add(-behind)
	calls, dropped := c.p.queue.take(c.spare)
	if dropped > 0 {
		c.drop(dropped, errTooFast)
	}
	correction := clock.Correction()
	for i := range calls {
		e := calls[i].event
		e.At = e.At.Add(correction - calls[i].correction)
		if c.marker != nil && !c.marker.isNew(e.At) {
			continue
		}
		if !c.enc.add(e) {
			c.put(now, false)
		}
	}
	c.spare = calls
	if !due && !last {
		return
	}
	if c.to = to; c.enc.calls > 0 || last {
		c.put(now, last)
	}
	if c.marker != nil {
		if err := c.marker.keep(); err != nil {
			c.p.problems.setSpool(err)
		}
	}
	c.tell(c.beat(now, last))
}

// wait stands in for cut until the server's time is known. Until there is a call, a
// beat says that there is none.
func (c *cutter) wait(due, last bool) {
	switch q := &c.p.queue; {
	case last:
		calls, dropped := q.take(nil)
		if n := len(calls) + dropped; n > 0 {
			c.drop(n, errNoClock)
		}
	case due && q.isEmpty():
		c.tell(c.beat(time.Now(), false))
	}
}

// tell has a beat sent.
func (c *cutter) tell(b model.Event) {
	select {
	case <-c.p.link: // one that was not sent
	default:
	}
	c.p.link <- beat{b, c.seq}
}

// What calls can be lost by.
var (
	errNoClock = errors.New("no response said what time it is")
	errTooFast = errors.New("they came too fast")
)

func (c *cutter) drop(n int, why error) {
	c.dropped += n
	c.p.problems.drop(n, why)
}

// put puts what is encoded into the spool, as the next batch.
func (c *cutter) put(now time.Time, last bool) {
	body, calls := c.enc.batch(c.beat(now, last))
	if err := c.p.spool.put(c.p.boot, c.seq+1, body, calls); err != nil {
		c.drop(calls, err)
		return
	}
	c.seq++
	_, _, problem := c.p.spool.left()
	c.p.problems.setSpool(problem)
}

func (c *cutter) beat(now time.Time, last bool) model.Event {
	o := &c.p.opts
	return model.Event{At: now, Source: o.Source, Generator: o.Generator, Beat: &model.Beat{
		Run: o.Run, Version: o.Gate.Text(o.Version, pioneer.MaxWord), Boot: c.p.boot, To: c.to, Ended: last, Egress: o.Egress, EgressAssumed: o.EgressAssumed,
		ClockOffset: o.Clock.Offset(), ClockError: o.Clock.Margin(), Dropped: c.dropped,
	}}
}
