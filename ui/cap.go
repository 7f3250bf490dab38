package ui

import (
	"strings"

	"quotatop/model"
	"quotatop/theme"
)

func (a *App) capTitle() []string { return []string{a.capName()} }

func (a *App) capName() string {
	if a.snap.Cap.Period == model.PeriodMonth {
		return "Monthly cap"
	}
	return "Daily cap"
}

// capNote says how old the figures are.
func (a *App) capNote() string {
	d, old := a.age(a.snap.Cap.AsOf)
	switch {
	case !old:
		return ""
	case a.stale(a.snap.Cap.AsOf):
		return "stale: " + rough(d) + " old"
	}
	return rough(d) + " ago"
}

// drawCap shows the spending cap: the more room, the more of it.
func (a *App) drawCap(at area) {
	switch {
	case at.h == 1:
		a.drawCapLine(at)
	case at.h < 5:
		a.drawCapFlat(at)
	case at.h < capBigHeight || at.w < bigWidth || a.opts.ASCII: // plain big figures are hard to read
		a.drawCapTall(at)
	default:
		a.drawCapBig(at)
	}
}

// capBar is the cap's gauge.
func (a *App) capBar() bar {
	ratio, known := a.snap.Cap.Ratio().Get()
	b := bar{known: known, used: ratio, role: fillRole(a.snap.Cap.Ratio())}
	if a.stale(a.snap.Cap.AsOf) {
		b.role = theme.Dim
	}
	return b
}

// A word is text with a role.
type word struct {
	role theme.Role
	text string
}

// capFigures are the money used, its limit and the used part.
func (a *App) capFigures() (used, of, part word) {
	c := &a.snap.Cap
	used = word{theme.Bright, moneyOr(c.Used)}
	if c.Estimated && c.Used.Known() {
		used.text = "≈" + used.text
	}
	of = word{theme.Dim, " of " + moneyOr(c.Limit)}
	part = word{theme.Text, unknown}
	if ratio, ok := c.Ratio().Get(); ok {
		part.text = percent(ratio, " %")
		if role := fillRole(c.Ratio()); role != theme.Calm {
			part.role = role
		}
	}
	if a.stale(c.AsOf) {
		used.role, part.role = theme.Dim, theme.Dim
	}
	return used, of, part
}

// reset is the countdown to the reset, to the second, and whether its moment is
// only assumed.
func (a *App) reset() (left string, assumed bool) {
	c := &a.snap.Cap
	if !a.live || c.ResetsAt.IsZero() {
		return unknown, false
	}
	return longCountdown(c.ResetsAt.Sub(a.snap.At)), c.ResetSource == model.ResetAssumed
}

// outlook is what the spending leads to, in texts from the longest to the
// shortest, with a sign of how bad that is.
func (a *App) outlook() (role theme.Role, sign rune, texts []string) {
	c := &a.snap.Cap
	now := a.snap.At
	if _, reached := a.capReached(); reached {
		return theme.Full, '■', []string{"reached: refused until the reset", "reached"}
	}
	if at, ok := c.ExhaustsAt.Get(); ok {
		role, sign = theme.Warm, '△'
		if at.Sub(now).Hours() < 1 {
			role, sign = theme.Hot, '▲'
		}
		if a.stale(c.AsOf) {
			role = theme.Dim
		}
		runs, early := "runs out "+day(now, at), rough(c.ResetsAt.Sub(at))
		return role, sign, []string{runs + ", " + early + " before the reset", runs + ", " + early + " before reset", runs + ", " + early + " early", runs}
	}
	if c.BurnPerMin.Known() && c.Remaining.Known() {
		return theme.Text, ' ', []string{"lasts past the reset", "lasts"}
	}
	return theme.Dim, ' ', []string{"outlook not known yet", "outlook " + unknown, unknown}
}

// capRole is the colour of the cap's figures.
func (a *App) capRole() theme.Role {
	if a.stale(a.snap.Cap.AsOf) {
		return theme.Dim
	}
	return theme.Text
}

func (a *App) burnText() string {
	if v, ok := a.snap.Cap.BurnPerMin.Get(); ok {
		return burn(v)
	}
	return unknown
}

// drawCapTall has a line for each fact.
func (a *App) drawCapTall(at area) {
	a.drawCapGauge(at)
	y := 2
	if at.h >= 7 {
		y = 3
	}
	left, _ := a.reset()
	x := at.put(at.label(y, "resets in"), y, theme.Bright, left) + 2
	at.put(x, y, theme.Dim, fit(at.w-x, a.resetMoment()...))
	if at.h >= 6 {
		y++
		at.put(at.label(y, "left"), y, a.capRole(), moneyOr(a.snap.Cap.Remaining))
	}
	at.put(at.label(y+1, "burn"), y+1, a.capRole(), a.burnText())
	a.drawOutlook(at, 0, y+2, at.w)
}

// capBigHeight is what drawCapBig needs.
const capBigHeight = 12

