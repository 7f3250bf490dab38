package ui

import (
	"time"

	"quotatop/theme"
)

// drawFooter draws the filter while it is being typed, or what the last key did,
// or the keys that do something now.
func (a *App) drawFooter(at area, o outcome) outcome {
	if a.typing {
		x := at.put(1, 0, theme.Accent, "/")
		x = at.cut(x, 0, at.w-x-2, theme.Bright, *a.filter(a.focus))
		at.set(x, 0, theme.Accent, '▏')
		hints := "enter keep  esc clear"
		if at.w-x > width(hints)+4 {
			at.right(x+2, 0, at.w-x-3, theme.Dim, hints)
		}
		return o
	}
	if a.said != "" {
		at.cut(1, 0, at.w-1, theme.Accent, a.said)
		return o
	}
	if f := a.filtering(); f != nil { // that something is hidden matters more than the keys
		text := brief("/"+*f, at.w/2)
		at.right(0, 0, at.w-1, theme.Accent, text)
		at = at.sub(0, 0, at.w-width(text)-2, 1)
	}
	return a.drawHints(at, o)
}

// drawHints draws as many keys as fit.
func (a *App) drawHints(at area, o outcome) outcome {
	room := at.w - 1
	fits := make([]bool, len(a.keys))
	for _, stays := range []bool{true, false} { // help and quit go last
		for i := range a.keys {
			k := &a.keys[i]
			if k.hint == "" || len(k.Keys()) == 0 || k.stays != stays || k.when != nil && !k.when(a) {
				continue
			}
			if w := width(k.Help().Key) + 1 + width(k.hint) + 2; w <= room+2 {
				room -= w
				fits[i] = true
			}
		}
	}
	x := 1
	for i := range a.keys {
		if fits[i] {
			from := x
			x = at.put(x, 0, theme.Accent, a.keys[i].Help().Key) + 1
			x = at.put(x, 0, theme.Dim, a.keys[i].hint) + 2
			o = o.hit(target{at: at.sub(from, 0, x-2-from, 1), kind: onAction, nth: i})
		}
	}
	return o
}

// sayFor is how long a message covers the footer, or a figure on a small screen.
const sayFor = 5 * time.Second

// say shows a message about what a key did.
func (a *App) say(text string) { a.said, a.saidAt = text, a.newest.At }

// drawHelp lists all keys in as many columns as fit, and the signs below them. It
// returns how many lines are below the area.
func (a *App) drawHelp(at area) (below int) {
	if at.w >= framedW && at.h >= framedH {
		at = at.frame(focusable, []string{"Keys"}, a.opts.Themes[a.theme].Name+" theme", true)
	}
	keys, texts := 0, 0
	shown := make([]*action, 0, len(a.keys))
	for i := range a.keys {
		k := &a.keys[i]
		if len(k.Keys()) == 0 || k.name == "poll" && !a.canPoll() {
			continue
		}
		keys, texts = max(keys, min(width(k.Help().Key), 16)), max(texts, width(k.Help().Desc))
		shown = append(shown, k)
	}
	column := keys + 2 + texts + 3
	columns := max((at.w+3)/column, 1)
	lines := (len(shown) + columns - 1) / columns
	total := lines + 1 + len(legend)
	scroll := min(a.scroll, max(total-at.h, 0))
	below = max(total-at.h-scroll, 0)
	for i, k := range shown {
		x, y := i/lines*column, i%lines-scroll
		at.cut(x, y, keys, theme.Accent, k.Help().Key)
		at.cut(x+keys+2, y, min(texts, at.w-x-keys-2), theme.Text, k.Help().Desc)
	}
	for i, l := range legend {
		at.put(0, lines+1+i-scroll, theme.Bright, a.signs(l[0]))
		at.cut(keys+2, lines+1+i-scroll, at.w-keys-2, theme.Dim, l[1])
	}
	at.moreMarks(scroll, below)
	return below
}

// legend explains the mouse and the signs.
var legend = [...][2]string{
	{"mouse", "click to select a row, again to open it; shift to select text"},
	{"█", "accepted calls"},
	{"▓", "of those, from other machines using this key"},
	{"▒", "rejected calls, past the limit's mark │"},
	{"┆", "peak: highest of the last 15 min (hourly limits: 15 h)"},
	{"≈ ≤ ≥", "estimate; upper bound; lower bound"},
	{"△ ▲ ■", "from 70%; from 90%; full or rejecting calls"},
	{"–", "unknown"},
}
