package warn

import (
	"quotatop/model"
	"quotatop/ui/words"
)

// Line is a warning in one line, for a notification.
func Line(w model.Warning) string {
	switch {
	case w.Limit != nil:
		return w.Endpoint + ": " + limit(w.Limit)
	case w.Cap != nil:
		return "cap: " + spending(w)
	case w.Denial != nil:
		return words.Endpoint(w.Endpoint) + ": " + words.Count(w.Denial.Status) + ", " + words.Denial(w.Denial.Kind)
	}
	return string(w.Kind)
}

// limit says: ≈92% of 200 in 1m, limit in 41s.
func limit(u *model.LimitUsage) string {
	line := words.UsedPercent(u) + " of " + words.Count(u.Limit) + " in " + words.Span(u.Per())
	if in, ok := u.TimeToLimit.Get(); ok && in > 0 { // a Watcher looks at fresh figures only
		line += ", limit in " + words.Coarse(words.Seconds(in))
	}
	return line
}

// spending says: $3.10 left, runs out at 18:04 UTC, 5h before the reset.
func spending(w model.Warning) string {
	line := words.CapLeft(w.Cap) + " left"
	if at, ok := w.Cap.ExhaustsAt.Get(); ok {
		return line + ", runs out at " + words.Day(w.At, at) + " UTC, " + words.Coarse(w.Cap.ResetsAt.Sub(at)) + " before the reset"
	}
	return line + " of " + words.Opt(w.Cap.Limit, words.Money) + ", resets in " + words.ShortCountdown(w.Cap.ResetsAt.Sub(w.At))
}
