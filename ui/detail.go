package ui

import (
	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"
)

// subjectRow returns the subject of the detail pane: an endpoint and its limit, if
// it has one, or a group of denials, or nothing.
func (a *App) subjectRow() (*model.EndpointUsage, *model.LimitUsage, *model.DenialGroup) {
	if a.subject == ratePane || a.subject == billingPane {
		groups := a.alerts(a.subject)
		if i := chosen(a.items(a.subject), a.picked[a.subject]); i >= 0 {
			return nil, nil, groups[i]
		}
	}
	if len(a.snap.Endpoints) == 0 {
		return nil, nil, nil
	}
	picked := a.pickedEndpoint()
	e := &a.snap.Endpoints[0]
	for i := range a.snap.Endpoints {
		if a.snap.Endpoints[i].ID == picked.endpoint {
			e = &a.snap.Endpoints[i]
		}
	}
	if len(e.Limits) == 0 {
		return e, nil, nil
	}
	return e, &e.Limits[min(picked.limit, len(e.Limits)-1)], nil
}

func (a *App) detailTitle() []string {
	if g := a.generator(); g != nil {
		return []string{"Detail: " + brief(g.Name, longestName)}
	}
	switch e, l, g := a.subjectRow(); {
	case g != nil:
		return []string{"Detail: " + a.kindName(g)}
	case l != nil:
		long := e.Name + ", " + string(e.Scope) + ", " + words.Span(l.Per())
		if a.follows() {
			return []string{"Next limit: " + long, "Detail: " + long, "Detail: " + e.ID}
		}
		return []string{"Detail: " + long, "Detail: " + e.ID}
	case e != nil:
		return []string{"Detail: " + e.Name, "Detail: " + e.ID}
	}
	return []string{"Detail"}
}

// A detailLayout arranges the details of an endpoint in an area of at least its
// size.
type detailLayout struct {
	w, h   int
	facts  int  // cells for the facts; 0 for all
	models int  // cells for the models beside the facts; 0 to put them below
	above  bool // the facts are above the chart, not at its right
}

// detailLayouts are tried in this order; the first that fits is used.
var detailLayouts = []detailLayout{
	{w: 110, h: 30, facts: 44, models: 48, above: true},
	{w: 160, facts: 44, models: 48},
	{w: 90, h: 18, facts: 44},
	{w: 110, facts: 44, models: 28},
	{w: 90, facts: 44},
	{w: 72, h: 17, facts: 44, models: 28, above: true},
	{w: 70, facts: 44},
	{w: 0, above: true},
}

// broadChart is the least width of a chart beside facts, where the pane is not zoomed
// to show these.
const broadChart = 60

// detailGap is the cells between the columns of the details.
const detailGap = 3

// drawDetail draws all that is known about the row under the cursor.
func (a *App) drawDetail(at area, o outcome) outcome {
	if g := a.generator(); g != nil {
		o.below = a.drawGeneratorDetail(at, g)
		return o
	}
	switch e, l, g := a.subjectRow(); {
	case g != nil:
		o.below = a.drawDenials(at, g)
	case e == nil:
		at.put(0, 0, theme.Dim, words.Unknown)
	default:
		o.below, o.chart = a.drawEndpoint(at, e, l)
		if o.chart.n > 0 {
			o = o.hit(target{at: o.chart.at, kind: onChart, pane: detailPane})
		}
	}
	return o
}

// drawDenials draws a group of denials above the chart of its endpoint, if there is
// room, and returns how many lines are below the area.
func (a *App) drawDenials(at area, g *model.DenialGroup) (below int) {
	return a.drawFactsOver(at, factLines(a.denialFacts(g), at.w), g.Endpoint)
}

// fewFacts is how many lines of facts there are above a chart at least.
const fewFacts = 6

// drawEndpoint draws an endpoint's facts, its chart and its models, and returns how
// many lines of the facts are below the area, and the grid of the chart. It leaves out
// a chart that does not fit; models without room for their table become facts.
func (a *App) drawEndpoint(at area, e *model.EndpointUsage, l *model.LimitUsage) (below int, chart grid) {
	d := detailLayouts[0]
	for _, d = range detailLayouts {
		if at.w >= d.w && at.h >= d.h && (a.zoom || d.above || at.w-d.facts-d.models >= broadChart) {
			break
		}
	}
	most := at.h
	if d.above && !a.zoom { // the chart comes first
		if most = at.h / 3; most < fewFacts && len(e.Charts) > 0 {
			return 0, a.drawChart(at, e, l)
		}
	}
	var facts []fact
	if l == nil {
		facts = a.callFacts(nil, e, l)
	} else {
		facts = a.limitFacts(e, l)
	}
	place := at
	if d.facts > 0 {
		place.w = d.facts
	}
	lines := factLines(facts, place.w)
	var plot, models area
	if d.above {
		place, plot, models = d.stack(at, place, min(most, len(lines)), len(e.Models))
	} else {
		place, plot, models = d.beside(at, len(lines), len(e.Models))
	}
	if len(e.Models) > 0 {
		if models.w >= modelsWidth && models.h >= modelsHeight {
			a.drawModels(models, e)
		} else {
			lines = append(lines, factLines(a.modelFacts(e), place.w)...)
		}
	}
	chart = a.drawChart(plot, e, l)
	return a.drawFacts(place, lines), chart
}

