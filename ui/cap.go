package ui

import (
	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"
)

func (a *App) capTitle() []string { return []string{a.capName()} }

func (a *App) capName() string {
	if a.snap.Cap.Period == model.PeriodMonth {
		return "Monthly cap"
	}
	return "Daily cap"
}

func (a *App) capNote() string { return a.ageNote(a.snap.Cap.AsOf, a.snap.CapStale()) }

// drawCap draws the spending cap in as much detail as fits.
func (a *App) drawCap(at area) {
	switch {
	case at.h == 1:
		a.drawCapLine(at)
	case at.h < 5 && at.w < 46:
		a.drawCapSmall(at)
	case at.h < 5:
		a.drawCapFlat(at)
	default:
		a.drawCapTall(at)
	}
}

// capBar returns the bar of the cap's gauge.
func (a *App) capBar() bar {
	ratio, known := a.snap.Cap.Ratio().Get()
	wall, _ := a.snap.CapWall()
	return bar{known: known, used: ratio, role: wallRole(wall)}
}

// capFigures returns the money used, its limit and the used part in percent.
func (a *App) capFigures() (used, of, percent word) {
	c := &a.snap.Cap
	used = word{theme.Bright, words.CapUsed(c)}
	of = word{theme.Dim, " of " + words.Opt(c.Limit, words.Money)}
	percent = word{theme.Text, words.CapPercent(c)}
	wall, _ := a.snap.CapWall()
	if wall.Pressure > model.Calm {
		percent.role = wallRole(wall)
	}
	if wall.Stale {
		used.role, percent.role = theme.Dim, theme.Dim
	}
	return used, of, percent
}

// reset returns the countdown to the reset, and whether the time of the reset is
// only assumed.
func (a *App) reset() (left string, assumed bool) {
	c := &a.snap.Cap
	if !a.live || c.ResetsAt.IsZero() {
		return words.Unknown, false
	}
	return words.LongCountdown(c.ResetsAt.Sub(a.snap.At)), c.ResetSource == model.ResetAssumed
}

// forecast says what the spending leads to, from the longest text to the shortest,
// with a sign of how bad that is.
func (a *App) forecast() (role theme.Role, sign rune, texts []string) {
	c := &a.snap.Cap
	now := a.snap.At
	wall, reached := a.snap.CapWall()
	role, sign = wallRole(wall), pressureGlyph(wall.Pressure)
	switch at, runsOut := c.ExhaustsAt.Get(); {
	case reached && wall.Kind == model.WallRefused:
		return role, sign, []string{"cap reached, calls refused until reset", "cap reached, calls refused", "cap reached", "reached"}
	case reached:
		return role, sign, []string{"cap reached until the reset", "cap reached", "reached"}
	case wall.Stale:
		return role, ' ', []string{"no forecast: stale", words.Unknown}
	case runsOut:
		day, early := words.Day(now, at), words.Coarse(c.ResetsAt.Sub(at))
		long := "runs out at " + day + ", " + early + " before the reset"
		runs := long[:len("runs out at ")+len(day)]
		return role, sign, []string{long, runs + ", " + early + " before reset", runs + ", " + early + " early", runs}
	}
	if c.BurnPerMin.Known() && c.Remaining.Known() {
		return theme.Text, ' ', []string{"will last until the reset", "lasts"}
	}
	return theme.Dim, ' ', []string{"no forecast yet", words.Unknown}
}

// capRole returns the role of the cap's figures.
func (a *App) capRole() theme.Role {
	if a.snap.CapStale() {
		return theme.Dim
	}
	return theme.Text
}

func (a *App) burnText() string {
	return words.Opt(a.snap.Cap.BurnPerMin, words.PerMinute)
}

// capTallHeight is the height that drawCapTall needs to draw all.
const capTallHeight = 7

// drawCapTall draws a line for each fact.
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
		at.put(at.label(y, "left"), y, a.capRole(), words.CapLeft(&a.snap.Cap))
	}
	at.put(at.label(y+1, "burn"), y+1, a.capRole(), a.burnText())
	a.drawForecast(at, 0, y+2, at.w)
	a.drawCapMore(at.sub(0, y+4, at.w, at.h-y-4))
}

// modelsBelow is how many lines the models have below the cap's curve at most, and
// curveAbove the least height of a curve with models below it.
const modelsBelow, curveAbove = 7, 7

