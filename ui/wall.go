package ui

import (
	"strings"

	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"
)

// A headline is the next wall as the pane in big figures says it. While all is calm it
// is the cap's reset.
type headline struct {
	wall  model.Wall
	role  theme.Role
	what  []string // "chat: limit in", the longest text first
	big   []string // "14s", the longest text first; empty if there is no figure
	small string   // said instead, or beside it: "no Retry-After given"
}

// headline returns what is next.
func (a *App) headline() headline {
	wall, w := words.NextOf(&a.snap)
	if !a.live || w.Name == "" || wall.Pressure <= model.Calm {
		left, _ := a.reset()
		return headline{wall: wall, role: theme.Dim, what: []string{"cap resets in", "resets in"}, big: []string{left, words.ShortCountdown(a.snap.Cap.ResetsAt.Sub(a.snap.At))}}
	}
	h := headline{wall: wall, role: wallRole(wall), small: a.signs(w.Figure)}
	name := brief(w.Name, maxID)
	then := strings.TrimSpace(strings.TrimSuffix(w.Then, w.Time))
	switch {
	case wall.Kind == model.WallSource:
		h.role = theme.Bright // what is old has no other colour
		if age, ok := strings.CutPrefix(w.Then, "last data "); ok {
			age, h.small, _ = strings.Cut(age, " ")
			h.what, h.big = []string{w.String() + ": last data", w.String()}, []string{age}
			return h
		}
		h.what = []string{w.String(), name}
		if h.small = w.Then; w.Time != "" {
			h.what, h.big, h.small = []string{w.String() + ": " + then, w.String()}, []string{w.Time}, ""
		}
	case w.Time != "":
		h.what, h.big = []string{name + ": " + then, name}, []string{w.Time, words.ShortCountdown(w.Left)}
	case wall.Used.Known() && wall.Kind == model.WallLimit:
		if wall.Stale {
			then = "stale"
		}
		h.what, h.big = []string{strings.TrimSuffix(name+": "+then, ": "), name}, []string{strings.TrimLeft(w.Figure, "≈≤≥<>")}
	default:
		h.what, h.small = []string{w.String(), name}, w.Then
	}
	return h
}

func (a *App) wallTitle() []string {
	h := a.headline()
	mark := pressureGlyph(h.wall.Pressure)
	if h.wall.Kind == model.WallSource {
		mark = '◌'
	}
	if mark != ' ' && h.role != theme.Dim {
		for i := range h.what {
			h.what[i] = string(mark) + " " + h.what[i]
		}
	}
	return h.what
}

// wallRoles returns the roles of the pane's frame: the wall's own where it needs a person.
func (a *App) wallRoles() (border, title theme.Role) {
	h := a.headline()
	switch {
	case h.role == theme.Dim || h.role == theme.Bright:
		return theme.Border, theme.Title
	case h.wall.Pressure >= model.Hot:
		return h.role, h.role
	}
	return theme.Border, h.role
}

// drawWall draws the time to the next wall in big figures, with how it stands beside
// them.
func (a *App) drawWall(at area) {
	h := a.headline()
	y := max((at.h-bigHeight)/2, 0)
	for _, text := range h.big {
		w, ok := bigWidth(text)
		if !ok || w > at.w || at.h < bigHeight || a.opts.ASCII { // big figures in ASCII are hard to read
			continue
		}
		x := at.big(0, y, h.role, text) + 2
		a.drawStanding(at.sub(x, y, at.w-x, bigHeight), &h)
		return
	}
	x := 0
	if len(h.big) > 0 {
		x = at.put(0, y, h.role, h.big[0]) + 2
	}
	at.put(x, y, h.role, fit(at.w-x, h.small))
	_, u := a.snap.LimitOf(h.wall)
	if u != nil {
		at.put(0, y+1, theme.Text, fit(at.w, a.signs(words.UsedOf(u))))
	}
}

// drawStanding draws how a wall stands, on three lines.
func (a *App) drawStanding(at area, h *headline) {
	if _, u := a.snap.LimitOf(h.wall); u != nil && h.role != theme.Dim {
		at.put(0, 0, h.role, fit(at.w, h.small))
		at.put(0, 1, theme.Text, fit(at.w, a.signs(words.Used(u))+" of "+words.Count(u.Limit), a.signs(words.Used(u))+"/"+words.Count(u.Limit)))
		at.put(0, 2, theme.Dim, fit(at.w, "in "+words.Span(u.Per())))
		return
	}
	at.put(0, 1, h.role, fit(at.w, h.small))
}
