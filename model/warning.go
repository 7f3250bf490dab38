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
	limit    Limit // of the endpoint
	denial   Kind
	over     bool // the cap has run out
}

// Check returns the new warnings of a snapshot.
func (w *Watcher) Check(s *Snapshot) (found []Warning) {
	if w.last == nil {
		w.last = map[warningKey]time.Time{}
	}
	for _, wall := range s.Walls {
		if warning, key, at, ok := w.about(s, wall); ok && w.isNew(key, at) {
			found = append(found, warning)
		}
	}
	for key, at := range w.last {
		if s.At.Sub(at) >= w.Quiet {
			delete(w.last, key)
		}
	}
	return found
}

// about returns the warning of a wall, if it is near, with what to know it by and
// when it was last present. A lost source stops no calls.
func (w *Watcher) about(s *Snapshot, wall Wall) (found Warning, key warningKey, at time.Time, ok bool) {
	found, key, at = Warning{At: s.At, Endpoint: wall.Endpoint}, warningKey{endpoint: wall.Endpoint}, s.At
	in, forecast := wall.In.Get()
	switch wall.Kind {
	case WallLimit:
		_, found.Limit = s.LimitOf(wall)
		found.Kind, key.limit = WarningLimit, Limit{wall.Limit, found.Limit.Per()}
		ok = forecast && in <= w.Within.Seconds() && !wall.Stale
	case WallCap:
		found.Kind, found.Cap, key.over = WarningCap, &s.Cap, wall.Pressure == Full
		ok = forecast
	case WallRefused:
		found.Denial = s.lastDenial(wall)
		found.Kind, found.At, found.Endpoint, at = WarningDenial, found.Denial.At, found.Denial.Endpoint, found.Denial.At
		key.denial = wall.Denial
		ok = s.At.Sub(at) < w.Quiet // else it was denied before we started
	}
	key.kind = found.Kind
	return found, key, at, ok
}

// lastDenial returns the newest group of denials that a refusal is about.
func (s *Snapshot) lastDenial(refusal Wall) (last *DenialGroup) {
	for i := range s.Denials {
		g := &s.Denials[i]
		if w, _ := s.refusal(g); w.Denial == refusal.Denial && w.Endpoint == refusal.Endpoint && (last == nil || g.At.After(last.At)) {
			last = g
		}
	}
	return last
}

// isNew reports whether a condition that is present at a time is new.
func (w *Watcher) isNew(key warningKey, at time.Time) bool {
	last, known := w.last[key]
	if !known || at.After(last) {
		w.last[key] = at
	}
	return !known || at.Sub(last) >= w.Quiet
}
