package pioneer

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Clock tells the server's time: a steady local clock plus an offset that is learned
// from the Date header of the API's responses. The steady clock is the local one as
// it was at first, put forward by the process's monotonic clock: setting the local
// clock during a run does not move it. The zero value is ready to use and trusts the
// local clock until responses say otherwise. It is safe for concurrent use.
//
// One response never moves it by much. That takes a second witness: another response
// that agrees, the local clock, or the offset that an earlier run has learned. Once
// responses have said what the time is, two that contradict the local clock as well
// must be some seconds apart: those of one moment may share a mistake.
type Clock struct {
	now     func() time.Time          // the local clock; time.Now if nil
	origin  atomic.Pointer[time.Time] // when it was first used; the steady clock counts from there
	slept   atomic.Int64              // how long the monotonic clock has stood still since, in nanoseconds
	offset  atomic.Int64              // server less steady, in nanoseconds
	step    atomic.Int64              // local less steady at the last response that was believed, in nanoseconds
	doubted atomic.Bool               // rival is set

	mu      sync.Mutex
	bounds  bounds        // of the offset, by the responses that agree; zero before that
	rival   bounds        // by a response that nothing else speaks for; zero for none
	since   time.Time     // steady time of the first response that says what rival does
	learned chan struct{} // closed once bounds is set; made when first needed
}

// Now returns the server's time, in UTC.
func (c *Clock) Now() time.Time { return c.At(c.local()) }

func (c *Clock) local() time.Time {
	if c.now != nil {
		return c.now()
	}
	return time.Now()
}

// UntilTick returns the time until just after the server's next second. What is done
// once a second is done then, so that the clock on screen moves in time, and one
// wake-up of the process is enough for all of it.
func (c *Clock) UntilTick() time.Duration {
	const past = 20 * time.Millisecond
	now := c.Now()
	return now.Truncate(time.Second).Add(time.Second + past).Sub(now)
}

// At returns the server's time at a local time, in UTC. One that time.Now returned is
// right even if the local clock has been set since.
func (c *Clock) At(local time.Time) time.Time {
	if local == local.Round(0) { // it has no reading of the monotonic clock
		return local.Add(c.Offset()).UTC()
	}
	return c.steady(local).Add(c.Correction()).UTC()
}

// steady returns the time of the steady clock at a local time from time.Now.
func (c *Clock) steady(local time.Time) time.Time {
	origin := c.origin.Load()
	if origin == nil {
		now := c.local()
		c.origin.CompareAndSwap(nil, &now)
		origin = c.origin.Load()
	}
	return origin.Add(local.Sub(*origin) + time.Duration(c.slept.Load()))
}

// stepAt returns how far the local clock has been set since the first use, or the
// monotonic one has stood still: at a local time from time.Now.
func (c *Clock) stepAt(local time.Time) time.Duration {
	return local.Round(0).Sub(c.steady(local).Round(0)).Truncate(time.Millisecond) // the two are not read at once
}

// Offset returns the server's clock less the local one.
func (c *Clock) Offset() time.Duration { return c.Correction() - c.Step() }

// Correction returns the server's clock less the steady one. When it jumps, earlier
// times of the Clock were wrong by that much.
func (c *Clock) Correction() time.Duration { return time.Duration(c.offset.Load()) }

// Step returns how far the local clock has been set since the first use.
func (c *Clock) Step() time.Duration { return c.stepAt(c.local()) }

// Margin returns how far Correction may be off, as far as responses have bounded it; 0
// before that.
func (c *Clock) Margin() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bounds.at.IsZero() {
		return 0
	}
	offset := c.bounds.offset()
	return max(c.bounds.high-offset, offset-c.bounds.low)
}

// SetOffset sets the server's clock less the local one until responses say what it
// is. After that it has no effect.
func (c *Clock) SetOffset(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bounds.at.IsZero() {
		c.offset.Store(int64(d + c.Step()))
	}
}

// Learned returns a channel that is closed once responses have said what the
// server's time is.
func (c *Clock) Learned() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.learnedLocked()
}