// drawCapMore draws the cap's curve and the spend by model where there is room.
func (a *App) drawCapMore(at area) {
	models := min(len(a.allModels())+1, modelsBelow, at.h-curveAbove-1)
	if a.snap.Cap.Spent == nil {
		models = min(len(a.allModels())+1, at.h)
	}
	curve := at
	if models >= modelsHeight && len(a.allModels()) > 0 {
		curve.h = max(at.h-models-1, 0)
		a.drawSpendByModel(at.sub(0, at.h-models, at.w, models))
	}
	a.drawCurve(curve)
}

// drawCapGauge draws the money and its gauge in the first two lines.
func (a *App) drawCapGauge(at area) {
	used, of, percent := a.capFigures()
	x := at.put(0, 0, used.role, used.text)
	x = at.put(x, 0, of.role, of.text) + 1
	at.right(x, 0, at.w-x, percent.role, percent.text)
	at.gauge(0, 1, at.w, a.capBar())
}

// label writes the name of a fact and returns the position of the fact.
func (a area) label(y int, name string) int {
	a.put(0, y, theme.Dim, name)
	return 11
}

// resetMoment says when the reset is and whether that is only assumed, the longest
// text first.
func (a *App) resetMoment() []string {
	c := &a.snap.Cap
	if !a.live || c.ResetsAt.IsZero() {
		return nil
	}
	moment := "at " + words.Day(c.ResetsAt, c.ResetsAt) + " UTC"
	if c.ResetSource == model.ResetAssumed {
		return []string{moment + ", assumed", "assumed"}
	}
	return []string{moment}
}

// drawForecast writes the forecast into n cells and returns the position after it.
func (a *App) drawForecast(at area, x, y, n int) int {
	role, sign, texts := a.forecast()
	if sign != ' ' {
		at.set(x, y, role, sign)
		x, n = x+2, n-2
	}
	return at.put(x, y, role, fit(n, texts...))
}

// drawCapSmall draws two to four lines in a narrow area.
func (a *App) drawCapSmall(at area) {
	used, of, percent := a.capFigures()
	y, x := 0, 0
	if at.h > 2 {
		at.put(at.put(0, 0, used.role, used.text), 0, of.role, of.text)
		at.right(0, 0, at.w, percent.role, percent.text)
		y = 1
	}
	at.words(0, y, a.capRest(at.w))
	y++
	if at.h == 2 {
		x = at.put(0, y, percent.role, percent.text) + 2
	}
	a.drawForecast(at, x, y, at.w-x)
	if at.h > 3 {
		at.put(at.put(0, y+1, theme.Dim, "burn "), y+1, a.capRole(), a.burnText())
	}
}

// capRest says what is left and when the cap resets, as far as that fits n cells.
func (a *App) capRest(n int) []word {
	left, _ := a.reset()
	resets := []word{{theme.Dim, "resets"}, {theme.Bright, left}}
	money := []word{{a.capRole(), words.CapLeft(&a.snap.Cap)}, {theme.Dim, "left"}}
	if c := &a.snap.Cap; !c.Remaining.Known() && c.Used.Known() {
		used, _, _ := a.capFigures()
		money = []word{used, {theme.Dim, "used"}}
	}
	return fitWords(n, append(money, resets...), resets, resets[1:])
}

// drawCapFlat draws two lines, or three if the second one is too narrow.
func (a *App) drawCapFlat(at area) {
	used, of, percent := a.capFigures()
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
		at.right(right, 0, 6, percent.role, percent.text)
	}
	y := 1
	x = at.put(0, y, a.capRole(), words.CapLeft(&a.snap.Cap))
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
	end := a.drawForecast(at, x, y, at.w-x)
	if y == assumedY {
		assumedX = end + 2
	}
	if note := "reset assumed"; assumed && assumedX+width(note) <= at.w {
		at.right(assumedX, assumedY, at.w-assumedX, theme.Dim, note)
	}
}

// drawCapLine draws one line, on a screen without frames in the columns of the endpoints
// above it.
func (a *App) drawCapLine(at area) {
	_, _, percent := a.capFigures()
	x := 0
	if s, _ := a.slot(capPane); s.bare {
		x = at.put(0, 0, theme.Bright, "cap") + 1
	}
	rest := a.capRest(at.w - x)
	tail := fitWords(at.w-x, append([]word{percent}, rest...), rest)
	right := at.w - wordsWidth(tail)
	if n := right - x - 1; n >= 5 {
		at.gauge(x, 0, min(n, 60), a.capBar())
	}
	at.words(right, 0, tail)
}
