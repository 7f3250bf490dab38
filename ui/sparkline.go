package ui

import (
	"math"

	"quotatop/model"
	"quotatop/theme"
)

// levels are the lower blocks, an eighth of a cell apart.
var levels = [9]rune{' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'}

// sparkline draws the last windows of a limit over the width of the area, the
// newest at the right. A cell is full where calls came as fast as the limit
// allows.
func (a area) sparkline(u *model.LimitUsage, stale bool) {
	if len(u.History) == 0 {
		return
	}
	for x := range a.w {
		from, to := x*len(u.History)/a.w, max((x+1)*len(u.History)/a.w, x*len(u.History)/a.w+1)
		accepted, rejected := 0, 0
		for j := from; j < to; j++ {
			accepted += u.History[j]
			if j < len(u.HistoryRejected) {
				rejected += u.HistoryRejected[j]
			}
		}
		ratio := float64(accepted) * window / float64((to-from)*u.Limit)
		role, level := pressureRole(model.PressureOf(ratio)), max(int(math.Round(min(ratio, 1)*8)), 1)
		switch {
		case rejected > 0:
			role, level = theme.Rejected, 8
		case accepted == 0:
			role = theme.Track
		}
		if stale {
			role = theme.Dim
		}
		a.set(x, 0, role, levels[level])
	}
}

// chart draws how full the window of a limit was over the last windows, with a
// line at the limit and a cross over each time at which calls were rejected.
func (a area) chart(u *model.LimitUsage, stale bool) {
	if len(u.History) < model.HistorySteps || a.w < 16 || a.h < 3 {
		return
	}
	top := float64(max(u.Peak.Or(0), 1))
	if top > float64(u.Limit)/3 { // near enough for the limit to be in the picture
		top = math.Max(top, float64(u.Limit))
	}
	labels := max(width(count(int(top))), width(count(u.Limit)))
	plot := a.sub(labels+1, 1, a.w-labels-1, a.h-2)
	if plot.w < 8 || plot.h < 1 {
		return
	}
	limitRow := -1
	if top >= float64(u.Limit) {
		limitRow = min(plot.h-1-int(float64(u.Limit)/top*float64(plot.h)*0.999999), plot.h-1)
		a.right(0, 1+limitRow, labels, theme.Dim, count(u.Limit))
		plot.fill(0, limitRow, plot.w, theme.Track, '┄')
	} else {
		a.right(0, 1, labels, theme.Dim, count(int(top)))
	}
	if limitRow != plot.h-1 {
		a.right(0, plot.h, labels, theme.Dim, "0")
	}
	sums := windows(u.History)
	for x := range plot.w {
		from := x * len(sums) / plot.w
		to := max((x+1)*len(sums)/plot.w, from+1)
		most, rejected := 0, 0
		for j := from; j < to; j++ {
			most = max(most, sums[j])
			if step := j + window - 1; step < len(u.HistoryRejected) {
				rejected += u.HistoryRejected[step]
			}
		}
		plot.bar(x, float64(most)/top, top/float64(u.Limit), stale)
		if rejected > 0 {
			a.set(labels+1+x, 0, theme.Rejected, '×')
		}
	}
	a.put(labels+1, a.h-1, theme.Dim, "-"+rough(15*u.Per()))
	a.right(0, a.h-1, a.w, theme.Dim, "now")
}

// window is how many steps of a history make one window of its limit.
const window = model.HistorySteps / 15

// windows is the calls in the windows that end at each step of a history that
// has a whole window before it.
func windows(history []int) (sums [model.HistorySteps - window + 1]int) {
	sum := 0
	for step, n := range history[:model.HistorySteps] {
		sum += n
		if step >= window-1 {
			sums[step-window+1] = sum
			sum -= history[step-window+1]
		}
	}
	return sums
}

// bar draws one column of a chart, a part of the area's height: its top in
// the colour of how full that is, in limits, on a quiet body.
func (a area) bar(x int, part, limits float64, stale bool) {
	steps := int(math.Round(min(part, 1) * float64(a.h*8)))
	if part > 0 {
		steps = max(steps, 1)
	}
	role := pressureRole(model.PressureOf(part * limits))
	if stale {
		role = theme.Dim
	}
	top := (steps - 1) / 8
	for row := range top {
		a.set(x, a.h-1-row, theme.Fill, '█')
	}
	if steps > 0 {
		a.set(x, a.h-1-top, role, levels[steps-top*8])
	}
}
