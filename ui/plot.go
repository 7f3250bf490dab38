package ui

import (
	"time"

	"quotatop/model"
)

// maxColumns is how many columns of dots a plot has at most.
const maxColumns = 800

// A plot is the points of a chart in columns of dots. A point is the calls in the
// window that ends with a step: the window of a limit, or a minute. What the chart
// does not reach yet is unknown.
type plot struct {
	grid
	chart   *model.Chart
	per     time.Duration // the window of a point
	limit   int           // calls in a window; 0 for no limit
	first   int           // the first step that is a point
	columns [maxColumns]bin
	extent
}

// A bin is the points that share a column of dots.
type bin struct {
	calls    int // the most of them
	rejected int // in their steps, not in their windows
	mark     model.Mark
	known    bool // some point is
	ahead    bool // it is what will be
}

// An extent is the minimum, the maximum and the sum of the known points, and the
// rejected calls of all.
type extent struct{ least, most, sum, known, rejected int }

// hourSpans are how much of the longest chart is shown for a limit over more than a
// minute, for the spans that the user chooses from.
var hourSpans = [...]time.Duration{time.Hour, 6 * time.Hour, 24 * time.Hour}

// set makes p the plot of an endpoint against a limit, nil for none, over one of the
// spans that the user chooses from. It reports false if there is no chart.
func (p *plot) set(e *model.EndpointUsage, l *model.LimitUsage, span int, now time.Time) bool {
	if len(e.Charts) == 0 {
		return false
	}
	p.per, p.limit = time.Minute, 0
	if l != nil {
		p.per, p.limit = l.Per(), l.Learned.Or(l.Limit) // the limit in force
	}
	p.chart, p.first = &e.Charts[span%len(e.Charts)], 0
	if p.per > time.Minute {
		p.chart = &e.Charts[len(e.Charts)-1]
		p.first = len(p.chart.Accepted) - int(hourSpans[span%len(hourSpans)]/p.chart.Step)
	}
	p.first = max(p.first, int(min(p.per, time.Minute)/p.chart.Step)-1, 0)
	p.grid = grid{step: p.chart.Step, points: max(len(p.chart.Accepted)-p.first, 1)}
	p.now = max(int(now.UnixNano()/int64(p.step))-1, p.last())
	return true
}

// last returns the number of the chart's last step.
func (p *plot) last() int { return int(p.chart.To.UnixNano()/int64(p.step)) - 1 }

// read arranges the points in n columns.
func (p *plot) read(n int) {
	p.n, p.extent = min(max(n, 0), maxColumns), extent{}
	clear(p.columns[:p.n])
	number := p.last() - len(p.chart.Accepted) + 1 // of the first step
	for r := p.chart.Rolling(p.per); r.Next(); {
		from, to := p.place(number + r.Step)
		if r.Step < p.first || to < 0 {
			continue
		}
		rejected := p.chart.Rejected[r.Step]
		for x := max(from, 0); x <= min(to, p.n-1); x++ {
			p.columns[x].add(&r, rejected)
		}
		p.add(&r, rejected)
	}
}

func (c *bin) add(r *model.Rolling, rejected int) {
	c.rejected += rejected
	if r.Known && (!c.known || r.Calls > c.calls) {
		c.calls, c.mark, c.known = r.Calls, r.Mark, true
	}
}

func (b *extent) add(r *model.Rolling, rejected int) {
	b.rejected += rejected
	if !r.Known {
		return
	}
	if b.known == 0 || r.Calls < b.least {
		b.least = r.Calls
	}
	b.most = max(b.most, r.Calls)
	b.sum += r.Calls
	b.known++
}

// upTo returns the points of the cell that ends with a step, by its number, as one.
func (p *plot) upTo(step int) (b bin) {
	number := p.last() - len(p.chart.Accepted) + 1
	for r := p.chart.Rolling(p.per); r.Next(); {
		if n := number + r.Step; n > step-p.stride() && n <= step {
			b.add(&r, p.chart.Rejected[r.Step])
		}
	}
	return b
}

// blank returns how many cells at the left have no known point.
func (p *plot) blank() (cells int) {
	for cells < p.cells() && !p.columns[2*cells].known && !p.columns[2*cells+1].known {
		cells++
	}
	return cells
}
