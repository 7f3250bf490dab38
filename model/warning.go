package model

import "time"

// A Warning reports what will stop calls soon, or has begun to, to a person who does
// not look at the screen.
type Warning struct {
	At       time.Time   `json:"at"`
	Kind     WarningKind `json:"kind"`
	Endpoint string      `json:"endpoint"` // empty for the cap
	// Limit is the limit that will be reached, for WarningLimit.
	Limit *LimitUsage `json:"limit,omitempty"`
	// Cap is the cap that will run out or has run out, for WarningCap.
	Cap *Cap `json:"cap,omitempty"`
	// Denial is the group of denials that began, for WarningDenial.
	Denial *DenialGroup `json:"denial,omitempty"`
}

// A WarningKind is what a Warning is about.
type WarningKind string

// The kinds of warnings.
const (
	WarningLimit  WarningKind = "limit"  // a limit will be reached within Watcher.Within, or is reached
	WarningCap    WarningKind = "cap"    // the cap will run out before its reset, or has run out
	WarningDenial WarningKind = "denial" // calls to an endpoint are being denied
)

// A Watcher finds what to warn about in a series of snapshots. It warns of each
// condition once, and again only after it has been absent for Quiet.
type Watcher struct {
	Within time.Duration // warn of limits that will be reached within this time
	Quiet  time.Duration

	last map[warningKey]time.Time // when each condition was last present
}

type warningKey struct {
	kind     WarningKind
	endpoint string
	limit    int // of the endpoint
	denial   Kind
	over     bool // the cap has run out
}

// Check returns the new warnings of a snapshot.
func (w *Watcher) Check(s *Snapshot) (found []Warning) {
	if w.last == nil {
		w.last = map[warningKey]time.Time{}
	}
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		for k := range e.Limits {
			if u := &e.Limits[k]; w.near(u, s.At) && w.isNew(warningKey{kind: WarningLimit, endpoint: e.ID, limit: k}, s.At) {
				found = append(found, Warning{At: s.At, Kind: WarningLimit, Endpoint: e.ID, Limit: u})
			}
		}
	}
	left, known := s.Cap.Remaining.Get()
	over := known && left == 0 && s.Cap.Limit.Or(0) > 0
	if (over || s.Cap.ExhaustsAt.Known()) && w.isNew(warningKey{kind: WarningCap, over: over}, s.At) {
		found = append(found, Warning{At: s.At, Kind: WarningCap, Cap: &s.Cap})
	}
	for i := range s.Denials {
		g := &s.Denials[i]
		fresh := g.Kind != KindBusy && s.At.Sub(g.At) < w.Quiet // else it was denied before we started
		if fresh && w.isNew(warningKey{kind: WarningDenial, endpoint: g.Endpoint, denial: g.Kind}, g.At) {
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

// near reports whether a limit is reached, or will be soon, by a recent figure.
func (w *Watcher) near(u *LimitUsage, now time.Time) bool {
	if now.Sub(u.AsOf.Or(time.Time{})) > time.Minute {
		return false
	}
	in, ok := u.TimeToLimit.Get()
	return ok && in <= w.Within.Seconds() || u.Ratio().Or(0) >= 1
}

// isNew reports whether a condition that is present at a time is new.
func (w *Watcher) isNew(key warningKey, at time.Time) bool {
	last, known := w.last[key]
	if !known || at.After(last) {
		w.last[key] = at
	}
	return !known || at.Sub(last) >= w.Quiet
}
