package ui

import (
	"cmp"
	"slices"

	"quotatop/model"
	"quotatop/theme"
)

// A row is what one line of the endpoints pane says.
type row struct {
	item
	usage   *model.EndpointUsage
	limit   *model.LimitUsage // nil for an endpoint without limits
	first   bool              // the first of its endpoint
	bound   string            // ≈, ≤, ≥ or nothing
	used    string
	of      string // the limit with a slash before it
	percent string
	stale   bool
}

// rows makes a row for each limit, or for the worst limit of each endpoint.
func (a *App) rows(each, short bool) []row {
	out := make([]row, 0, 16)
	for _, i := range a.order() {
		e := &a.snap.Endpoints[i]
		if len(e.Limits) == 0 {
			out = append(out, row{item: item{endpoint: e.ID}, usage: e, first: true, used: countOr(e.Calls), of: "/min", stale: a.stale(a.newestFigure())})
			continue
		}
		if each {
			for j := range e.Limits {
				out = append(out, a.row(e, j, j == 0, short))
			}
			continue
		}
		worst := 0
		for j := range e.Limits {
			if e.Limits[j].Ratio().Or(-1) > e.Limits[worst].Ratio().Or(-1) {
				worst = j
			}
		}
		out = append(out, a.row(e, worst, true, short))
	}
	return out
}

func (a *App) row(e *model.EndpointUsage, limit int, first, short bool) row {
	u := &e.Limits[limit]
	r := row{
		item: item{endpoint: e.ID, limit: limit}, usage: e, limit: u, first: first,
		bound: a.signs(bound(u)), used: countOr(u.Used), of: "/" + count(u.Limit), percent: unknown, stale: a.stale(u.AsOf),
	}
	unit := " %"
	if short {
		unit, r.of = "%", "/"+exactShort(u.Limit)
		if u.Used.Or(0) >= 1_000_000 {
			r.used = shortCount(u.Used.Or(0))
		}
	}
	if ratio, ok := u.Ratio().Get(); ok {
		r.percent = percent(ratio, unit)
	}
	return r
}

// bound is the sign before a figure that is not exact.
func bound(u *model.LimitUsage) string {
	switch {
	case !u.Used.Known():
		return ""
	case u.Estimated:
		return "≈"
	case u.UpperBound:
		return "≤"
	case u.LowerBound:
		return "≥"
	}
	return ""
}

// figures is the width of the used part and its limit.
func (r *row) figures() int { return width(r.bound) + width(r.used) + width(r.of) }

func (a *App) endpointsTitle() []string {
	if a.sorted != byTable {
		return []string{"Endpoints by " + sortNames[a.sorted], "Endpoints"}
	}
	return []string{"Endpoints"}
}

// endpointsNote says what the filter hides, and how old the figures are when
// they are all of one age.
func (a *App) endpointsNote() string {
	note := ""
	if d, ok := a.commonAge(); ok {
		note = rough(d) + " ago"
		if a.stale(a.newestFigure()) {
			note = "stale: " + rough(d) + " old"
		}
	}
	f := *a.filter(endpointsPane)
	if f == "" {
		return note
	}
	hides, n := "/"+f, 0
	for i := range a.snap.Endpoints {
		if !a.lists(&a.snap.Endpoints[i]) {
			n++
		}
	}
	if n > 0 {
		hides += " · " + count(n) + " hidden"
	}
	if note == "" {
		return hides
	}
	return hides + " · " + note
}

// endpointLines is how many lines the endpoints would like: one for each limit
// and one for a heading.
func (a *App) endpointLines(s slot) int {
	n := a.limits() + 1
	if s.airy {
		n += max(len(a.snap.Endpoints)-1, 0)
	}
	return n
}

// limits is how many rows the endpoints pane has.
func (a *App) limits() int {
	n := 0
	for i := range a.snap.Endpoints {
		n += max(len(a.snap.Endpoints[i].Limits), 1)
	}
	return n
}

// drawEndpoints gives each limit a line: under a heading and with a blank line
// between endpoints where there is room; with one line an endpoint, the fullest
// first to be kept, where there is not.
func (a *App) drawEndpoints(at area) {
	if !a.live {
		at.cut(0, 0, at.w, theme.Dim, "waiting for the first poll")
		return
	}
	format := formatFor(at.w)
	all := a.rows(true, format.short)
	rows := a.listed(all)
	if len(rows) == 0 && len(all) > 0 {
		at.cut(0, 0, at.w, theme.Dim, "none but those that are hidden")
		return
	}
	if len(rows) > at.h {
		rows = a.listed(a.rows(false, format.short))
	}
	hidden := 0
	if len(rows) > at.h {
		rows, hidden = a.keepFullest(rows, at.h)
	}
	c := columnsFor(rows, format, at.w)
	if *a.filter(endpointsPane) != "" { // the columns keep their places while it is typed
		c = columnsFor(all, format, at.w)
	}
	_, common := a.commonAge()
	c.ages = !common
	y := 0
	if at.h > len(rows)+hidden && at.h > 6 && c.gauge.w > 0 {
		at.drawHeading(c)
		y++
	}
	airy := at.h >= len(rows)+len(a.snap.Endpoints)
	cursor := a.cursorRow(rows)
	for i := range rows {
		if airy && i > 0 && rows[i].first {
			y++
		}
		line := at.sub(0, y, at.w, 1)
		a.drawRow(line, c, &rows[i], i == cursor)
		a.mark(target{at: line, kind: onRow, pane: endpointsPane, item: rows[i].item})
		y++
	}
	if hidden > 0 {
		at.cut(c.id.x, y, at.w, theme.Dim, "+ "+count(hidden)+" with more room")
	}
}

