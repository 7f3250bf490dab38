package ui

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"

	tea "charm.land/bubbletea/v2"
)

// A fleetView is what the user chose to see of the fleet.
type fleetView struct {
	sorted   sorting // byTable is what hurts first, as the snapshot has them
	reversed bool
	// ranks are the places of the generators by name, as of a time, see standing.
	ranks    map[string]int
	rankedAt time.Time
	late     int // how many were not heard then, or behind
}

// fleetAction is the action that goes to the fleet.
const fleetAction = "fleet"

// hasFleet reports whether there are load generators to show.
func (a *App) hasFleet() bool { return a.snap.Fleet != nil }

// alone reports whether there are none.
func (a *App) alone() bool { return a.snap.Fleet == nil }

// toFleet goes to the fleet; from there it shows it on the whole screen, and back.
func (a *App) toFleet(string) tea.Cmd {
	if a.focus == fleetPane && !a.help && !a.panel && !a.log.open {
		return a.toggleZoom("")
	}
	a.show(fleetPane)
	return nil
}

// restandFleet puts the generators in order again if it is time, or one more is not
// heard: that comes first.
func (a *App) restandFleet() {
	v := &a.fleet
	if a.snap.Fleet == nil {
		return
	}
	n := words.FleetOf(a.snap.Fleet)
	late := n.Silent + n.Behind + n.Gone
	if v.ranks != nil && a.snap.At.Sub(v.rankedAt).Abs() < standFor && (late <= v.late || v.sorted != byTable) {
		return
	}
	v.late = late
	all := a.snap.Fleet.Generators
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	switch v.sorted {
	case byName:
		slices.SortStableFunc(order, func(i, j int) int { return byNumber(all[i].Name, all[j].Name) })
	case byRate:
		slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(all[j].Calls, all[i].Calls) })
	}
	if v.reversed {
		slices.Reverse(order)
	}
	v.ranks, v.rankedAt = make(map[string]int, len(all)), a.snap.At
	for rank, i := range order {
		v.ranks[all[i].Name] = rank
	}
}

// byNumber compares names such that gen-2 comes before gen-10.
func byNumber(x, y string) int {
	head, tail := strings.TrimRight(x, "0123456789"), strings.TrimRight(y, "0123456789")
	m, n := strings.TrimLeft(x[len(head):], "0"), strings.TrimLeft(y[len(tail):], "0")
	return cmp.Or(strings.Compare(strings.ToLower(head), strings.ToLower(tail)), cmp.Compare(len(m), len(n)), strings.Compare(m, n))
}

// sortFleet puts the generators in an order, from the last one if reversed.
func (a *App) sortFleet(by sorting, reversed bool) {
	if by == byPressure {
		by = byTable
	}
	a.fleet = fleetView{sorted: by, reversed: reversed}
	a.restandFleet()
}

// generators returns the indexes of the generators that match the filter, in the order
// of the screen. Those that came since it stands are the last.
func (a *App) generators() []int {
	if a.snap.Fleet == nil {
		return nil
	}
	all := a.snap.Fleet.Generators
	ranks, out := make([]int, len(all)), make([]int, 0, len(all))
	for i := range all {
		if !a.listsGenerator(&all[i]) {
			continue
		}
		rank, known := a.fleet.ranks[all[i].Name]
		if !known {
			rank = len(a.fleet.ranks)
		}
		ranks[i] = rank
		out = append(out, i)
	}
	slices.SortStableFunc(out, func(i, j int) int { return cmp.Compare(ranks[i], ranks[j]) })
	return out
}

// listsGenerator reports whether a generator matches the filter.
func (a *App) listsGenerator(g *model.Generator) bool {
	f := *a.filter(fleetPane)
	return f == "" || contains(f, g.Name, g.Egress, g.Worst, string(g.State))
}

// generator returns the generator that the detail pane shows; nil if it shows none.
func (a *App) generator() *model.Generator {
	if a.subject != fleetPane {
		return nil
	}
	rows := a.generators()
	if i := a.generatorRow(rows); i >= 0 {
		return &a.snap.Fleet.Generators[rows[i]]
	}
	return nil
}

// generatorRow returns the row that the cursor is on: the first if the picked generator
// is gone, -1 if there are none.
func (a *App) generatorRow(rows []int) int {
	if len(rows) == 0 {
		return -1
	}
	picked := a.picked[fleetPane].generator
	return max(slices.IndexFunc(rows, func(i int) bool { return a.snap.Fleet.Generators[i].Name == picked }), 0)
}

func (a *App) fleetTitle() []string {
	if a.snap.Fleet == nil {
		return []string{"Fleet"}
	}
	by := ""
	switch v := &a.fleet; {
	case v.sorted != byTable && v.reversed:
		by = " by " + sortNames[v.sorted] + ", reversed"
	case v.sorted != byTable:
		by = " by " + sortNames[v.sorted]
	case v.reversed:
		by = ", reversed"
	}
	run := "Fleet " + brief(a.snap.Fleet.Run, 24) + by
	var texts []string
	for _, count := range words.FleetOf(a.snap.Fleet).Texts() {
		texts = append(texts, run+" · "+count)
	}
	return append(texts, run, "Fleet")
}

// fleetNote says what is not listed, and how old the figures are.
func (a *App) fleetNote() string {
	f := a.snap.Fleet
	if f == nil {
		return ""
	}
	var parts []string
	if text := *a.filter(fleetPane); text != "" {
		hidden := 0
		for i := range f.Generators {
			if !a.listsGenerator(&f.Generators[i]) {
				hidden++
			}
		}
		parts = append(parts, "/"+text)
		if hidden > 0 {
			parts = append(parts, words.Count(hidden)+" hidden")
		}
	}
	if f.Unlisted > 0 {
		parts = append(parts, words.Count(f.Unlisted)+" not listed")
	}
	if age := a.ageNote(f.To, a.stale(f.To)); age != "" {
		parts = append(parts, age)
	}
	return strings.Join(parts, " · ")
}

