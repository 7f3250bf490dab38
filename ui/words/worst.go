package words

import (
	"time"

	"quotatop/model"
)

// A Worst is the fact that matters most now: a refusal of all calls, else the
// limit under the highest pressure.
type Worst struct {
	Name     string // an endpoint's ID, or the Name of a Refusal; empty when nothing is known
	Figure   string // how bad it is: "≈92%", "reached"
	Rejected int    // the calls that the limit denied in its window
	Pressure model.Pressure
	Stale    bool // Figure is too old to be taken for live
	Refused  bool // it is a Refusal
	// Left is the time until the limit is reached, or until the refusal clears
	// by itself; 0 when unknown.
	Left time.Duration
}

// WorstOf returns the worst fact of a snapshot. A refusal that
// was last seen more than RefusalAge ago does not count.
func WorstOf(s *model.Snapshot) Worst {
	if r, ok := RefusalOf(s); ok && s.At.Sub(r.At) <= RefusalAge {
		w := Worst{Name: r.Name, Figure: r.What, Pressure: model.Full, Refused: true}
		if t, ok := r.ClearsAt.Get(); ok {
			w.Left = max(t.Sub(s.At), 0)
		}
		return w
	}
	e, l, ok := Fullest(s, nil)
	if !ok {
		return Worst{}
	}
	u := &s.Endpoints[e].Limits[l]
	w := Worst{
		Name: s.Endpoints[e].ID, Figure: UsedPercent(u), Rejected: u.Rejected.Or(0),
		Pressure: u.Pressure(), Stale: Stale(s, u.AsOf),
	}
	w.Left, _ = TimeToLimit(s, u)
	return w
}

// Fullest returns the limit under the highest pressure, and of several the
// fullest, of the endpoints that of accepts; a nil of accepts all. It reports
// false when no gauge is known.
func Fullest(s *model.Snapshot, of func(*model.EndpointUsage) bool) (endpoint, limit int, ok bool) {
	most := rankUnknown
	for i := range s.Endpoints {
		if of != nil && !of(&s.Endpoints[i]) {
			continue
		}
		for j := range s.Endpoints[i].Limits {
			if r := Rank(&s.Endpoints[i].Limits[j]); r > most {
				most, endpoint, limit, ok = r, i, j, true
			}
		}
	}
	return endpoint, limit, ok
}

// RefusalAge is how long a refusal that may end unnoticed is taken to hold after
// the last denial.
const RefusalAge = time.Minute

// rankUnknown is the Rank of a limit of which nothing is known.
const rankUnknown = -1.0

// Rank orders limits by their pressure, and those under the same pressure by
// their used part.
func Rank(u *model.LimitUsage) float64 {
	return float64(u.Pressure())*1000 + min(u.Ratio().Or(rankUnknown), 999)
}

// A Refusal is what refuses all calls and does not clear by waiting for
// Retry-After.
type Refusal struct {
	Name, What string // "cap", "reached"
	// At is when it was last known to hold: now for the cap, which holds until it
	// clears, else the last denial.
	At time.Time
	// ClearsAt is when it clears by itself; unknown where a person must act.
	ClearsAt model.Opt[time.Time]
}

// String returns the refusal in words: "cap reached".
func (r Refusal) String() string { return r.Name + " " + r.What }

// refusals are the kinds of denials that make a Refusal, the worst first.
var refusals = [...]struct {
	kind       model.Kind
	name, what string
}{
	{model.KindCap, "cap", "reached"},
	{model.KindCredits, "credits", "used up"},
	{model.KindCeiling, "ceiling", "reached"},
	{model.KindAuth, "key", "refused"},
	{model.KindUnknown, "calls", "refused"},
}

// RefusalOf returns what refuses calls until a reset or until a person acts. The
// cap comes first: it alone is sure to hold now.
func RefusalOf(s *model.Snapshot) (Refusal, bool) {
	if clears, ok := CapReached(s); ok {
		return Refusal{Name: refusals[0].name, What: refusals[0].what, At: s.At, ClearsAt: clears}, true
	}
	for _, r := range refusals[1:] {
		for i := range s.Denials { // newest first
			if g := &s.Denials[i]; g.Kind == r.kind {
				return Refusal{Name: r.name, What: r.what, At: g.At, ClearsAt: g.ClearsAt}, true
			}
		}
	}
	return Refusal{}, false
}

// CapReached reports whether the spending cap refuses calls or has nothing left,
// and when it clears, if that is known.
func CapReached(s *model.Snapshot) (clears model.Opt[time.Time], reached bool) {
	left, known := s.Cap.Remaining.Get()
	reached = known && left == 0 && s.Cap.Limit.Or(0) > 0
	if !s.Cap.ResetsAt.IsZero() {
		clears = model.Some(s.Cap.ResetsAt)
	}
	for i := range s.Denials {
		if g := &s.Denials[i]; g.Kind == model.KindCap {
			if t, ok := g.ClearsAt.Get(); ok && t.After(s.At) {
				reached, clears = true, g.ClearsAt
			}
		}
	}
	return clears, reached
}
