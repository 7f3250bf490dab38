package ui

// A layout arranges the panes on screens of at least its size.
type layout struct {
	name           string
	w, h           int // the smallest screen
	header, footer bool
	bands          []band
}

// A band is a row of stacks. It is as high as the highest of them.
type band []stack

// A stack is panes from the top to the bottom, with its width; 0 for an equal share
// of what the other stacks leave.
type stack struct {
	width int
	slots []slot
}

// A slot is a place for a pane. Its lines include its frame.
type slot struct {
	pane   paneID
	min    int             // the lines it always gets
	most   int             // the lines up to which it grows with its content; 0 for min
	share  int             // its share of the lines that no content needs
	bare   bool            // it has no frame
	indent int             // blank cells at the left of a bare slot
	when   func(*App) bool // whether it is there now; nil for always
}

// shown reports whether a slot is there now.
func (s *slot) shown(a *App) bool { return s.when == nil || s.when(a) }

// layouts are tried in this order; the first that fits is used. All numbers about
// screen sizes are here. Content takes lines from the bottom up: the alerts before the
// panes above them, and charts get what is left.
var layouts = []layout{
	{"huge", 170, 45, true, true, []band{
		{
			{slots: []slot{{pane: endpointsPane, min: 10, most: 24}, {pane: detailPane, min: 8, share: 1}, {pane: historyPane, min: 5, most: 26, when: (*App).alone}, {pane: fleetPane, min: 8, most: 20, when: (*App).hasFleet}}},
			{44, []slot{{pane: wallPane, min: 8}, {pane: capPane, min: 9, share: 1}}},
		},
		{{slots: []slot{{pane: ratePane, min: 3, most: 12}}}, {slots: []slot{{pane: billingPane, min: 3, most: 12}}}},
	}},
	{"large", 110, 36, true, true, []band{
		{
			{slots: []slot{{pane: endpointsPane, min: 10, most: 24}, {pane: detailPane, min: 8, share: 1}, {pane: historyPane, min: 8, most: 8, when: (*App).alone}, {pane: fleetPane, min: 6, most: 10, when: (*App).hasFleet}}},
			{38, []slot{{pane: wallPane, min: 8}, {pane: capPane, min: 9, share: 1}}},
		},
		{{slots: []slot{{pane: ratePane, min: 3, most: 8}}}, {slots: []slot{{pane: billingPane, min: 3, most: 8}}}},
	}},
	{"wide", 110, 32, true, true, []band{
		{
			{slots: []slot{{pane: endpointsPane, min: 10, most: 24}, {pane: detailPane, min: 8, share: 1}, {pane: fleetPane, min: 5, most: 8, when: (*App).hasFleet}}},
			{38, []slot{{pane: wallPane, min: 8}, {pane: capPane, min: 9, share: 1}}},
		},
		{{slots: []slot{{pane: ratePane, min: 3, most: 8}}}, {slots: []slot{{pane: billingPane, min: 3, most: 8}}}},
	}},
	{"broad", 110, 24, true, true, []band{
		{
			{slots: []slot{{pane: endpointsPane, min: 10, most: 24}, {pane: detailPane, min: 8, share: 1}}},
			{38, []slot{{pane: wallPane, min: 5}, {pane: capPane, min: 9, share: 1}}},
		},
		{{slots: []slot{{pane: ratePane, min: 3, most: 8}}}, {slots: []slot{{pane: billingPane, min: 3, most: 8}}}},
	}},
	{"low", 110, 18, true, true, []band{
		{{slots: []slot{{pane: endpointsPane, min: 9, most: 24}}}, {38, []slot{{pane: wallPane, min: 5}, {pane: capPane, min: 4, most: 9}}}},
		{{slots: []slot{{pane: ratePane, min: 3, most: 6, share: 1}}}, {slots: []slot{{pane: billingPane, min: 3, most: 6}}}},
	}},
	{"tall", 62, 34, true, true, []band{
		{{slots: []slot{{pane: endpointsPane, min: 9, most: 24}}}},
		{{32, []slot{{pane: wallPane, min: 5}}}, {slots: []slot{{pane: capPane, min: 5}}}},
		{{slots: []slot{{pane: detailPane, min: 8, share: 1}}}},
		{{slots: []slot{{pane: fleetPane, min: 5, most: 8, when: (*App).hasFleet}}}},
		{{slots: []slot{{pane: ratePane, min: 3, most: 8}}}, {slots: []slot{{pane: billingPane, min: 3, most: 8}}}},
	}},
	{"roomy", 96, 29, true, true, []band{
		{{slots: []slot{{pane: endpointsPane, min: 11, most: 24}}}},
		{{38, []slot{{pane: wallPane, min: 8}, {pane: capPane, min: 3, most: 9}}}, {slots: []slot{{pane: detailPane, min: 8, share: 1}}}},
		{{slots: []slot{{pane: ratePane, min: 3, most: 8}}}, {slots: []slot{{pane: billingPane, min: 3, most: 8}}}},
	}},
	{"standard", 76, 24, true, true, []band{
		{{slots: []slot{{pane: endpointsPane, min: 10, most: 24}}}},
		{{32, []slot{{pane: wallPane, min: 5}, {pane: capPane, min: 3, most: 9}}}, {slots: []slot{{pane: detailPane, min: 8, share: 1}}}},
		{{slots: []slot{{pane: ratePane, min: 3, most: 8}}}, {slots: []slot{{pane: billingPane, min: 3, most: 8}}}},
	}},
	{"flat", 62, 20, true, true, []band{
		{{slots: []slot{{pane: endpointsPane, min: 9, most: 24}}}},
		{{32, []slot{{pane: wallPane, min: 5}}}, {slots: []slot{{pane: capPane, min: 5}}}},
		{{slots: []slot{{pane: ratePane, min: 3, most: 8, share: 1}}}, {slots: []slot{{pane: billingPane, min: 3, most: 8}}}},
	}},
	{"flatter", 62, 18, true, true, []band{
		{{slots: []slot{{pane: endpointsPane, min: 7, most: 24}}}},
		{{slots: []slot{{pane: capPane, min: 4}}}},
		{{slots: []slot{{pane: ratePane, min: 3, most: 6, share: 1}}}, {slots: []slot{{pane: billingPane, min: 3, most: 6}}}},
	}},
	{"column", 34, 30, true, true, []band{
		{{slots: []slot{{pane: endpointsPane, min: 9, most: 24}}}},
		{{slots: []slot{{pane: wallPane, min: 5}}}},
		{{slots: []slot{{pane: capPane, min: 6, most: 9, share: 1}}}},
		{{slots: []slot{{pane: ratePane, min: 3, most: 6}}}},
		{{slots: []slot{{pane: billingPane, min: 3, most: 6}}}},
	}},
	{"narrow", 20, 13, true, true, []band{
		{{slots: []slot{{pane: endpointsPane, min: 7, most: 24, bare: true}}}},
		{{slots: []slot{{pane: capPane, min: 2, bare: true, indent: 1}}}},
		{{slots: []slot{fleetLineSlot}}},
		{{slots: []slot{{pane: alertsPane, min: 1, bare: true, indent: 1}}}},
	}},
	{"slim", 20, 11, true, true, lines},
	{"short", 20, 4, true, false, lines},
	{"strip", 0, 0, false, false, []band{{{slots: []slot{{pane: stripPane, min: 1, share: 1, bare: true}}}}}},
}

