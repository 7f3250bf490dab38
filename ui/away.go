package ui

import (
	"time"

	"quotatop/model"
)

// take takes the next snapshot and shows it, unless the screen is paused. A screen
// without the focus shows one a second.
func (a App) take(s model.Snapshot) App {
	if !a.live || !sameSecond(s.At, a.newest.At) {
		a.newest = s
		a.title = a.windowTitle()
	}
	a.newest = s
	if a.opts.Player == nil && s.At.Sub(a.saidAt) > sayFor { // in a replay, seconds may take no time
		a.said = ""
	}
	if !a.live || !a.paused && !a.inPast() && !(a.away && sameSecond(s.At, a.snap.At)) {
		a.snap, a.live = s, true
		a.restand()
		a.ranked = a.rank()
	}
	return a
}

// back shows the newest snapshot when the focus returns.
func (a App) back() App {
	a.away = false
	if a.live && !a.paused && !a.inPast() {
		a.snap = a.newest
	}
	return a
}

// sameSecond reports whether a clock shows two times alike.
func sameSecond(t, u time.Time) bool { return t.Unix() == u.Unix() }
