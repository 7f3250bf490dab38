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
	peak     float64    // 0 for none
	learned  float64    // the observed limit; 0 if it is the documented one
	role     theme.Role // of this machine's calls
	foreign  theme.Role // of others' calls
}

// eighths are blocks from the left, each an eighth of a cell wider.
var eighths = [9]rune{' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'}

const (
	trackGlyph    = '─'
	unknownGlyph  = '╌'
	othersGlyph   = '▓'
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
	steps := eighthsOf(b.used, body)
	full := steps / 8
	others := 0
	if b.others > 0 && full > 0 {
		others = min(max(int(math.Round(b.others*float64(body))), 1), full)
	}
	a.fill(x, y, full-others, b.role, '█')
	a.fill(x+full-others, y, others, b.foreign, othersGlyph)
	if part := steps % 8; part > 0 {
		role := b.role
		if others > 0 {
			role = b.foreign
		}
		a.set(x+full, y, role, eighths[part])
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
	a.fill(x, y, accepted, b.role, '█')
	if b.rejected > 0 {
		rejected := max(int(math.Round(min(b.rejected, 9)*float64(body))), 1)
		a.fill(x+accepted, y, min(rejected, n-accepted), theme.Rejected, rejectedGlyph)
	}
}

// eighthsOf returns a part of a body in eighths of a cell: at least one for any part
// above 0, and all of them for 1 or more only.
func eighthsOf(ratio float64, body int) int {
	steps := int(math.Round(min(max(ratio, 0), 1) * float64(body*8)))
	switch {
	case ratio >= 1:
		return body * 8
	case ratio > 0:
		return min(max(steps, 1), body*8-1)
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
