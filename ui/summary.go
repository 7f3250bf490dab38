package ui

import (
	"strings"

	"quotatop/model"
	"quotatop/theme"
)

// Summary is a Snapshot as plain text for a terminal or a log: no escape
// sequences, a line for each fact, a line break at the end.
func Summary(s model.Snapshot) string {
	a := App{snap: s, live: true, w: summaryW, h: 24}
	var b strings.Builder
	for _, part := range []func(*App) []string{(*App).summaryHead, (*App).summaryLimits, (*App).summaryCap, (*App).summaryAlerts, (*App).summarySources} {
		for _, line := range part(&a) {
			b.WriteString(line)
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// summaryW is the most cells of a summary's line.
const summaryW = 110

func (a *App) summaryHead() []string {
	words := []string{"quotatop", a.snap.At.UTC().Format("2006-01-02 15:04:05") + " UTC"}
	for _, pair := range [][2]string{{"plan", a.snap.Account.Plan}, {"team", a.snap.Account.Team}, {"limits", a.snap.Profile}} {
		if pair[1] != "" {
			words = append(words, pair[0]+" "+plain(pair[1], 40))
		}
	}
	return []string{strings.Join(words, "  "), ""}
}

func (a *App) summaryLimits() []string {
	rows := a.rows(true, false)
	c := newCanvas(summaryW, len(rows)+1)
	at := c.all()
	id, name, figures := 0, 0, 0
	for i := range rows {
		id, name = max(id, width(rows[i].endpoint)), max(name, width(rows[i].usage.Name))
		figures = max(figures, rows[i].figures())
	}
	id, name = min(id, 14), min(name, 28)
	x := id + 2 + name + 2
	at.put(0, 0, theme.Plain, "endpoint")
	at.right(x+10, 0, figures, theme.Plain, "calls")
	for i := range rows {
		r, y := &rows[i], i+1
		at.cut(0, y, id, theme.Plain, r.endpoint)
		at.cut(id+2, y, name, theme.Plain, r.usage.Name)
		if r.limit != nil {
			at.put(x, y, theme.Plain, string(r.usage.Scope))
			at.put(x+5, y, theme.Plain, span(r.limit.Per()))
		}
		at.right(x+10, y, figures, theme.Plain, r.bound+r.used+r.of)
		at.right(x+10+figures, y, 8, theme.Plain, r.percent)
		at.cut(x+figures+21, y, summaryW, theme.Plain, a.summaryState(r))
	}
	return append(strings.Split(c.text(nil), "\n"), "")
}

// summaryState is the state column in words.
func (a *App) summaryState(r *row) string {
	if r.limit == nil {
		return "no limit"
	}
	var words []string
	switch r.limit.Pressure() {
	case model.Warm:
		words = append(words, "warm")
	case model.Hot:
		words = append(words, "hot")
	case model.Full:
		words = append(words, "full")
	case model.PressureUnknown:
		return "not known yet"
	}
	if n := r.limit.Rejected.Or(0); n > 0 {
		words = append(words, count(n)+" rejected")
	}
	if t, ok := r.limit.TimeToLimit.Get(); ok && t > 0 {
		words = append(words, "limit in "+rough(seconds(t)))
	}
	if d, old := a.age(r.limit.AsOf); old {
		words = append(words, rough(d)+" old")
	}
	return strings.Join(words, ", ")
}

func (a *App) summaryCap() []string {
	used, of, part := a.capFigures()
	left, assumed := a.reset()
	line := strings.ToLower(a.capName()) + ": " + used.text + of.text + " (" + part.text + "), " + moneyOr(a.snap.Cap.Remaining) + " left, resets in " + left
	if assumed {
		line += " (assumed)"
	}
	_, _, outlook := a.outlook()
	return []string{line, "burn: " + a.burnText() + ", " + outlook[0], ""}
}

func (a *App) summaryAlerts() []string {
	var lines []string
	for _, p := range []paneID{ratePane, billingPane} {
		groups := a.alerts(p)
		title := panes[p].title(a)[0]
		head := strings.ToLower(title[:1]) + title[1:]
		if len(groups) == 0 {
			head += ": none"
			if p == ratePane && !a.watchesCalls() {
				head += " met by our own polls"
			}
		}
		lines = append(lines, head)
		for _, g := range groups {
			_, until := a.until(g)
			line := "  " + plain(a.kindName(g), 20) + "  " + count(g.Count) + "x  last " + rough(a.snap.At.Sub(g.At)) + " ago  " + until[0]
			if words := sayings(g); words != "" {
				line += "  " + plain(words, 200)
			}
			lines = append(lines, line)
		}
	}
	return append(lines, "")
}

func (a *App) summarySources() []string {
	var lines []string
	for i := range a.snap.Sources {
		s := &a.snap.Sources[i]
		line := plain(s.Name, 20) + ": " + string(s.State)
		if t, ok := s.AsOf.Get(); ok {
			line += ", data " + rough(a.snap.At.Sub(t)) + " old"
		}
		if n, ok := s.PollsMinute.Get(); ok {
			line += ", " + count(n) + " of " + countOr(s.BudgetMinute) + " polls a minute"
		}
		for _, text := range []string{s.Error, s.Note} {
			if text != "" {
				line += ", " + plain(text, 160)
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// plain is foreign text made fit for a line, at most n cells of it.
func plain(text string, n int) string {
	n = min(n, width(text))
	if n == 0 {
		return ""
	}
	c := newCanvas(n, 1)
	c.all().cut(0, 0, n, theme.Plain, text)
	return c.text(nil)
}
