package ui

import (
	"math"
	"time"

	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"

	tea "charm.land/bubbletea/v2"
)

// chartHeight and chartWidth are the least size of a chart: a line of words, three of
// dots, and one of times.
const (
	chartHeight = 5
	chartWidth  = 20
)

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
	_, room := a.slot(detailPane)
	return a.zoom && a.focus == detailPane || !a.zoom && room
}

// drawChart draws the calls to an endpoint against limit l, if not nil, as an area:
// at each step the calls in the limit's window. The limit is a line, and crosses in it
// mark rejected calls. Time that was not watched stays blank. It returns the grid of
// the chart, which has no columns if there is no chart.
func (a *App) drawChart(at area, e *model.EndpointUsage, l *model.LimitUsage) grid {
	var p plot
	if at.w < chartWidth || at.h < chartHeight || !p.set(e, l, a.chartSpan, a.snap.At) {
		return grid{}
	}
	labels := width(count(float64(p.limit))) // most often
	p.read(2 * (at.w - labels - 1))
	s := newScale(p.most, p.limit, at.h-2)
	if n := s.width(count); n != labels {
		labels = n
		p.read(2 * (at.w - labels - 1))
	}
	body := at.sub(labels+1, 1, p.cells(), at.h-2)
	if body.w < 8 {
		return grid{}
	}
	p.grid.at = body
	at.sub(0, 1, labels, body.h).drawValues(&s, count)
	at.sub(labels+1, at.h-1, body.w, 1).drawAges(&p.grid, a.nowText())
	asOf := a.newestFigure()
	if l != nil {
		asOf = l.AsOf
	}
	body.drawArea(p.columns[:], &s, a.stale(asOf))
	body.drawRejected(&p, &s)
	if blank := p.blank(); blank > 0 {
		body.put(0, body.h-1, theme.Dim, fit(blank-1, words.Unknown+" no data", words.Unknown))
	}
	if step, shown := p.find(a.cursor); shown {
		_, x := p.place(step)
		body.drawCursor(x / 2)
		at.words(0, 0, fitWords(at.w, a.readout(&p, step)...))
	} else {
		at.drawExtent(&p)
	}
	return p.grid
}

// count writes calls on a scale.
func count(value float64) string { return words.Count(int(value)) }

// width returns how many cells the values of a scale need.
func (s *scale) width(write func(float64) string) int {
	return max(width(write(math.Floor(s.top/s.step())*s.step())), width(write(s.step())), width(write(s.max)))
}

// drawValues writes the limit and round values at their lines, these not right beside
// the limit.
func (a area) drawValues(s *scale, write func(float64) string) {
	for value := 0.0; value <= s.top; value += s.step() {
		if y := s.line(value); s.limit < 0 || max(y-s.line(s.max), s.line(s.max)-y) > 1 {
			a.right(0, y, a.w, theme.Dim, write(value))
		}
	}
	if s.limit >= 0 {
		a.right(0, s.line(s.max), a.w, theme.Limit, write(s.max))
	}
}

// ages are the distances of times on a chart.
var ages = [...]time.Duration{
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
}

// ageWidth is how many cells a time on a chart has at least, and mostAges how many
// times there are at most.
const ageWidth, mostAges = 12, 7

// drawAges writes round times before now below a grid, and what stands for now.
func (a area) drawAges(g *grid, now string) {
	span, step := g.span(), ages[len(ages)-1]
	least := time.Duration(max(ageWidth, a.w/mostAges))
	for i := len(ages) - 1; i >= 0 && ages[i]*time.Duration(a.w) >= span*least; i-- {
		step = ages[i]
	}
	end := a.w - width(now)
	for age := step; age <= span; age += step {
		text := "-" + words.Span(age)
		x := a.w - 1 - int(age*time.Duration(a.w)/span) - width(text)/2
		if x >= 0 && x+width(text) < end {
			a.put(x, 0, theme.Dim, text)
		}
	}
	a.put(end, 0, theme.Dim, now)
}

// drawExtent writes the least, the average and the most of a plot's points, and how
// many calls were rejected.
func (a area) drawExtent(p *plot) {
	least, average, most := words.Unknown, words.Unknown, words.Unknown
	if p.known > 0 {
		least, average, most = words.Count(p.least), words.Count((p.sum+p.known/2)/p.known), words.Count(p.most)
	}
	all := [...]word{
		{theme.Dim, p.unit()}, {theme.Dim, "min"}, {theme.Text, least}, {theme.Dim, "avg"}, {theme.Text, average}, {theme.Dim, "max"}, {theme.Text, most},
		{theme.Rejected, string(rejectedSign)}, {theme.Text, words.Count(p.rejected)}, {theme.Dim, "rejected"},
	}
	ends := [...]word{all[0], all[5], all[6]}
	if p.rejected > 0 {
		a.words(0, 0, fitWords(a.w, all[:], all[:9], all[:7], ends[:], all[:1]))
	} else {
		a.words(0, 0, fitWords(a.w, all[:7], ends[:], all[:1]))
	}
}

// unit names what the values of a plot count.
func (p *plot) unit() string {
	switch p.per {
	case time.Minute:
		return "calls/min"
	case time.Hour:
		return "calls/hour"
	}
	return "calls/" + words.Span(p.per)
}
