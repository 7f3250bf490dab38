package ui

import (
	"math"
	"time"

	"quotatop/model"
	"quotatop/theme"
)

// sparkline draws the history of a limit over the width of the area, the newest at
// the right. A cell is full at the rate that the limit allows, and blank where calls
// were not observed.
func (a area) sparkline(u *model.LimitUsage, stale bool) {
	if len(u.History) == 0 {
		return
	}
	unobserved := unobservedSteps(u)
	for x := range a.w {
		from, to := x*len(u.History)/a.w, max((x+1)*len(u.History)/a.w, x*len(u.History)/a.w+1)
		if from = max(from, unobserved); from >= to {
			continue
		}
		accepted, rejected, observed := 0, 0, 0
		for j := from; j < to; j++ {
			if u.History[j] != model.Unknown {
				accepted += u.History[j]
				observed++
			}
			if j < len(u.HistoryRejected) {
				rejected += u.HistoryRejected[j]
			}
		}
		if observed == 0 {
			continue
		}
		ratio := float64(accepted) * window / float64(observed*u.Limit)
		role, char := pressureRole(model.PressureOf(ratio)), levels[max(int(math.Round(min(ratio, 1)*float64(cellSteps))), 1)]
		switch {
		case rejected > 0:
			role, char = theme.Rejected, rejectedGlyph
		case accepted == 0:
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
