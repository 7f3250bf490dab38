package ui

// A rowFormat says which columns a row of the endpoints pane has from a width
// on. The gauge takes what the others leave.
type rowFormat struct {
	w     int  // the least width
	name  int  // cells for the name; 0 for none
	scope bool // whose calls share the limit
	mark  int  // cells before the ID for the cursor
	gauge int  // the most cells for the gauge; 0 for none
	short bool // short figures: 4,310/10k and 43%
	tight bool // no figures but the used part
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
	{w: 28, mark: 1, short: true, state: 1},
	{w: 0, mark: 1, short: true, tight: true, state: 1},
}

func formatFor(w int) rowFormat {
	for _, f := range rowFormats {
		if w >= f.w {
			return f
		}
	}
	return rowFormats[len(rowFormats)-1]
}

// A column is a place on a line; its width is 0 for a column that is left out.
type column struct{ x, w int }

// column is the part of a line that belongs to a column.
func (a area) column(c column) area { return a.sub(c.x, 0, c.w, 1) }

// columns are the places of the columns of the endpoints pane.
type columns struct {
	id, name, scope, span, gauge, figures, percent, state, spark column
	ages                                                         bool // each row says how old it is
}

// columnsFor lays the columns of a format out for these rows, in w cells: those
// of the words from the left, those of the figures from the right, the gauge
// between them. Where there is no room for all, the span goes first, then the
// end of the ID.
func columnsFor(rows []row, f rowFormat, w int) columns {
	id, spans, figures, percent := 0, 2, 0, 5
	if f.short {
		percent = 4
	}
	for i := range rows {
		r := &rows[i]
		id, figures, percent = max(id, width(r.endpoint)), max(figures, r.figures()), max(percent, width(r.percent))
		if r.limit != nil {
			spans = max(spans, width(span(r.limit.Per())))
		}
	}
	id = min(id, maxID)
	left, right := f.mark, w
	fromLeft := func(w int) column {
		if w == 0 {
			return column{}
		}
		c := column{left, w}
		left += w + 1
		return c
	}
	fromRight := func(w, gap int) column {
		if w == 0 {
			return column{}
		}
		right -= w + gap
		return column{right + gap, w}
	}
	var c columns
	gap := 2
	if f.short {
		gap = 1
	}
	c.spark = fromRight(f.spark, 0)
	if f.spark > 0 {
		right -= 2
	}
	c.state = fromRight(f.state, gap)
	c.percent = fromRight(percent, 1)
	if f.tight {
		figures = 0
	}
	c.figures = fromRight(figures, 1)
	if f.mark+id+1+spans > right {
		spans = 0
	}
	c.id = fromLeft(min(id, max(right-f.mark, 0)))
	c.name = fromLeft(f.name)
	if f.scope {
		c.scope = fromLeft(4)
	}
	c.span = fromLeft(spans)
	if g := min(right-left, f.gauge); g >= 4 {
		c.gauge = column{left, g}
		slack := right - left - g // keep the figures at the gauge
		c.figures.x -= slack
		c.percent.x -= slack
		c.state.x -= slack
		c.state.w += slack
	}
	return c
}

// maxID is the most cells of an endpoint's ID.
const maxID = 14
