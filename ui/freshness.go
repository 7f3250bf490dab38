package ui

import (
	"time"

	"quotatop/model"
)

// Figures are as fresh as can be for a few seconds; then their age is shown.
// Beyond staleAge, or sooner when the billing source is in trouble, they are
// stale: dimmed, so that nothing old looks live.
const (
	freshAge   = 5 * time.Second
	troubleAge = 20 * time.Second
	staleAge   = time.Minute
)

// age is how old a figure is on this screen, or false when it is as fresh as
// can be or not known.
func (a *App) age(asOf model.Opt[time.Time]) (time.Duration, bool) {
	t, ok := asOf.Get()
	if !ok {
		return 0, false
	}
	d := a.snap.At.Sub(t)
	return d, d > freshAge
}

// stale reports whether a figure is too old to be taken for live.
func (a *App) stale(asOf model.Opt[time.Time]) bool {
	d, old := a.age(asOf)
	return old && (d > staleAge || d > troubleAge && a.trouble())
}

// trouble reports whether the billing source does not bring what it should.
func (a *App) trouble() bool {
	for i := range a.snap.Sources {
		if s := &a.snap.Sources[i]; s.Name == model.SourceBilling {
			return s.State == model.StateError || s.State == model.StateStale
		}
	}
	return false
}

// waiting is the source whose first good data is still awaited, or empty when
// some has come. As long as there is none, that something did not happen is not
// known.
func (a *App) waiting() string {
	for i := range a.snap.Sources {
		if a.snap.Sources[i].AsOf.Known() {
			return ""
		}
	}
	if len(a.snap.Sources) > 0 {
		return a.snap.Sources[0].Name
	}
	return model.SourceBilling
}

// newestFigure is the as_of of the newest gauge.
func (a *App) newestFigure() (newest model.Opt[time.Time]) {
	for i := range a.snap.Endpoints {
		for j := range a.snap.Endpoints[i].Limits {
			t, ok := a.snap.Endpoints[i].Limits[j].AsOf.Get()
			if ok && !t.Before(newest.Or(t)) {
				newest = model.Some(t)
			}
		}
	}
	return newest
}

// commonAge is the age of all gauges when they are of one age and it is worth
// saying.
func (a *App) commonAge() (time.Duration, bool) {
	newest, ok := a.newestFigure().Get()
	if !ok {
		return 0, false
	}
	for i := range a.snap.Endpoints {
		for j := range a.snap.Endpoints[i].Limits {
			if t, ok := a.snap.Endpoints[i].Limits[j].AsOf.Get(); ok && newest.Sub(t) > time.Second {
				return 0, false
			}
		}
	}
	return a.age(model.Some(newest))
}
