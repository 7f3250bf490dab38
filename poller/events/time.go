package events

import (
	"errors"
	"math"
	"strconv"
	"time"
)

// ScanTime reads the date and time at the beginning of text. It returns it in UTC
// with its length in bytes, which is 0 if there is none. It reads RFC 3339 and
// the variants found in logs: a space instead of the T, a comma before the
// fraction, slashes in the date, a zone of +0200 or +02. A time without a zone
// is in zone.
func ScanTime[T string | []byte](text T, zone *time.Location) (t time.Time, n int) {
	const shape = "2006-01-02T15:04:05"
	if len(text) < len(shape) || (text[4] != '-' && text[4] != '/') || text[7] != text[4] ||
		(text[10] != 'T' && text[10] != ' ' && text[10] != 't') || text[13] != ':' || text[16] != ':' {
		return time.Time{}, 0
	}
	year := 100*two(text, 0) + two(text, 2)
	month, day := two(text, 5), two(text, 8)
	hour, minute, second := two(text, 11), two(text, 14), two(text, 17)
	if two(text, 0) < 0 || two(text, 2) < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(month, year) ||
		hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return time.Time{}, 0
	}
	n = len(shape)
	nanos := 0
	if n+1 < len(text) && (text[n] == '.' || text[n] == ',') && digit(text[n+1]) {
		n++
		for scale := 100_000_000; n < len(text) && digit(text[n]); n++ {
			nanos += int(text[n]-'0') * scale
			scale /= 10
		}
	}
	offset, width := scanZone(text[n:])
	if width == 0 && zone != time.UTC {
		return time.Date(year, time.Month(month), day, hour, minute, second, nanos, zone).UTC(), n
	}
	clock := int64(3600*hour + 60*minute + second)
	return time.Unix(86400*daysSince1970(year, month, day)+clock-int64(offset), int64(nanos)).UTC(), n + width
}

// scanZone reads Z or an offset east of UTC, in seconds, and returns its length.
func scanZone[T string | []byte](text T) (offset, n int) {
	if len(text) == 0 {
		return 0, 0
	}
	switch text[0] {
	case 'Z', 'z':
		return 0, 1
	case '+', '-':
	default:
		return 0, 0
	}
	hour, minute := two(text, 1), 0
	if hour < 0 || hour > 23 {
		return 0, 0
	}
	n = 3
	rest := n
	if n < len(text) && text[n] == ':' {
		rest++
	}
	if m := two(text, rest); m >= 0 && m < 60 {
		minute, n = m, rest+2
	}
	offset = 3600*hour + 60*minute
	if text[0] == '-' {
		offset = -offset
	}
	return offset, n
}

// two returns the two-digit number at i, or -1.
func two[T string | []byte](text T, i int) int {
	if i+2 > len(text) || !digit(text[i]) || !digit(text[i+1]) {
		return -1
	}
	return 10*int(text[i]-'0') + int(text[i+1]-'0')
}

func digit(c byte) bool { return c-'0' <= 9 }

func daysIn(month, year int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// daysSince1970 counts days in the Gregorian calendar. Its year begins in March,
// so that a leap day is the last.
func daysSince1970(year, month, day int) int64 {
	y, m := int64(year), int64(month)
	if m <= 2 {
		y, m = y-1, m+12
	}
	era := y
	if era < 0 {
		era -= 399
	}
	era /= 400
	y -= 400 * era
	return 146097*era + 365*y + y/4 - y/100 + (153*(m-3)+2)/5 + int64(day) - 1 - 719468
}

var errSeconds = errors.New("not a number of seconds")

// parseSeconds reads a decimal number of seconds to the nanosecond.
func parseSeconds[T string | []byte](text T) (time.Duration, bool) {
	i, negative := 0, false
	if len(text) > 0 && text[0] == '-' {
		i, negative = 1, true
	}
	first := i
	var whole int64
	for ; i < len(text) && digit(text[i]) && i-first < 10; i++ {
		whole = 10*whole + int64(text[i]-'0')
	}
	if i == first || whole > math.MaxInt64/int64(time.Second)-1 {
		return 0, false
	}
	d := whole * int64(time.Second)
	if i < len(text) && text[i] == '.' {
		i++
		for scale := int64(time.Second / 10); i < len(text) && digit(text[i]); i++ {
			d += int64(text[i]-'0') * scale
			scale /= 10
		}
	}
	if i < len(text) { // an exponent, or not a number
		f, err := strconv.ParseFloat(string(text), 64)
		if err != nil || !(math.Abs(f) < 9e9) {
			return 0, false
		}
		return time.Duration(math.Round(f * float64(time.Second))), true
	}
	if negative {
		d = -d
	}
	return time.Duration(d), true
}

func appendSeconds(dst []byte, d time.Duration) []byte {
	u := uint64(d)
	if d < 0 {
		dst, u = append(dst, '-'), -u
	}
	dst = strconv.AppendUint(dst, u/uint64(time.Second), 10)
	nanos := u % uint64(time.Second)
	if nanos == 0 {
		return dst
	}
	dst = append(dst, '.')
	for scale := uint64(time.Second / 10); nanos > 0; scale /= 10 {
		dst = append(dst, '0'+byte(nanos/scale))
		nanos %= scale
	}
	return dst
}

// The Unix times that RFC 3339 can express.
const (
	firstSecond = -62135596800 // first of the year 1
	lastSecond  = 253402300799 // last of the year 9999
)

// parseAt reads the time of an event: RFC 3339 in quotes, or Unix seconds.
func parseAt(text []byte) (time.Time, bool) {
	if len(text) >= 2 && text[0] == '"' {
		t, n := ScanTime(text[1:len(text)-1], time.Local)
		return t, n > 0 && n == len(text)-2 && t.Unix() >= firstSecond && t.Unix() <= lastSecond
	}
	d, ok := parseSeconds(text)
	return time.Unix(0, int64(d)).UTC(), ok
}

// A stamp is a time in a line.
type stamp time.Time

// IsZero makes encoding/json omit an unknown time.
func (s stamp) IsZero() bool { return time.Time(s).IsZero() }

func (s stamp) MarshalJSON() ([]byte, error) { return appendTime(nil, time.Time(s)), nil }

func (s *stamp) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	t, ok := parseAt(text)
	if !ok {
		return errors.New("not a time in RFC 3339 or Unix seconds")
	}
	*s = stamp(t)
	return nil
}

func appendTime(dst []byte, t time.Time) []byte {
	dst = t.UTC().AppendFormat(append(dst, '"'), time.RFC3339Nano)
	return append(dst, '"')
}

// seconds is a duration in a line.
type seconds time.Duration

func (s seconds) MarshalJSON() ([]byte, error) { return appendSeconds(nil, time.Duration(s)), nil }

func (s *seconds) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	d, ok := parseSeconds(text)
	if !ok {
		return errSeconds
	}
	*s = seconds(d)
	return nil
}
