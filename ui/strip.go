package ui

import (
	"slices"

	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"
)

// drawStrip puts what matters most on the lines there are: the next wall, the
// state of the sources, the cap, the countdown to its reset, the denials.
func (a *App) drawStrip(at area) {
	var lines [3][][]word
	add := func(line int, parts ...word) {
		if line = min(line, at.h-1); len(parts) > 0 {
			lines[line] = append(lines[line], parts)
		}
	}
	_, _, percent := a.capFigures()
	left, _ := a.reset()
	status := a.statusWords()
	if wall, _ := a.snap.Next(); wall.Kind == model.WallSource && !a.paused && !a.inPast() && a.opts.Player == nil {
		status = nil // the wall says so
	}
	gap, next := 1, a.nextTexts()
	switch {
	case at.w >= 60:
		gap = 3
		add(0, next[0]...)
		add(0, status...)
		add(1, word{theme.Dim, "cap"}, percent, word{a.capRole(), words.CapLeft(&a.snap.Cap)}, word{theme.Dim, "left"})
		add(1, word{theme.Dim, "resets in"}, word{theme.Text, left})
		add(2, a.deniedWords(true)...)
		if a.hasFleet() {
			add(2, word{theme.Dim, "fleet"}, word{theme.Text, fit(30, words.FleetOf(a.snap.Fleet).Texts()...)})
		}
	default:
		if at.h < len(lines) || len(next) == 1 || wordsWidth(next[0]) <= at.w {
			add(0, fitWords(at.w, next...)...)
			add(1, a.deniedWords(false)...)
		} else { // the wall has two lines
			denied := a.deniedWords(false)
			then, brief := next[1][len(next[1])-1], next[2][len(next[2])-1]
			add(0, next[len(next)-1]...)
			add(1, fitWords(at.w, append([]word{then}, denied...), append([]word{brief}, denied...), append([]word{brief}, denied[1:]...), denied)...)
		}
		cap := []word{{theme.Dim, "cap"}, percent, {theme.Text, "resets " + left}}
		for len(status) > 1 && wordsWidth(status) > at.w {
			status = status[:len(status)-1]
		}
		if status != nil { // that it is the past matters more
			cap = append(cap[:2], status...)
		}
		add(2, fitWords(at.w, cap, cap[1:], cap[2:])...)
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

// nextTexts name the next wall and say what is known of its time, always with the word
// for it, from the longest text to the shortest. The last one has no time.
func (a *App) nextTexts() [][]word {
	wall, w := words.NextOf(&a.snap)
	if w.Name == "" {
		if !a.live {
			return [][]word{{{theme.Dim, "starting"}}}
		}
		return [][]word{{{theme.Dim, "waiting"}}}
	}
	role := wallRole(wall)
	mark := pressureGlyph(wall.Pressure)
	if wall.Kind == model.WallSource {
		_, mark = sourceMark(model.State(w.Figure))
	}
	name := make([]word, 0, 2)
	if mark != ' ' {
		name = append(name, word{role, signText(mark)})
	}
	name = append(name, word{theme.Bright, ending(w.Name, maxID)})
	said := func(parts ...word) []word { return append(slices.Clip(name), parts...) }
	figure := said(word{role, a.signs(w.Figure)})
	if w.Then == "" {
		return [][]word{figure}
	}
	return [][]word{
		said(word{role, a.signs(w.Figure) + ","}, word{role, w.Then}),
		said(word{role, w.Then}), said(word{role, w.Brief()}), figure,
	}
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
	if a.inPast() {
		return a.pastWords()
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
	if g, ok := longest.Get(); ok && long {
		role, texts := a.clears(g)
		parts = append(parts, word{role, texts[0]})
	}
	return parts
}
