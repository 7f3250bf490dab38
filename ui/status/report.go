// Package status is a Snapshot in one line, for a status bar: the limit with
// the least headroom and its time to the wall, what is left of the cap and the
// time to its reset.
package status

import (
	"time"

	"quotatop/model"
)

// A Report is what one line tells. It is the JSON of the json format and the
// data of a template. Unknown values are null.
type Report struct {
	// Endpoint is the ID of the endpoint with the least headroom, and PerS the
	// span of its fullest limit in seconds; empty and 0 when no gauge is known.
	Endpoint string         `json:"endpoint"`
	PerS     float64        `json:"per_s"`
	Used     model.Opt[int] `json:"used"` // calls in that span
	Limit    model.Opt[int] `json:"limit"`
	Percent  model.Opt[int] `json:"percent"` // Used of Limit, rounded down
	Rejected model.Opt[int] `json:"rejected"`
	// Estimated is set when Used rests on samples (≈), UpperBound and LowerBound
	// when it is at most (≤) or at least (≥) that many.
	Estimated  bool   `json:"estimated"`
	UpperBound bool   `json:"upper_bound"`
	LowerBound bool   `json:"lower_bound"`
	Pressure   string `json:"pressure"` // calm, warm, hot, full; empty when unknown
	// TimeToLimit is the seconds until the limit is met; unknown when it would
	// not be.
	TimeToLimit model.Opt[float64] `json:"time_to_limit_s"`
	// AsOf is when Used was true, Stale that this is too long ago to be taken
	// for now.
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
	// refused". Empty for none. DeniedAt is when that was last heard.
	Denial   string               `json:"denial"`
	DeniedAt model.Opt[time.Time] `json:"denied_at"`

	At time.Time `json:"at"` // server time
}

// Figures are stale when they are this old, or troubleAge where the billing
// source is in trouble: the same as on the dashboard.
const (
	staleAge   = time.Minute
	troubleAge = 20 * time.Second
)

// Of makes the report of a snapshot.
func Of(s model.Snapshot) Report {
	r := Report{
		At: s.At, CapLeft: s.Cap.Remaining, CapEstimated: s.Cap.Estimated, CapAsOf: s.Cap.AsOf,
		CapPercent: whole(s.Cap.Ratio()), ExhaustsAt: s.Cap.ExhaustsAt, CapStale: stale(s, s.Cap.AsOf),
	}
	if !s.Cap.ResetsAt.IsZero() {
		r.ResetsAt = model.Some(s.Cap.ResetsAt)
	}
	r.Denial, r.DeniedAt = denial(s)
	e, l, ok := fullest(s)
	if !ok {
		return r
	}
	u := s.Endpoints[e].Limits[l]
	r.Endpoint, r.PerS = s.Endpoints[e].ID, u.PerS
	r.Used, r.Limit, r.Percent, r.Rejected = u.Used, model.Some(u.Limit), whole(u.Ratio()), u.Rejected
	r.Estimated, r.UpperBound, r.LowerBound = u.Estimated, u.UpperBound, u.LowerBound
	r.Pressure, r.AsOf, r.Stale = pressure(u.Pressure()), u.AsOf, stale(s, u.AsOf)
	if !r.Stale {
		r.TimeToLimit = u.TimeToLimit // a forecast from old figures says nothing
	}
	return r
}

// fullest is the limit under the highest pressure, and of several the fullest:
// the one that the dashboard names first.
func fullest(s model.Snapshot) (endpoint, limit int, ok bool) {
	pressure, most := model.PressureUnknown, -1.0
	for i, e := range s.Endpoints {
		for j, u := range e.Limits {
			p, r := u.Pressure(), u.Ratio().Or(-1)
			if p > pressure || p == pressure && r > most {
				pressure, most, endpoint, limit = p, r, i, j
				ok = p != model.PressureUnknown
			}
		}
	}
	return endpoint, limit, ok
}

// denial is what refuses calls until a reset or until a person acts. The cap
// comes first: it alone is sure to hold now.
func denial(s model.Snapshot) (text string, at model.Opt[time.Time]) {
	if left, ok := s.Cap.Remaining.Get(); ok && left == 0 && s.Cap.Limit.Or(0) > 0 {
		return "cap reached", model.Some(s.At)
	}
	for _, kind := range []struct {
		kind model.Kind
		text string
	}{
		{model.KindCap, "cap reached"}, {model.KindCredits, "credits used up"},
		{model.KindCeiling, "ceiling reached"}, {model.KindAuth, "key refused"},
	} {
		for _, g := range s.Denials {
			if g.Kind != kind.kind {
				continue
			}
			if g.Kind == model.KindCap {
				if t, ok := g.ClearsAt.Get(); !ok || !t.After(s.At) {
					continue
				}
				return kind.text, model.Some(s.At) // it holds until it clears
			}
			return kind.text, model.Some(g.At)
		}
	}
	return "", at
}

// stale reports whether a figure is too old to be taken for live.
func stale(s model.Snapshot, asOf model.Opt[time.Time]) bool {
	t, ok := asOf.Get()
	if !ok {
		return false
	}
	age := s.At.Sub(t)
	return age > staleAge || age > troubleAge && trouble(s)
}

// trouble reports whether the billing source does not bring what it should.
func trouble(s model.Snapshot) bool {
	for _, source := range s.Sources {
		if source.Name == model.SourceBilling {
			return source.State == model.StateError || source.State == model.StateStale
		}
	}
	return false
}

// whole is a part in percent, rounded down: 100 is not said before it is
// reached.
func whole(ratio model.Opt[float64]) model.Opt[int] {
	r, ok := ratio.Get()
	if !ok {
		return model.Opt[int]{}
	}
	return model.Some(int(min(r, 1e6)*100 + 1e-9))
}

func pressure(p model.Pressure) string {
	switch p {
	case model.Calm:
		return "calm"
	case model.Warm:
		return "warm"
	case model.Hot:
		return "hot"
	case model.Full:
		return "full"
	}
	return ""
}
