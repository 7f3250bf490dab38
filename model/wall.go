package model

import (
	"cmp"
	"slices"
	"time"
)

// A Wall is one thing that stops the run, or may stop it: calls that are being
// refused, a limit, the spending cap, a source that is lost.
//
// Snapshot.Walls has them in the order in which they bite. Whatever is said
// about what comes next, on any screen, is said about the first of them.
type Wall struct {
	Kind     WallKind `json:"kind"`
	Pressure Pressure `json:"pressure"`
	// Endpoint is the endpoint's ID; empty for what concerns the whole account.
	Endpoint string `json:"endpoint"`
	// Limit and PerS are the limit's: for WallLimit, and for WallRefused of an
	// endpoint with limits the one that denies its calls. 0 for the others.
	Limit int     `json:"limit"`
	PerS  float64 `json:"per_s"`
	// Denial is what refuses calls, for WallRefused.
	Denial Kind `json:"denial"`
	// Source is the source that is lost, for WallSource.
	Source string `json:"source"`
	// In is the seconds from the snapshot until the wall is reached at the
	// current rate: 0 when it has been reached, unknown without a forecast.
	In Opt[float64] `json:"in_s"`
	// Until is when calls go on again by themselves; unknown while nothing is
	// refused, and where a person must act.
	Until Opt[time.Time] `json:"until"`
	// Used is the used part of the limit or the cap. Unknown for the others.
	Used Opt[float64] `json:"used_ratio"`
	// Stale is set if the figures are too old to be taken for live, see
	// Snapshot.Stale. They have no forecast then.
	Stale bool `json:"stale"`
}

// A WallKind says what a Wall is.
type WallKind string

// The kinds of walls.
const (
	WallRefused WallKind = "refused" // calls are being refused now
	WallLimit   WallKind = "limit"   // a request-rate limit
	WallCap     WallKind = "cap"     // the spending cap
	WallSource  WallKind = "source"  // a source that reports nothing, so that figures get old
)

// How near a wall is hot and warm.
const (
	hotWithin  = 20 * time.Second
	warmWithin = time.Minute
	warmAbove  = 0.9 // of a limit without a forecast
)

// approaching judges a limit that is not refusing calls: in is the time until
// it is reached, used its used part.
func approaching(in, used Opt[float64]) Pressure {
	seconds, forecast := in.Get()
	switch {
	case used.Or(0) >= 1:
		return Full
	case forecast && seconds <= hotWithin.Seconds():
		return Hot
	case forecast && seconds <= warmWithin.Seconds(), used.Or(0) > warmAbove:
		return Warm
	case !used.Known():
		return PressureUnknown
	}
	return Calm
}

// refusalHolds is how long calls are taken to be refused after a denial that
// did not say until when: for a rate limit, and for what a person must clear.
const (
	rateHolds   = 5 * time.Second
	personHolds = time.Minute
)

// WallsOf returns the walls that follow from the rest of a snapshot, the next one
// first.
func WallsOf(s *Snapshot) []Wall {
	walls := s.refusals()
	refused := func(endpoint string) bool {
		return slices.ContainsFunc(walls, func(w Wall) bool { return w.Kind == WallRefused && w.Endpoint == endpoint })
	}
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		for j := range e.Limits {
			u := &e.Limits[j]
			w, ok := s.limitWall(e, u)
			if !ok || refused(e.ID) && w.Pressure == Full {
				continue // unknown, or said by the refusal
			}
			walls = append(walls, w)
		}
	}
	if w, ok := s.capWall(); ok && !(w.Pressure == Full && slices.ContainsFunc(walls, Wall.capReached)) {
		walls = append(walls, w)
	}
	for i := range s.Sources {
		if src := &s.Sources[i]; src.State == StateError || src.State == StateStale {
			walls = append(walls, Wall{Kind: WallSource, Source: src.Name, Pressure: Warm, Until: src.RetryAt})
		}
	}
	slices.SortStableFunc(walls, func(a, b Wall) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), a.within(b))
	})
	return walls
}

