package ui

import (
	"strings"

	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"
)

// Summary writes a Snapshot as plain text for a terminal or a log, without escape
// sequences and with a newline at its end.
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

// summaryW bounds the cells of a summary's lines.
const summaryW = 110

func (a *App) summaryHead() []string {
	parts := []string{"quotatop", a.snap.At.UTC().Format("2006-01-02 15:04:05") + " UTC"}
	for _, pair := range [][2]string{{"plan", a.snap.Account.Plan}, {"team", a.snap.Account.Team}, {"profile", a.snap.Profile}} {
		if pair[1] != "" {
			parts = append(parts, pair[0]+" "+plain(pair[1], 40))
		}
	}
	return []string{strings.Join(parts, "  "), ""}
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
			at.put(x+5, y, theme.Plain, words.Span(r.limit.Per()))
		}
		at.right(x+10, y, figures, theme.Plain, r.sign+r.used+r.of)
		at.right(x+10+figures, y, 8, theme.Plain, r.percent)
		at.cut(x+figures+21, y, summaryW, theme.Plain, a.summaryState(r))
	}
	return append(strings.Split(c.text(nil), "\n"), "")
}

// summaryState is the state of a row in words.
func (a *App) summaryState(r *row) string {
	if r.limit == nil {
		return "no known limit"
	}
	var parts []string
	if r.wall.Pressure == model.PressureUnknown {
		return "unknown yet"
	}
	if r.wall.Pressure > model.Calm {
		parts = append(parts, r.wall.Pressure.String())
	}
	if n := r.limit.Rejected.Or(0); n > 0 {
		parts = append(parts, words.Count(n)+" rejected")
	}
	w := words.WallOf(&a.snap, r.wall)
	switch {
	case a.capRefuses(r.endpoint):
		parts = append(parts, "cap reached")
	case r.wall.Kind == model.WallRefused:
		parts = append(parts, w.Figure+", "+w.Then)
	case w.Time != "":
		parts = append(parts, w.Then)
	}
	if note := a.ageNote(r.limit.AsOf, r.stale); note != "" {
		parts = append(parts, note)
	}
	return strings.Join(parts, ", ")
}

func (a *App) summaryCap() []string {
	used, of, percent := a.capFigures()
	left, assumed := a.reset()
	line := strings.ToLower(a.capName()) + ": " + used.text + of.text + " (" + percent.text + "), " + words.CapLeft(&a.snap.Cap) + " left, resets in " + left
	if assumed {
		line += " (assumed)"
	}
	_, _, forecast := a.forecast()
	return []string{line, "burn: " + a.burnText() + ", " + forecast[0], ""}
}

func (a *App) summaryAlerts() []string {
	var lines []string
	for _, p := range []paneID{ratePane, billingPane} {
		groups := a.alerts(p)
		title := panes[p].title(a)[0]
		head := strings.ToLower(title[:1]) + title[1:]
		if len(groups) == 0 {
			head += ": none"
			if p == ratePane && !a.observesCalls() {
				head += " on our own polls"
			}
		}
		lines = append(lines, head)
		for _, g := range groups {
			_, clears := a.clears(g)
			line := "  " + plain(a.kindName(g), 20) + "  " + words.Count(g.Count) + "x  last " + words.Ago(a.snap.At, g.At) + "  " + clears[0]
			if text := message(g); text != "" {
				line += "  " + plain(text, 200)
			}
			lines = append(lines, line)
		}
	}
	return append(lines, "")
}

func (a *App) summarySources() []string {
	var lines []string
	if f := a.snap.Fleet; f != nil {
		line := "fleet " + plain(f.Run, 40) + ": " + words.FleetOf(f).Texts()[0]
		if why := a.fleetBound(); why != nil {
			line += "; " + why[0]
		}
		lines = append(lines, line, "")
	}
	for i := range a.snap.Sources {
		s := &a.snap.Sources[i]
		line := plain(s.Name, 20) + ": " + string(s.State)
		if t, ok := s.AsOf.Get(); ok {
			line += ", updated " + words.Ago(a.snap.At, t)
		}
		if n, ok := s.PollsMinute.Get(); ok {
			line += ", " + words.Count(n) + " of " + words.Opt(s.BudgetMinute, words.Count) + " polls a minute"
		}
		for _, text := range []string{s.Error, s.Note} {
			if text != "" {
				line += ", " + plain(text, 160)
			}
		}
		lines = append(lines, line)
	}
	for _, s := range a.snap.Services {
		if s.State != model.StateOK {
			lines = append(lines, plain(s.Name, 20)+": "+string(s.State)+", "+plain(s.Error, 160))
		}
	}
	return lines
}
