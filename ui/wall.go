package ui

import (
	"strings"
	"time"

	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"
)

// A headline is what the wall pane says: the next wall, or while all is calm the cap's
// reset.
type headline struct {
	wall   model.Wall
	role   theme.Role
	mark   rune
	name   string // "chat"
	what   string // "limit in"
	figure string // what is drawn in big characters, "14s"; empty if there is none
	short  string // the figure in fewer characters
	state  string // "92%", or what is said without a figure
	left   time.Duration
}

func (a *App) headline() headline {
	wall, w := words.NextOf(&a.snap)
	if !a.live || w.Name == "" || wall.Pressure <= model.Calm {
		left, _ := a.reset()
		return headline{wall: wall, role: theme.Dim, mark: ' ', name: "cap", what: "resets in", figure: left, short: words.ShortCountdown(a.snap.Cap.ResetsAt.Sub(a.snap.At))}
	}
	h := headline{wall: wall, role: wallRole(wall), mark: pressureGlyph(wall.Pressure), name: ending(w.Name, maxID), state: a.signs(w.Figure), left: w.Left}
	if wall.Stale {
		h.mark = ' '
	}
	switch {
	case wall.Kind == model.WallSource:
		h.role = theme.Bright // what is old has no colour
		_, h.mark = sourceMark(model.State(w.Figure))
		h.what, h.figure, h.short = a.sourceFigure(w)
	case w.Time != "":
		h.what, h.figure, h.short = strings.TrimSuffix(w.Then, " "+w.Time), w.Time, words.ShortCountdown(w.Left)
	case wall.Kind == model.WallLimit:
		h.what, h.figure = w.Then, strings.TrimLeft(w.Figure, "≈≤≥<>")
		if wall.Stale {
			h.what = "stale"
		}
	default:
		h.what, h.state = w.Figure, w.Then
	}
	return h
}

// sourceFigure returns what is said of a source that is lost: the time to its next try,
// or else the age of its data.
func (a *App) sourceFigure(w words.Wall) (what, figure, short string) {
	if w.Time != "" {
		return "retry in", w.Time, words.ShortCountdown(w.Left)
	}
	for i := range a.snap.Sources {
		if s := &a.snap.Sources[i]; s.Name == w.Name {
			if t, ok := s.AsOf.Get(); ok {
				return "no data for", words.Coarse(a.snap.At.Sub(t)), ""
			}
		}
	}
	return "no data", "", ""
}

func (a *App) wallTitle() []string {
	h := a.headline()
	mark, name := "", h.name+": "
	if h.mark != ' ' {
		mark = signText(h.mark) + " "
	}
	if h.name == "cap" {
		name = "cap "
	}
	return []string{mark + name + h.what, mark + h.name}
}

// wallRoles returns the roles of the pane's frame: those of a wall that is hot.
func (a *App) wallRoles() (border, title theme.Role) {
	switch wall, _ := a.snap.Next(); {
	case wall.Stale || wall.Pressure < model.Warm || wall.Kind == model.WallSource:
		return theme.Border, theme.Title
	case wall.Pressure == model.Warm:
		return theme.Border, wallRole(wall)
	default:
		return wallRole(wall), wallRole(wall)
	}
}

// wallHeight is how many lines the wall has in characters of twice the size.
const wallHeight = hugeHeight + 1

// drawWall draws a headline: its figure as big as fits, and how it stands beside it or
// below.
func (a *App) drawWall(at area) {
	h := a.headline()
	facts := a.wallFacts(&h)
	for _, figure := range [2]string{h.figure, h.short} {
		w, ok := bigWidth(figure)
		if !ok || figure == "" {
			continue
		}
		if at.h >= wallHeight && 2*w <= at.w {
			x := at.huge(0, 0, h.role, figure) + 3
			if side := at.sub(x, 1, at.w-x, hugeHeight-1); side.w >= narrowSide {
				side.drawLines(facts[:])
				a.drawWallGauge(at.sub(0, hugeHeight, at.w, 1), &h)
			} else {
				at.sub(0, hugeHeight, at.w, 1).drawJoined(facts[:])
			}
			return
		}
		if at.h >= bigHeight && w <= at.w && !a.opts.ASCII { // half cells are hard to read in ASCII
			if at.h == wallHeight {
				at = at.sub(0, 1, at.w, at.h-1)
			}
			x := at.big(0, 0, h.role, figure) + 3
			if side := at.sub(x, 0, at.w-x, bigHeight); side.w >= narrowSide {
				side.drawLines(facts[:3])
			}
			if at.h > bigHeight+1 {
				at.sub(0, bigHeight+1, at.w, 1).drawJoined(facts[:])
			}
			return
		}
	}
	y := 0
	for _, f := range append([]word{{h.role, h.figure}}, facts[:]...) {
		for _, line := range wrap(f.text, at.w) {
			at.put(0, y, f.role, line)
			y++
		}
	}
}

