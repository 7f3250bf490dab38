package pioneer

import (
	"sync/atomic"
	"time"
)

// Clock gives the server's time: the local clock plus an offset that sources learn
// from the Date header. The zero value is the local clock. It is safe for
// concurrent use.
type Clock struct {
	offset atomic.Int64 // server minus local, in nanoseconds
}

// Now returns the server's time in UTC.
func (c *Clock) Now() time.Time { return time.Now().Add(c.Offset()).UTC() }

// Offset returns the server's clock minus the local one.
func (c *Clock) Offset() time.Duration { return time.Duration(c.offset.Load()) }

// SetOffset sets the server's clock minus the local one.
func (c *Clock) SetOffset(d time.Duration) { c.offset.Store(int64(d)) }
