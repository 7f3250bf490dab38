package ui

import (
	"time"

	"quotatop/model"
	"quotatop/theme"

	tea "charm.land/bubbletea/v2"
)

// chartHeight and chartWidth are the least area that a chart needs: a line of
// words, one for the marks of rejected calls, three of dots, the times.
const (
	chartHeight = 6
	chartWidth  = 20
)

// A plot is what a chart draws: the calls of the minute that ends at each of
// its steps, from the first step on that has a whole minute before it. A minute
// is what rates are told in, and what most limits are for.
type plot struct {
	*model.Chart
	minute int // the steps of a minute
	points int
	known  int // the first point whose minute was watched; points when none was
}

func newPlot(c *model.Chart) plot {
	p := plot{Chart: c, minute: max(int(time.Minute/c.Step), 1)}
	p.points = max(len(c.Accepted)-p.minute+1, 0)
	if missing := c.From.Sub(c.To.Add(-c.Span())); missing > 0 {
		p.known = min(int((missing+c.Step-1)/c.Step), p.points)
	}
	return p
}

// at is the calls of the minute that ends with the step of a point.
func (p *plot) at(point int) (calls int) {
	for _, n := range p.Accepted[point : point+p.minute] {
		calls += n
	}
	return calls
}

// An extent is the least and the most of some points, and their sum.
type extent struct{ least, most, sum, points int }

// extent is that of the points [from, to), as far as they are known.
func (p *plot) extent(from, to int) (b extent) {
	for i := max(from, p.known); i < to; i++ {
		n := p.at(i)
		if b.points == 0 || n < b.least {
			b.least = n
		}
		b.most = max(b.most, n)
		b.sum += n
		b.points++
	}
	return b
}

// rejected is the rejected calls of the steps that points [from, to) end with.
func (p *plot) rejected(from, to int) (calls int) {
	for i := from + p.minute - 1; i < min(to+p.minute-1, len(p.Rejected)); i++ {
		calls += p.Rejected[i]
	}
	return calls
}

// chart is the chart of an endpoint that w has chosen; nil when there is none.
func (a *App) chart(e *model.EndpointUsage) *model.Chart {
	if len(e.Charts) == 0 {
		return nil
	}
	return &e.Charts[a.chartSpan%len(e.Charts)]
}

// nextSpan chooses the next longer chart, or the shortest again.
func (a *App) nextSpan(string) tea.Cmd {
	a.chartSpan++
	return nil
}

// showsChart reports whether the detail pane has an endpoint's charts to choose
// from.
func (a *App) showsChart() bool {
	e, _, _ := a.subjectRow()
	if a.help || e == nil || len(e.Charts) < 2 {
		return false
	}
	_, room := layoutFor(a.w, a.h).slot(detailPane)
	return a.zoom && a.focus == detailPane || !a.zoom && room
}

// drawChart draws the past of an endpoint in calls a minute, with a line at
// limit l, if it has one, and a cross over each time at which calls were
// rejected. Where many steps share a column, it shows the least and the most
// of them. What was not watched is left blank.
func (a *App) drawChart(at area, c *model.Chart, l *model.LimitUsage) {
	if c == nil || at.w < chartWidth || at.h < chartHeight {
		return
	}
	p := newPlot(c)
	all := p.extent(0, p.points)
	asOf := a.newestFigure()
	if l != nil {
		asOf = l.AsOf
	}
	stale := a.stale(asOf)
	at.words(0, 0, fitWords(at.w, chartWords(&p, all, l)...))

	limit, top := 0.0, float64(max(all.most, 1))
	if l != nil {
		limit = float64(l.Limit) / l.Per().Minutes()
		if top > limit/3 { // near enough for the limit to be in the picture
			top = max(top, limit)
		}
	}
	labels := max(width(count(int(top))), width(count(int(limit))))
	body := at.sub(labels+1, 2, at.w-labels-1, at.h-3)
	if body.w < 8 {
		return
	}
	a.drawTimes(at.sub(labels+1, at.h-1, body.w, 1), &p)
	scale := at.sub(0, 2, labels, body.h)
	scale.right(0, body.h-1, labels, theme.Dim, "0")
	scale.right(0, 0, labels, theme.Dim, count(int(top)))
	if l != nil && top >= limit {
		y := body.h - 1 - dots(limit, top, body.h)/4
		scale.fill(0, y, labels, theme.Dim, ' ')
		scale.right(0, y, labels, theme.Limit, count(int(limit)))
		body.fill(0, y, body.w, theme.Track, '┄')
	}
	body.braille(&p, top, limit, stale)
	marks := at.sub(labels+1, 1, body.w, 1)
	for x := range body.w {
		from, to := p.column(2*x, 2*body.w), p.column(2*x+2, 2*body.w)
		if p.rejected(from, max(to, from+1)) > 0 {
			marks.set(x, 0, theme.Rejected, '×')
		}
	}
	if unwatched := p.known * body.w / max(p.points, 1); unwatched > 0 {
		body.put(0, body.h-1, theme.Dim, fit(unwatched-1, unknown+" not watched", unknown))
	}
}

