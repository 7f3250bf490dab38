package ui

import "time"

// A grid places the steps of a chart in columns of dots, two to a cell. The last
// column is now. A column always holds the same steps, so a chart moves to the left
// without changing its shape. The zero value has no columns.
type grid struct {
	at     area // where it is drawn
	step   time.Duration
	points int // how many steps the columns are for
	now    int // the number of the last step that is over, counted from the Unix epoch
	n      int // the columns
}

// place returns the columns of a step by its number.
func (g *grid) place(step int) (from, to int) {
	from, to = g.spread(step)
	_, end := g.spread(g.now)
	return from + g.n - 1 - end, to + g.n - 1 - end
}

// spread returns the columns of a step if they are counted from the Unix epoch.
func (g *grid) spread(step int) (from, to int) {
	from = step * g.n / g.points
	if g.n <= g.points {
		return from, from
	}
	return from, ((step+1)*g.n - 1) / g.points
}

// span is the time that the columns are for.
func (g *grid) span() time.Duration { return time.Duration(g.points) * g.step }

// cells returns how many cells the columns have.
func (g *grid) cells() int { return g.n / 2 }

// stride returns how many steps a cell is for, one at least.
func (g *grid) stride() int { return max(2*g.points/g.n, 1) }

// end returns when a step is over, by its number.
func (g *grid) end(step int) time.Time {
	return time.Unix(0, int64(step+1)*int64(g.step)).UTC()
}

// find returns the number of the step of a time, which is the end of a step or before
// it; false if it is not in the grid.
func (g *grid) find(t time.Time) (step int, ok bool) {
	if g.n == 0 || t.IsZero() {
		return 0, false
	}
	step = min(int((t.UnixNano()-1)/int64(g.step)), g.now)
	return step, step > g.now-g.points
}
