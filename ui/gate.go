package ui

import (
	"strings"
	"time"

	"quotatop/model"
)

// GateLine is a gate's answer in one line for a script's log: what there is,
// and what was asked for.
func GateLine(g model.Gate, j model.Judgment) string {
	if j.Verdict == model.VerdictUnknown {
		return "not known: " + whyUnknown(g, j)
	}
	var parts []string
	if j.Limit != nil && !(j.Verdict == model.Shut && j.OfCap) {
		parts = append(parts, gateLimit(g, j))
	}
	if j.Cap != nil && (j.Verdict == model.Open || j.OfCap) {
		parts = append(parts, gateCap(g, j))
	}
	if len(parts) == 0 {
		return "nothing was asked for"
	}
	return strings.Join(parts, "; ")
}

// gateLimit says: chat has 8 % headroom (183 of 200 in 1m, as of 12 s ago), less
// than 20 %.
func gateLimit(g model.Gate, j model.Judgment) string {
	u := j.Limit
	mark := ""
	switch {
	case u.Estimated:
		mark = "≈"
	case u.UpperBound:
		mark = "≤"
	case u.LowerBound:
		mark = "≥"
	}
	line := j.Endpoint + " has " + percent(u.Headroom().Or(0), " %") + " headroom (" +
		mark + countOr(u.Used) + " of " + count(u.Limit) + " in " + span(u.Per())
	if n := u.Rejected.Or(0); n > 0 {
		line += ", " + count(n) + " rejected"
	}
	if t, ok := u.AsOf.Get(); ok && j.At.Sub(t) >= time.Second {
		line += ", as of " + ago(j.At, t)
	}
	line += ")"
	if j.Verdict == model.Shut {
		line += ", less than " + percent(g.Headroom.Or(0), " %")
	}
	return line
}

// gateCap says: the cap has $3.10 left of $50.00, less than $5.00.
func gateCap(g model.Gate, j model.Judgment) string {
	line := "the cap has " + moneyOr(j.Cap.Remaining) + " left of " + moneyOr(j.Cap.Limit)
	if j.Verdict == model.Shut {
		line += ", less than " + money(g.CapLeft.Or(0))
	}
	return line
}

func whyUnknown(g model.Gate, j model.Judgment) string {
	switch {
	case j.Trouble != nil && j.Trouble.Error != "":
		return plain(j.Trouble.Error, maxTrouble)
	case j.Trouble != nil:
		return "the " + j.Trouble.Name + " source is " + string(j.Trouble.State)
	case j.OfCap:
		return "the account does not say what is left of its cap: set [cap] usd_per_day in the config"
	case g.Endpoint != "":
		return "no figure for " + g.Endpoint + " yet"
	}
	return "no figures yet"
}

// maxTrouble bounds the words of a source in a line, in cells.
const maxTrouble = 200
