package ui

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"
)

// A row is one line of the endpoints pane.
type row struct {
	item
	usage   *model.EndpointUsage
	limit   *model.LimitUsage // nil for an endpoint without limits
	wall    model.Wall        // the limit's, or the refusal of the endpoint's calls
	first   bool              // the first of its endpoint
	sign    string            // ≈, ≤, ≥ or nothing
	used    string
	of      string // the limit after a slash
	percent string
	stale   bool
}

// rows returns a row for each limit, or for the limit of each endpoint that comes
// first among the walls.
func (a *App) rows(each, short bool) []row {
	out := make([]row, 0, 16)
	for _, i := range a.order() {
		e := &a.snap.Endpoints[i]
		if len(e.Limits) == 0 {
			r := row{item: item{endpoint: e.ID}, usage: e, first: true, used: words.Opt(e.Calls, words.Count), of: "/min", stale: a.stale(a.newestFigure())}
			r.wall, _ = a.snap.WallOf(e.ID, &model.LimitUsage{})
			out = append(out, r)
			continue
		}
		if each {
			for j := range e.Limits {
				out = append(out, a.row(e, j, j == 0, short))
			}
			continue
		}
		next, first := 0, math.MaxInt
		for j := range e.Limits {
			if _, place := a.snap.WallOf(e.ID, &e.Limits[j]); place < first {
				next, first = j, place
			}
		}
		out = append(out, a.row(e, next, true, short))
	}
	return out
}

func (a *App) row(e *model.EndpointUsage, limit int, first, short bool) row {
	u := &e.Limits[limit]
	r := row{
		item: item{endpoint: e.ID, limit: limit}, usage: e, limit: u, first: first,
		sign: a.signs(words.LimitSign(u)), used: words.Opt(u.Used, words.Count), of: "/" + words.Count(u.Limit),
		percent: a.signs(words.UsedPercent(u)),
	}
	r.wall, _ = a.snap.WallOf(e.ID, u)
	r.stale = r.wall.Stale
	if short {
		r.of = "/" + words.ShortExact(u.Limit)
		if u.Used.Or(0) >= 1_000_000 {
			r.used = words.Short(u.Used.Or(0))
		}
	}
	return r
}

// figures returns the width of the used calls and their limit.
func (r *row) figures() int { return width(r.sign) + width(r.used) + width(r.of) }

func (a *App) endpointsTitle() []string {
	if a.sorted != byTable {
		return []string{"Endpoints by " + a.sortName(), "Endpoints"}
	}
	return []string{"Endpoints"}
}

// endpointsNote says what the filter hides, and how old most figures are.
func (a *App) endpointsNote() string {
	common := a.commonTime()
	note := a.ageNote(common, a.stale(common))
	f := *a.filter(endpointsPane)
	if f == "" {
		return note
	}
	hides := "/" + f
	if n := a.unlisted(); n > 0 {
		hides += " · " + words.Count(n) + " hidden"
	}
	if note == "" {
		return hides
	}
	return hides + " · " + note
}

// unlisted returns how many endpoints the filter hides.
func (a *App) unlisted() (n int) {
	for i := range a.snap.Endpoints {
		if !a.lists(&a.snap.Endpoints[i]) {
			n++
		}
	}
	return n
}

// limits returns how many rows the endpoints pane has.
func (a *App) limits() int {
	n := 0
	for i := range a.snap.Endpoints {
		n += max(len(a.snap.Endpoints[i].Limits), 1)
	}
	return n
}

