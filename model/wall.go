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
	// Limit and PerS are the limit's, for WallLimit.
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

// walls returns all walls of a snapshot, the next one first.
func (s *Snapshot) walls() []Wall {
	walls := s.refusals()
	refused := func(endpoint string) bool {
		return slices.ContainsFunc(walls, func(w Wall) bool { return w.Kind == WallRefused && w.Endpoint == endpoint })
	}
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		for j := range e.Limits {
			u := &e.Limits[j]
			used := u.Ratio()
			if !used.Known() {
				continue
			}
			w := Wall{Kind: WallLimit, Endpoint: e.ID, Limit: u.Limit, PerS: u.PerS, In: u.TimeToLimit, Used: used, Pressure: u.Pressure()}
			if used.Or(0) >= 1 {
				w.In = Some(0.0)
			}
			if refused(e.ID) && w.Pressure == Full {
				continue // said by the refusal
			}
			walls = append(walls, w)
		}
	}
	if used, ok := s.Cap.Ratio().Get(); ok && !(refused("") && used >= 1) {
		w := Wall{Kind: WallCap, Used: Some(used), Pressure: s.Cap.Pressure(s.At)}
		switch at, runsOut := s.Cap.ExhaustsAt.Get(); {
		case used >= 1:
			w.In, w.Until = Some(0.0), Some(s.Cap.ResetsAt)
		case runsOut:
			w.In = Some(max(at.Sub(s.At), 0).Seconds())
		}
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

// refusals returns what is refusing calls now, one wall for each kind and
// endpoint; what clears at the cap's reset or by a person concerns the account.
func (s *Snapshot) refusals() []Wall {
	walls := []Wall{}
	for i := range s.Denials {
		g := &s.Denials[i]
		if g.Endpoint == "" && g.Kind.Waits() {
			continue // our own polls: the source says so
		}
		w := Wall{Kind: WallRefused, Denial: g.Kind, Pressure: Full, In: Some(0.0)}
		holds := false
		switch g.Kind {
		case KindCap:
			left, known := s.Cap.Remaining.Get()
			w.Until, holds = g.ClearsAt, s.At.Before(g.ClearsAt.Or(s.At)) && (!known || left == 0)
			w.Used = s.Cap.Ratio()
		case KindCredits, KindCeiling, KindAuth:
			holds = s.At.Sub(g.At) < personHolds
		default:
			w.Endpoint, w.Until = g.Endpoint, g.RetryAt
			holds = s.At.Before(g.RetryAt.Or(g.At.Add(rateHolds)))
		}
		if !holds {
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

// rank puts walls in the order in which they bite: what refuses every call, what
// refuses some, what is forecast, a lost source, and the rest.
func (w *Wall) rank() int {
	switch {
	case w.Kind == WallRefused && !w.Denial.Waits():
		return 0
	case w.Kind == WallRefused:
		return 1
	case w.In.Known():
		return 2
	case w.Kind == WallSource:
		return 3
	}
	return 4
}

// within orders walls of one rank: the sooner one first, then the fuller one;
// of refusals, that which lasts longest.
func (w *Wall) within(o Wall) int {
	if w.Kind == WallRefused {
		return -w.Until.Or(time.Time{}).Compare(o.Until.Or(time.Time{}))
	}
	return cmp.Or(cmp.Compare(w.In.Or(0), o.In.Or(0)), -cmp.Compare(w.Used.Or(0), o.Used.Or(0)))
}
