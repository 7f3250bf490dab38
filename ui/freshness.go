package ui

import (
	"time"

	"quotatop/model"
	"quotatop/ui/words"
)

// stale reports whether a gauge on the screen is stale, see model.Snapshot.Stale.
func (a *App) stale(asOf model.Opt[time.Time]) bool { return a.snap.Stale(asOf) }

// ageNote says how old figures are, and whether they are stale; empty while they are
// fresh.
func (a *App) ageNote(asOf model.Opt[time.Time], stale bool) string {
	age, old := words.Age(&a.snap, asOf)
	switch {
	case !old:
		return ""
	case stale:
		return "stale: " + words.Coarse(age) + " ago"
	}
	return words.Coarse(age) + " ago"
}

// waiting returns the source whose first good data has yet to come, or nothing if
// some source has had any. Until then, that something did not happen is unknown.
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

// newestFigure returns the time of the newest gauge.
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

// commonTime returns the time of most gauges, within a second; of two that are equally
// common, the later one.
func (a *App) commonTime() (common model.Opt[time.Time]) {
	most := 0
	for _, e := range a.snap.Endpoints {
		for _, l := range e.Limits {
			t, ok := l.AsOf.Get()
			if !ok {
				continue
			}
			if n := a.gaugesAt(t); n > most || n == most && t.After(common.Or(t)) {
				common, most = model.Some(t), n
			}
		}
	}
	return common
}

// gaugesAt returns how many gauges are of a time, within a second.
func (a *App) gaugesAt(t time.Time) (n int) {
	for _, e := range a.snap.Endpoints {
		for _, l := range e.Limits {
			if at, ok := l.AsOf.Get(); ok && at.Sub(t).Abs() <= time.Second {
				n++
			}
		}
	}
	return n
}