// drawCapBig has the countdown to the reset in big figures.
func (a *App) drawCapBig(at area) {
	a.drawCapGauge(at)
	x := at.put(0, 3, theme.Dim, "resets in") + 1
	moment := fit(at.w-x, a.resetMoment()...)
	at.right(x, 3, at.w-x, theme.Dim, moment)
	left, _ := a.reset()
	days, clock, long := strings.Cut(left, " d ")
	if !long {
		days, clock = "", left
	} else {
		at.put(x, 3, theme.Bright, days+" d")
	}
	role := theme.Text
	if sign, _ := a.capReached(); sign.name != "" {
		role = theme.Full
	}
	if clock == unknown {
		at.put(0, 5, theme.Dim, unknown)
	} else {
		at.big((at.w-bigWidth)/2, 5, role, clock)
	}
	y := 5 + bigHeight + 1
	at.put(at.label(y, "left"), y, a.capRole(), moneyOr(a.snap.Cap.Remaining))
	at.put(at.label(y+1, "burn"), y+1, a.capRole(), a.burnText())
	a.drawOutlook(at, 0, y+2, at.w)
}

// drawCapGauge takes the first two lines for the money and its gauge.
func (a *App) drawCapGauge(at area) {
	used, of, part := a.capFigures()
	x := at.put(0, 0, used.role, used.text)
	x = at.put(x, 0, of.role, of.text) + 1
	at.right(x, 0, at.w-x, part.role, part.text)
	at.gauge(0, 1, at.w, a.capBar())
}

// label writes the name of a fact and returns the place for it.
func (a area) label(y int, name string) int {
	a.put(0, y, theme.Dim, name)
	return 11
}

// resetMoment says when the reset is, and whether that is only assumed.
func (a *App) resetMoment() []string {
	c := &a.snap.Cap
	if !a.live || c.ResetsAt.IsZero() {
		return nil
	}
	moment := "at " + day(c.ResetsAt, c.ResetsAt) + " UTC"
	if c.ResetSource == model.ResetAssumed {
		return []string{moment + ", assumed", "assumed"}
	}
	return []string{moment}
}

// drawOutlook writes the outlook into n cells and returns the place after it.
func (a *App) drawOutlook(at area, x, y, n int) int {
	role, sign, texts := a.outlook()
	if sign != ' ' {
		at.set(x, y, role, sign)
		x, n = x+2, n-2
	}
	return at.put(x, y, role, fit(n, texts...))
}

// drawCapFlat has two lines.
func (a *App) drawCapFlat(at area) {
	used, of, part := a.capFigures()
	left, assumed := a.reset()
	resets := fit(at.w/2, "resets in "+left, left)
	x := at.put(0, 0, used.role, used.text)
	if x+width(of.text)+1+width(left) <= at.w {
		x = at.put(x, 0, of.role, of.text)
	}
	right := at.w - width(resets)
	if right < x+1 {
		resets, right = left, at.w-width(left)
	}
	if right < x+1 {
		resets, right = "", at.w
	}
	at.right(right, 0, at.w-right, theme.Bright, resets)
	right -= 2 + 6
	if n := right - x - 3; n >= 4 {
		at.gauge(x+2, 0, n, a.capBar())
	}
	if right > x {
		at.right(right, 0, 6, part.role, part.text)
	}
	y := 1
	x = at.put(0, y, a.capRole(), moneyOr(a.snap.Cap.Remaining))
	x = at.put(x, y, theme.Dim, " left")
	if text := a.burnText(); at.w-x > 30 {
		x = at.put(x, y, theme.Dim, " · burn ")
		x = at.put(x, y, a.capRole(), text)
	}
	assumedX, assumedY := x, y
	if at.h > 2 && at.w-x < 24 {
		x, y = 0, y+1
	} else {
		x = at.put(x, y, theme.Dim, " · ")
	}
	end := a.drawOutlook(at, x, y, at.w-x)
	if y == assumedY {
		assumedX = end + 2
	}
	if note := "reset assumed"; assumed && assumedX+width(note) <= at.w {
		at.right(assumedX, assumedY, at.w-assumedX, theme.Dim, note)
	}
}

// drawCapLine has one line, in the columns of the endpoints above it.
func (a *App) drawCapLine(at area) {
	used, _, part := a.capFigures()
	left, _ := a.reset()
	x := at.put(0, 0, theme.Bright, "cap") + 1
	tail := []word{{theme.Bright, left}}
	if n := at.w - x - width(left); n > 12 {
		switch c := &a.snap.Cap; {
		case c.Remaining.Known():
			tail = append([]word{{a.capRole(), moneyOr(c.Remaining)}, {theme.Dim, "left"}}, tail...)
		case c.Used.Known():
			tail = append([]word{used, {theme.Dim, "used"}}, tail...)
		}
	}
	if w := at.w - x - wordsWidth(tail); w > 6 {
		tail = append([]word{part}, tail...)
	}
	right := at.w - wordsWidth(tail)
	if right < x {
		return
	}
	if n := right - x - 1; n >= 5 {
		at.gauge(x, 0, min(n, 60), a.capBar())
	}
	at.words(right, 0, tail)
}

// wordsWidth is what words needs.
func wordsWidth(words []word) int {
	n := 0
	for i, w := range words {
		if i > 0 {
			n++
		}
		n += width(w.text)
	}
	return n
}

// words writes words with a blank between them and returns the place after them.
func (a area) words(x, y int, words []word) int {
	for i, w := range words {
		if i > 0 {
			x++
		}
		x = a.put(x, y, w.role, w.text)
	}
	return x
}
