package model

import "time"

// A Warning says what will hurt soon, or began to: what a person who does not
// look at the screen should be told.
type Warning struct {
	At       time.Time   `json:"at"`
	Kind     WarningKind `json:"kind"`
	Endpoint string      `json:"endpoint"` // empty for the cap
	// Limit is the limit that will be met, for WarningLimit.
	Limit *LimitUsage `json:"limit,omitempty"`
	// Cap is the cap that runs out or has run out, for WarningCap.
	Cap *Cap `json:"cap,omitempty"`
	// Denial is the denials that began, for WarningDenial.
	Denial *DenialGroup `json:"denial,omitempty"`
}

// A WarningKind says what a Warning is about.
type WarningKind string

// The kinds of warnings.
const (
	WarningLimit  WarningKind = "limit"  // a limit will be met within Watcher.Within, or is met
	WarningCap    WarningKind = "cap"    // the cap runs out before its reset, or has run out
	WarningDenial WarningKind = "denial" // calls of an endpoint began to be denied
)

// A Watcher finds what is worth a warning in one snapshot after another. Each
// thing is told once: again only after it has been away for Quiet.
type Watcher struct {
	Within time.Duration // the time to a limit from which on to warn
	Quiet  time.Duration

	last map[warningKey]time.Time // when each thing was last so
}

type warningKey struct {
	kind     WarningKind
	endpoint string
	limit    int // of the endpoint
	denial   Kind
	over     bool // the cap has run out
}

// Look returns what of a snapshot is worth a warning and has not been told.
func (w *Watcher) Look(s *Snapshot) (found []Warning) {
	if w.last == nil {
		w.last = map[warningKey]time.Time{}
	}
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		for k := range e.Limits {
			if u := &e.Limits[k]; w.near(u, s.At) && w.news(warningKey{kind: WarningLimit, endpoint: e.ID, limit: k}, s.At) {
				found = append(found, Warning{At: s.At, Kind: WarningLimit, Endpoint: e.ID, Limit: u})
			}
		}
	}
	left, known := s.Cap.Remaining.Get()
	over := known && left == 0 && s.Cap.Limit.Or(0) > 0
	if (over || s.Cap.ExhaustsAt.Known()) && w.news(warningKey{kind: WarningCap, over: over}, s.At) {
		found = append(found, Warning{At: s.At, Kind: WarningCap, Cap: &s.Cap})
	}
	for i := range s.Denials {
		g := &s.Denials[i]
		fresh := s.At.Sub(g.At) < w.Quiet // else it was denied before we came
		if fresh && w.news(warningKey{kind: WarningDenial, endpoint: g.Endpoint, denial: g.Kind}, g.At) {
			found = append(found, Warning{At: g.At, Kind: WarningDenial, Endpoint: g.Endpoint, Denial: g})
		}
	}
	for key, at := range w.last {
		if s.At.Sub(at) >= w.Quiet {
			delete(w.last, key)
		}
	}
	return found
}

// near reports whether a limit is met, or will be soon, by a fresh figure.
func (w *Watcher) near(u *LimitUsage, now time.Time) bool {
	if now.Sub(u.AsOf.Or(time.Time{})) > time.Minute {
		return false
	}
	in, ok := u.TimeToLimit.Get()
	return ok && in <= w.Within.Seconds() || u.Ratio().Or(0) >= 1
}

// news reports whether a thing that is so at a time was not so before it.
func (w *Watcher) news(key warningKey, at time.Time) bool {
	last, known := w.last[key]
	if !known || at.After(last) {
		w.last[key] = at
	}
	return !known || at.Sub(last) >= w.Quiet
}