func (c *Clock) learnedLocked() chan struct{} {
	if c.learned == nil {
		c.learned = make(chan struct{})
	}
	return c.learned
}

// Known reports whether responses have said what the server's time is.
func (c *Clock) Known() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.bounds.at.IsZero()
}

// InDoubt reports whether another response is needed to tell the server's time: the
// last one contradicted what was known, or the local clock has been set or the
// machine has slept since. Until then the old offset holds.
func (c *Clock) InDoubt() bool {
	return c.doubted.Load() || (c.Step()-time.Duration(c.step.Load())).Abs() > clockStep
}

// Learn takes in a response: its header, and the local times, from time.Now, at which
// its request was sent and its header received.
func (c *Clock) Learn(header http.Header, sent, received time.Time) {
	read, ok := readDate(header, c.steady(sent), c.steady(received))
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	set := c.stepAt(received) - time.Duration(c.step.Load())
	both, agree := c.bounds.and(read)
	known := !c.bounds.at.IsZero()
	switch {
	case known && agree:
		c.bounds = both
	case read.near(c.Correction()), !known && read.near(0): // a small step, or the local clock is right
		c.bounds = read
	case set.Abs() > clockStep && read.near(c.Correction()+set):
		// The machine has slept, and the monotonic clock with it.
		c.slept.Add(int64(set))
		c.bounds, _ = readDate(header, c.steady(sent), c.steady(received))
	default:
		both, agree = c.rival.and(read)
		if agree = agree && !c.rival.at.IsZero(); !agree {
			both, c.since = read, read.at
		}
		if !agree || known && !read.near(0) && read.at.Sub(c.since) < apart {
			c.rival = both
			c.doubted.Store(true)
			return
		}
		c.bounds = both
	}
	c.rival = bounds{}
	c.doubted.Store(false)
	c.step.Store(int64(c.stepAt(received)))
	c.offset.Store(int64(c.bounds.offset()))
	select {
	case <-c.learnedLocked():
	default:
		close(c.learned)
	}
}

// Bounds of an offset. A response says when the server wrote it, in whole seconds
// (the Date header, RFC 9110 section 6.6.1), and it wrote it between our sending
// and our receiving: that bounds the offset on both sides. The bounds of several
// responses together come far below a second.
type bounds struct {
	low, high time.Duration
	at        time.Time // steady time of the last response; zero for no bounds
}

const (
	// drift is how fast two clocks may run apart, as a fraction of the time.
	drift = 100e-6
	// clockStep is the largest change that a single response may make.
	clockStep = 2 * time.Second
	// apart is the least time between two responses that change what is known.
	apart = 4 * time.Second
	// maxOffset is the largest offset that is believed.
	maxOffset = 100 * 365 * 24 * time.Hour
)

// readDate reads the bounds from one response. ok is false for a response
// without a date, from a cache, or received by a clock that was just set back.
func readDate(header http.Header, sent, received time.Time) (b bounds, ok bool) {
	date, err := http.ParseTime(header.Get("Date"))
	if age := header.Get("Age"); err != nil || age != "" && age != "0" {
		return b, false
	}
	b = bounds{date.Sub(received.Round(0)), date.Add(time.Second).Sub(sent.Round(0)), received}
	return b, b.low <= b.high && max(b.low.Abs(), b.high.Abs()) < maxOffset
}

// and returns the bounds that satisfy both, o being the newer ones; ok is false
// if they contradict each other.
func (b bounds) and(o bounds) (both bounds, ok bool) {
	slack := time.Duration(float64(o.at.Sub(b.at).Abs()) * drift)
	both = bounds{max(o.low, b.low-slack), min(o.high, b.high+slack), o.at}
	return both, both.low <= both.high
}

// near reports whether an offset is within the bounds, or just outside.
func (b bounds) near(offset time.Duration) bool {
	return offset >= b.low-clockStep && offset <= b.high+clockStep
}

// offset returns the offset to use: none if nothing contradicts the local clock.
func (b bounds) offset() time.Duration {
	if b.low <= 0 && b.high >= 0 {
		return 0
	}
	return b.low + (b.high-b.low)/2
}
