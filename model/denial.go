package model

import "time"

// A Kind is the sort of no that the API said. They differ in what clears them.
type Kind string

// The kinds of denial, with what clears each.
const (
	KindRate    Kind = "rate"    // a request-rate limit: waiting Retry-After seconds
	KindCap     Kind = "cap"     // the daily spending cap: the reset, at 00:00 UTC
	KindCredits Kind = "credits" // no credits, or no card: a person
	KindCeiling Kind = "ceiling" // the monthly overage ceiling: a person
	KindAuth    Kind = "auth"    // the key: a person, or the reset where its allowance is used up
)

// Waits reports whether waiting for Retry-After clears this kind.
func (k Kind) Waits() bool { return k == KindRate }

// A Denial is one response in which the API said no.
type Denial struct {
	Kind   Kind `json:"kind"`
	Status int  `json:"status"` // the HTTP status
	// RetryAfter is the wait that the response asked for; unknown when it did
	// not say.
	RetryAfter Opt[time.Duration] `json:"retry_after"`
	// Reason is the machine's word for it: X-RateLimit-Reason,
	// X-RateLimit-Code or the body's code. May be empty.
	Reason string `json:"reason,omitempty"`
	// Detail is the human text of the body, on one line, shortened. May be
	// empty.
	Detail string `json:"detail,omitempty"`
	// Headers are the response's headers that tell of limits, on one line.
	Headers string `json:"headers,omitempty"`
	// URL is the resolution_url of a billing denial. May be empty.
	URL string `json:"url,omitempty"`
	// Limit is the limit that the response named; Per is 0 when it did not say
	// over which time, and both are when it named none.
	Limit Limit `json:"limit,omitzero"`
}