// drawEndpoints gives each limit a line. With room to spare there are a heading and
// blank lines between endpoints. Without room for all limits, each endpoint has one
// line, and the fullest stay.
func (a *App) drawEndpoints(at area, o outcome) outcome {
	if !a.live {
		at.cut(0, 0, at.w, theme.Dim, "waiting for the first data")
		return o
	}
	format := formatFor(at.w)
	if a.hasFleet() && at.w >= egressW {
		format.state += egressState
	}
	all := a.rows(true, format.short)
	rows := a.listed(all)
	if len(rows) == 0 && len(all) > 0 {
		at.cut(0, 0, at.w, theme.Dim, a.nothing(endpointsPane, a.unlisted(), 0))
		return o
	}
	if len(rows) > at.h {
		rows = a.listed(a.rows(false, format.short))
	}
	hidden := 0
	if len(rows) > at.h {
		rows, hidden = a.keepFullest(rows, at.h)
	}
	c := columnsFor(rows, format, at.w)
	if *a.filter(endpointsPane) != "" { // the columns stay put while it is typed
		c = columnsFor(all, format, at.w)
	}
	common, y := a.commonTime(), 0
	if at.h > len(rows)+hidden && at.h > 6 && c.gauge.w > 0 {
		at.drawHeading(c, rows)
		o = a.headings(at, c, o)
		y++
	}
	airy := at.h >= len(rows)+len(a.snap.Endpoints)
	cursor := a.cursorRow(rows)
	for i := range rows {
		if airy && i > 0 && rows[i].first {
			y++
		}
		line := at.sub(0, y, at.w, 1)
		a.drawRow(line, c, &rows[i], common, i == cursor)
		o = o.hit(target{at: line, kind: onRow, pane: endpointsPane, item: rows[i].item})
		y++
	}
	if hidden > 0 {
		at.cut(c.id.x, y, at.w, theme.Dim, "+"+words.Count(hidden)+" more")
	}
	return o
}

// listed returns the rows that match the filter.
func (a *App) listed(rows []row) []row {
	if *a.filter(endpointsPane) == "" {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return !a.lists(r.usage) })
}

// keepFullest drops the rows with the most headroom, so that the rest and a line
// with the number of hidden rows fit n lines.
func (a *App) keepFullest(rows []row, n int) (kept []row, hidden int) {
	cursor := a.cursorRow(rows)
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	worth := func(i int) urgency {
		if i == cursor {
			return urgencies
		}
		return urgencyOf(rows[i].wall, rows[i].limit != nil)
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(worth(j), worth(i)) })
	keep := max(n-1, 1)
	order = order[:keep]
	slices.Sort(order)
	for _, i := range order {
		rows[i].first = true
		kept = append(kept, rows[i])
	}
	return kept, len(rows) - keep
}

// cursorRow returns the row that the cursor is on, or -1 if the cursor is in another
// pane.
func (a *App) cursorRow(rows []row) int {
	if a.subject != endpointsPane {
		return -1
	}
	picked := a.pickedEndpoint()
	for i := range rows {
		if rows[i].item == picked {
			return i
		}
	}
	for i := range rows { // one line an endpoint: any of its limits
		if rows[i].endpoint == picked.endpoint {
			return i
		}
	}
	return 0
}

// drawHeading writes the names of the columns.
func (a area) drawHeading(c columns, rows []row) {
	a.put(c.id.x, 0, theme.Dim, "endpoint")
	a.put(c.scope.x, 0, theme.Dim, fit(c.scope.w, "scope"))
	a.put(c.window.x, 0, theme.Dim, fit(c.window.w, "window"))
	a.right(c.figures.x, 0, c.figures.w, theme.Dim, "calls")
	if c.state.w > 1 {
		a.put(c.state.x, 0, theme.Dim, "state")
	}
	if c.spark.w > 0 {
		past := pastSpans(rows)
		a.put(c.spark.x, 0, theme.Dim, fit(c.spark.w, "last "+past, past))
	}
}

// pastSpans names the times that the sparklines of rows cover. Those of hourly limits
// cover more than those of limits per minute.
func pastSpans(rows []row) string {
	text := ""
	for _, r := range rows {
		if r.limit == nil {
			continue
		}
		if span := pastSpan(r.limit); !strings.Contains(text, span) {
			if text != "" {
				text += ", "
			}
			text += span
		}
	}
	return text
}

