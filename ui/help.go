package ui

import (
	"quotatop/theme"
)

// drawFooter names the keys that do something here and now, or takes the
// filter.
func (a *App) drawFooter(at area) {
	if a.typing {
		x := at.put(1, 0, theme.Accent, "/")
		x = at.cut(x, 0, at.w-x-2, theme.Bright, a.filter)
		at.set(x, 0, theme.Accent, '▏')
		hints := "enter keep  esc clear"
		if at.w-x > width(hints)+4 {
			at.right(x+2, 0, at.w-x-3, theme.Dim, hints)
		}
		return
	}
	// quit and help stay when the others do not fit.
	var shown []action
	need := 1
	for pass := range 2 {
		for _, act := range actions() {
			if act.hint == "" || (act.show == "q" || act.show == "?") != (pass == 0) || act.when != nil && !act.when(a) {
				continue
			}
			w := width(act.show) + 1 + width(act.hint) + 2
			if need+w > at.w {
				continue
			}
			need += w
			shown = append(shown, act)
		}
	}
	x := 1
	draw := func(act action) {
		x = at.put(x, 0, theme.Accent, act.show) + 1
		x = at.put(x, 0, theme.Dim, act.hint) + 2
	}
	var last []action
	for _, act := range shown {
		if act.show == "q" || act.show == "?" {
			last = append(last, act)
			continue
		}
		draw(act)
	}
	for _, act := range last {
		draw(act)
	}
}

// drawHelp lists all keys, in as many columns as they need.
func (a *App) drawHelp(at area) {
	if at.w >= framedW && at.h >= framedH {
		at = at.frame(focusable, []string{"Keys"}, a.opts.Themes[a.theme].Name+" theme", true)
	}
	keys, texts := 0, 0
	all := actions()
	shown := all[:0]
	for _, act := range all {
		if act.show == "r" && !a.canPoll() {
			continue
		}
		keys, texts = max(keys, width(act.show)), max(texts, width(act.help))
		shown = append(shown, act)
	}
	column := keys + 2 + texts + 3
	for i, act := range shown {
		x, y := i/max(at.h, 1)*column, i%max(at.h, 1)
		if x >= at.w {
			break
		}
		at.put(x, y, theme.Accent, act.show)
		at.cut(x+keys+2, y, min(texts, at.w-x-keys-2), theme.Text, act.help)
	}
	a.drawLegend(at, len(shown)+1)
}

// drawLegend explains the signs, where there is room below the keys.
func (a *App) drawLegend(at area, y int) {
	if at.h < y+7 {
		return
	}
	lines := [][2]string{
		{"█", "calls that were accepted"},
		{"▓", "of them, those of other machines on the same key"},
		{"▒", "calls that were rejected, past the mark │ of the limit"},
		{"┆", "the peak of the last 15 windows"},
		{"≈ ≤ ≥", "an estimate; at most; at least"},
		{"△ ▲ ■", "from 70 %; from 90 %; at the limit or rejecting"},
	}
	for i, l := range lines {
		at.put(0, y+i, theme.Bright, l[0])
		at.cut(11, y+i, at.w-11, theme.Dim, l[1])
	}
}
