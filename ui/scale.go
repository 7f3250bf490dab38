package ui

import "math"

// A scale places values on the lines of a chart, four dots to a line.
type scale struct {
	top   float64 // the value of the dot high
	dots  int     // how many there are
	high  int     // the highest dot for a value
	limit int     // the dot of the limit, the highest of its line; -1 if it is out of sight
	max   float64 // the limit; 0 for none
}

// newScale returns a scale of so many lines for values up to most. The limit is in
// sight if the values come within a third of it, with as many lines above it as they
// need.
func newScale(most, limit, lines int) scale {
	s := scale{top: float64(max(most, 1)), dots: 4 * lines, high: 4*lines - 1, limit: -1, max: float64(limit)}
	s.top = math.Ceil(s.top/s.step()) * s.step()
	if limit <= 0 || most <= limit/3 {
		return s
	}
	for above := range lines {
		s.limit = 4*(lines-above) - 1
		if s.top = s.max * float64(s.high) / float64(s.limit); float64(most) <= s.top {
			break
		}
	}
	return s
}

// dot returns the dot of a value, from 0. Only a value that reaches the limit gets
// the limit's dot, and any value above 0 is higher than 0.
func (s *scale) dot(value float64) int {
	d := int(math.Round(min(value/s.top, 1) * float64(s.high)))
	if s.limit >= 0 && value < s.max {
		d = min(d, s.limit-1)
	}
	if value > 0 {
		d = max(d, 1)
	}
	return d
}

// line returns the line of a value, from the top.
func (s *scale) line(value float64) int { return (s.dots - 1 - s.dot(value)) / 4 }

// ratio returns a value as a part of the limit; 0 without one.
func (s *scale) ratio(value float64) float64 {
	if s.max <= 0 {
		return 0
	}
	return value / s.max
}

// step returns the distance of round values: two lines at least, and more on many
// lines.
func (s *scale) step() float64 {
	lines := s.dots / 4
	return nice(s.top * float64(max(2, lines/5)) / float64(lines))
}

// nice returns the least of 1, 2, 5, 10, 20 and so on that is no less than value.
func nice(value float64) float64 {
	power := 1.0
	for power*10 <= value {
		power *= 10
	}
	for _, digit := range [...]float64{1, 2, 5} {
		if power*digit >= value {
			return power * digit
		}
	}
	return power * 10
}
