package ui

import (
	"quotatop/model"
)

// WarningLine is a warning in one line, for a notification.
func WarningLine(w model.Warning) string {
	switch {
	case w.Limit != nil:
		return w.Endpoint + ": " + limitWarning(w.Limit)
	case w.Cap != nil:
		return "cap: " + capWarning(w)
	case w.Denial != nil:
		who := w.Endpoint
		if who == "" {
			who = "quotatop's polls"
		}
		return who + ": " + count(w.Denial.Status) + ", " + denialWords(w.Denial.Kind)
	}
	return string(w.Kind)
}

// limitWarning says: 92 % of 200 in 1m, limit in 41 s.
func limitWarning(u *model.LimitUsage) string {
	line := percent(u.Ratio().Or(0), " %") + " of " + count(u.Limit) + " in " + span(u.Per())
	if u.Estimated {
		line = "≈" + line
	}
	if in, ok := u.TimeToLimit.Get(); ok && in > 0 {
		line += ", limit in " + rough(seconds(in))
	}
	return line
}

// capWarning says: $3.10 left, runs out at 18:04, 5 h before its reset.
func capWarning(w model.Warning) string {
	c := w.Cap
	line := moneyOr(c.Remaining) + " left"
	if at, ok := c.ExhaustsAt.Get(); ok {
		return line + ", runs out at " + day(w.At, at) + " UTC, " + rough(c.ResetsAt.Sub(at)) + " before its reset"
	}
	return line + " of " + moneyOr(c.Limit) + ", reset in " + rough(c.ResetsAt.Sub(w.At))
}
