package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A Span is a time span as the file has it: "60s", "1h30m", "7d", "1d12h".
type Span string

// Duration is the span; 0 of one that Load would refuse.
func (s Span) Duration() time.Duration {
	d, _ := parseSpan(string(s))
	return d
}

// within refuses a span out of bounds.
func (s Span) within(least, most Span) error {
	d, err := parseSpan(string(s))
	if err == nil && (d < least.Duration() || d > most.Duration()) {
		err = fmt.Errorf("time span %q: use %s to %s", string(s), least, most)
	}
	return err
}

const day = 24 * time.Hour

// parseSpan reads what time.ParseDuration does, with days before it: "7d".
func parseSpan(text string) (time.Duration, error) {
	bad := fmt.Errorf("time span %q: write it like \"10s\"", text)
	var days int
	rest := text
	if before, after, ok := strings.Cut(text, "d"); ok {
		n, err := strconv.ParseUint(before, 10, 16)
		if err != nil {
			return 0, bad
		}
		days, rest = int(n), after
		if rest == "" {
			rest = "0s"
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil || days > 0 && d < 0 || d > math.MaxInt64-time.Duration(days)*day {
		return 0, bad
	}
	return time.Duration(days)*day + d, nil
}

// A Size is a number of bytes as the file has it: "512MiB".
type Size string

// Bytes is the size; 0 of one that Load would refuse.
func (s Size) Bytes() int64 {
	n, _ := parseSize(string(s))
	return n
}

// within refuses a size out of bounds.
func (s Size) within(least, most Size) error {
	n, err := parseSize(string(s))
	if err == nil && (n < least.Bytes() || n > most.Bytes()) {
		err = fmt.Errorf("size %q: use %s to %s", string(s), least, most)
	}
	return err
}

// parseSize reads a whole number of KiB, MiB or GiB.
func parseSize(text string) (int64, error) {
	for unit, shift := range map[string]int{"KiB": 10, "MiB": 20, "GiB": 30} {
		if digits, ok := strings.CutSuffix(text, unit); ok {
			if n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 32); err == nil {
				return int64(n) << shift, nil
			}
		}
	}
	return 0, fmt.Errorf("size %q: write it like \"512MiB\", with KiB, MiB or GiB", text)
}
