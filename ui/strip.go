package ui

import (
	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"
)

// drawStrip puts what matters most on the lines there are: the next wall, the
// state of the sources, the cap, the countdown to its reset, the denials.
func (a *App) drawStrip(at area) {
	long := at.w >= 60
	lines := [][][]word{nil, nil, nil}
	add := func(line int, parts ...word) {
		line = min(line, at.h-1)
		lines[line] = append(lines[line], parts)
	}
	add(0, a.nextWords(long)...)
	if parts := a.statusWords(); parts != nil {
		add(0, parts...)
	}
	_, _, percent := a.capFigures()
	left, _ := a.reset()
	if long {
		add(1, word{theme.Dim, "cap"}, percent, word{a.capRole(), words.CapLeft(&a.snap.Cap)}, word{theme.Dim, "left"})
		add(1, word{theme.Dim, "resets in"}, word{theme.Text, left})
	} else {
		add(1, word{theme.Dim, "cap"}, percent)
		if a.paused || a.opts.Player != nil { // that it is the past matters more
			add(1, a.statusWords()...)
		} else {
			add(1, word{theme.Text, left})
		}
	}
	add(2, a.deniedWords(long)...)
	gap := 1
	if long {
		gap = 3
	}
	for y, groups := range lines {
		at.sub(0, y, at.w, 1).groups(gap, groups)
	}
}

// groups writes groups of words with a gap between them. A group that does not
// fit loses its last words.
func (a area) groups(gap int, groups [][]word) {
	x := 0
	for i, parts := range groups {
		if i > 0 {
			x += gap
		}
		for len(parts) > 0 && x+wordsWidth(parts) > a.w {
			parts = parts[:len(parts)-1]
		}
		if len(parts) > 0 {
			x = a.words(x, 0, parts)
		} else if i > 0 {
			x -= gap
		}
	}
}

// nextWords name the next wall.
func (a *App) nextWords(long bool) []word {
	wall, w := words.NextOf(&a.snap)
	if w.Name == "" {
		if !a.live {
			return []word{{theme.Dim, "starting"}}
		}
		return []word{{theme.Dim, "waiting"}}
	}
	role := wallRole(wall)
	var parts []word
	mark := pressureGlyph(wall.Pressure)
	if wall.Kind == model.WallSource {
		_, mark = sourceMark(model.State(w.Figure))
	}
	if mark != ' ' {
		parts = append(parts, word{role, string(mark)})
	}
	figure := a.signs(w.Figure)
	parts = append(parts, word{theme.Bright, brief(w.Name, maxID)})
	switch {
	case long && w.Then != "":
		return append(parts, word{role, figure + ","}, word{role, w.Then})
	case w.Time != "":
		return append(parts, word{role, figure}, word{role, w.Time})
	}
	return append(parts, word{role, figure})
}

// wallRole returns the role of a wall.
func wallRole(w model.Wall) theme.Role {
	if w.Stale {
		return theme.Dim
	}
	return pressureRole(w.Pressure)
}

// statusWords say that the screen is paused or a replay, or which source fails;
// nil when all is well.
func (a *App) statusWords() []word {
	if a.paused {
		return []word{{theme.Warm, "PAUSED"}}
	}
	if a.opts.Player != nil {
		return a.replayWords()
	}
	for _, p := range a.problems() {
		if p.State != model.StateOK {
			return problemWords(&p)
		}
	}
	return nil
}

// deniedWords count the denied calls and say how long to wait.
func (a *App) deniedWords(long bool) []word {
	n, longest := 0, model.Opt[*model.DenialGroup]{}
	for _, p := range []paneID{ratePane, billingPane} {
		for _, g := range a.alerts(p) {
			n += min(g.Count, far)
			if t, ok := g.RetryAt.Get(); ok && p == ratePane && t.After(a.snap.At) {
				if l, ok := longest.Get(); !ok || t.After(l.RetryAt.Or(t)) {
					longest = model.Some(g)
				}
			}
		}
	}
	if n == 0 && a.waiting() != "" {
		return []word{{theme.Dim, "429"}, {theme.Dim, words.Unknown}}
	}
	parts := []word{{theme.Dim, "429"}, {theme.Text, words.Short(n) + "×"}}
	if g, ok := longest.Get(); ok {
		role, texts := a.clears(g)
		text := texts[len(texts)-1]
		if long {
			text = texts[0]
		}
		parts = append(parts, word{role, text})
	}
	return parts
}
