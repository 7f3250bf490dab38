package ui

import (
	"quotatop/model"
	"quotatop/theme"
)

// brailleDots are the dots of a cell's left and right column, from the lowest up.
var brailleDots = [2][4]rune{{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}}

// brailleBlank is the character without dots. The dots are added to it.
const brailleBlank = 0x2800

const (
	halftone  = 0x01 | 0x04 | 0x10 | 0x80 // every other dot, for what is not known in full
	limitDots = 0x01 | 0x08               // the highest of a cell
	limitLine = brailleBlank + limitDots
)

// drawArea fills the area below columns, two of them and four lines of dots a cell, in
// the colours of the pressure at each height. The limit's line is seen where the area
// is below it, and as a gap where it is above.
func (a area) drawArea(columns []bin, s *scale, stale bool) {
	for x := range a.w {
		left, right := &columns[2*x], &columns[2*x+1]
		value := float64(max(left.calls, right.calls))
		dots := [2]int{left.top(s), right.top(s)}
		top := max(dots[0], dots[1])
		for y := range a.h {
			base := s.dots - 4*(y+1)
			char := left.dots(0, base, dots[0]) | right.dots(1, base, dots[1])
			onLimit := s.limit == base+3
			switch {
			case onLimit && top > s.limit:
				char &^= limitDots
			case onLimit:
				char |= limitDots
			}
			var role theme.Role
			switch {
			case char == 0:
				continue
			case char == limitDots && onLimit:
				role = theme.Limit
			case stale:
				role = theme.Dim
			case left.ahead || right.ahead:
				role = theme.Fill
			case value == 0:
				role = theme.Track
			case top > base+3: // by the middle of the cell
				role = theme.Area(s.ratio(float64(base+2) / float64(s.high) * s.top))
			default:
				role = theme.Area(s.ratio(value))
			}
			a.set(x, y, role, brailleBlank+char)
		}
	}
}

// top returns the highest dot of a bin; -1 if it has none.
func (c *bin) top(s *scale) int {
	if !c.known {
		return -1
	}
	return s.dot(float64(c.calls))
}

// dots returns the dots up to top in the cell whose lowest dot is base, on a side.
func (c *bin) dots(side, base, top int) (char rune) {
	for d := base; d <= min(top, base+3); d++ {
		char |= brailleDots[side][d-base]
	}
	if c.ahead || c.mark&model.MarkLower != 0 {
		char &= halftone
	}
	return char
}

// rejectedSign marks rejected calls in a chart.
const rejectedSign = '×'

// drawRejected marks the cells with rejected calls in the limit's line, or in the
// highest line if the limit is out of sight.
func (a area) drawRejected(p *plot, s *scale) {
	y := 0
	if s.limit >= 0 {
		y = s.line(s.max)
	}
	for x := range a.w {
		if p.columns[2*x].rejected+p.columns[2*x+1].rejected > 0 {
			a.set(x, y, theme.Rejected, rejectedSign)
		}
	}
}
