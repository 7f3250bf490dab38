package ui

import (
	"time"

	"quotatop/model"
)

// take makes s the snapshot that is shown, unless the screen is paused. A screen
// that nobody works at shows the first of each second.
func (a App) take(s model.Snapshot) App {
	if !a.live || !sameSecond(s.At, a.newest.At) {
		a.newest = s
		a.title = a.windowTitle()
	}
	a.newest = s
	if a.opts.Player == nil && s.At.Sub(a.saidAt) > sayFor { // a replay's seconds may fly
		a.said = ""
	}
	if !a.live || !a.paused && !(a.away && sameSecond(s.At, a.snap.At)) {
		a.snap, a.live = s, true
	}
	return a
}

// back shows what has come while nobody worked at the screen.
func (a App) back() App {
	a.away = false
	if a.live && !a.paused {
		a.snap = a.newest
	}
	return a
}

// sameSecond reports whether two times have the same clock face.
func sameSecond(t, u time.Time) bool { return t.Unix() == u.Unix() }
