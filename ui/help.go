package ui

import (
	"time"

	"quotatop/theme"
)

// drawFooter draws the filter while it is being typed, or what the last key did,
// or what has just happened, or the keys that do something now.
func (a *App) drawFooter(at area, o outcome) outcome {
	if a.typing {
		x := at.put(1, 0, theme.Accent, "/")
		x = at.cut(x, 0, at.w-x-2, theme.Bright, *a.typedFilter())
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
	if a.help || a.panel {
		hints := panelHints
		if a.help {
			hints = helpHints
		}
		at.hints(hints)
		return o
	}
	if e := a.freshEntry(); e != nil {
		a.drawFreshEntry(at, e)
		return o
	}
	if f := a.filtering(); f != nil { // that something is hidden matters more than the keys
		text := brief("/"+*f, at.w/2)
		at.right(0, 0, at.w-1, theme.Accent, text)
		at = at.sub(0, 0, at.w-width(text)-2, 1)
	}
	return a.drawHints(at, o)
}

// drawHints draws as many keys as fit. Neighbours with the same hint share it: both
// keys stand before it.
func (a *App) drawHints(at area, o outcome) outcome {
	room := at.w - 1
	ends := a.hintEnds()
	fits := make([]bool, len(a.keys))
	for _, stays := range []bool{true, false} { // help and quit go last
		for i, end := range ends {
			if end == 0 || a.keys[i].stays != stays {
				continue
			}
			w := width(a.hint(i)) + 2
			for j := i; j < end; j++ {
				w += width(a.keys[j].Help().Key) + 1
			}
			if w <= room+2 {
				room -= w
				fits[i] = true
			}
		}
	}
	x := 1
	for i, end := range ends {
		if !fits[i] {
			continue
		}
		for j := i; j < end; j++ {
			from := x
			x = at.put(x, 0, theme.Accent, a.keys[j].Help().Key) + 1
			if j == end-1 {
				x = at.put(x, 0, theme.Dim, a.hint(i)) + 1
			}
			o = o.hit(target{at: at.sub(from, 0, x-1-from, 1), kind: onAction, nth: j})
		}
		x++
	}
	return o
}

// hintEnds returns, for each action that is the first with its hint and does
// something now, the index after the last; 0 for the others.
func (a *App) hintEnds() []int {
	ends := make([]int, len(a.keys))
	first := 0
	for i := range a.keys {
		k := &a.keys[i]
		if k.hint == "" || len(k.Keys()) == 0 || a.log.open && !inLog[k.name] || k.hint == denialsHint && !a.hintsDenials() || k.when != nil && !k.when(a) {
			continue
		}
		if i > 0 && ends[first] == i && a.keys[first].hint == k.hint {
			ends[first]++
			continue
		}
		first = i
		ends[i] = i + 1
	}
	return ends
}

// hint is the word for an action in the footer.
func (a *App) hint(i int) string {
	if a.log.open && a.keys[i].name == "open" {
		return "go there"
	}
	if k := &a.keys[i]; k.name == pauseAction && a.paused || k.name == playAction && a.replay.Paused {
		return "resume"
	}
	return a.keys[i].hint
}

// sayFor is how long a message covers the footer, or a figure on a small screen.
const sayFor = 5 * time.Second

// say shows a message about what a key did.
func (a *App) say(text string) { a.said, a.saidAt = text, a.newest.At }

// drawHelp lists all keys in as many columns as fit, and below them the mouse and the
// signs in their colours. It returns how many lines are below the area.
func (a *App) drawHelp(at area) (below int) {
	if at.w >= framedW && at.h >= framedH {
		at = at.frame(focusable, []string{"Keys and signs", "Keys"}, a.opts.Themes[a.theme].Name+" theme", true)
	}
	keys, past := a.helpKeys()
	k := keyColumns(append(keys, past...), at.w)
	total := k.lines(keys) + 1 + len(legend)
	if len(past) > 0 {
		total += 1 + k.lines(past)
	}
	scroll := min(a.scroll, max(total-at.h, 0))
	y := k.draw(at, -scroll, keys)
	if len(past) > 0 {
		at.put(0, y, theme.Dim, "in the past:")
		y = k.draw(at, y+1, past)
	}
	for i := range legend {
		x := 0
		y++
		for _, s := range legend[i].signs {
			x = at.put(x, y, s.role, a.signs(s.text)) + 1
		}
		x = max(x+1, k.keys+2)
		at.cut(x, y, at.w-x, theme.Dim, legend[i].means)
	}
	below = max(total-at.h-scroll, 0)
	at.moreMarks(scroll, below)
	return below
}

// helpKeys returns the actions of the help, and apart from them those that do nothing
// before the past is shown.
func (a *App) helpKeys() (keys, past []*action) {
	later := 0
	if a.opts.Player == nil && !a.inPast() {
		later = len(pastKeys())
	}
	for i := range a.keys {
		switch k := &a.keys[i]; {
		case len(k.Keys()) == 0, k.name == "poll" && !a.canPoll(), k.name == fleetAction && a.alone():
		case i < later:
			past = append(past, k)
		default:
			keys = append(keys, k)
		}
	}
	return keys, past
}

// A keyTable is how keys and what they do are put into columns.
type keyTable struct {
	keys, texts int // cells
	columns     int
}

// keyColumns returns the columns for these actions in w cells.
func keyColumns(all []*action, w int) keyTable {
	var t keyTable
	for _, k := range all {
		t.keys, t.texts = max(t.keys, min(width(k.Help().Key), 16)), max(t.texts, width(k.Help().Desc))
	}
	t.columns = max((w+3)/t.column(), 1)
	return t
}

// column is the width of a column, with the blanks after it.
func (t *keyTable) column() int { return t.keys + 2 + t.texts + 3 }

// lines returns how many lines some actions need.
func (t *keyTable) lines(list []*action) int { return (len(list) + t.columns - 1) / t.columns }

// draw draws actions from a line on, and returns the line after them.
func (t *keyTable) draw(at area, y int, list []*action) int {
	lines := t.lines(list)
	for i, k := range list {
		x, line := i/lines*t.column(), y+i%lines
		at.cut(x, line, t.keys, theme.Accent, k.Help().Key)
		at.cut(x+t.keys+2, line, min(t.texts, at.w-x-t.keys-2), theme.Text, k.Help().Desc)
	}
	return y + lines
}

// legend explains the mouse and the signs, in the colours that they have elsewhere.
var legend = [...]struct {
	signs []word
	means string
}{
	{[]word{{theme.Accent, "mouse"}}, "a click selects a row, the next opens it; on a title, sorts by it"},
	{[]word{{theme.Accent, "shift"}}, "with the mouse, to select text"},
	{[]word{{theme.Calm, "▇"}, {theme.Warm, "▇"}, {theme.Hot, "▇"}, {theme.Full, "▇"}}, "accepted calls, by pressure"},
	{[]word{{theme.Others, "▓"}}, "of those, from other machines using this key"},
	{[]word{{theme.Others, "░"}}, "full by inference: refused calls, from elsewhere or a lower limit"},
	{[]word{{theme.Rejected, "▒"}}, "rejected calls, past the limit's mark │"},
	{[]word{{theme.Alarm, "╎"}}, "observed limit, lower than the documented one"},
	{[]word{{theme.Peak, "┆"}}, "peak: highest of the last 15 min (hourly limits: 15 h)"},
	{[]word{{theme.Warm, "△"}, {theme.Hot, "▲"}, {theme.Full, "■"}}, "limit within 60 s or above 90%; within 20 s; reached or refusing"},
	{[]word{{theme.Calm, "●"}, {theme.Warm, "◌"}, {theme.Warm, "‖"}, {theme.Full, "✗"}}, "a source: ok, stale, paused, error"},
	{[]word{{theme.Dim, "≈"}, {theme.Dim, "≤"}, {theme.Dim, "≥"}}, "estimated or inferred; upper bound; lower bound"},
	{[]word{{theme.Dim, "–"}}, "unknown"},
}
