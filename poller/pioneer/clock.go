package pioneer

import (
	"sync/atomic"
	"time"
)

// Clock tells the server's time: the local clock corrected by an offset that
// the billing source learns from the Date header. Its zero value trusts the
// local clock. It is safe for concurrent use.
type Clock struct {
	offset atomic.Int64 // server less local, in nanoseconds
}

// Now is the server's time, in UTC.
func (c *Clock) Now() time.Time { return time.Now().Add(c.Offset()).UTC() }

// Offset is the server's clock less the local one.
func (c *Clock) Offset() time.Duration { return time.Duration(c.offset.Load()) }

// SetOffset sets the server's clock less the local one.
func (c *Clock) SetOffset(d time.Duration) { c.offset.Store(int64(d)) }
