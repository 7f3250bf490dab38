package pioneer

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Clock tells the server's time: the local clock plus an offset that is learned
// from the Date header of the API's responses. Its zero value is ready to use and
// trusts the local clock until the first response. It is safe for concurrent use.
type Clock struct {
	offset atomic.Int64 // server less local, in nanoseconds

	mu      sync.Mutex
	bounds  bounds        // of the offset, by the responses that agree; zero before the first
	rival   bounds        // by a response that contradicts them; zero for none
	sure    bool          // the bounds have been confirmed
	learned chan struct{} // closed at the first response; made when first needed
}

// Now returns the server's time, in UTC.
func (c *Clock) Now() time.Time { return c.At(time.Now()) }

// At returns the server's time at a local time, in UTC.
func (c *Clock) At(local time.Time) time.Time { return local.Add(c.Offset()).UTC() }

// Offset returns the server's clock less the local one.
func (c *Clock) Offset() time.Duration { return time.Duration(c.offset.Load()) }

// SetOffset sets the server's clock less the local one until a response says
// what it is. After that it has no effect.
func (c *Clock) SetOffset(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bounds.at.IsZero() {
		c.offset.Store(int64(d))
	}
}

// Learned returns a channel that is closed once a response has said what the
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

// Known reports whether a response has said what the server's time is.
func (c *Clock) Known() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.bounds.at.IsZero()
}

// InDoubt reports whether another response is needed to tell the server's time:
// the last one contradicted what was known, or is all that speaks against the
// local clock.
func (c *Clock) InDoubt() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.rival.at.IsZero() || !c.bounds.at.IsZero() && !c.sure
}

// Learn takes in a response: its header, and the local times at which its request
// was sent and its header received. A single odd response does not move the clock
// by much: it takes a second one that agrees.
func (c *Clock) Learn(header http.Header, sent, received time.Time) {
	read, ok := readDate(header, sent, received)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	both, agree := c.bounds.and(read)
	switch {
	case c.bounds.at.IsZero():
		c.bounds, c.sure = read, read.near(c.Offset()) || read.near(0)
		close(c.learnedLocked())
	case agree:
		c.bounds, c.rival, c.sure = both, bounds{}, true
	case read.near(c.Offset()): // a small step, as between servers
		c.bounds, c.rival = read, bounds{}
	case !c.sure && read.near(0): // the local clock is the second witness
		c.bounds, c.rival, c.sure = read, bounds{}, true
	default:
		if both, agree = c.rival.and(read); c.rival.at.IsZero() || !agree {
			c.rival = read
			return
		}
		c.bounds, c.rival, c.sure = both, bounds{}, true
	}
	c.offset.Store(int64(c.bounds.offset()))
}

// Bounds of an offset. A response says when the server wrote it, in whole seconds
// (the Date header, RFC 9110 section 6.6.1), and it wrote it between our sending
// and our receiving: that bounds the offset on both sides. The bounds of several
// responses together come far below a second.
type bounds struct {
	low, high time.Duration
	at        time.Time // local time of the last response; zero for no bounds
}

const (
	// drift is how fast two clocks may run apart, as a fraction of the time.
	drift = 100e-6
	// clockStep is the largest change that a single response may make.
	clockStep = 2 * time.Second
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
	// Wall clocks: the monotonic one stands still while a machine sleeps.
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