// column is the first point of a column of so many.
func (p *plot) column(x, columns int) int { return x * p.points / columns }

// dots is how high a value stands in an area of so many lines, in dots above
// the lowest. More than nothing is above nothing.
func dots(value, top float64, lines int) int {
	d := int(value/top*float64(4*lines-1) + 0.5)
	if value > 0 {
		d = max(d, 1)
	}
	return min(d, 4*lines-1)
}

// brailleDots are the dots of a cell, from its lowest line up: those of its
// left and of its right column.
var brailleDots = [2][4]rune{{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}}

// brailleBlank is the cell without dots; the dots are added to it.
const brailleBlank = 0x2800

// braille draws a plot in dots, two columns and four lines of them a cell: the
// top of each column in the colour of how near that is to the limit, 0 for
// none, on a quiet body.
func (a area) braille(p *plot, top, limit float64, stale bool) {
	low, high, begun := 0, 0, false // of the column before
	for x := range a.w {
		var from, to [2]int // the dots of the cell's two columns
		for side := range 2 {
			first := p.column(2*x+side, 2*a.w)
			b := p.extent(first, max(p.column(2*x+side+1, 2*a.w), first+1))
			from[side], to[side] = 1, 0
			if b.points == 0 {
				begun = false
				continue
			}
			l, h := dots(float64(b.least), top, a.h), dots(float64(b.most), top, a.h)
			from[side], to[side] = l, h
			if begun { // leave no gap between neighbours
				from[side], to[side] = min(l, high+1), max(h, low-1)
			}
			low, high, begun = l, h, true
		}
		for y := range a.h {
			char, base := rune(brailleBlank), 4*(a.h-1-y)
			for side := range 2 {
				for d := max(from[side], base); d <= min(to[side], base+3); d++ {
					char |= brailleDots[side][d-base]
				}
			}
			if char == brailleBlank {
				continue
			}
			role := theme.Fill
			if dot := max(to[0], to[1]); dot <= base+3 {
				role = heatRole(float64(dot)/float64(4*a.h-1)*top, limit)
			}
			if stale {
				role = theme.Dim
			}
			a.set(x, y, role, char)
		}
	}
}

// heatRole is the colour of a rate under a limit; 0 is none.
func heatRole(rate, limit float64) theme.Role {
	if limit <= 0 {
		return theme.Calm
	}
	return pressureRole(model.PressureOf(rate / limit))
}

// drawTimes writes when a plot begins and ends.
func (a *App) drawTimes(at area, p *plot) {
	at.put(0, 0, theme.Dim, "-"+rough(p.Step*time.Duration(p.points)))
	end := "now"
	if age := a.snap.At.Sub(p.To); age >= p.Step+freshAge {
		end = hourMinute(p.To) + " UTC"
	}
	at.right(0, 0, at.w, theme.Dim, end)
}

// chartWords say what a chart shows, from the longest text to the shortest.
func chartWords(p *plot, all extent, l *model.LimitUsage) [][]word {
	figures := []word{{theme.Dim, "min"}, {theme.Text, unknown}, {theme.Dim, "avg"}, {theme.Text, unknown}, {theme.Dim, "max"}, {theme.Text, unknown}}
	if all.points > 0 {
		figures[1].text, figures[3].text, figures[5].text = count(all.least), count((all.sum+all.points/2)/all.points), count(all.most)
	}
	if n := p.rejected(0, p.points); n > 0 {
		figures = append(figures, word{theme.Rejected, "×"}, word{theme.Text, count(n)}, word{theme.Dim, "rejected"})
	}
	long := append([]word{{theme.Dim, "calls a minute:"}}, figures...)
	short := append([]word{{theme.Dim, "calls/min"}}, figures[:6]...)
	texts := [][]word{long, short, figures[:6], figures[4:6]}
	if l != nil && l.Per() != time.Minute {
		scaled := word{theme.Dim, "(limit " + count(l.Limit) + " " + perWords(l.Per()) + ": " + count(int(float64(l.Limit)/l.Per().Minutes())) + " a minute)"}
		texts = [][]word{append(long, scaled), append(short, scaled), {scaled}, figures[:6], figures[4:6]}
	}
	return texts
}

// fitWords is the first of texts that fits n cells, or nothing.
func fitWords(n int, texts ...[]word) []word {
	for _, t := range texts {
		if wordsWidth(t) <= n {
			return t
		}
	}
	return nil
}