// drawWallGauge draws the gauge of a limit or the cap that is next.
func (a *App) drawWallGauge(at area, h *headline) {
	_, u := a.snap.LimitOf(h.wall)
	switch {
	case h.wall.Pressure <= model.Calm:
	case u != nil:
		at.gauge(0, 0, at.w, limitBar(u, h.wall))
	case h.wall.Kind == model.WallCap || h.wall.Denial == model.KindCap:
		at.gauge(0, 0, at.w, a.capBar())
	}
}

// narrowSide is how many cells facts need beside a figure.
const narrowSide = 8

// drawLines writes facts one below the other, as far as they fit.
func (a area) drawLines(facts []word) {
	y := 0
	for _, f := range facts {
		if text := shortly(f.text, a.w); text != "" {
			a.put(0, y, f.role, text)
			y++
		}
	}
}

// shortly returns a text such as "184 of 200 in 1m" in at most n cells; empty if it is too
// long.
func shortly(text string, n int) string {
	used, _, _ := strings.Cut(text, " in ")
	return fit(n, text, used, strings.Replace(used, " of ", "/", 1))
}

// drawJoined writes facts on one line, as many as fit.
func (a area) drawJoined(facts []word) {
	x := 0
	for _, f := range facts {
		if f.text != "" && x+width(f.text) <= a.w {
			x = a.put(x, 0, f.role, f.text) + 2
		}
	}
}

// wallFacts says how a wall stands: its state, its figures, who is to blame, and when it
// is reached or gone.
func (a *App) wallFacts(h *headline) (facts [4]word) {
	c := &a.snap.Cap
	facts[0] = word{h.role, h.state}
	if h.left > 0 {
		facts[3] = word{theme.Dim, "at " + words.Clock(a.snap.At.Add(h.left)) + " UTC"}
	}
	_, u := a.snap.LimitOf(h.wall)
	switch {
	case h.wall.Pressure <= model.Calm:
		facts[0] = word{theme.Dim, words.CapLeft(c) + " left"}
		if moments := a.resetMoment(); len(moments) > 0 {
			facts[3] = word{theme.Dim, moments[0]}
		}
	case u != nil:
		facts[1] = word{theme.Text, a.signs(words.Used(u)) + " of " + words.Count(u.Limit) + " in " + words.Span(u.Per())}
		facts[2] = word{theme.Dim, blame(u)}
	case h.wall.Kind == model.WallCap, h.wall.Denial == model.KindCap:
		facts[1] = word{theme.Text, words.CapUsed(c) + " of " + words.Opt(c.Limit, words.Money)}
		facts[2] = word{theme.Dim, "burn " + a.burnText()}
	case h.wall.Kind == model.WallRefused:
		for i := range a.snap.Denials {
			if g := &a.snap.Denials[i]; g.Kind == h.wall.Denial && (h.wall.Endpoint == "" || g.Endpoint == h.wall.Endpoint) {
				facts[2] = word{theme.Text, message(g)}
				break
			}
		}
	}
	return facts
}

// blame says whose calls fill a limit besides this machine's, or how many were rejected.
func blame(u *model.LimitUsage) string {
	if others := u.Others.Or(0); others > 0 && u.Rejected.Or(0) == 0 {
		return words.Count(others) + " from others"
	}
	return words.Opt(u.Rejected, words.Count) + " rejected"
}
