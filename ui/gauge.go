package ui

import (
	"math"

	"quotatop/model"
	"quotatop/theme"
)

// A bar is the content of a gauge, in parts of the limit.
type bar struct {
	known    bool
	used     float64 // accepted calls, others' included
	others   float64
	rejected float64
	inferred bool       // others is what a refusal leaves unexplained
	peak     float64    // 0 for none
	learned  float64    // the observed limit; 0 if it is the documented one
	role     theme.Role // of this machine's calls
	foreign  theme.Role // of others' calls
}

// levels are blocks from the bottom, each an eighth of a cell higher. None fills its
// cell, so that those in lines below each other do not become one.
var levels = [8]rune{' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇'}

const (
	fullGlyph     = '▇'
	trackGlyph    = '─'
	unknownGlyph  = '╌'
	othersGlyph   = '▓'
	restGlyph     = '░'
	rejectedGlyph = '▒'
	limitGlyph    = '│'
	peakGlyph     = '┆'
	learnedGlyph  = '╎'
)

// gauge draws a bar in n cells at x: the used part, a track up to the mark of the
// limit, and after the mark what exceeds the limit. A narrow gauge ends at the
// limit.
func (a area) gauge(x, y, n int, b bar) {
	over := 0
	switch {
	case n >= 16:
		over = n / 8
	case n >= 7:
		over = 1
	}
	body := n
	if over > 0 {
		body = n - over - 1
	}
	if !b.known {
		a.fill(x, y, body, theme.Track, unknownGlyph)
		if over > 0 {
			a.set(x+body, y, theme.Track, limitGlyph)
		}
		return
	}
	a.fill(x, y, body, theme.Track, trackGlyph)
	if b.peak > b.used && b.peak < 1 {
		a.set(x+int(b.peak*float64(body)), y, theme.Peak, peakGlyph)
	}
	steps := stepsOf(b.used, body)
	full, part := steps/cellSteps, steps%cellSteps
	others := 0
	if b.others > 0 && steps > 0 { // in whole cells, as part of one would be this machine's
		if full, part = (steps+cellSteps/2)/cellSteps, 0; b.used < 1 {
			full = min(max(full, 1), body-1)
		}
		others = min(max(int(math.Round(b.others*float64(body))), 1), full)
	}
	glyph := othersGlyph
	if b.inferred {
		glyph = restGlyph
	}
	a.fill(x, y, full-others, b.role, fullGlyph)
	a.fill(x+full-others, y, others, b.foreign, glyph)
	if part > 0 {
		a.set(x+full, y, b.role, levels[part])
	}
	if b.learned > 0 && b.learned < 1 { // over all else
		a.set(x+int(b.learned*float64(body)), y, theme.Alarm, learnedGlyph)
	}
	if over == 0 {
		return
	}
	a.set(x+body, y, theme.Limit, limitGlyph)
	a.overLimit(x+body+1, y, over, body, b)
}

// overLimit draws what exceeds the limit in n cells, to the scale of a body of so
// many cells: accepted calls first, then rejected ones.
func (a area) overLimit(x, y, n, body int, b bar) {
	accepted := 0
	if b.used > 1 {
		accepted = min(max(int(math.Round(min(b.used-1, 9)*float64(body))), 1), n)
	}
	if b.rejected > 0 {
		accepted = min(accepted, n-1)
	}
	a.fill(x, y, accepted, b.role, fullGlyph)
	if b.rejected > 0 {
		rejected := max(int(math.Round(min(b.rejected, 9)*float64(body))), 1)
		a.fill(x+accepted, y, min(rejected, n-accepted), theme.Rejected, rejectedGlyph)
	}
}

// cellSteps is how many heights a cell has.
const cellSteps = len(levels) - 1

// stepsOf returns a part of a body in steps of a cell: at least one for any part
// above 0, and all of them for 1 or more only.
func stepsOf(ratio float64, body int) int {
	steps := int(math.Round(min(max(ratio, 0), 1) * float64(body*cellSteps)))
	switch {
	case ratio >= 1:
		return body * cellSteps
	case ratio > 0:
		return min(max(steps, 1), body*cellSteps-1)
	}
	return 0
}

// limitBar returns the bar of a limit, by its wall.
func limitBar(u *model.LimitUsage, w model.Wall) bar {
	limit := float64(u.Limit)
	b := bar{
		known:    u.Used.Known(),
		used:     float64(u.Used.Or(0)) / limit,
		others:   float64(u.Others.Or(0)) / limit,
		rejected: float64(u.Rejected.Or(0)) / limit,
		inferred: u.Inferred,
		peak:     float64(u.Peak.Or(0)) / limit,
		learned:  float64(u.Learned.Or(0)) / limit,
		role:     wallRole(w),
		foreign:  theme.Others,
	}
	if w.Stale {
		b.foreign = theme.Dim
	}
	return b
}

// pressureRole returns the role of a pressure.
func pressureRole(p model.Pressure) theme.Role {
	switch p {
	case model.Calm:
		return theme.Calm
	case model.Warm:
		return theme.Warm
	case model.Hot:
		return theme.Hot
	case model.Full:
		return theme.Full
	}
	return theme.Dim
}

// pressureGlyph shows a pressure without colour.
func pressureGlyph(p model.Pressure) rune {
	switch p {
	case model.Warm:
		return '△'
	case model.Hot:
		return '▲'
	case model.Full:
		return '■'
	}
	return ' '
}