// drawRow draws a row into an area of one line.
func (a *App) drawRow(at area, c columns, r *row, common model.Opt[time.Time], cursor bool) {
	text, bright := theme.Text, theme.Bright
	if r.stale {
		text, bright = theme.Dim, theme.Dim
	}
	if cursor {
		at.set(0, 0, theme.Accent, '▸')
	}
	if r.first || cursor {
		at.put(c.id.x, 0, bright, ending(r.endpoint, c.id.w))
	}
	if r.first {
		at.cut(c.name.x, 0, c.name.w, theme.Dim, r.usage.Name)
	}
	if x := c.figures.x + c.figures.w - r.figures(); c.figures.w > 0 && x >= c.id.x {
		x = at.put(x, 0, theme.Dim, r.sign)
		x = at.put(x, 0, text, r.used)
		at.put(x, 0, theme.Dim, r.of)
	}
	if r.limit == nil {
		at.column(c.gauge).put(0, 0, theme.Dim, fit(c.gauge.w, "no known limit", "no limit"))
		a.drawState(at.column(c.state), r, common)
		return
	}
	at.cut(c.scope.x, 0, c.scope.w, theme.Dim, string(r.usage.Scope))
	at.column(c.window).put(0, 0, theme.Dim, words.Span(r.limit.Per()))
	if c.gauge.w > 0 {
		at.gauge(c.gauge.x, 0, c.gauge.w, limitBar(r.limit, r.wall))
	}
	if r.wall.Pressure > model.Calm && !r.stale {
		text = wallRole(r.wall)
	}
	at.right(c.percent.x, 0, c.percent.w, text, r.percent)
	a.drawState(at.column(c.state), r, common)
	at.column(c.spark).sparkline(r.limit, r.stale)
}

// drawState draws what the row's wall says: that calls are refused, or the time to the
// limit. Without one it draws how many calls were rejected before, or of a row that is
// older than most, how old it is, or else how many calls are left.
func (a *App) drawState(at area, r *row, common model.Opt[time.Time]) {
	role, p := wallRole(r.wall), r.wall.Pressure
	if a.capRefuses(r.endpoint) {
		role, p = theme.Full, model.Full
	}
	if mark := pressureGlyph(p); mark != ' ' {
		at.set(0, 0, role, mark)
		at = at.sub(2, 0, at.w-2, 1)
	}
	if texts := a.stateTexts(r); texts != nil {
		if p <= model.Calm {
			role = theme.Dim
		}
		at.put(0, 0, role, fit(at.w, texts...))
	} else if r.limit != nil {
		age, old := words.Age(&a.snap, r.limit.AsOf)
		if t, ok := r.limit.AsOf.Get(); old && ok && common.Or(t).Sub(t) > words.FreshAge {
			at.put(0, 0, theme.Dim, fit(at.w, words.Coarse(age)+" ago", words.Coarse(age)))
		} else if left := words.Left(r.limit); !r.stale && left != words.Unknown && !a.refusesAll() {
			at.put(0, 0, theme.Dim, fit(at.w, onEgress(r.limit, a.signs(left)+" left")...))
		}
	}
}

// stateTexts says how a row stands, from the longest text to the shortest; nil if
// there is nothing to say.
func (a *App) stateTexts(r *row) []string {
	w, n := words.WallOf(&a.snap, r.wall), 0
	if r.limit != nil {
		n = r.limit.Rejected.Or(0)
	}
	if r.limit == nil || r.limit.PerS == 60 { // of the last minute: for a reason that may not be known, too
		n = max(n, r.usage.Rejected.Or(0))
	}
	switch {
	case a.capRefuses(r.endpoint):
		return []string{"cap reached", "cap"}
	case r.wall.Kind == model.WallRefused && w.Time != "":
		return []string{"retry in " + w.Time, "retry " + w.Time, "wait"}
	case r.wall.Kind == model.WallRefused:
		return []string{"refused"}
	case r.wall.Pressure == model.Full:
		return []string{"at the limit", "full"}
	case w.Time != "" && r.wall.Pressure > model.Calm:
		return onEgress(r.limit, w.Then, w.Time)
	case n > 0:
		plus := "+" + words.Count(n)
		return []string{plus + " rejected", plus, "+" + words.Short(n)}
	case w.Time != "":
		return onEgress(r.limit, w.Then, w.Time)
	}
	return nil
}

// refusesAll reports whether something refuses the calls of every endpoint.
func (a *App) refusesAll() bool {
	next, _ := a.snap.Next()
	_, reached := a.snap.CapWall()
	return reached || next.Kind == model.WallRefused && next.Endpoint == ""
}

// capRefuses reports whether the cap, which is reached, has refused calls of an
// endpoint.
func (a *App) capRefuses(endpoint string) bool {
	if _, reached := a.snap.CapWall(); !reached {
		return false
	}
	return slices.ContainsFunc(a.snap.Denials, func(g model.DenialGroup) bool {
		return g.Kind == model.KindCap && slices.ContainsFunc(g.Endpoints, func(e model.EndpointCount) bool { return e.ID == endpoint })
	})
}
