package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A Span is a duration, written like "60s", "1h30m", "7d" or "1d12h".
type Span struct{ time.Duration }

const day = 24 * time.Hour

// UnmarshalText reads what time.ParseDuration accepts, optionally after a number
// of days.
func (s *Span) UnmarshalText(text []byte) error {
	bad := fmt.Errorf("time span %q: write it like \"10s\"", text)
	var days int
	rest := string(text)
	if before, after, ok := strings.Cut(rest, "d"); ok {
		n, err := strconv.ParseUint(before, 10, 16)
		if err != nil {
			return bad
		}
		days, rest = int(n), after
		if rest == "" {
			rest = "0s"
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil || days > 0 && d < 0 || d > math.MaxInt64-time.Duration(days)*day {
		return bad
	}
	s.Duration = time.Duration(days)*day + d
	return nil
}

// MarshalText writes the span in the form that UnmarshalText reads.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String returns the span in the form that UnmarshalText reads: "7d", "1m30s".
func (s Span) String() string {
	days, rest := s.Duration/day, s.Duration%day
	if days == 0 || s.Duration < 0 {
		return shortDuration(s.Duration)
	}
	text := strconv.Itoa(int(days)) + "d"
	if rest > 0 {
		text += shortDuration(rest)
	}
	return text
}

// shortDuration returns d.String() without trailing zero minutes and seconds.
func shortDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// within returns an error if the span is out of bounds.
func (s Span) within(least, most time.Duration) error {
	if s.Duration < least || s.Duration > most {
		return fmt.Errorf("time span %q: use %s to %s", s, Span{least}, Span{most})
	}
	return nil
}

// An Interval is the time between two polls.
type Interval struct{ time.Duration }

// The bounds of an Interval.
const (
	minInterval = time.Second
	maxInterval = 10 * time.Minute
)

// UnmarshalText reads a Span. One out of bounds is an error.
func (i *Interval) UnmarshalText(text []byte) error {
	var s Span
	if err := s.UnmarshalText(text); err != nil {
		return err
	}
	if s.Duration < minInterval || s.Duration > maxInterval {
		return fmt.Errorf("interval of %s: use %s to %s", s, Span{minInterval}, Span{maxInterval})
	}
	i.Duration = s.Duration
	return nil
}

// A Size is a number of bytes, written like "512MiB".
type Size struct{ Bytes int64 }

// sizeUnits are the units of a Size, largest first.
var sizeUnits = []struct {
	name  string
	shift int
}{{"GiB", 30}, {"MiB", 20}, {"KiB", 10}}

// UnmarshalText reads a whole number of KiB, MiB or GiB.
func (s *Size) UnmarshalText(text []byte) error {
	for _, unit := range sizeUnits {
		if digits, ok := strings.CutSuffix(string(text), unit.name); ok {
			if n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 32); err == nil {
				s.Bytes = int64(n) << unit.shift
				return nil
			}
		}
	}
	return fmt.Errorf("size %q: write it like \"512MiB\", with KiB, MiB or GiB", text)
}

// String returns the size in the largest unit that divides it.
func (s Size) String() string {
	for _, unit := range sizeUnits {
		if n := s.Bytes >> unit.shift; n<<unit.shift == s.Bytes {
			return strconv.FormatInt(n, 10) + unit.name
		}
	}
	return strconv.FormatInt(s.Bytes, 10) + "B"
}

// within returns an error if the size is out of bounds.
func (s Size) within(least, most int64) error {
	if s.Bytes < least || s.Bytes > most {
		return fmt.Errorf("size %q: use %s to %s", s, Size{least}, Size{most})
	}
	return nil
}
