package words

import (
	"math"
	"strconv"
	"time"
)

// Coarse writes a time in its largest unit, rounded down: 41s, 3m, 2h, 5d. A
// unit begins where the smaller one would need three digits. A negative time is
// written as zero.
func Coarse(d time.Duration) string {
	switch d = max(d, 0); {
	case d < 100*time.Second:
		return strconv.Itoa(int(d/time.Second)) + "s"
	case d < 100*time.Minute:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	}
	return strconv.Itoa(int(d/(24*time.Hour))) + "d"
}

// Duration writes a time in its two largest units, rounded: 0s, 42s, 3m20s,
// 2h5m, 3d4h. Fractions of a second below ten seconds are rounded up to tenths,
// so that a short time is not written as none.
func Duration(d time.Duration) string {
	if d > 0 && d < 10*time.Second && d%time.Second != 0 {
		return strconv.FormatFloat(math.Ceil(d.Seconds()*10)/10, 'f', -1, 64) + "s"
	}
	s := int64(d.Round(time.Second) / time.Second)
	units := [...]struct {
		name    string
		seconds int64
	}{{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}}
	for i, u := range units {
		if s < u.seconds {
			continue
		}
		text := strconv.FormatInt(s/u.seconds, 10) + u.name
		if i+1 < len(units) {
			if rest := s % u.seconds / units[i+1].seconds; rest > 0 {
				text += strconv.FormatInt(rest, 10) + units[i+1].name
			}
		}
		return text
	}
	return "0s"
}

// Ago writes how long before now a time was: "12s ago", or "now" within a
// second.
func Ago(now, then time.Time) string {
	if d := now.Sub(then); d >= time.Second {
		return Coarse(d) + " ago"
	}
	return "now"
}

// Span names the window of a limit exactly: 1m, 1h, 90s.
func Span(per time.Duration) string {
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

// Per writes what a rate counts over: "a minute", "an hour", "per 30s".
func Per(per time.Duration) string {
	switch per {
	case time.Second:
		return "a second"
	case time.Minute:
		return "a minute"
	case time.Hour:
		return "an hour"
	case 24 * time.Hour:
		return "a day"
	}
	return "per " + Span(per)
}

// Countdown writes the time left to the second, rounded up, so that it is zero
// only when none is left: 00:07, 11:55:29, 2d 11:55:29.
func Countdown(d time.Duration) string {
	if s := secondsLeft(d); s < 3600 {
		return figures(-1, s/60, s%60)
	}
	return LongCountdown(d)
}

// LongCountdown is Countdown that always has the hours: 00:00:07.
func LongCountdown(d time.Duration) string {
	s := secondsLeft(d)
	days := ""
	if s >= 86400 {
		days = strconv.Itoa(s/86400) + "d "
	}
	return days + figures(s/3600%24, s/60%60, s%60)
}

// ShortCountdown is LongCountdown without the smaller units: 11:55 in hours and
// minutes, 41s in the last minute, 12d from two days on.
func ShortCountdown(d time.Duration) string {
	s := secondsLeft(d)
	if s < 60 || s >= 2*86400 {
		return Coarse(time.Duration(s) * time.Second)
	}
	minutes := strconv.Itoa(s / 60 % 60)
	if len(minutes) == 1 {
		minutes = "0" + minutes
	}
	return strconv.Itoa(s/3600) + ":" + minutes
}

func secondsLeft(d time.Duration) int { return max(0, int((d+time.Second-1)/time.Second)) }

// Clock writes the time of day to the second, in UTC.
func Clock(t time.Time) string {
	h, m, s := t.UTC().Clock()
	return figures(h, m, s)
}

// HourMinute writes the time of day to the minute, in UTC.
func HourMinute(t time.Time) string { return Clock(t)[:len("15:04")] }

// Day writes a time to the minute, in UTC, with its date unless that is the
// date of now.
func Day(now, t time.Time) string {
	if SameDay(now, t) {
		return HourMinute(t)
	}
	return t.UTC().Format("2 Jan 15:04")
}

// SameDay reports whether two times have the same date in UTC.
func SameDay(a, b time.Time) bool {
	return a.UTC().Truncate(24 * time.Hour).Equal(b.UTC().Truncate(24 * time.Hour))
}

// Seconds converts the seconds of a Snapshot.
func Seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// figures writes hours, minutes and seconds in two digits each, without the
// hours where they are negative.
func figures(hours, minutes, seconds int) string {
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
