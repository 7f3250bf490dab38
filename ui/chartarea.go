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
		for y := range a.h {
			base := s.dots - 4*(y+1)
			char := left.dots(0, base, s) | right.dots(1, base, s)
			if s.limit == base+3 {
				if above := s.dot(value) > s.limit; above {
					char &^= limitDots
				} else {
					char |= limitDots
				}
			}
			height := value
			if s.dot(value) > base+3 {
				height = float64(base+2) / float64(s.high) * s.top // the middle of the cell
			}
			role := theme.Area(s.ratio(height))
			switch {
			case char == 0:
				continue
			case char == limitDots && s.limit == base+3:
				role = theme.Limit
			case stale:
				role = theme.Dim
			case left.ahead || right.ahead:
				role = theme.Fill
			case value == 0:
				role = theme.Track
			}
			a.set(x, y, role, brailleBlank+char)
		}
	}
}

// dots returns the dots of a bin in the cell whose lowest dot is base, on a side.
func (c *bin) dots(side, base int, s *scale) (char rune) {
	if !c.known {
		return 0
	}
	for d := base; d <= min(s.dot(float64(c.calls)), base+3); d++ {
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
