package pioneer

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"quotatop/model"
)

// MaxRetryAfter is the longest wait that ReadDenial returns: nothing in the API
// takes longer than a month to clear. The denial's Headers show what was asked.
const MaxRetryAfter = 31 * 24 * time.Hour

type wait = model.Opt[time.Duration]

// bounded is a wait of at most MaxRetryAfter, and at least none.
func bounded(d time.Duration) wait { return model.Some(min(max(d, 0), MaxRetryAfter)) }

func seconds(n float64) wait {
	return bounded(time.Duration(min(n, MaxRetryAfter.Seconds()) * float64(time.Second)))
}

// Unix times in seconds and in milliseconds, from 2001 on, are larger than any
// wait, and do not overlap.
const (
	firstUnix, lastUnix           = 1e9, 1e11
	firstUnixMilli, lastUnixMilli = 1e12, 1e14
)

// readRetryAfter reads the value of a Retry-After header: seconds or an HTTP date
// (RFC 9110, section 10.2.3). It also takes what is not in the standard but clear:
// a Unix time, a duration such as 1m30s, an RFC 3339 time, and the first of
// several values.
func readRetryAfter(value string, now time.Time) wait {
	return first(value, func(value string) wait {
		n, ok := number(value)
		if !ok {
			return readTime(value, now)
		}
		at := time.Unix(int64(min(n, lastUnix)), 0)
		if n >= firstUnix && at.Sub(now).Abs() <= MaxRetryAfter {
			return bounded(at.Sub(now))
		}
		return seconds(n)
	})
}

// number reads a decimal number that is not negative; one that is out of range
// reads as the largest there is.
func number(text string) (n float64, ok bool) {
	n, err := strconv.ParseFloat(text, 64)
	if errors.Is(err, strconv.ErrRange) {
		n, err = min(n, math.MaxFloat64), nil
	}
	return n, err == nil && n >= 0 && !math.IsInf(n, 1)
}

// readReset reads the time until a quota is full again. Its unit is not
// documented. A number is seconds where a window can be that long, else
// milliseconds, a Unix time or a Unix time in milliseconds; per is the window, 0
// when unknown. Other values are as for readRetryAfter.
func readReset(value string, per time.Duration, now time.Time) wait {
	longest := model.MaxSpan.Seconds()
	if per > 0 {
		longest = per.Seconds()
	}
	return first(value, func(value string) wait {
		n, ok := number(value)
		switch {
		case !ok:
			return readTime(value, now)
		case n <= longest:
			return seconds(n)
		case n <= longest*1e3:
			return seconds(n / 1e3)
		case n >= firstUnix && n < lastUnix:
			return bounded(time.UnixMilli(int64(n * 1e3)).Sub(now))
		case n >= firstUnixMilli && n < lastUnixMilli:
			return bounded(time.UnixMilli(int64(n)).Sub(now))
		}
		return wait{}
	})
}

// readMilliseconds reads the value of retry-after-ms.
func readMilliseconds(value string) wait {
	return first(value, func(value string) wait {
		n, ok := number(value)
		if !ok {
			return wait{}
		}
		return seconds(n / 1e3)
	})
}

// first reads a header's value, or where it cannot be read as a whole the first
// of several: those of repeated headers are joined by commas.
func first(value string, read func(value string) wait) wait {
	if value = strings.TrimSpace(value); value == "" {
		return wait{}
	}
	if w := read(value); w.Known() {
		return w
	}
	one, rest, more := strings.Cut(value, ",")
	if w := read(strings.TrimSpace(one)); w.Known() || !more {
		return w
	}
	rest, _, _ = strings.Cut(rest, ",")
	return read(strings.TrimSpace(one + "," + rest)) // a date has a comma too
}

// readTime reads a duration as in 1m30s, or a date.
func readTime(value string, now time.Time) wait {
	if d, err := time.ParseDuration(value); err == nil && d >= 0 {
		return bounded(d)
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "Mon, 2 Jan 2006 15:04:05 -0700"} {
		if at, err := time.Parse(layout, value); err == nil {
			return bounded(at.Sub(now))
		}
	}
	upper := strings.ToUpper(value)
	for _, zone := range []string{" GMT", " UTC", " UT", " Z"} {
		if rest, ok := strings.CutSuffix(upper, zone); ok {
			upper = rest
			break
		}
	}
	for _, layout := range []string{"Mon, 2 Jan 2006 15:04:05", "2 Jan 2006 15:04:05", "Monday, 02-Jan-06 15:04:05", time.ANSIC} {
		if at, err := time.Parse(layout, upper); err == nil { // HTTP dates are in UTC
			return bounded(at.Sub(now))
		}
	}
	return wait{}
}
