package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"quotatop/model"
)

// unknown stands for a figure that is not known. It is never a zero.
const unknown = "–"

// count writes n with thousands separators: 14,310.
func count(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func countOr(n model.Opt[int]) string {
	if v, ok := n.Get(); ok {
		return count(v)
	}
	return unknown
}

// money writes dollars: with cents, or below ten cents with two figures.
func money(m model.Opt[model.Micros]) string {
	v, ok := m.Get()
	if !ok {
		return unknown
	}
	cents := int(math.Round(v.USD() * 100))
	switch {
	case v > 0 && v < 100_000:
		places := 3
		for at := model.Micros(10_000); v < at && places < 6; at /= 10 {
			places++
		}
		return "$" + strconv.FormatFloat(v.USD(), 'f', places, 64)
	case v < 0:
		return fmt.Sprintf("-$%s.%02d", count(-cents/100), -cents%100)
	}
	return fmt.Sprintf("$%s.%02d", count(cents/100), cents%100)
}

// span is a limit's time as in "200/min".
func span(per time.Duration) string {
	switch per {
	case time.Second:
		return "s"
	case time.Minute:
		return "min"
	case time.Hour:
		return "hour"
	case 24 * time.Hour:
		return "day"
	}
	return duration(per)
}

// duration is at most two units: 0 s, 0.4 s, 42 s, 3 min 20 s, 2 h 5 min, 3 d 4 h.
func duration(d time.Duration) string {
	if d > 0 && d < 10*time.Second && d%time.Second != 0 {
		return strconv.FormatFloat(math.Ceil(d.Seconds()*10)/10, 'f', -1, 64) + " s"
	}
	s := int64(d.Round(time.Second) / time.Second)
	units := []struct {
		name    string
		seconds int64
	}{{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}}
	for i, u := range units {
		if s < u.seconds {
			continue
		}
		text := fmt.Sprintf("%d %s", s/u.seconds, u.name)
		if i+1 < len(units) {
			if rest := s % u.seconds / units[i+1].seconds; rest > 0 {
				text += fmt.Sprintf(" %d %s", rest, units[i+1].name)
			}
		}
		return text
	}
	return "0 s"
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// timeOf is a time spent, with the part of the whole that it is.
func timeOf(s, whole model.Opt[float64]) string {
	v, ok := s.Get()
	if !ok {
		return unknown
	}
	text := duration(seconds(v))
	if w := whole.Or(0); w > 0 && v > 0 {
		text += " (" + percent(v/w) + ")"
	}
	return text
}

// percent rounds to whole percent, but never something to nothing.
func percent(ratio float64) string {
	switch p := ratio * 100; {
	case p > 0 && p < 0.1:
		return "<0.1 %"
	case p < 1:
		return strconv.FormatFloat(math.Round(p*10)/10, 'f', -1, 64) + " %"
	case p >= 99.5 && p < 100:
		return "99 %"
	default:
		return count(int(math.Round(p))) + " %"
	}
}

// partOf is a count with the part of the whole that it is.
func partOf(n, whole model.Opt[int]) string {
	text := countOr(n)
	if v, w := n.Or(0), whole.Or(0); v > 0 && w > 0 {
		text += " (" + percent(float64(v)/float64(w)) + ")"
	}
	return text
}

// limitWords is a limit as in "200/min".
func limitWords(l model.LimitReport) string { return count(l.Limit) + "/" + span(l.Per()) }

// factor is how many times as fast a run could have been, rounded down.
func factor(h float64) string {
	switch {
	case h >= 10:
		return count(int(h))
	case h >= 2:
		return strconv.FormatFloat(math.Floor(h*10)/10, 'f', 1, 64)
	}
	return strconv.FormatFloat(math.Floor(h*100)/100, 'f', 2, 64)
}

// headroomWords is how much faster a run could have been, rounded down.
func headroomWords(h float64) string {
	switch more := math.Floor((h - 1) * 100); {
	case h >= 2:
		return "could have run " + factor(h) + " times as fast"
	case more >= 1:
		return fmt.Sprintf("could have run %.0f %% faster", more)
	}
	return "could not have run faster"
}

// verdict says how near an endpoint came to its limits; its name goes in front.
func verdict(e model.EndpointReport) string {
	i, ok := e.Tightest()
	denied := 0
	for j, l := range e.Limits {
		if n := l.Rejected.Or(0); n > denied {
			i, denied, ok = j, n, true
		}
	}
	var said []string
	switch {
	case !ok && len(e.Limits) > 0 && e.Source != "" && e.Sent.Or(e.Accepted.Or(0)) == 0:
		said = append(said, "had no calls")
	case !ok && len(e.Limits) == 0:
		said = append(said, "has no known limit")
	case !ok:
		said = append(said, "had no accepted call, so its headroom is unknown")
	case denied > 0:
		said = append(said, fmt.Sprintf("met its limit of %s, which denied %s", limitWords(e.Limits[i]), calls(denied)))
	default:
		l := e.Limits[i]
		words := headroomWords(l.Headroom().Or(1))
		if e.UpperBound {
			words += ", or more, as calls from other addresses do not count"
		}
		said = append(said, fmt.Sprintf("%s (peak %s of %s)", words, count(l.Peak.Or(0)), limitWords(l)))
		if n := e.Denied(model.KindRate); n > 0 {
			said = append(said, "another limit denied "+count(n)+" of its calls")
		}
	}
	for _, k := range kindWords {
		if n := e.Denied(k.kind); n > 0 && k.kind != model.KindRate {
			said = append(said, fmt.Sprintf("%s denied %s", k.words, calls(n)))
		}
	}
	return strings.Join(said, "; ") + "."
}

// kindWords say who denied a call.
var kindWords = []struct {
	kind  model.Kind
	words string
}{
	{model.KindRate, "a rate limit"},
	{model.KindCap, "the spending cap"},
	{model.KindCredits, "missing credits"},
	{model.KindCeiling, "the overage ceiling"},
	{model.KindAuth, "a refused key"},
}

func calls(n int) string {
	if n == 1 {
		return "1 call"
	}
	return count(n) + " calls"
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// stampBeside leaves the day out where it is the same as another's.
func stampBeside(t, other time.Time) string {
	text, beside := stamp(t), stamp(other)
	if text[:10] == beside[:10] {
		return text[11:]
	}
	return text
}

// plain makes foreign text fit to be shown: one line, no control characters,
// nothing that turns the direction of the text around it.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ', r >= 0x7f && r < 0xa0, r >= '\u2028' && r <= '\u202e', r >= '\u2066' && r <= '\u2069',
			r == '\u061c', r == '\u200e', r == '\u200f':
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}
