package ui

import (
	"quotatop/model"
	"quotatop/theme"
)

// drawStrip puts what matters most on as many lines as there are: the worst
// endpoint, the cap, the countdown, the 429s, the health of the sources.
func (a *App) drawStrip(at area) {
	long := at.w >= 60
	lines := [][][]word{nil, nil, nil}
	add := func(line int, words ...word) {
		line = min(line, at.h-1)
		lines[line] = append(lines[line], words)
	}
	add(0, a.worstWords(long)...)
	if words := a.statusWords(); words != nil {
		add(0, words...)
	}
	_, _, part := a.capFigures()
	left, _ := a.reset()
	if long {
		add(1, word{theme.Dim, "cap"}, part, word{a.capRole(), moneyOr(a.snap.Cap.Remaining)}, word{theme.Dim, "left"})
		add(1, word{theme.Dim, "resets in"}, word{theme.Text, left})
	} else {
		add(1, word{theme.Dim, "cap"}, part)
		if a.paused || a.opts.Player != nil { // what is not now has to say so
			add(1, a.statusWords()...)
		} else {
			add(1, word{theme.Text, left})
		}
	}
	add(2, a.deniedWords(long)...)
	for y, parts := range lines {
		x := 0
		for i, words := range parts {
			gap := 0
			if i > 0 {
				gap = 1
				if long {
					gap = 3
				}
			}
			for len(words) > 0 && x+gap+wordsWidth(words) > at.w {
				words = words[:len(words)-1]
			}
			if len(words) == 0 {
				continue
			}
			x = at.words(x+gap, y, words)
		}
	}
}

// worstWords name the worst fact.
func (a *App) worstWords(long bool) []word {
	w := a.worst()
	if w.name == "" {
		if !a.live {
			return []word{{theme.Dim, "starting"}}
		}
		return []word{{theme.Dim, "waiting"}}
	}
	var words []word
	if w.mark != ' ' {
		words = append(words, word{w.role, string(w.mark)})
	}
	words = append(words, word{theme.Bright, w.name})
	switch {
	case w.until == "":
		return append(words, word{w.role, w.figure})
	case long:
		return append(words, word{w.role, w.figure + ","}, word{w.role, w.long})
	}
	return append(words, word{w.role, w.figure}, word{w.role, w.until})
}

// statusWords tell of a held screen or a source in trouble; nil when all is
// well.
func (a *App) statusWords() []word {
	if a.paused {
		return []word{{theme.Warm, "PAUSED"}}
	}
	if a.opts.Player != nil {
		return a.replayWords()
	}
	for i := range a.snap.Sources {
		if s := &a.snap.Sources[i]; s.State != model.StateOK {
			role, mark := sourceMark(s.State)
			return []word{{role, string(mark)}, {role, brief(s.Name, 12)}, {role, string(s.State)}}
		}
	}
	return nil
}

// deniedWords count what was denied of late and say how long to wait.
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
		return []word{{theme.Dim, "429"}, {theme.Dim, unknown}}
	}
	words := []word{{theme.Dim, "429"}, {theme.Text, shortCount(n) + "×"}}
	if g, ok := longest.Get(); ok {
		role, texts := a.until(g)
		text := texts[len(texts)-1]
		if long {
			text = texts[0]
		}
		words = append(words, word{role, text})
	}
	return words
}
