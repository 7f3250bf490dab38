package ui

import (
	"strconv"
	"time"

	"quotatop/model"
)

// unknown stands for a figure that is not known. It is never a zero.
const unknown = "–"

// count writes n with thousands separators: 14,310.
func count(n int) string {
	digits := strconv.Itoa(n)
	if n > -1000 && n < 1000 {
		return digits
	}
	var buf [27]byte
	out := buf[:0]
	if n < 0 {
		out, digits = append(out, '-'), digits[1:]
	}
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out = append(out, ',')
		}
		out = append(out, digits[i])
	}
	return string(out)
}

// countOr is count, or the sign of the unknown.
func countOr(n model.Opt[int]) string {
	if v, ok := n.Get(); ok {
		return count(v)
	}
	return unknown
}

// shortCount is at most four characters wide: 184, 9999, 14k, 1.2M, 15M. It
// rounds down, and stops at 999G.
func shortCount(n int) string {
	switch {
	case n < 10_000:
		return strconv.Itoa(n)
	case n < 1_000_000:
		return strconv.Itoa(n/1000) + "k"
	case n < 10_000_000:
		return strconv.Itoa(n/1_000_000) + "." + strconv.Itoa(n/100_000%10) + "M"
	case n < 1_000_000_000:
		return strconv.Itoa(n/1_000_000) + "M"
	}
	return strconv.Itoa(min(n/1_000_000_000, 999)) + "G"
}

// exactShort is a limit in few characters and without rounding: 200, 1k, 1.2k,
// 15k.
func exactShort(n int) string {
	switch {
	case n >= 1000 && n < 1_000_000 && n%1000 == 0:
		return strconv.Itoa(n/1000) + "k"
	case n >= 1_000_000 && n%1_000_000 == 0:
		return count(n/1_000_000) + "M"
	case n >= 1000 && n < 10_000 && n%100 == 0:
		return strconv.Itoa(n/1000) + "." + strconv.Itoa(n/100%10) + "k"
	}
	return count(n)
}

// money writes dollars and cents with thousands separators: $1,031.27. Amounts
// from a million dollars on are rounded down to whole dollars or more, so that
// they keep to a pane: $12M.
func money(m model.Micros) string {
	sign := ""
	if m < 0 {
		sign, m = "-", -max(m, -1<<62)
	}
	dollars := int(m / model.Dollar)
	if dollars >= 1_000_000 {
		if dollars >= 1_000_000_000_000 {
			return sign + "$" + count(dollars/1_000_000_000_000) + "T"
		}
		return sign + "$" + shortCount(dollars)
	}
	cents := int(m+model.Dollar/200) / int(model.Dollar/100) // rounded
	text := strconv.Itoa(cents % 100)
	if len(text) == 1 {
		text = "0" + text
	}
	return sign + "$" + count(cents/100) + "." + text
}

func moneyOr(m model.Opt[model.Micros]) string {
	if v, ok := m.Get(); ok {
		return money(v)
	}
	return unknown
}

// burn writes a spending rate. Below a cent a minute it keeps the first figures
// that are not zero.
func burn(m model.Micros) string {
	if m > 0 && m < model.Dollar/100 {
		return "$" + strconv.FormatFloat(m.USD(), 'f', 4, 64) + "/min"
	}
	return money(m) + "/min"
}

// percent writes a part of a whole, rounded down: 100 % is not said before it
// is reached, nor 0 % of what is more than nothing. unit is "%" or " %".
func percent(ratio float64, unit string) string {
	switch {
	case ratio > 0 && ratio < 0.01:
		return "<1" + unit
	case ratio >= 10:
		return ">999" + unit
	}
	return strconv.Itoa(int(ratio*100+1e-9)) + unit
}

// countdown writes the time that is left to the second, rounded up, so that it
// shows zero only when there is none: 00:07, 11:55:29, 2 d 11:55:29.
func countdown(d time.Duration) string {
	s := max(0, int((d+time.Second-1)/time.Second))
	if s < 3600 {
		return clockFigures(-1, s/60, s%60)
	}
	return longCountdown(d)
}

// longCountdown always has the hours: 00:00:07.
func longCountdown(d time.Duration) string {
	s := max(0, int((d+time.Second-1)/time.Second))
	days := ""
	if s >= 86400 {
		days = strconv.Itoa(s/86400) + " d "
	}
	return days + clockFigures(s/3600%24, s/60%60, s%60)
}

// clockFigures writes hours, minutes and seconds in two digits each; without
// hours where they are negative.
func clockFigures(hours, minutes, seconds int) string {
	var buf [8]byte
	out := buf[:0]
	for _, n := range [3]int{hours, minutes, seconds} {
		if n < 0 {
			continue
		}
		if len(out) > 0 {
			out = append(out, ':')
		}
		out = append(out, byte('0'+n/10), byte('0'+n%10))
	}
	return string(out)
}

// rough writes a time in its largest unit, rounded down: 41 s, 3 min, 2 h, 5 d.
func rough(d time.Duration) string {
	switch d = max(d, 0); {
	case d < 100*time.Second:
		return strconv.Itoa(int(d/time.Second)) + " s"
	case d < 100*time.Minute:
		return strconv.Itoa(int(d/time.Minute)) + " min"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + " h"
	}
	return strconv.Itoa(int(d/(24*time.Hour))) + " d"
}

// ago is how long before now something was.
func ago(now, then time.Time) string {
	if d := now.Sub(then); d >= time.Second {
		return rough(d) + " ago"
	}
	return "now"
}

// span names the window of a limit: 1m, 1h, 30s.
func span(per time.Duration) string {
	switch {
	case per >= 24*time.Hour && per%(24*time.Hour) == 0:
		return strconv.Itoa(int(per/(24*time.Hour))) + "d"
	case per >= time.Hour && per%time.Hour == 0:
		return strconv.Itoa(int(per/time.Hour)) + "h"
	case per >= time.Minute && per%time.Minute == 0:
		return strconv.Itoa(int(per/time.Minute)) + "m"
	}
	return strconv.Itoa(int(per/time.Second)) + "s"
}

// perWords says that something is for a span: a minute, an hour, per 30 s.
func perWords(per time.Duration) string {
	switch per {
	case time.Minute:
		return "a minute"
	case time.Hour:
		return "an hour"
	case 24 * time.Hour:
		return "a day"
	}
	return "per " + rough(per)
}

// clock writes a time of the day to the second, in UTC.
func clock(t time.Time) string {
	h, m, s := t.UTC().Clock()
	return clockFigures(h, m, s)
}

// hourMinute writes a time of the day, in UTC.
func hourMinute(t time.Time) string { return clock(t)[:5] }

// day writes a time to the minute, with its date where that is not today's.
func day(now, t time.Time) string {
	if sameDay(now, t) {
		return hourMinute(t)
	}
	return t.UTC().Format("2 Jan 15:04")
}

func sameDay(a, b time.Time) bool {
	return a.UTC().Truncate(24 * time.Hour).Equal(b.UTC().Truncate(24 * time.Hour))
}

// fit is the first of texts that fits n cells, or nothing.
func fit(n int, texts ...string) string {
	for _, t := range texts {
		if width(t) <= n {
			return t
		}
	}
	return ""
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