// limitWall returns the wall that a limit is; false if its used part is unknown.
func (s *Snapshot) limitWall(e *EndpointUsage, u *LimitUsage) (Wall, bool) {
	w := Wall{Kind: WallLimit, Endpoint: e.ID, Limit: u.Limit, PerS: u.PerS, In: u.TimeToLimit, Used: u.Ratio(), Stale: s.Stale(u.AsOf)}
	if w.Stale {
		w.In = Opt[float64]{}
	}
	if w.Used.Or(0) >= 1 {
		w.In = Some(0.0)
	}
	w.Pressure = approaching(w.In, w.Used)
	if u.RefusedUntil.Known() || u.Inferred {
		w.Pressure, w.In, w.Until = Full, Some(0.0), u.RefusedUntil
	}
	return w, w.Pressure != PressureUnknown
}

// capWall returns the wall that the cap is; false if its used part is unknown.
func (s *Snapshot) capWall() (Wall, bool) {
	c := s.Cap
	w := Wall{Kind: WallCap, Used: c.Ratio(), Stale: s.CapStale()}
	if w.Stale {
		c.ExhaustsAt = Opt[time.Time]{}
	}
	w.Pressure = c.Pressure(s.At)
	switch at, runsOut := c.ExhaustsAt.Get(); {
	case w.Pressure == Full:
		w.In, w.Until = Some(0.0), Some(c.ResetsAt)
	case runsOut:
		w.In = Some(max(at.Sub(s.At), 0).Seconds())
	}
	return w, w.Pressure != PressureUnknown
}

// capReached reports whether the wall is the spending cap with nothing left.
func (w Wall) capReached() bool {
	return w.Kind == WallRefused && w.Denial == KindCap || w.Kind == WallCap && w.Pressure == Full
}

// refusals returns what is refusing calls now, one wall for each kind and
// endpoint; what clears at the cap's reset or by a person concerns the account.
func (s *Snapshot) refusals() []Wall {
	walls := []Wall{}
	for i := range s.Denials {
		w, ok := s.refusal(&s.Denials[i])
		if !ok {
			continue
		}
		same := slices.IndexFunc(walls, func(o Wall) bool { return o.Denial == w.Denial && o.Endpoint == w.Endpoint })
		if same < 0 {
			walls = append(walls, w)
		} else if until, ok := w.Until.Get(); ok && until.After(walls[same].Until.Or(time.Time{})) {
			walls[same].Until = w.Until
		}
	}
	return walls
}

// refusal returns the wall that a group of denials is; false if it refuses no
// calls any more.
func (s *Snapshot) refusal(g *DenialGroup) (w Wall, holds bool) {
	w = Wall{Kind: WallRefused, Denial: g.Kind, Pressure: Full, In: Some(0.0)}
	switch g.Kind {
	case KindCap:
		left, known := s.Cap.Remaining.Get()
		w.Until, w.Used = g.ClearsAt, s.Cap.Ratio()
		return w, s.At.Before(g.ClearsAt.Or(g.At.Add(personHolds))) && (!known || left == 0)
	case KindCredits, KindCeiling, KindAuth:
		return w, s.At.Sub(g.At) <= personHolds
	case KindBusy: // no limit refused the call
		return w, false
	}
	w.Endpoint, w.Until = g.Endpoint, g.RetryAt
	if e := s.endpoint(g.Endpoint); e != nil {
		if u := e.denying(); u != nil {
			w.Limit, w.PerS, w.Used = u.Limit, u.PerS, u.Ratio()
		}
	}
	if g.Endpoint == "" {
		return w, false // our own polls: the source says so
	}
	return w, s.At.Before(g.RetryAt.Or(g.At.Add(rateHolds)))
}

func (s *Snapshot) endpoint(id string) *EndpointUsage {
	for i := range s.Endpoints {
		if s.Endpoints[i].ID == id {
			return &s.Endpoints[i]
		}
	}
	return nil
}

// denying returns the limit of an endpoint that denies its calls: one that says so,
// or else the fullest of those that denied some, or else the fullest; nil for an
// endpoint without limits.
func (e *EndpointUsage) denying() (u *LimitUsage) {
	for i := range e.Limits {
		l := &e.Limits[i]
		if u == nil || cmp.Or(cmp.Compare(l.denies(), u.denies()), cmp.Compare(l.Ratio().Or(-1), u.Ratio().Or(-1))) > 0 {
			u = l
		}
	}
	return u
}

