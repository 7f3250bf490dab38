package ui

import (
	"slices"

	"quotatop/theme"

	tea "charm.land/bubbletea/v2"
	"github.com/sahilm/fuzzy"
)

// A command is one line of the palette: an action, with its argument if it takes
// one.
type command struct {
	text, help, keys string
	do               func(a *App) tea.Cmd
}

// paneNames are the names of the panes in commands.
var paneNames = [focusable]string{"endpoints", "cap", "rate", "billing", "detail"}

// commands returns all commands that do something now.
func (a *App) commands() []command {
	var out []command
	for i := range a.keys {
		act := a.keys[i]
		if act.name == panesAction || act.name == paletteAction || act.when != nil && !act.when(a) {
			continue
		}
		out = append(out, command{act.name, act.Help().Desc, act.Help().Key, func(a *App) tea.Cmd { return act.do(a, "") }})
	}
	for p, name := range paneNames {
		out = append(out, command{panesAction + " " + name, "", "", func(a *App) tea.Cmd { a.show(paneID(p)); return nil }})
	}
	for s, name := range sortNames {
		out = append(out, command{"sort " + name, "", "", func(a *App) tea.Cmd { a.sorted = sorting(s); return nil }})
	}
	for i := range a.opts.Themes {
		out = append(out, command{"theme " + a.opts.Themes[i].Name, "", "", func(a *App) tea.Cmd { a.choose(i); return nil }})
	}
	return out
}

// A hit is a command that matches what was typed.
type hit struct {
	command
	bytes []int // the indexes of the matching bytes of its text
}

// hits returns the commands that contain the typed letters in that order, the
// best first, or all commands if nothing is typed.
func (a *App) hits() []hit {
	all := a.commands()
	if a.asked == "" {
		out := make([]hit, len(all))
		for i := range all {
			out[i].command = all[i]
		}
		return out
	}
	texts := make([]string, len(all))
	for i := range all {
		texts[i] = all[i].text
	}
	found := fuzzy.Find(a.asked, texts)
	out := make([]hit, len(found))
	for i, m := range found {
		out[i] = hit{all[m.Index], m.MatchedIndexes}
	}
	return out
}

func (a *App) openPalette(string) tea.Cmd {
	a.asking, a.asked, a.choice = true, "", 0
	return nil
}

// ask handles a key while the palette is open.
func (a App) ask(key, text string) (tea.Model, tea.Cmd) {
	switch key {
	case "esc":
		a.asking = false
	case "up":
		a.choice = max(a.choice-1, 0)
	case "down":
		a.choice = min(a.choice+1, max(len(a.hits())-1, 0))
	case "enter":
		hits := a.hits()
		if a.choice < len(hits) {
			a.asking = false
			cmd := hits[a.choice].do(&a)
			return a, cmd
		}
	case "backspace":
		if a.asked == "" {
			a.asking = false
		}
		fallthrough
	default:
		a.asked, a.choice = edited(a.asked, key, text), 0
	}
	return a, nil
}

// paletteLines is how many commands are shown at once.
const paletteLines = 12

// drawPalette draws the prompt in the last line and the commands above it. Without
// room for a list it draws the chosen command beside the prompt.
func (a *App) drawPalette(at area, o outcome) outcome {
	hits := a.hits()
	choice := min(a.choice, max(len(hits)-1, 0))
	last := at.sub(0, at.h-1, at.w, 1)
	last.fill(0, 0, last.w, theme.Plain, ' ')
	x := last.put(1, 0, theme.Accent, ":")
	x = last.cut(x, 0, last.w-x-2, theme.Bright, a.asked)
	last.set(x, 0, theme.Accent, '▏')
	above := at.sub(0, 0, at.w, at.h-1)
	if above.w < framedW || above.h < framedH {
		if len(hits) > 0 {
			last.cut(x+2, 0, last.w-x-2, theme.Dim, hits[choice].text)
		} else {
			last.put(x+2, 0, theme.Dim, fit(last.w-x-2, "no matching command", "no match"))
		}
		return o
	}
	if hints := "enter run  esc close"; last.w-x > width(hints)+4 {
		last.right(x+2, 0, last.w-x-3, theme.Dim, hints)
	}
	return a.drawHits(above, hits, choice, o)
}

// drawHits draws the commands in a box at the bottom of the area. The box is as
// wide as the screen, so that it cuts no figure.
func (a *App) drawHits(above area, hits []hit, choice int, o outcome) outcome {
	texts := 0
	for i := range hits {
		texts = max(texts, width(hits[i].text))
	}
	lines := min(max(len(hits), 1), paletteLines, above.h-2)
	box := above.sub(0, above.h-lines-2, above.w, lines+2)
	for y := range box.h {
		box.fill(0, y, box.w, theme.Plain, ' ')
	}
	box = box.frame(focusable, []string{"Commands"}, "", true)
	if len(hits) == 0 {
		box.put(2, 0, theme.Dim, "no matching command")
		return o
	}
	first := max(choice-lines+1, 0)
	for y, h := range hits[first:min(first+lines, len(hits))] {
		line := box.sub(0, y, box.w, 1)
		h.draw(line, first+y == choice, 2+texts+2)
		o = o.hit(target{at: line, kind: onCommand, nth: first + y})
	}
	return o
}

// draw writes the text of a command, its help at a position, and its keys.
func (h *hit) draw(at area, chosen bool, help int) {
	if chosen {
		at.set(0, 0, theme.Accent, '▸')
	}
	keys := at.w - width(h.keys)
	x := 2
	for i, r := range h.text {
		role := theme.Text
		if slices.Contains(h.bytes, i) {
			role = theme.Accent
		}
		x = at.put(x, 0, role, string(r))
	}
	if room := keys - 2 - help; room >= width(h.help) {
		at.put(help, 0, theme.Dim, h.help)
	}
	if keys > x {
		at.put(keys, 0, theme.Dim, h.keys)
	}
}
