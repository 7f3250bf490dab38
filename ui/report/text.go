package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"quotatop/model"
	"quotatop/ui/words"
)

// spanName is the window of a limit in words: "minute", "30s".
func spanName(per time.Duration) string {
	switch per {
	case time.Second:
		return "second"
	case time.Minute:
		return "minute"
	case time.Hour:
		return "hour"
	case 24 * time.Hour:
		return "day"
	}
	return words.Duration(per)
}

// limitText writes a limit: "200/min".
func limitText(l model.LimitReport) string {
	per := spanName(l.Per())
	switch l.Per() {
	case time.Second:
		per = "s"
	case time.Minute:
		per = "min"
	}
	return words.Count(l.Limit) + "/" + per
}

// sign is what stands before an endpoint's figures that are not exact.
func sign(e *model.EndpointReport) string { return words.Sign(e.Estimated, e.UpperBound, false) }

// timeOf writes a time with its share of the whole.
func timeOf(s, whole model.Opt[float64]) string {
	v, ok := s.Get()
	if !ok {
		return words.Unknown
	}
	text := words.Duration(words.Seconds(v))
	if w := whole.Or(0); w > 0 && v > 0 {
		text += " (" + words.Percent(v/w) + ")"
	}
	return text
}

// shareOf writes a count with its share of the whole.
func shareOf(n, whole model.Opt[int]) string {
	text := words.Opt(n, words.Count)
	if v, w := n.Or(0), whole.Or(0); v > 0 && w > 0 {
		text += " (" + words.Percent(float64(v)/float64(w)) + ")"
	}
	return text
}

// factor writes how many times as fast a run could have been, rounded down.
func factor(h float64) string {
	switch {
	case h >= 10:
		return words.Count(int(h))
	case h >= 2:
		return strconv.FormatFloat(math.Floor(h*10)/10, 'f', 1, 64)
	}
	return strconv.FormatFloat(math.Floor(h*100)/100, 'f', 2, 64)
}

// headroomText says how much faster a run could have been, rounded down.
func headroomText(h float64) string {
	switch more := math.Floor((h - 1) * 100); {
	case h >= 2:
		return "could have run " + factor(h) + " times as fast"
	case more >= 1:
		return fmt.Sprintf("could have run %.0f%% faster", more)
	}
	return "could not have run faster"
}

// verdict says how close an endpoint came to its limits; its name goes in front.
func verdict(e model.EndpointReport) string {
	i, ok := e.Tightest()
	denied := 0
	for j, l := range e.Limits {
		if n := l.Rejected.Or(0); n > denied {
			i, denied, ok = j, n, true
		}
	}
	var parts []string
	switch {
	case !ok && len(e.Limits) > 0 && e.Source != "" && e.Sent.Or(e.Accepted.Or(0)) == 0:
		parts = append(parts, "had no calls")
	case !ok && len(e.Limits) == 0:
		parts = append(parts, "has no known limit")
	case !ok:
		parts = append(parts, "had no accepted calls, so its headroom is unknown")
	case denied > 0:
		parts = append(parts, fmt.Sprintf("reached its limit of %s, which denied %s", limitText(e.Limits[i]), words.Calls(denied)))
	default:
		l := e.Limits[i]
		text := headroomText(l.Headroom().Or(1))
		if e.UpperBound {
			text += ", or more, because calls from other IPs do not count"
		}
		parts = append(parts, fmt.Sprintf("%s (peak %s of %s)", text, sign(&e)+words.Count(l.Peak.Or(0)), limitText(l)))
		if n := e.Denied(model.KindRate); n > 0 {
			parts = append(parts, words.Calls(n)+" hit another limit")
		}
	}
	for _, k := range denials {
		if n := e.Denied(k.kind); n > 0 && k.kind != model.KindRate {
			parts = append(parts, fmt.Sprintf("%s denied %s", k.by, words.Calls(n)))
		}
	}
	return strings.Join(parts, "; ") + "."
}

// denials say what denied a call.
var denials = []struct {
	kind model.Kind
	by   string
}{
	{model.KindRate, "a rate limit"},
	{model.KindCap, "the spending cap"},
	{model.KindCredits, "a lack of credits"},
	{model.KindCeiling, "the overage ceiling"},
	{model.KindAuth, "a refused key"},
	{model.KindUnknown, "a reason that the log does not have"},
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// stampBeside is stamp without the date where that is the same as other's.
func stampBeside(t, other time.Time) string {
	text, beside := stamp(t), stamp(other)
	if text[:10] == beside[:10] {
		return text[11:]
	}
	return text
}
