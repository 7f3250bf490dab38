package ui

import (
	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"
)

// The columns of the fleet, in the order of the screen.
const (
	fleetName = iota
	fleetBar
	fleetCalls
	fleetRefused
	fleetIgnored
	fleetWorst
	fleetHeard
	fleetMissing
	fleetDropped
	fleetClock
	fleetEgress
	fleetColumnCount
)

// fleetColumns are the titles of the columns, the longest first, and their widths.
var fleetColumns = [fleetColumnCount]struct {
	titles      []string
	least, most int
	right       bool // figures, which stand at the right
}{
	fleetName:    {titles: []string{"generator", "name"}}, // as wide as the names
	fleetBar:     {titles: []string{"load"}},              // where there is room to spare
	fleetCalls:   {titles: []string{"calls/min", "calls"}, least: 5, most: 9, right: true},
	fleetRefused: {titles: []string{"refused"}, least: 7, most: 7, right: true},
	fleetIgnored: {titles: []string{"ignored"}, least: 7, most: 7, right: true},
	fleetWorst:   {titles: []string{"worst"}, least: 9, most: maxID},
	fleetHeard:   {titles: []string{"heard"}, least: 5, most: 10},
	fleetMissing: {titles: []string{"missing"}, least: 7, most: 7, right: true},
	fleetDropped: {titles: []string{"dropped"}, least: 7, most: 7, right: true},
	fleetClock:   {titles: []string{"clock"}, least: 11, most: 11},
	fleetEgress:  {titles: []string{"egress"}, least: 8, most: 24},
}

// fleetByImportance is the order in which columns get room.
var fleetByImportance = [...]int{
	fleetName, fleetCalls, fleetRefused, fleetHeard, fleetWorst, fleetMissing, fleetClock, fleetEgress, fleetIgnored, fleetDropped,
}

const (
	fleetMark     = 4  // cells for the cursor and the sign
	fleetGap      = 2  // between columns
	usualName     = 16 // cells that a longer name gets before other columns
	longestName   = 40
	fleetRightGap = 2 // for the arrows
	leastBar      = 10
	mostBar       = 40
)

// A fleetLine is where the columns of the fleet are; those without room have no width.
type fleetLine [fleetColumnCount]column

// fleetColumnsFor lays out the columns for all generators in w cells. It does not depend
// on what changes by the second.
func fleetColumnsFor(all []model.Generator, w int) (c fleetLine) {
	name, egress := len("name"), 0
	for i := range all {
		name, egress = max(name, len(all[i].Name)), max(egress, len(all[i].Egress)+1)
	}
	room := w - fleetMark - fleetRightGap
	least, most := func(id int) int { return fleetColumns[id].least }, func(id int) int {
		switch id {
		case fleetName:
			return min(name, longestName)
		case fleetEgress:
			return min(max(egress, fleetColumns[id].least), fleetColumns[id].most)
		}
		return fleetColumns[id].most
	}
	for nth, id := range fleetByImportance {
		need := least(id) + fleetGap
		if id == fleetName {
			need = min(name, usualName, max(room, 1))
		}
		if need > room {
			break
		}
		c[id].w = need - min(nth, 1)*fleetGap
		room -= need
	}
	for _, id := range fleetByImportance {
		if c[id].w > 0 {
			more := min(max(most(id)-c[id].w, 0), room)
			c[id].w += more
			room -= more
		}
	}
	if room -= fleetGap; room >= leastBar {
		c[fleetBar].w = min(room, mostBar)
	}
	x := fleetMark
	for id := range c {
		if c[id].w > 0 {
			c[id].x = x
			x += c[id].w + fleetGap
		}
	}
	return c
}

// mostCalls is the most calls a minute that a generator makes, those that are refused
// included.
func mostCalls(all []model.Generator) (most int) {
	for i := range all {
		most = max(most, all[i].Calls+all[i].Rejected)
	}
	return most
}

// load draws a generator's calls as a part of the most that any makes, and after the
// accepted ones those that were refused.
func (a area) load(g *model.Generator, most int, role theme.Role) {
	a.fill(0, 0, a.w, theme.Track, trackGlyph)
	if most == 0 {
		return
	}
	steps := stepsOf(float64(g.Calls)/float64(most), a.w)
	x := steps / cellSteps
	a.fill(0, 0, x, role, fullGlyph)
	if part := steps % cellSteps; part > 0 {
		a.set(x, 0, role, levels[part])
		x++
	}
	if g.Rejected > 0 {
		n := max((g.Rejected*a.w+most/2)/most, 1)
		a.fill(min(x, a.w-1), 0, n, theme.Rejected, rejectedGlyph)
	}
}

// generatorCell returns what a column says of a generator in w cells.
func (a *App) generatorCell(id int, g *model.Generator, w int) (theme.Role, string) {
	switch id {
	case fleetName:
		return theme.Bright, ending(g.Name, w)
	case fleetCalls:
		return theme.Text, fit(w, words.Count(g.Calls), words.Short(g.Calls))
	case fleetRefused:
		return problemRole(g.Rejected, theme.Hot), fit(w, words.Count(g.Rejected), words.Short(g.Rejected))
	case fleetIgnored:
		return problemRole(g.Early, theme.Alarm), fit(w, words.Count(g.Early), words.Short(g.Early))
	case fleetWorst:
		return theme.Text, ending(g.Worst, w)
	case fleetHeard:
		return a.heard(g, w)
	case fleetMissing:
		return problemRole(g.Missing, theme.Warm), fit(w, words.Count(g.Missing), words.Short(g.Missing))
	case fleetDropped:
		return problemRole(g.Dropped, theme.Warm), fit(w, words.Count(g.Dropped), words.Short(g.Dropped))
	case fleetClock:
		return theme.Dim, words.ClockOff(g.ClockOffset())
	}
	return theme.Dim, ending(words.EgressName(g.Egress, g.EgressAssumed), w)
}

// problemRole is the role of a count that should be zero.
func problemRole(n int, role theme.Role) theme.Role {
	if n == 0 {
		return theme.Dim
	}
	return role
}

// heard says when a generator was last heard, with its state unless that is live.
func (a *App) heard(g *model.Generator, w int) (theme.Role, string) {
	age := words.Coarse(a.snap.At.Sub(g.HeardAt))
	if g.Behind {
		behind := words.Coarse(a.snap.At.Sub(g.To))
		return theme.Warm, fit(w, "behind "+behind, behind)
	}
	switch g.State {
	case model.GeneratorLive:
		return theme.Dim, fit(w, words.Ago(a.snap.At, g.HeardAt), age)
	case model.GeneratorSilent:
		return theme.Warm, fit(w, "silent "+age, age)
	}
	return theme.Dim, fit(w, string(g.State)+" "+age, string(g.State), age)
}