// fleetHeadingH is the least height of the fleet with the titles of its columns.
const fleetHeadingH = 3

// drawFleet gives each generator a line, those that the cursor is near.
func (a *App) drawFleet(at area, o outcome) outcome {
	rows := a.generators()
	if len(rows) == 0 {
		text := "no load generators at this time"
		if a.snap.Fleet != nil && *a.filter(fleetPane) != "" {
			text = a.nothing(fleetPane, len(a.snap.Fleet.Generators), 0)
		}
		at.cut(0, 0, at.w, theme.Dim, text)
		return o
	}
	all := a.snap.Fleet.Generators
	c := fleetColumnsFor(all, at.w)
	if at.h >= fleetHeadingH {
		o = a.fleetHeading(at, &c, o)
		at = at.sub(0, 1, at.w, at.h-1)
	}
	cursor := -1
	if a.subject == fleetPane {
		cursor = a.generatorRow(rows)
	}
	first, most := min(max(cursor-at.h/2, 0), max(len(rows)-at.h, 0)), mostCalls(all)
	for y := range min(at.h, len(rows)-first) {
		g, line := &all[rows[first+y]], at.sub(0, y, at.w, 1)
		a.drawGenerator(line, &c, g, first+y == cursor)
		if bar := line.column(c[fleetBar]); bar.w > 0 {
			bar.load(g, most, loadRole(g))
		}
		o = o.hit(target{at: line, kind: onRow, pane: fleetPane, item: item{generator: g.Name}})
	}
	at.moreMarks(first, len(rows)-first-at.h)
	return o
}

// fleetHeading writes the titles of the columns. Those that can be sorted by are
// targets.
func (a *App) fleetHeading(at area, c *fleetLine, o outcome) outcome {
	mark := '▾'
	if a.fleet.reversed != (a.fleet.sorted == byName) {
		mark = '▴'
	}
	for id, col := range c {
		title := fit(col.w, fleetColumns[id].titles...)
		if title == "" {
			continue
		}
		x := col.x
		if fleetColumns[id].right {
			x += col.w - width(title)
		}
		at.put(x, 0, theme.Dim, title)
		by, sorts := sorting(0), false
		switch id {
		case fleetName:
			by, sorts = byName, true
		case fleetCalls:
			by, sorts = byRate, true
		}
		if !sorts {
			continue
		}
		if by == a.fleet.sorted {
			at.set(x+width(title), 0, theme.Accent, mark)
		}
		o = o.hit(target{at: at.sub(x, 0, width(title)+1, 1), kind: onColumn, pane: fleetPane, nth: int(by)})
	}
	return o
}

// drawGenerator draws the row of a generator. That of one that does not send is dim, as
// what is stale.
func (a *App) drawGenerator(at area, c *fleetLine, g *model.Generator, cursor bool) {
	if cursor {
		at.set(0, 0, theme.Accent, '▸')
	}
	role, sign := generatorSign(g)
	at.set(2, 0, role, sign)
	for id := range fleetColumns {
		col := at.column(c[id])
		if col.w == 0 || id == fleetBar {
			continue
		}
		role, text := a.generatorCell(id, g, col.w)
		if (g.State != model.GeneratorLive || g.Behind) && (role == theme.Bright || role == theme.Text) {
			role = theme.Dim
		}
		if fleetColumns[id].right {
			col.right(0, 0, col.w, role, text)
		} else {
			col.put(0, 0, role, text)
		}
	}
}

// loadRole is the role of the calls of a generator.
func loadRole(g *model.Generator) theme.Role {
	if g.State != model.GeneratorLive || g.Behind {
		return theme.Dim
	}
	return theme.Calm
}

// generatorSign returns the sign of a generator's state.
func generatorSign(g *model.Generator) (theme.Role, rune) {
	switch {
	case g.State == model.GeneratorSilent || g.Behind:
		return theme.Warm, '◌'
	case g.State == model.GeneratorGone:
		return theme.Dim, '✗'
	case g.State == model.GeneratorEnded:
		return theme.Dim, '·'
	case g.Rejected > 0:
		return theme.Rejected, '■'
	}
	return theme.Calm, '●'
}

// drawFleetLine says how the fleet is on one line.
func (a *App) drawFleetLine(at area) {
	x := at.put(0, 0, theme.Bright, "fleet") + 1
	n := words.FleetOf(a.snap.Fleet)
	role := theme.Text
	if n.Silent+n.Behind > 0 {
		role = theme.Warm
		at.set(x, 0, role, '◌')
		x += 2
	}
	at.put(x, 0, role, fit(at.w-x, n.Texts()...))
}

// unheard reports whether a generator is silent or behind.
func (a *App) unheard() bool {
	if a.alone() {
		return false
	}
	n := words.FleetOf(a.snap.Fleet)
	return n.Silent+n.Behind > 0
}

// fleetWords add to the words for the source how many generators are heard.
func (a *App) fleetWords(parts []word) []word {
	n := words.FleetOf(a.snap.Fleet)
	if late := n.Silent + n.Behind; late > 0 {
		parts[0].role, parts[0].text = theme.Warm, "◌"
		return append(parts, word{theme.Warm, words.Count(n.Total - late)}, word{theme.Dim, "of " + words.Count(n.Total)})
	}
	return append(parts, word{theme.Text, words.Count(n.Total)})
}
