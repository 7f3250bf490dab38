package ui

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"quotatop/theme"
	"quotatop/ui/words"

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
var paneNames = [numbered]string{"endpoints", "cap", "rate", "billing", "detail"}

// usefulFirst are the actions that the palette lists first. It lists those that move
// the cursor last: who opened it wants something else.
var (
	usefulFirst = []string{pauseAction, playAction, "open", "zoom", "filter", "clear", "sort", "poll", fleetAction, logAction, "settings", "help", "quit"}
	movesLast   = []string{
		"up", "down", "left", "right", "top", "bottom", "page-up", "page-down", "next-pane", "previous-pane",
		"previous-item", "next-item", "seek-back", "seek-forward", "minute-back", "minute-forward", "start", "end",
	}
)

// commands returns all commands that do something now, the useful ones first.
func (a *App) commands() []command {
	var first, rest, last []command
	for i := range a.keys {
		act := a.keys[i]
		if act.name == panesAction || act.name == paletteAction || act.when != nil && !act.when(a) {
			continue
		}
		c := command{act.name, act.Help().Desc, act.Help().Key, func(a *App) tea.Cmd { return act.do(a, "") }}
		switch {
		case slices.Contains(usefulFirst, act.name):
			first = append(first, c)
		case slices.Contains(movesLast, act.name):
			last = append(last, c)
		default:
			rest = append(rest, c)
		}
	}
	slices.SortStableFunc(first, func(c, d command) int {
		return cmp.Compare(slices.Index(usefulFirst, c.text), slices.Index(usefulFirst, d.text))
	})
	return slices.Concat(first, rest, a.settingCommands(), a.choices(), last)
}

// choices returns the commands that stand for one choice of an action.
func (a *App) choices() []command {
	var out []command
	for p, name := range paneNames {
		out = append(out, command{panesAction + " " + name, "go to the pane", a.paneKey(p), func(a *App) tea.Cmd { a.show(paneID(p)); return nil }})
	}
	for s, name := range sortNames {
		out = append(out, command{"sort " + name, sortHelp[s], "", func(a *App) tea.Cmd { a.setSort(sorting(s)); return nil }})
	}
	for i := range a.opts.Themes {
		help := "for a light background"
		if a.opts.Themes[i].Dark {
			help = "for a dark background"
		}
		out = append(out, command{"theme " + a.opts.Themes[i].Name, help, "", func(a *App) tea.Cmd { a.choose(i); return nil }})
	}
	return out
}

// paneKey returns the key of a pane, or nothing if it has none.
func (a *App) paneKey(pane int) string {
	for i := range a.keys {
		if k := a.keys[i].Keys(); a.keys[i].name == panesAction && pane < len(k) {
			return keySign(k[pane])
		}
	}
	return ""
}

// A hit is a command that matches what was typed.
type hit struct {
	command
	bytes []int // the indexes of the matching bytes of its text
}

// typedLines read what is typed into the palette if it is more than the name of a
// command. The first that knows the line gives the only command that matches it.
var typedLines = [...]func(a *App, line string) (command, bool){(*App).settingLine}

// hits returns the commands that match what is typed, the best first, or all commands
// if nothing is typed. A command matches if its text has the typed letters in that
// order, or its help has the typed words.
func (a *App) hits() []hit {
	if startsTime(a.asked) {
		return []hit{{command: a.timeCommand()}}
	}
	all := a.commands()
	out := make([]hit, 0, len(all))
	if a.asked == "" {
		for i := range all {
			out = append(out, hit{command: all[i]})
		}
		return out
	}
	for _, read := range typedLines {
		if c, ok := read(a, a.asked); ok {
			return append(out, hit{command: c})
		}
	}
	texts := make([]string, len(all))
	for i := range all {
		texts[i] = all[i].text
	}
	found := make([]bool, len(all))
	for _, m := range fuzzy.Find(a.asked, texts) {
		found[m.Index] = true
		out = append(out, hit{all[m.Index], m.MatchedIndexes})
	}
	for i := range all {
		if !found[i] && contains(" "+a.asked, " "+all[i].help) {
			out = append(out, hit{command: all[i]})
		}
	}
	rank := map[string]int{} // the order of the commands decides between equal matches
	for i, text := range texts {
		rank[text] = closeness(a.asked, text)*len(texts) + i
	}
	slices.SortStableFunc(out, func(h, k hit) int {
		if c, d := closeness(a.asked, h.text), closeness(a.asked, k.text); c == scattered && d == scattered {
			return 0 // as the letters are found
		}
		return cmp.Compare(rank[h.text], rank[k.text])
	})
	return out
}

// How close a typed text is to that of a command; scattered is the least.
const (
	same = iota
	beginning
	beginningOfWord
	initials
	inside
	scattered
)

// closeness compares a typed text with that of a command.
func closeness(typed, text string) int {
	typed, text = strings.ToLower(typed), strings.ToLower(text)
	first := ""
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '-' }) {
		_, size := utf8.DecodeRuneInString(word)
		first += word[:size]
	}
	switch at := strings.Index(text, typed); {
	case text == typed:
		return same
	case at == 0:
		return beginning
	case first == typed:
		return initials
	case at < 0:
		return scattered
	case strings.Contains(text, " "+typed) || strings.Contains(text, "-"+typed):
		return beginningOfWord
	}
	return inside
}

func (a *App) openPalette(string) tea.Cmd {
	a.asking, a.asked, a.choice, a.wrong = true, "", 0, ""
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
		a.asked, a.choice, a.wrong = edited(a.asked, key, text), 0, ""
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
		if a.wrong != "" {
			last.fill(0, 0, last.w, theme.Plain, ' ')
			last.cut(1, 0, last.w-1, theme.Alarm, a.wrong)
		} else if len(hits) > 0 {
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
	note := ""
	if len(hits) > lines {
		note = words.Count(choice+1) + " of " + words.Count(len(hits))
	}
	box = box.frame(focusable, []string{"Commands"}, note, true)
	if a.wrong != "" {
		box.cut(2, 0, box.w-2, theme.Alarm, a.wrong)
		return o
	}
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
	if room := keys - 2 - help; room >= width(h.help) && h.help != h.text {
		at.put(help, 0, theme.Dim, h.help)
	}
	if keys > x {
		at.put(keys, 0, theme.Dim, h.keys)
	}
}
