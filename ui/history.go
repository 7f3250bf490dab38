package ui

import (
	"cmp"
	"slices"

	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"
)

// stripLines is how many lines the history of an endpoint wants.
const stripLines = 2

func (a *App) historyTitle() []string {
	for i := range a.snap.Endpoints {
		if all := a.snap.Endpoints[i].Charts; len(all) > 0 {
			return []string{"History, last " + words.Span(all[a.chartSpan%len(all)].Span()), "History"}
		}
	}
	return []string{"History"}
}

// rank orders the endpoints by urgency. Those that are equally urgent stay as they
// were, so that the history does not show another one each second.
func (a *App) rank() []int {
	all := a.snap.Endpoints
	ranked := slices.Clone(a.ranked)
	if len(ranked) != len(all) {
		ranked = make([]int, len(all))
		for i := range ranked {
			ranked[i] = i
		}
	}
	slices.SortStableFunc(ranked, func(i, j int) int { return cmp.Compare(a.urgency(&all[j]), a.urgency(&all[i])) })
	return ranked
}

// drawHistory draws a strip for each endpoint, in the order of the table: its name, its
// calls as an area below its limit, the calls now and their maximum. Without room for
// all it shows the most urgent ones.
func (a *App) drawHistory(at area, o outcome) outcome {
	all := a.snap.Endpoints
	if len(all) == 0 || at.h == 0 {
		return o
	}
	shown := min(len(all), max(at.h/stripLines, 1))
	names := 0
	for i := range all {
		names = max(names, width(all[i].ID))
	}
	names = min(names, at.w/5)
	lines, y := min(at.h/shown, stripLines+1), 0
	var p plot
	for i := range all {
		if shown < len(all) && !slices.Contains(a.ranked[:min(shown, len(a.ranked))], i) {
			continue
		}
		strip := at.sub(0, y, at.w, lines)
		a.drawEndpointStrip(strip, names, &all[i], &p)
		o = o.hit(target{at: strip, kind: onRow, pane: endpointsPane, item: item{endpoint: all[i].ID}})
		y += lines
	}
	return o
}

// stripLimit returns the limit whose history is shown: one that is under pressure, or
// the first; nil if there is none.
func (a *App) stripLimit(e *model.EndpointUsage) *model.LimitUsage {
	for i := range e.Limits {
		if w, _ := a.snap.WallOf(e.ID, &e.Limits[i]); w.Pressure > model.Calm {
			return &e.Limits[i]
		}
	}
	if len(e.Limits) == 0 {
		return nil
	}
	return &e.Limits[0]
}

// figuresWidth is the width of the figures at the right of a strip.
const figuresWidth = 14

// drawEndpointStrip draws the history of an endpoint into lines of an area. The
// highest dots stay blank, so that strips do not touch.
func (a *App) drawEndpointStrip(at area, names int, e *model.EndpointUsage, p *plot) {
	l := a.stripLimit(e)
	used, of, asOf := words.Opt(e.Calls, words.Count), "min", a.newestFigure()
	name, figure := theme.Bright, theme.Text
	if l != nil {
		used, of, asOf = a.signs(words.Used(l)), words.Count(l.Limit), l.AsOf
		if w, _ := a.snap.WallOf(e.ID, l); w.Pressure > model.Calm {
			figure = wallRole(w)
		}
	}
	stale := a.stale(asOf)
	if stale {
		name, figure = theme.Dim, theme.Dim
	}
	at.cut(0, 0, names, name, e.ID)
	right, slash := at.w-figuresWidth, at.w-width(of)-1
	at.right(right, 0, slash-right, figure, used)
	at.put(at.put(slash, 0, theme.Dim, "/"), 0, theme.Dim, of)
	body := at.sub(names+1, 0, right-names-1, at.h)
	if body.w <= 0 || !p.set(e, l, a.chartSpan, a.snap.At) {
		return
	}
	body.w = min(body.w, maxColumns/2)
	p.read(2 * body.w)
	top := p.limit
	if top == 0 {
		top = max(p.most, 1)
	}
	s := scale{top: float64(top), dots: 4 * body.h, high: 4*body.h - 2, limit: -1, max: float64(p.limit)}
	body.drawArea(p.columns[:], &s, stale)
	body.drawRejected(p, &s)
	if at.h > 1 && p.known > 0 {
		most := words.Count(p.most)
		at.right(right, 1, figuresWidth, theme.Dim, most)
		at.right(right, 1, figuresWidth-width(most)-1, theme.Dim, "max")
	}
}