// lines are the bands of screens that are too small for frames.
var lines = []band{
	{{slots: []slot{{pane: endpointsPane, min: 1, most: 24, bare: true}}}},
	{{slots: []slot{{pane: capPane, min: 1, bare: true, indent: 1}}}},
	{{slots: []slot{fleetLineSlot}}},
	{{slots: []slot{{pane: alertsPane, min: 1, bare: true, indent: 1}}}},
}

// fleetLineSlot has the fleet on a line where there is one to spare.
var fleetLineSlot = slot{pane: fleetLinePane, most: 1, bare: true, indent: 1, when: (*App).hasFleet}

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

// slot returns a pane's slot, or false if the screen has none.
func (a *App) slot(p paneID) (slot, bool) {
	for _, b := range layoutFor(a.w, a.h).bands {
		for _, c := range b {
			for _, s := range c.slots {
				if s.pane == p && s.shown(a) {
					return s, true
				}
			}
		}
	}
	return slot{}, false
}

// A need is the lines that a part of the screen asks for: those it always gets, those
// of its content, and its share of the rest.
type need struct{ min, want, share int }

// need returns what a slot asks for whose pane has so many lines of content.
func (s *slot) need(content int) need {
	if !s.bare {
		content += 2 // the frame
	}
	return need{s.min, max(s.min, min(content, s.most)), s.share}
}

// mostParts bounds the bands of a layout and the slots of a stack.
const mostParts = 8

// needs returns what the slots of a stack ask for.
func (a *App) needs(slots []slot) (needs [mostParts]need) {
	for i := range slots {
		if !slots[i].shown(a) {
			continue
		}
		needs[i] = slots[i].need(a.content(slots[i].pane))
	}
	return needs
}

// need returns what a band asks for: the most that any of its stacks does.
func (a *App) need(b band) (n need) {
	for _, s := range b {
		var sum need
		for _, part := range a.needs(s.slots) {
			sum.min, sum.want, sum.share = sum.min+part.min, sum.want+part.want, sum.share+part.share
		}
		n.min, n.want, n.share = max(n.min, sum.min), max(n.want, sum.want), max(n.share, sum.share)
	}
	return n
}

// content returns how many lines a pane has to show; 0 if it shows what fits.
func (a *App) content(p paneID) int {
	switch p {
	case endpointsPane:
		return a.limits() + 1
	case historyPane:
		return stripLines * len(a.snap.Endpoints)
	case capPane:
		return capTallHeight
	case ratePane, billingPane:
		return a.alertLines(p)
	case fleetPane:
		return len(a.snap.Fleet.Generators) + 1
	case fleetLinePane:
		return 1
	}
	return 0
}

// lay divides h lines among needs. What they always get comes first, then what they
// want, the last one first, then the shares; without a share, the last one gets the rest.
// Where they cannot get what they always get, the first goes without.
func lay(h int, needs []need) (lines [mostParts]int) {
	shares := 0
	for i, n := range needs {
		lines[i] = n.min
		h -= n.min
		shares += n.share
	}
	for i := range needs {
		less := min(max(-h, 0), max(lines[i]-1, 0))
		lines[i] -= less
		h += less
	}
	for i := len(needs) - 1; i >= 0 && h > 0; i-- {
		more := min(max(needs[i].want-lines[i], 0), h)
		lines[i] += more
		h -= more
	}
	for i, n := range needs {
		if n.share > 0 && h > 0 {
			more := h * n.share / shares
			lines[i] += more
			h -= more
			shares -= n.share
		}
	}
	lines[len(needs)-1] += max(h, 0)
	return lines
}

// widths returns the widths of a band's stacks on a screen of width w.
func (b band) widths(w int) (widths [mostParts]int) {
	shares := 0
	for i, s := range b {
		widths[i] = s.width
		w -= s.width
		if s.width == 0 {
			shares++
		}
	}
	for i, s := range b {
		if s.width == 0 {
			widths[i] = w / shares
			w -= widths[i]
			shares--
		}
	}
	return widths
}
