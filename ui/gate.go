package ui

import (
	"math"
	"strconv"
	"strings"
	"time"

	"quotatop/model"
	"quotatop/ui/words"
)

// GateLine is a gate's judgment in one line for a script's log: what is left, and
// what had to be.
func GateLine(g model.Gate, j model.Judgment) string {
	if j.Verdict == model.VerdictUnknown {
		return "unknown: " + whyUnknown(g, j)
	}
	var parts []string
	if j.Limit != nil && !(j.Verdict == model.Shut && j.OfCap) {
		parts = append(parts, gateLimit(g, j))
	}
	if j.Cap != nil && (j.Verdict == model.Open || j.OfCap) {
		parts = append(parts, gateCap(g, j))
	}
	if len(parts) == 0 {
		return "no threshold given"
	}
	return strings.Join(parts, "; ")
}

// gateLimit says: chat has ≈8% headroom (≈92% used: ≈183 of 200 in 1m, as of 12s
// ago), less than 20%.
func gateLimit(g model.Gate, j model.Judgment) string {
	u := j.Limit
	line := j.Endpoint + " has " + words.Headroom(u, j.Wall) + " headroom (" + words.UsedPercent(u) + " used: " + words.UsedOf(u)
	if n := u.Rejected.Or(0); n > 0 {
		line += ", " + words.Count(n) + " rejected"
	}
	if w := j.Wall; w.Kind == model.WallRefused {
		line += ", refused"
		if until, ok := w.Until.Get(); ok {
			line += ", retry in " + words.Countdown(until.Sub(j.At))
		}
	}
	if t, ok := u.AsOf.Get(); ok && j.At.Sub(t) >= time.Second {
		line += ", as of " + words.Ago(j.At, t)
	}
	line += ")"
	if j.Verdict == model.Shut {
		line += ", less than " + threshold(g.Headroom.Or(0))
	}
	return line
}

// threshold writes a part in percent as it was given, to a hundredth: 7.5%.
func threshold(part float64) string {
	return strconv.FormatFloat(math.Round(part*10_000)/100, 'f', -1, 64) + "%"
}

// gateCap says: the cap has $3.10 left of $50.00, less than $5.00.
func gateCap(g model.Gate, j model.Judgment) string {
	if j.Wall.Kind == model.WallRefused && j.Wall.Denial == model.KindCap {
		return "the cap is reached, calls are refused; it resets in " + words.Countdown(j.Cap.ResetsAt.Sub(j.At))
	}
	line := "the cap has " + words.CapLeft(j.Cap) + " left of " + words.Opt(j.Cap.Limit, words.Money)
	if j.Verdict == model.Shut {
		line += ", less than " + words.Money(g.CapLeft.Or(0))
	}
	return line
}

// whyUnknown says why there is no verdict.
func whyUnknown(g model.Gate, j model.Judgment) string {
	switch {
	case j.ClockInDoubt:
		return "the API's clock is in doubt"
	case j.Problem != nil && j.Problem.Error != "":
		return plain(j.Problem.Error, maxError)
	case j.Problem != nil:
		return "the " + j.Problem.Name + " source is " + string(j.Problem.State)
	case j.Stale:
		return "the figures are too old to be taken for live"
	case j.OfCap:
		return "the account does not say how much of its cap is left: set [cap] usd_per_day in the config"
	case g.Endpoint != "":
		return "no figure for " + g.Endpoint + " yet"
	}
	return "no figures yet"
}

// maxError bounds a source's error in a line, in cells.
const maxError = 200
