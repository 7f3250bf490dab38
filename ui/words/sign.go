package words

import (
	"strconv"

	"quotatop/model"
)

// Sign is what stands before a figure that is not exact: ≈ for an estimate and for what
// is inferred from a denial, ≤ for an upper bound, ≥ for a lower one. An estimated bound
// is an estimate.
func Sign(estimated, upper, lower bool) string {
	switch {
	case estimated:
		return "≈"
	case upper:
		return "≤"
	case lower:
		return "≥"
	}
	return ""
}

// LimitSign is the Sign of a limit's Used; empty when that is unknown.
func LimitSign(u *model.LimitUsage) string {
	if !u.Used.Known() {
		return ""
	}
	return Sign(u.Estimated || u.Inferred, u.UpperBound, u.LowerBound)
}

// Left writes the calls that a limit still accepts in its window, with the sign of an
// upper bound where the used calls are a lower one, and the other way round.
func Left(u *model.LimitUsage) string {
	used, ok := u.Used.Get()
	if !ok {
		return Unknown
	}
	return Sign(u.Estimated || u.Inferred, u.LowerBound, u.UpperBound) + Count(max(u.Learned.Or(u.Limit)-used, 0))
}

// Peak writes the peak of a limit with its sign: ≥812.
func Peak(u *model.LimitUsage) string {
	if !u.Peak.Known() {
		return Unknown
	}
	return Sign(u.PeakEstimated, u.PeakUpperBound, u.PeakLowerBound) + Opt(u.Peak, Count)
}

// Used writes the calls in a limit's window with their sign: ≤812.
func Used(u *model.LimitUsage) string { return LimitSign(u) + Opt(u.Used, Count) }

// UsedOf writes the used calls against their limit: "≤812 of 1,000 in 1m".
func UsedOf(u *model.LimitUsage) string {
	return Used(u) + " of " + Count(u.Limit) + " in " + Span(u.Per())
}

// UsedPercent writes the used part of a limit with its sign: ≈92%.
func UsedPercent(u *model.LimitUsage) string {
	ratio, ok := u.Ratio().Get()
	if !ok {
		return Unknown
	}
	return SignedPercent(LimitSign(u), ratio)
}

// Headroom writes the part of a limit that is left, by the limit's wall. It is an
// upper bound where the used part is a lower one, and the other way round; 0% is
// exact.
func Headroom(u *model.LimitUsage, w model.Wall) string {
	left, ok := w.Headroom().Get()
	if !ok {
		return Unknown
	}
	if w.Kind == model.WallRefused {
		return Percent(left)
	}
	return SignedPercent(Sign(u.Estimated, u.LowerBound, u.UpperBound), left)
}

// SignedPercent is Percent with a sign before it. A text has one sign only:
// "<0.1%" and ">999%" keep their own unless the other contradicts it.
func SignedPercent(sign string, ratio float64) string {
	text := Percent(ratio)
	switch {
	case text[0] == '<' && sign == "≥":
		return "≥0%"
	case text[0] == '>' && sign == "≤":
		return sign + strconv.Itoa(wholePercent(ratio)) + "%"
	case text[0] == '<' || text[0] == '>':
		return text
	}
	return sign + text
}
