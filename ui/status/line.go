// Package status writes a Snapshot on one line, for a status bar: the limit with
// the least headroom and the time until it is reached, what is left of the cap
// and the time to its reset.
package status

import (
	"time"

	"quotatop/model"
	"quotatop/ui/words"
)

// A Line holds the figures of one status line. It is the JSON of the json format
// and the data of a template. Unknown values are null.
type Line struct {
	// Demo is set when the account is simulated. Of leaves it unset.
	Demo bool `json:"demo"`
	// Endpoint is the ID of the endpoint with the least headroom, and PerS the
	// window of its fullest limit in seconds; empty and 0 when no gauge is known.
	Endpoint string         `json:"endpoint"`
	PerS     float64        `json:"per_s"`
	Used     model.Opt[int] `json:"used"` // calls in that window
	Limit    model.Opt[int] `json:"limit"`
	Percent  model.Opt[int] `json:"percent"` // Used of Limit, rounded down
	Rejected model.Opt[int] `json:"rejected"`
	// Estimated is set when Used is based on samples (≈), UpperBound and
	// LowerBound when it is at most (≤) or at least (≥) that many.
	Estimated  bool   `json:"estimated"`
	UpperBound bool   `json:"upper_bound"`
	LowerBound bool   `json:"lower_bound"`
	Pressure   string `json:"pressure"` // calm, warm, hot, full; empty when unknown
	// TimeToLimit is the seconds until the limit is reached; unknown when it
	// would not be, or when Used is stale.
	TimeToLimit model.Opt[float64] `json:"time_to_limit_s"`
	// AsOf is the time of Used. Stale is set when that is too long ago for Used
	// to be taken for live.
	AsOf  model.Opt[time.Time] `json:"as_of"`
	Stale bool                 `json:"stale"`

	CapLeft      model.Opt[model.Micros] `json:"cap_left_usd"`
	CapPercent   model.Opt[int]          `json:"cap_percent"` // used of the cap, rounded down
	CapEstimated bool                    `json:"cap_estimated"`
	CapAsOf      model.Opt[time.Time]    `json:"cap_as_of"`
	CapStale     bool                    `json:"cap_stale"`
	ResetsAt     model.Opt[time.Time]    `json:"resets_at"`
	ExhaustsAt   model.Opt[time.Time]    `json:"exhausts_at"`

	// Denial says what refuses calls and does not clear by waiting for
	// Retry-After: "cap reached", "credits used up", "ceiling reached", "key
	// refused". Empty for none. DeniedAt is when that was last known to hold.
	Denial   string               `json:"denial"`
	DeniedAt model.Opt[time.Time] `json:"denied_at"`

	At time.Time `json:"at"` // server time
}

// Of returns the line of a snapshot.
func Of(s model.Snapshot) Line {
	l := Line{
		At: s.At, CapLeft: s.Cap.Remaining, CapEstimated: s.Cap.Estimated, CapAsOf: s.Cap.AsOf,
		CapPercent: words.WholePercent(s.Cap.Ratio()), ExhaustsAt: s.Cap.ExhaustsAt, CapStale: words.Stale(&s, s.Cap.AsOf),
	}
	if !s.Cap.ResetsAt.IsZero() {
		l.ResetsAt = model.Some(s.Cap.ResetsAt)
	}
	if r, ok := words.RefusalOf(&s); ok {
		l.Denial, l.DeniedAt = r.String(), model.Some(r.At)
	}
	endpoint, limit, ok := words.Fullest(&s, nil)
	if !ok {
		return l
	}
	u := &s.Endpoints[endpoint].Limits[limit]
	l.Endpoint, l.PerS = s.Endpoints[endpoint].ID, u.PerS
	l.Used, l.Limit, l.Percent, l.Rejected = u.Used, model.Some(u.Limit), words.WholePercent(u.Ratio()), u.Rejected
	l.Estimated, l.UpperBound, l.LowerBound = u.Estimated, u.UpperBound, u.LowerBound
	l.Pressure, l.AsOf, l.Stale = pressures[u.Pressure()], u.AsOf, words.Stale(&s, u.AsOf)
	if !l.Stale {
		l.TimeToLimit = u.TimeToLimit
	}
	return l
}

// pressures are the names of the known pressures.
var pressures = [...]string{model.Calm: "calm", model.Warm: "warm", model.Hot: "hot", model.Full: "full"}

// Refused is what refuses calls, with its age where it may have ended since:
// "cap reached", "key refused (3m ago)".
func (l Line) Refused() string {
	at, ok := l.DeniedAt.Get()
	if !ok {
		return ""
	}
	if age := l.At.Sub(at); age > words.RefusalAge {
		return l.Denial + " (" + words.Ago(l.At, at) + ")"
	}
	return l.Denial
}

// Figure is the worst endpoint and the used part of its limit: "chat ≈92%".
func (l Line) Figure() string {
	if l.Endpoint == "" {
		return words.Unknown
	}
	u := model.LimitUsage{Limit: l.Limit.Or(0), Used: l.Used, Estimated: l.Estimated, UpperBound: l.UpperBound, LowerBound: l.LowerBound}
	return words.OneLine(l.Endpoint) + " " + words.UsedPercent(&u)
}

// Wall is the time until the limit is reached: "41s". Empty when it would not
// be.
func (l Line) Wall() string {
	if s, ok := l.TimeToLimit.Get(); ok && s > 0 {
		return words.Coarse(words.Seconds(s))
	}
	return ""
}

// Age is how old a stale figure is: "(2m ago)". Empty for a fresh one.
func (l Line) Age() string {
	at, ok := l.AsOf.Get()
	if !ok || !l.Stale {
		return ""
	}
	return "(" + words.Ago(l.At, at) + ")"
}

// Left is what is left of the cap: "$18.73".
func (l Line) Left() string {
	return words.CapLeft(&model.Cap{Remaining: l.CapLeft, Estimated: l.CapEstimated})
}

// Reset is the time to the cap's reset in hours and minutes: "11:55". In the
// last minute it is in seconds: "41s".
func (l Line) Reset() string {
	at, ok := l.ResetsAt.Get()
	if !ok {
		return words.Unknown
	}
	return words.ShortCountdown(at.Sub(l.At))
}