// denies returns how sure it is that the limit denies calls now: 2, 1 or 0.
func (u *LimitUsage) denies() int {
	switch {
	case u.RefusedUntil.Known():
		return 2
	case u.Rejected.Or(0) > 0:
		return 1
	}
	return 0
}

// Next returns the first of the walls; false if there are none.
func (s *Snapshot) Next() (Wall, bool) {
	if len(s.Walls) == 0 {
		return Wall{}, false
	}
	return s.Walls[0], true
}

// NextLimit returns the first of the walls that is a limit, or that refuses the
// calls of an endpoint with limits, of the endpoints that of accepts; a nil of
// accepts all. It returns false if there are none.
func (s *Snapshot) NextLimit(of func(*EndpointUsage) bool) (w Wall, e *EndpointUsage, u *LimitUsage, ok bool) {
	for _, w := range s.Walls {
		if e, u := s.LimitOf(w); u != nil && (of == nil || of(e)) {
			return w, e, u, true
		}
	}
	return Wall{}, nil, nil, false
}

// LimitOf returns the limit that a wall is about, and its endpoint; nil for a wall
// of another kind.
func (s *Snapshot) LimitOf(w Wall) (*EndpointUsage, *LimitUsage) {
	if e := s.endpoint(w.Endpoint); e != nil && w.PerS > 0 {
		for i := range e.Limits {
			if u := &e.Limits[i]; u.Limit == w.Limit && u.PerS == w.PerS {
				return e, u
			}
		}
	}
	return nil, nil
}

// WallOf returns the wall of one limit of an endpoint, and its place among the
// walls: the refusal of the endpoint's calls if there is one. A limit of which
// nothing is known is a wall of unknown pressure after all others.
func (s *Snapshot) WallOf(endpoint string, u *LimitUsage) (w Wall, place int) {
	for i, w := range s.Walls {
		if w.Endpoint == endpoint && endpoint != "" && (w.Kind == WallRefused || w.Kind == WallLimit && w.Limit == u.Limit && w.PerS == u.PerS) {
			return w, i
		}
	}
	return Wall{Kind: WallLimit, Endpoint: endpoint, Limit: u.Limit, PerS: u.PerS, Stale: s.Stale(u.AsOf)}, len(s.Walls)
}

// CapWall returns the cap's wall: the refusal of calls by the cap if there is one.
// reached reports whether nothing is left. A cap of which nothing is known is a
// wall of unknown pressure.
func (s *Snapshot) CapWall() (w Wall, reached bool) {
	for _, w := range s.Walls {
		if w.Kind == WallCap || w.capReached() {
			return w, w.capReached()
		}
	}
	return Wall{Kind: WallCap, Stale: s.CapStale()}, false
}

// soonEnough is how far ahead the forecast of a limit counts: a rate seldom lasts
// longer.
const soonEnough = 10 * time.Minute

// rank puts walls in the order in which they bite: what refuses every call, what
// refuses some, what is forecast, a lost source, the limits, and a cap that lasts.
func (w *Wall) rank() int {
	switch {
	case w.Kind == WallRefused && w.Endpoint == "":
		return 0
	case w.Kind == WallRefused:
		return 1
	case w.In.Known() && (w.Kind == WallCap || w.In.Or(0) <= soonEnough.Seconds()):
		return 2
	case w.Kind == WallSource:
		return 3
	case w.Kind == WallCap && w.Pressure <= Calm:
		return 5
	}
	return 4
}

// within orders walls of one rank: the sooner one first, then the fuller one;
// of refusals, that which lasts longest.
func (w *Wall) within(o Wall) int {
	if w.Kind == WallRefused {
		return -w.Until.Or(time.Time{}).Compare(o.Until.Or(time.Time{}))
	}
	if w.rank() == 2 {
		return cmp.Or(cmp.Compare(w.In.Or(0), o.In.Or(0)), -cmp.Compare(w.Used.Or(0), o.Used.Or(0)))
	}
	return -cmp.Compare(w.Used.Or(0), o.Used.Or(0))
}
