package ui

import (
	"math"
	"time"

	"quotatop/model"
	"quotatop/theme"
)

// sparkline draws the history of a limit over the width of the area, the newest at
// the right. A cell shows the fullest window that ends in it, and is blank where calls
// were not observed.
func (a area) sparkline(u *model.LimitUsage, stale bool) {
	if len(u.History) == 0 || u.Per() < window { // without steps
		return
	}
	first := unobservedSteps(u)
	if first == 0 {
		first = window - 1 // what was before the history is not known here
	}
	history := model.Chart{Accepted: u.History, Step: u.Per() / window}
	rolling := history.Rolling(u.Per())
	for x := range a.w {
		from, to := x*len(u.History)/a.w, max((x+1)*len(u.History)/a.w, x*len(u.History)/a.w+1)
		most, rejected, observed := 0, 0, 0
		for j := from; j < to; j++ {
			for rolling.Step < j && rolling.Next() {
			}
			if j < first {
				continue
			}
			if u.History[j] != model.Unknown {
				most = max(most, rolling.Calls)
				observed++
			}
			if j < len(u.HistoryRejected) {
				rejected += u.HistoryRejected[j]
			}
		}
		if observed == 0 {
			continue
		}
		ratio := float64(most) / float64(u.Learned.Or(u.Limit))
		role, char := pressureRole(model.PressureOf(ratio)), levels[max(int(math.Round(min(ratio, 1)*float64(cellSteps))), 1)]
		switch {
		case rejected > 0:
			role, char = theme.Rejected, rejectedGlyph
		case most == 0:
			role = theme.Track
		}
		if stale {
			role = theme.Dim
		}
		a.set(x, 0, role, char)
	}
}

// unobservedSteps returns how many steps of a history begin before calls were
// observed.
func unobservedSteps(u *model.LimitUsage) int {
	step := u.Per() / window
	missing := u.HistoryFrom.Sub(u.AsOf.Or(u.HistoryFrom).Add(-step * time.Duration(len(u.History))))
	if u.HistoryFrom.IsZero() || step <= 0 || missing <= 0 {
		return 0
	}
	return int((missing + step - 1) / step)
}

// window is how many steps of a history make up one window of its limit.
const window = model.HistorySteps / 15
