package ui

// A layout arranges the panes on screens of at least its size.
type layout struct {
	name           string
	w, h           int // the smallest screen
	header, footer bool
	bands          []band
}

// A band is a row of panes. It gets min lines, then as many as its panes want, then
// its share of the rest.
type band struct {
	min, grow int
	slots     []slot
}

// A slot is a place for a pane, with its width; 0 for an equal share of what the
// other slots leave.
type slot struct {
	pane   paneID
	width  int
	want   int  // the lines it wants inside its frame; 0 for as many as it has rows
	airy   bool // it wants blank lines between its rows
	bare   bool // it has no frame
	indent int  // blank cells at the left of a bare slot
}

// layouts are tried in this order; the first that fits is used. All numbers about
// screen sizes are here.
var layouts = []layout{
	{"wide", 110, 36, true, true, []band{
		{9, 0, []slot{{pane: endpointsPane, airy: true}, {pane: capPane, width: 38, want: capBigHeight}}},
		{9, 1, []slot{{pane: detailPane, want: 8}}},
		{6, 1, []slot{{pane: ratePane, want: 4}, {pane: billingPane, want: 4}}},
	}},
	{"low", 110, 18, true, true, []band{
		{9, 0, []slot{{pane: endpointsPane}, {pane: capPane, width: 38, want: 7}}},
		{4, 1, []slot{{pane: ratePane, want: 2}, {pane: billingPane, want: 2}}},
	}},
	{"tall", 62, 34, true, true, []band{
		{7, 0, []slot{{pane: endpointsPane}}},
		{4, 0, []slot{{pane: capPane, want: 2}}},
		{9, 2, []slot{{pane: detailPane, want: 8}}},
		{6, 1, []slot{{pane: ratePane, want: 4}, {pane: billingPane, want: 4}}},
	}},
	{"standard", 62, 18, true, true, []band{
		{7, 0, []slot{{pane: endpointsPane}}},
		{4, 0, []slot{{pane: capPane, want: 2}}},
		{4, 1, []slot{{pane: ratePane, want: 2}, {pane: billingPane, want: 2}}},
	}},
	{"column", 34, 28, true, true, []band{
		{7, 0, []slot{{pane: endpointsPane}}},
		{7, 0, []slot{{pane: capPane, want: 7}}},
		{4, 1, []slot{{pane: ratePane, want: 2}}},
		{4, 1, []slot{{pane: billingPane, want: 2}}},
	}},
	{"narrow", 20, 11, true, true, lines},
	{"short", 20, 6, true, false, lines},
	{"few", 20, 4, false, false, lines},
	{"strip", 0, 0, false, false, []band{{1, 1, []slot{{pane: stripPane, want: 1, bare: true}}}}},
}

// lines are the bands of screens that are too small for frames.
var lines = []band{
	{1, 0, []slot{{pane: endpointsPane, bare: true}}},
	{1, 0, []slot{{pane: capPane, want: 2, bare: true, indent: 1}}},
	{1, 0, []slot{{pane: alertsPane, want: 1, bare: true, indent: 1}}},
}

// framedW and framedH are the smallest area that gets a frame.
const framedW, framedH = 24, 5

// layoutFor returns the layout of a screen.
func layoutFor(w, h int) *layout {
	for i := range layouts {
		if l := &layouts[i]; w >= l.w && h >= l.h {
			return l
		}
	}
	return &layouts[len(layouts)-1]
}

// slot returns a pane's slot, or false if the layout has none.
func (l *layout) slot(p paneID) (slot, bool) {
	for _, b := range l.bands {
		for _, s := range b.slots {
			if s.pane == p {
				return s, true
			}
		}
	}
	return slot{}, false
}

// heights returns the lines of each band out of h. rows returns how many lines a
// slot wants that does not say.
func heights(bands []band, h int, rows func(s slot) int) []int {
	out := make([]int, len(bands))
	left, grow := h, 0
	for i, b := range bands {
		out[i] = min(b.min, left)
		left -= out[i]
		grow += b.grow
	}
	for i, b := range bands {
		most := 0
		for _, s := range b.slots {
			want := s.want
			if want == 0 {
				want = rows(s)
			}
			if !s.bare {
				want += 2 // the frame
			}
			most = max(most, want)
		}
		more := min(max(most-out[i], 0), left)
		out[i] += more
		left -= more
	}
	for i, b := range bands {
		if b.grow > 0 {
			more := left * b.grow / grow
			out[i] += more
			left -= more
			grow -= b.grow
		}
	}
	return out
}

// split returns the areas of a band's slots.
func (a area) split(slots []slot) []area {
	free, shares := a.w, 0
	for _, s := range slots {
		free -= s.width
		if s.width == 0 {
			shares++
		}
	}
	out := make([]area, len(slots))
	x := 0
	for i, s := range slots {
		w := s.width
		if w == 0 {
			w = free / shares
			free -= w
			shares--
		}
		out[i] = a.sub(x, 0, w, a.h)
		x += w
	}
	return out
}
