package model

import "time"

// A Kind is a kind of denial. Kinds differ in what clears them.
type Kind string

// The kinds of denial, with what clears each.
const (
	KindRate    Kind = "rate"    // a request-rate limit: waiting Retry-After seconds
	KindCap     Kind = "cap"     // the spending cap: its reset
	KindCredits Kind = "credits" // no credits, no card, or the owner's spend limit: action required
	KindCeiling Kind = "ceiling" // the monthly overage ceiling: action required
	KindAuth    Kind = "auth"    // the key: action required, or its reset if its allowance is used up
	KindBusy    Kind = "busy"    // no capacity, or a model that is warming up: waiting; no limit refused the call
	KindUnknown Kind = "unknown" // what the response said is not known: it could not be read, or is not in the log
)

// Waits reports whether waiting for Retry-After clears this kind.
func (k Kind) Waits() bool { return k == KindRate || k == KindBusy }

// explained reports whether the response said why it denied the call: in a header
// about limits, or in the body's own words. A status alone proves little.
func (d *Denial) explained() bool {
	return d.RetryAfter.Known() || d.Limit != (Limit{}) || d.Headers != "" || d.Reason != "" || d.Detail != ""
}

// unexplained reports whether the cap may have denied the call, for all that is
// known.
func (d *Denial) unexplained() bool { return d.Kind == KindUnknown && d.Status == 429 }

// as returns a copy of another kind.
func (d *Denial) as(k Kind) *Denial {
	c := *d
	c.Kind = k
	return &c
}

// A Denial is a response in which the API denied a call.
type Denial struct {
	Kind   Kind `json:"kind"`
	Status int  `json:"status"` // the HTTP status
	// RetryAfter is the wait that the response asked for; unknown without one.
	RetryAfter Opt[time.Duration] `json:"retry_after"`
	// Reason is the machine-readable reason: X-RateLimit-Reason,
	// X-RateLimit-Code or the body's code. May be empty.
	Reason string `json:"reason,omitempty"`
	// Detail is the message in the body, on one line, shortened. May be empty.
	Detail string `json:"detail,omitempty"`
	// Headers are the response's headers about limits, on one line.
	Headers string `json:"headers,omitempty"`
	// URL is the resolution_url of a billing denial. May be empty.
	URL string `json:"url,omitempty"`
	// Limit is the limit that the response named; Per is 0 if it named no
	// window, and Max and Per are 0 if it named no limit.
	Limit Limit `json:"limit,omitzero"`
}