// beside puts the chart at the left of the facts, and the models between both or
// below the facts.
func (d *detailLayout) beside(at area, lines, rows int) (facts, chart, models area) {
	facts = at.sub(at.w-d.facts, 0, d.facts, at.h)
	left := at.w - d.facts - detailGap
	switch {
	case rows == 0:
	case d.models > 0:
		models = at.sub(left-d.models, 0, d.models, at.h)
		left -= d.models + detailGap
	case at.h-lines-1 >= modelsHeight:
		models = facts.sub(0, lines+1, facts.w, at.h)
		facts.h = lines
	}
	return facts, at.sub(0, 0, left, at.h), models
}

// stackedChart is the least height of a chart with models below it.
const stackedChart = 14

// stack puts the chart below the facts, and the models at the right of the facts or
// below the chart.
func (d *detailLayout) stack(at, facts area, lines, rows int) (_, chart, models area) {
	room := at.h - lines - 1
	if room < chartHeight {
		return facts, chart, models
	}
	facts.h = lines
	chart = at.sub(0, lines+1, at.w, room)
	switch below := min(rows+1, room-stackedChart-1); {
	case rows == 0:
	case d.models > 0:
		models = at.sub(facts.w+detailGap, 0, at.w-facts.w-detailGap, lines)
	case below >= modelsHeight:
		chart.h = room - below - 1
		models = at.sub(0, at.h-below, at.w, below)
	}
	return facts, chart, models
}

// A factLine is one line of the facts.
type factLine struct {
	fact
	labels int // the width of the column of labels; 0 for none
}

// narrowFacts is how many cells values need to have labels in a column of their own.
const narrowFacts = 12

// factLines wraps facts into lines of at most w cells.
func factLines(facts []fact, w int) []factLine {
	labels, lines := 0, make([]factLine, 0, len(facts)+4)
	for _, f := range facts {
		labels = max(labels, width(f.label))
	}
	labels = min(labels+2, 16)
	if w-labels < narrowFacts {
		labels = 0
	}
	for _, f := range facts {
		if labels == 0 && f.label != "" {
			f.value = f.label + " " + f.value
		}
		last := factLine{f, labels}
		if width(f.value) > w-labels || f.value == "" {
			text := wrap(f.value, w-labels)
			if len(text) == 0 {
				text = []string{words.Unknown}
			}
			for _, t := range text[:len(text)-1] {
				lines = append(lines, factLine{fact{label: last.label, value: t, role: f.role}, labels})
				last.label = ""
			}
			last.value = text[len(text)-1]
		}
		if labels == 0 {
			last.label = ""
		}
		if width(last.value)+2+width(f.note) > w-labels {
			last.note = ""
		}
		lines = append(lines, last)
	}
	return lines
}

// drawFacts writes lines of facts from the scroll position, and returns how many are
// below the area.
func (a *App) drawFacts(at area, lines []factLine) (below int) {
	scroll := min(a.scroll, max(len(lines)-at.h, 0))
	below = max(len(lines)-at.h-scroll, 0)
	for y, f := range lines[scroll:] {
		if y >= at.h {
			break
		}
		row := at.sub(0, y, at.w, 1)
		if y == 0 && scroll > 0 || y == at.h-1 && below > 0 {
			row.w = max(row.w-2, 0) // for the arrow
		}
		row.cut(0, 0, f.labels-1, theme.Dim, f.label)
		x := row.put(f.labels, 0, f.role, f.value)
		if f.note != "" {
			row.put(x+2, 0, theme.Dim, f.note)
		}
	}
	at.moreMarks(scroll, below)
	return below
}

// moreMarks draws arrows where there are lines above or below the area.
func (a area) moreMarks(above, below int) {
	if below > 0 {
		a.set(a.w-1, a.h-1, theme.Accent, '↓')
	}
	if above > 0 {
		a.set(a.w-1, 0, theme.Accent, '↑')
	}
}
