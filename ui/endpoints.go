package ui

import (
	"cmp"
	"slices"

	"quotatop/model"
	"quotatop/theme"
)

// A rowFormat says which columns a row of the endpoints pane has from a width
// on. The gauge takes what the others leave.
type rowFormat struct {
	w     int  // the least width
	name  int  // cells for the name; 0 for none
	scope bool // whose calls share the limit
	mark  int  // cells before the ID for the cursor
	gauge int  // the most cells for the gauge; 0 for none
	short bool // short figures: 4,310/10k and 43%
	state int  // cells for the state; 1 for its sign alone
	spark int  // cells for the last windows; 0 for none
}

var rowFormats = []rowFormat{
	{w: 180, name: 28, scope: true, mark: 2, gauge: 96, state: 28, spark: 45},
	{w: 140, name: 28, scope: true, mark: 2, gauge: 60, state: 24, spark: 30},
	{w: 112, scope: true, mark: 2, gauge: 60, state: 18, spark: 30},
	{w: 92, scope: true, mark: 2, gauge: 60, state: 16, spark: 15},
	{w: 74, scope: true, mark: 2, gauge: 60, state: 15},
	{w: 60, mark: 2, gauge: 60, state: 15},
	{w: 46, mark: 2, gauge: 60, short: true, state: 7},
	{w: 36, mark: 1, gauge: 60, short: true, state: 1},
	{w: 0, mark: 1, short: true, state: 1},
}

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
	for i := range a.snap.Endpoints {
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
		bound: bound(u), used: countOr(u.Used), of: "/" + count(u.Limit), percent: unknown, stale: a.stale(u.AsOf),
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

func (a *App) endpointsTitle() []string { return []string{"Endpoints"} }

// endpointsNote says how old the figures are, when they are all of one age.
func (a *App) endpointsNote() string {
	d, ok := a.commonAge()
	switch {
	case !ok:
		return ""
	case a.stale(a.newestFigure()):
		return "stale: " + rough(d) + " old"
	}
	return rough(d) + " ago"
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
	rows := a.rows(true, format.short)
	if len(rows) > at.h {
		rows = a.rows(false, format.short)
	}
	hidden := 0
	if len(rows) > at.h {
		rows, hidden = a.keepFullest(rows, at.h)
	}
	c := a.columns(rows, format, at.w)
	heading := at.h > len(rows)+hidden && at.h > 6
	airy := at.h >= len(rows)+len(a.snap.Endpoints)-1+1
	y := 0
	if heading {
		a.drawHeading(at, c)
		y++
	}
	cursor := a.cursorRow(rows)
	for i := range rows {
		if airy && i > 0 && rows[i].first {
			y++
		}
		a.drawRow(at, y, c, &rows[i], i == cursor)
		y++
	}
	if hidden > 0 {
		at.cut(format.mark, y, at.w, theme.Dim, "+ "+count(hidden)+" with more room")
	}
}

func formatFor(w int) rowFormat {
	for _, f := range rowFormats {
		if w >= f.w {
			return f
		}
	}
	return rowFormats[len(rowFormats)-1]
}

// keepFullest leaves out the rows with the most headroom, so that n lines
// suffice. The last line is for their number.
func (a *App) keepFullest(rows []row, n int) (kept []row, hidden int) {
	cursor := a.cursorRow(rows)
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	rank := func(i int) float64 {
		switch l := rows[i].limit; {
		case i == cursor:
			return far
		case l == nil:
			return -2
		default:
			return float64(l.Pressure())*1000 + l.Ratio().Or(-1)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(rank(j), rank(i)) })
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

// columns are the places of the columns.
type columns struct {
	rowFormat
	left                                                                                                     int // the columns up to the span end before it
	id, nameX, scopeX, spanX, gaugeX, gaugeW, figuresX, figuresW, percentX, percentW, stateX, stateW, sparkX int
}

// columns lays the columns out for these rows.
func (a *App) columns(rows []row, f rowFormat, w int) columns {
	c := columns{rowFormat: f, percentW: 5}
	spanW := 2
	for i := range rows {
		r := &rows[i]
		c.id = max(c.id, width(r.endpoint))
		c.figuresW = max(c.figuresW, r.figures())
		if r.limit != nil {
			spanW = max(spanW, width(span(r.limit.Per())))
		}
	}
	c.id = min(c.id, 14)
	if f.short {
		c.percentW = 4
	}
	x := f.mark + c.id + 1
	if f.name > 0 {
		c.nameX = x
		x += f.name + 1
	}
	if f.scope {
		c.scopeX = x
		x += 5
	}
	c.spanX = x
	x += spanW + 1
	right := w
	if f.spark > 0 {
		right -= f.spark
		c.sparkX = right
		right -= 2
	}
	c.stateW = f.state
	right -= f.state
	c.stateX = right
	right -= c.percentW + 1
	if f.state > 1 {
		right--
	}
	c.percentX = right
	right -= c.figuresW + 1
	c.figuresX = right
	c.left = right - 1
	if x > right { // no room for all: the span goes first, then the end of the ID
		c.spanX = -1
		c.id = min(c.id, max(c.left-f.mark, 0))
	}
	if c.gaugeW = min(right-1-x, f.gauge); c.gaugeW < 4 || f.gauge == 0 {
		c.gaugeW = 0
	}
	c.gaugeX = x
	if slack := right - 1 - x - c.gaugeW; c.gaugeW > 0 && slack > 0 { // keep the figures at the gauge
		c.figuresX -= slack
		c.percentX -= slack
		c.stateX -= slack
		c.stateW += slack
	}
	return c
}

func (a *App) drawHeading(at area, c columns) {
	at.put(c.mark, 0, theme.Dim, "endpoint")
	if c.scope {
		at.put(c.scopeX, 0, theme.Dim, "scope")
	}
	at.right(c.figuresX, 0, c.figuresW, theme.Dim, "calls")
	if c.state > 1 {
		at.put(c.stateX, 0, theme.Dim, "state")
	}
	if c.sparkX > 0 {
		at.put(c.sparkX, 0, theme.Dim, "last 15 windows")
	}
}

func (a *App) drawRow(at area, y int, c columns, r *row, cursor bool) {
	text, bright, dim := theme.Text, theme.Bright, theme.Dim
	if r.stale {
		text, bright = theme.Dim, theme.Dim
	}
	if cursor {
		at.set(0, y, theme.Accent, '▸')
	}
	if r.first || cursor {
		at.cut(c.mark, y, c.id, bright, r.endpoint)
	}
	if r.first && c.name > 0 {
		at.cut(c.nameX, y, c.name, dim, r.usage.Name)
	}
	if r.limit == nil {
		if c.gaugeW > 8 {
			at.put(c.gaugeX, y, dim, "no limit")
		}
		a.drawFigures(at, y, c, r, text)
		return
	}
	if c.scope {
		at.cut(c.scopeX, y, 4, dim, string(r.usage.Scope))
	}
	if c.spanX >= 0 {
		at.put(c.spanX, y, dim, span(r.limit.Per()))
	}
	if c.gaugeW > 0 {
		at.gauge(c.gaugeX, y, c.gaugeW, limitBar(r.limit, r.stale))
	}
	a.drawFigures(at, y, c, r, text)
	role := fillRole(r.limit.Ratio())
	if r.stale || role == theme.Calm {
		role = text
	}
	at.right(c.percentX, y, c.percentW, role, r.percent)
	a.drawState(at, c.stateX, y, c.stateW, r)
	if c.sparkX > 0 {
		at.sparkline(c.sparkX, y, c.spark, r.limit, r.stale)
	}
}

// drawFigures writes ≈184/200 so that the limits stand below each other.
func (a *App) drawFigures(at area, y int, c columns, r *row, role theme.Role) {
	x := c.figuresX + c.figuresW - r.figures()
	if x < c.mark {
		return
	}
	x = at.put(x, y, theme.Dim, r.bound)
	x = at.put(x, y, role, r.used)
	at.put(x, y, theme.Dim, r.of)
}

// drawState says what the figures do not: how long until the limit, how many
// calls were rejected, how old it is.
func (a *App) drawState(at area, x, y, n int, r *row) {
	u := r.limit
	p := u.Pressure()
	role := pressureRole(p)
	age, old := a.age(u.AsOf)
	if r.stale {
		role = theme.Dim
	}
	if mark := pressureGlyph(p); mark != ' ' {
		at.set(x, y, role, mark)
		x, n = x+2, n-2
	} else if _, common := a.commonAge(); n > 4 && old && !common && p != model.PressureUnknown {
		at.put(x, y, theme.Dim, fit(n, rough(age)+" old", rough(age)))
		return
	}
	if n <= 0 {
		return
	}
	until := ""
	if t, ok := u.TimeToLimit.Get(); ok && t > 0 {
		until = rough(seconds(t))
	}
	switch rejected := u.Rejected.Or(0); {
	case rejected > 0 && until != "":
		at.put(x, y, role, fit(n, "+"+count(rejected)+" rejected, "+until, "+"+count(rejected)+" rejected", "+"+count(rejected), "+"+shortCount(rejected)))
	case rejected > 0:
		at.put(x, y, role, fit(n, "+"+count(rejected)+" rejected", "+"+count(rejected), "+"+shortCount(rejected)))
	case u.Ratio().Or(0) >= 1:
		at.put(x, y, role, fit(n, "at the limit", "full"))
	case until != "":
		at.put(x, y, role, fit(n, "limit in "+until, until))
	}
}

// fit is the first of texts that fits n cells, or nothing.
func fit(n int, texts ...string) string {
	for _, t := range texts {
		if width(t) <= n {
			return t
		}
	}
	return ""
}

// exactShort is a limit in few characters and without rounding: 200, 1k, 1.2k,
// 15k.
func exactShort(n int) string {
	switch {
	case n >= 1000 && n < 1_000_000 && n%1000 == 0:
		return count(n/1000) + "k"
	case n >= 1_000_000 && n%1_000_000 == 0:
		return count(n/1_000_000) + "M"
	case n >= 1000 && n < 10_000 && n%100 == 0:
		return count(n/1000) + "." + count(n/100%10) + "k"
	}
	return count(n)
}
