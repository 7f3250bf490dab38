package billing

import (
	"net/http"
	"time"

	"quotatop/poller/pioneer"
)

// An offset narrows down the server's clock less the local one. Each answer
// says when the server wrote it, in whole seconds (the Date header, RFC 9110
// section 6.6.1), and it wrote it between our sending and our hearing: that
// bounds the offset from both sides. The bounds of several answers together
// come far below a second.
type offset struct {
	low, high time.Duration
	checked   time.Time // local time of the last answer; zero before the first
}

// drift is how fast two clocks may run apart, as a part of the time.
const drift = 100e-6

// learn takes in one answer and sets the clock. A local clock that was set
// anew contradicts the bounds and begins them again.
func (o *offset) learn(clock *pioneer.Clock, header http.Header, sent, heard time.Time) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	low, high := date.Sub(heard.Round(0)), date.Add(time.Second).Sub(sent.Round(0))
	if high < low { // the local clock was set back in between
		return
	}
	slack := time.Duration(float64(heard.Sub(o.checked)) * drift)
	if o.checked.IsZero() || low > o.high+slack || high < o.low-slack {
		o.low, o.high = low, high
	} else {
		o.low, o.high = max(low, o.low-slack), min(high, o.high+slack)
	}
	o.checked = heard
	if o.low <= 0 && o.high >= 0 {
		clock.SetOffset(0) // nothing speaks against the local clock
		return
	}
	clock.SetOffset((o.low + o.high) / 2)
}
