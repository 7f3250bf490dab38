package ui

import "quotatop/ui/words"

// A rowFormat is the columns of rows of the endpoints pane that are at least w wide.
// The gauge gets what the others leave.
type rowFormat struct {
	w     int
	name  int  // cells for the name; 0 for none
	scope bool // a column for the scope
	wide  bool // the window's column has room for its heading
	mark  int  // cells for the cursor, before the ID
	gauge int  // the most cells for the gauge; 0 for none
	short bool // short figures: 4,310/10k
	tight bool // only the percentage, no figures
	state int  // cells for the state; 1 for its sign only
	spark int  // cells for the sparkline; 0 for none
}

var rowFormats = []rowFormat{
	{w: 180, name: 28, scope: true, wide: true, mark: 2, gauge: 96, state: 28, spark: 45},
	{w: 140, scope: true, mark: 2, gauge: 96, state: 18, spark: 45},
	{w: 112, scope: true, wide: true, mark: 2, gauge: 60, state: 18, spark: 30},
	{w: 92, scope: true, mark: 2, gauge: 60, state: 16, spark: 15},
	{w: 74, scope: true, mark: 2, gauge: 60, state: 15},
	{w: 60, mark: 2, gauge: 60, state: 15},
	{w: 56, mark: 2, gauge: 60, short: true, state: 13},
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

// A column is a position on a line and a width; 0 if the column is left out.
type column struct{ x, w int }

// column returns the part of a line that a column covers.
func (a area) column(c column) area { return a.sub(c.x, 0, c.w, 1) }

// columns are the columns of the endpoints pane.
type columns struct {
	id, name, scope, window, gauge, figures, percent, state, spark column
}

// columnsFor lays out the columns of a format for these rows in w cells: texts from
// the left, figures from the right, the gauge between them. If they do not fit, the
// window goes first, then the end of the ID.
func columnsFor(rows []row, f rowFormat, w int) columns {
	id, windows, figures, percent := f.widths(rows)
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
	c.figures = fromRight(figures, 1)
	if f.mark+id+1+windows > right {
		windows = 0
	}
	c.id = fromLeft(min(id, max(right-f.mark, 0)))
	c.name = fromLeft(f.name)
	if f.scope {
		c.scope = fromLeft(len("scope"))
	}
	c.window = fromLeft(windows)
	if g := min(right-left, f.gauge); g >= 4 {
		c.gauge = column{left, g}
		slack := right - left - g // keep the figures next to the gauge
		c.figures.x -= slack
		c.percent.x -= slack
		c.state.x -= slack
		c.state.w += slack
	}
	return c
}

// widths returns the widths that the columns need for these rows.
func (f rowFormat) widths(rows []row) (id, windows, figures, percent int) {
	windows, percent = 2, 5
	if f.wide {
		windows = len("window")
	}
	if f.short {
		percent = 4
	}
	for i := range rows {
		r := &rows[i]
		id, figures, percent = max(id, width(r.endpoint)), max(figures, r.figures()), max(percent, width(r.percent))
		if r.limit != nil {
			windows = max(windows, width(words.Span(r.limit.Per())))
		}
	}
	if f.tight {
		figures = 0
	}
	return min(id, maxID), windows, figures, percent
}

// maxID bounds the cells of an endpoint's ID.
const maxID = 14
