package ui

import (
	"time"

	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"

	tea "charm.land/bubbletea/v2"
)

// chartHeight and chartWidth are the least size of a chart: a line of words, one of
// marks for rejected calls, three of dots, and one of times.
const (
	chartHeight = 6
	chartWidth  = 20
)

// A plot is the points of a chart: at each step, the calls of the minute that ends
// with it. It begins with the first step that has a whole minute before it. Rates
// are per minute, and so are most limits.
type plot struct {
	*model.Chart
	minute   int // the steps of a minute
	points   int
	observed int // the first point whose minute was observed; points if none was
}

func newPlot(c *model.Chart) plot {
	p := plot{Chart: c, minute: max(int(time.Minute/c.Step), 1)}
	p.points = max(len(c.Accepted)-p.minute+1, 0)
	if missing := c.From.Sub(c.To.Add(-c.Span())); missing > 0 {
		p.observed = min(int((missing+c.Step-1)/c.Step), p.points)
	}
	return p
}

// at returns the calls of the minute that ends with a point; false if they were not
// observed.
func (p *plot) at(point int) (calls int, ok bool) {
	calls, _, ok = p.Minute(point + p.minute - 1)
	return calls, ok
}

// An extent is the minimum, the maximum and the sum of some points.
type extent struct{ least, most, sum, points int }

// extent returns that of the points [from, to), without those not observed.
func (p *plot) extent(from, to int) (b extent) {
	for i := max(from, p.observed); i < to; i++ {
		n, ok := p.at(i)
		if !ok {
			continue
		}
		if b.points == 0 || n < b.least {
			b.least = n
		}
		b.most = max(b.most, n)
		b.sum += n
		b.points++
	}
	return b
}

// rejected returns the rejected calls of the steps of points [from, to).
func (p *plot) rejected(from, to int) (calls int) {
	for i := from + p.minute - 1; i < min(to+p.minute-1, len(p.Rejected)); i++ {
		calls += p.Rejected[i]
	}
	return calls
}

// chart returns the chart of an endpoint that the user chose; nil if there is none.
func (a *App) chart(e *model.EndpointUsage) *model.Chart {
	if len(e.Charts) == 0 {
		return nil
	}
	return &e.Charts[a.chartSpan%len(e.Charts)]
}

// nextSpan chooses the next longer chart, or the shortest after the longest.
func (a *App) nextSpan(string) tea.Cmd {
	a.chartSpan++
	return nil
}

// showsChart reports whether the detail pane shows one of several charts.
func (a *App) showsChart() bool {
	e, _, _ := a.subjectRow()
	if a.help || e == nil || len(e.Charts) < 2 {
		return false
	}
	_, room := layoutFor(a.w, a.h).slot(detailPane)
	return a.zoom && a.focus == detailPane || !a.zoom && room
}

// drawChart draws the calls of an endpoint per minute, with a line at limit l, if
// not nil, and a cross where calls were rejected. If several steps share a column,
// it shows their minimum and maximum. Time that was not observed stays blank.
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
		if top > limit/3 { // close enough to show the limit
			top = max(top, limit)
		}
	}
	labels := max(width(words.Count(int(top))), width(words.Count(int(limit))))
	body := at.sub(labels+1, 2, at.w-labels-1, at.h-3)
	if body.w < 8 {
		return
	}
	a.drawTimes(at.sub(labels+1, at.h-1, body.w, 1), &p)
	scale := at.sub(0, 2, labels, body.h)
	scale.right(0, body.h-1, labels, theme.Dim, "0")
	scale.right(0, 0, labels, theme.Dim, words.Count(int(top)))
	if l != nil && top >= limit {
		y := body.h - 1 - dots(limit, top, body.h)/4
		scale.fill(0, y, labels, theme.Dim, ' ')
		scale.right(0, y, labels, theme.Limit, words.Count(int(limit)))
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
	if blank := p.observed * body.w / max(p.points, 1); blank > 0 {
		body.put(0, body.h-1, theme.Dim, fit(blank-1, words.Unknown+" no data", words.Unknown))
	}
}

// column returns the first point of a column, if there are so many columns.
func (p *plot) column(x, columns int) int { return x * p.points / columns }

// dots returns the height of a value in an area of so many lines, in dots above the
// lowest. Any value above 0 gets at least one dot.
func dots(value, top float64, lines int) int {
	d := int(value/top*float64(4*lines-1) + 0.5)
	if value > 0 {
		d = max(d, 1)
	}
	return min(d, 4*lines-1)
}

// brailleDots are the dots of a cell's left and right column, from the lowest up.
var brailleDots = [2][4]rune{{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}}

// brailleBlank is the character without dots. The dots are added to it.
const brailleBlank = 0x2800

// braille draws a plot in dots, two columns and four lines of them a cell. The top
// of each column has the colour of its pressure on the limit; 0 is no limit.
func (a area) braille(p *plot, top, limit float64, stale bool) {
	low, high, begun := 0, 0, false // the previous column
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

// heatRole returns the role of a rate under a limit; 0 is no limit.
func heatRole(rate, limit float64) theme.Role {
	if limit <= 0 {
		return theme.Calm
	}
	return pressureRole(model.PressureOf(rate / limit))
}

// drawTimes writes the times at which a plot begins and ends.
func (a *App) drawTimes(at area, p *plot) {
	at.put(0, 0, theme.Dim, "-"+words.Coarse(p.Step*time.Duration(p.points)))
	end := "now"
	if age := a.snap.At.Sub(p.To); age >= p.Step+words.FreshAge {
		end = words.HourMinute(p.To) + " UTC"
	}
	at.right(0, 0, at.w, theme.Dim, end)
}

// chartWords describe a chart, from the longest text to the shortest.
func chartWords(p *plot, all extent, l *model.LimitUsage) [][]word {
	figures := []word{{theme.Dim, "min"}, {theme.Text, words.Unknown}, {theme.Dim, "avg"}, {theme.Text, words.Unknown}, {theme.Dim, "max"}, {theme.Text, words.Unknown}}
	if all.points > 0 {
		figures[1].text, figures[3].text, figures[5].text = words.Count(all.least), words.Count((all.sum+all.points/2)/all.points), words.Count(all.most)
	}
	if n := p.rejected(0, p.points); n > 0 {
		figures = append(figures, word{theme.Rejected, "×"}, word{theme.Text, words.Count(n)}, word{theme.Dim, "rejected"})
	}
	long := append([]word{{theme.Dim, "calls per minute:"}}, figures...)
	short := append([]word{{theme.Dim, "calls/min"}}, figures[:6]...)
	texts := [][]word{long, short, figures[:6], figures[4:6]}
	if l != nil && l.Per() != time.Minute {
		scaled := word{theme.Dim, "(limit " + words.Count(l.Limit) + " " + words.Per(l.Per()) + ", or " + words.Count(int(float64(l.Limit)/l.Per().Minutes())) + " a minute)"}
		texts = [][]word{append(long, scaled), append(short, scaled), {scaled}, figures[:6], figures[4:6]}
	}
	return texts
}