// listed are the rows that the filter lets through.
func (a *App) listed(rows []row) []row {
	if *a.filter(endpointsPane) == "" {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return !a.lists(r.usage) })
}

// keepFullest leaves out the rows with the most headroom, so that n lines
// suffice. The last line is for their number.
func (a *App) keepFullest(rows []row, n int) (kept []row, hidden int) {
	cursor := a.cursorRow(rows)
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	worth := func(i int) float64 {
		switch l := rows[i].limit; {
		case i == cursor:
			return far
		case l == nil:
			return -2
		default:
			return rank(l)
		}
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

// cursorRow is the row that the cursor is on, or -1 when the pane's cursor is
// not of interest.
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

func (a area) drawHeading(c columns) {
	a.put(c.id.x, 0, theme.Dim, "endpoint")
	a.column(c.scope).put(0, 0, theme.Dim, "per")
	a.right(c.figures.x, 0, c.figures.w, theme.Dim, "calls")
	if c.state.w > 1 {
		a.put(c.state.x, 0, theme.Dim, "state")
	}
	a.column(c.spark).put(0, 0, theme.Dim, "last 15 windows")
}

// drawRow draws a row into an area of one line.
func (a *App) drawRow(at area, c columns, r *row, cursor bool) {
	text, bright := theme.Text, theme.Bright
	if r.stale {
		text, bright = theme.Dim, theme.Dim
	}
	if cursor {
		at.set(0, 0, theme.Accent, '▸')
	}
	if r.first || cursor {
		at.cut(c.id.x, 0, c.id.w, bright, r.endpoint)
	}
	if r.first {
		at.cut(c.name.x, 0, c.name.w, theme.Dim, r.usage.Name)
	}
	if x := c.figures.x + c.figures.w - r.figures(); c.figures.w > 0 && x >= c.id.x {
		x = at.put(x, 0, theme.Dim, r.bound)
		x = at.put(x, 0, text, r.used)
		at.put(x, 0, theme.Dim, r.of)
	}
	if r.limit == nil {
		at.column(c.gauge).put(0, 0, theme.Dim, fit(c.gauge.w, "no limit"))
		return
	}
	at.cut(c.scope.x, 0, c.scope.w, theme.Dim, string(r.usage.Scope))
	at.column(c.span).put(0, 0, theme.Dim, span(r.limit.Per()))
	if c.gauge.w > 0 {
		at.gauge(c.gauge.x, 0, c.gauge.w, limitBar(r.limit, r.stale))
	}
	if role := fillRole(r.limit.Ratio()); role != theme.Calm && !r.stale {
		text = role
	}
	at.right(c.percent.x, 0, c.percent.w, text, r.percent)
	a.drawState(at.column(c.state), r, c.ages)
	at.column(c.spark).sparkline(r.limit, r.stale)
}

// drawState says what the figures do not: how long until the limit, how many
// calls were rejected and, where ages differ, how old it is.
func (a *App) drawState(at area, r *row, ages bool) {
	u := r.limit
	p := u.Pressure()
	mark := pressureGlyph(p)
	if mark == ' ' {
		if age, old := a.age(u.AsOf); ages && old {
			at.put(0, 0, theme.Dim, fit(at.w, rough(age)+" old", rough(age)))
		}
		return
	}
	role := pressureRole(p)
	if r.stale {
		role = theme.Dim
	}
	at.set(0, 0, role, mark)
	at = at.sub(2, 0, at.w-2, 1)
	until := ""
	if t, ok := u.TimeToLimit.Get(); ok && t > 0 {
		until = rough(seconds(t))
	}
	switch n := u.Rejected.Or(0); {
	case n > 0:
		plus := "+" + count(n)
		at.put(0, 0, role, fit(at.w, plus+" rejected", plus, "+"+shortCount(n)))
	case u.Ratio().Or(0) >= 1:
		at.put(0, 0, role, fit(at.w, "at the limit", "full"))
	case until != "":
		at.put(0, 0, role, fit(at.w, "limit in "+until, until))
	}
}
