package ui

import (
	"time"

	"quotatop/model"
	"quotatop/theme"
)

// A worst is the fact that matters most right now.
type worst struct {
	role theme.Role
	mark rune
	name string // what is in trouble: an endpoint's ID, or "cap"
	// figure is how bad it is, until how long it will take to get worse or
	// better; each may be empty.
	figure, until string
	long          string        // until in a sentence
	left          time.Duration // until as a number; 0 if that is empty
}

// worst looks through caps and endpoints: what is already refused comes first,
// then the fullest gauge.
func (a *App) worst() worst {
	if w, ok := a.capReached(); ok {
		return w
	}
	e, l, ok := a.fullest(nil)
	if !ok {
		return worst{}
	}
	u := &a.snap.Endpoints[e].Limits[l]
	p := u.Pressure()
	w := worst{role: pressureRole(p), mark: pressureGlyph(p), name: brief(a.snap.Endpoints[e].ID, maxID)}
	if a.stale(u.AsOf) {
		w.role = theme.Dim
	}
	if ratio, ok := u.Ratio().Get(); ok {
		w.figure = bound(u) + percent(ratio, " %")
	}
	if n := u.Rejected.Or(0); n > 0 {
		w.figure += " +" + count(n)
	}
	if t, ok := u.TimeToLimit.Get(); ok && t > 0 {
		w.left = seconds(t)
		w.until = rough(w.left)
		w.long = "limit in " + w.until
	}
	return w
}

// capReached tells of a spending cap that refuses calls, or has nothing left.
func (a *App) capReached() (worst, bool) {
	c := &a.snap.Cap
	left, known := c.Remaining.Get()
	clears := c.ResetsAt
	reached := known && left == 0 && c.Limit.Or(0) > 0
	for i := range a.snap.Denials {
		if g := &a.snap.Denials[i]; g.Kind == model.KindCap {
			if t, ok := g.ClearsAt.Get(); ok && t.After(a.snap.At) {
				reached, clears = true, t
			}
		}
	}
	if !reached {
		return worst{}, false
	}
	w := worst{role: theme.Full, mark: pressureGlyph(model.Full), name: "cap", figure: "reached"}
	if !clears.IsZero() {
		w.left = clears.Sub(a.snap.At)
		w.until = countdown(w.left)
		w.long = "clears in " + w.until
	}
	return w, true
}

// fullest is the limit under the highest pressure, and of several the fullest,
// of all endpoints or of those that are of interest.
func (a *App) fullest(of func(*model.EndpointUsage) bool) (endpoint, limit int, ok bool) {
	pressure, most := model.PressureUnknown, -1.0
	for i := range a.snap.Endpoints {
		if of != nil && !of(&a.snap.Endpoints[i]) {
			continue
		}
		for j := range a.snap.Endpoints[i].Limits {
			u := &a.snap.Endpoints[i].Limits[j]
			p, r := u.Pressure(), u.Ratio().Or(-1)
			if p > pressure || p == pressure && r > most {
				pressure, most, endpoint, limit = p, r, i, j
				ok = p != model.PressureUnknown
			}
		}
	}
	return endpoint, limit, ok
}
