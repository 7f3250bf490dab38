// Package status writes a Snapshot on one line, for a status bar: the next wall and
// the time until it is reached, what is left of the cap and the time to its reset.
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
	// Next is the next wall: "chat ≈92%", "chat refused", "cap reached". It is empty
	// when nothing is known. NextKind is its kind, and NextIn the seconds until it
	// is reached, or until calls continue by themselves if they are refused.
	Next         string             `json:"next"`
	NextKind     model.WallKind     `json:"next_kind"`
	NextPressure string             `json:"next_pressure"` // as Pressure
	NextIn       model.Opt[float64] `json:"next_in_s"`

	// Endpoint is the ID of the endpoint whose limit is the next one, and PerS the
	// window of that limit in seconds; empty and 0 when no gauge is known.
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
	// would not be, when calls are refused, or when Used is stale.
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

	// Denial says what refuses calls now: "chat refused", "cap reached", "credits
	// used up", "ceiling reached", "key refused". Empty for none. DeniedUntil is
	// when that ends by itself; unknown if action is required.
	Denial      string               `json:"denial"`
	DeniedUntil model.Opt[time.Time] `json:"denied_until"`

	// Run is the load run of a fleet, and Generators how many load generators it has;
	// empty and 0 without a fleet. GeneratorsSilent of them are not heard, or have yet to
	// send what they kept, so that figures are lower bounds; GeneratorsRefused had calls
	// denied in the last minute.
	Run               string `json:"run,omitempty"`
	Generators        int    `json:"generators,omitempty"`
	GeneratorsSilent  int    `json:"generators_silent,omitempty"`
	GeneratorsRefused int    `json:"generators_refused,omitempty"`

	At time.Time `json:"at"` // server time
}

// Of returns the line of a snapshot.
func Of(s model.Snapshot) Line {
	l := Line{
		At: s.At, CapLeft: s.Cap.Remaining, CapEstimated: s.Cap.Estimated, CapAsOf: s.Cap.AsOf,
		CapPercent: words.WholePercent(s.Cap.Ratio()), ExhaustsAt: s.Cap.ExhaustsAt, CapStale: s.CapStale(),
	}
	if !s.Cap.ResetsAt.IsZero() {
		l.ResetsAt = model.Some(s.Cap.ResetsAt)
	}
	if s.Fleet != nil {
		n := words.FleetOf(s.Fleet)
		l.Run, l.Generators, l.GeneratorsSilent, l.GeneratorsRefused = s.Fleet.Run, n.Total, n.Silent+n.Behind, n.Refused
	}
	wall, next := words.NextOf(&s)
	if next.Name == "" {
		return l
	}
	l.Next, l.NextKind, l.NextPressure = next.String(), wall.Kind, pressures[wall.Pressure]
	if next.Left > 0 {
		l.NextIn = model.Some(next.Left.Seconds())
	}
	if _, reached := s.CapWall(); reached || wall.Kind == model.WallRefused {
		l.Denial, l.DeniedUntil = next.String(), wall.Until
	}
	wall, e, u, ok := s.NextLimit(nil)
	if !ok {
		return l
	}
	l.Endpoint, l.PerS = e.ID, u.PerS
	l.Used, l.Limit, l.Percent, l.Rejected = u.Used, model.Some(u.Limit), words.WholePercent(u.Ratio()), u.Rejected
	l.Estimated, l.UpperBound, l.LowerBound = u.Estimated, u.UpperBound, u.LowerBound
	l.Pressure, l.AsOf, l.Stale = pressures[wall.Pressure], u.AsOf, wall.Stale
	if wall.Kind == model.WallLimit {
		l.TimeToLimit = wall.In
	}
	return l
}

// pressures are the names of the known pressures.
var pressures = [...]string{model.Calm: "calm", model.Warm: "warm", model.Hot: "hot", model.Full: "full"}

// First is the next wall where it is no limit, with the time until it is reached, or
// until calls continue: "chat refused 00:41", "cap reached", "billing stale". Empty
// where it is a limit, which Figure and Wall tell.
func (l Line) First() string {
	lasts := l.NextKind == model.WallCap && l.NextPressure == pressures[model.Calm] // Left says so
	if l.NextKind == "" || l.NextKind == model.WallLimit || lasts {
		return ""
	}
	text := model.OneLine(l.Next)
	in, ok := l.NextIn.Get()
	switch {
	case !ok || l.Next == "cap reached":
		return text // Reset has the time
	case l.NextKind == model.WallCap:
		return text + " " + words.Coarse(words.Seconds(in))
	}
	return text + " " + words.Countdown(words.Seconds(in))
}

// Refused is what refuses calls now; empty for nothing.
func (l Line) Refused() string { return l.Denial }

// Figure is the next limit and its used part: "chat ≈92%".
func (l Line) Figure() string {
	if l.Endpoint == "" {
		return words.Unknown
	}
	u := model.LimitUsage{Limit: l.Limit.Or(0), Used: l.Used, Estimated: l.Estimated, UpperBound: l.UpperBound, LowerBound: l.LowerBound}
	return model.OneLine(l.Endpoint) + " " + words.UsedPercent(&u)
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

// Fleet is how many load generators are heard, of how many if that is not all: "fleet
// 11/12". Empty without a fleet.
func (l Line) Fleet() string {
	switch {
	case l.Generators == 0:
		return ""
	case l.GeneratorsSilent == 0:
		return "fleet " + words.Count(l.Generators)
	}
	return "fleet " + words.Count(l.Generators-l.GeneratorsSilent) + "/" + words.Count(l.Generators)
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
