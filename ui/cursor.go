package ui

import (
	"time"

	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"
)

// moveCursor moves the cursor of the chart by n cells, and reports whether there is
// one. It appears at the newest end, and stays at its time while the chart moves on.
func (a *App) moveCursor(n int) bool {
	if !a.inDetail() {
		return false
	}
	g := a.frame().chart
	if g.n == 0 {
		return false
	}
	first := g.now - g.points + 1
	step, shown := g.find(a.cursor)
	switch {
	case n == -far:
		step = first
	case n == far || !shown:
		step = g.now
	default:
		step = min(max(step+n*g.stride(), first), g.now)
	}
	a.putAt(&g, step)
	return true
}

// putCursor puts the cursor of the chart into one of its cells.
func (a *App) putCursor(cell int) {
	if g := a.frame().chart; g.n > 0 {
		a.putAt(&g, g.now-(g.cells()-1-cell)*2*g.points/g.n)
	}
}

func (a *App) putAt(g *grid, step int) {
	a.picked[endpointsPane] = a.pickedEndpoint() // the chart stays on its endpoint
	a.cursor = g.end(step)
}

// drawCursor draws the cursor of a chart.
func (a area) drawCursor(x int) {
	for y := range a.h {
		if cell := a.c.cell(a.x+x, a.y+y); cell.char != rejectedSign {
			a.set(x, y, theme.FocusTitle, '│')
		}
	}
}

// readout describes the cell that ends with a step, from the longest text to the
// shortest: its time, the most calls in a window, and how many were rejected.
func (a *App) readout(p *plot, step int) [][]word {
	c, at := p.upTo(step), p.end(step)
	clock := words.Clock(at)
	if !words.SameDay(at, a.snap.At) {
		clock = words.Day(a.snap.At, at)
	}
	all := []word{{theme.FocusTitle, clock}, {theme.Dim, "-" + words.Coarse(a.snap.At.Sub(at).Round(time.Second))}}
	if !c.known {
		all = append(all, word{theme.Text, words.Unknown}, word{theme.Dim, "not watched"})
	} else {
		all = append(all, word{theme.Bright, a.signs(words.Sign(c.mark&model.MarkEstimated != 0, c.mark&model.MarkUpper != 0, c.mark&model.MarkLower != 0)) + words.Count(c.calls)})
		if p.limit > 0 {
			all = append(all, word{theme.Dim, "of " + words.Count(p.limit)}, word{theme.Text, words.Percent(float64(c.calls) / float64(p.limit))})
		}
	}
	texts := [][]word{all, all[:3], all[2:3]}
	if c.rejected > 0 {
		long := append(all, word{theme.Rejected, string(rejectedSign)}, word{theme.Text, words.Count(c.rejected)}, word{theme.Dim, "rejected"})
		texts = [][]word{long, long[:len(long)-1], all, all[:3], all[2:3]}
	}
	return texts
}
