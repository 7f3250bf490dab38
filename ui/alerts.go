package ui

import (
	"slices"
	"strings"

	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"
)

func (a *App) rateTitle() []string { return []string{"Rate limited: wait", "Rate limited"} }
func (a *App) billingTitle() []string {
	return []string{"Cap and billing: waiting won't help", "Cap, billing: waiting won't help", "Cap and billing"}
}
func (a *App) rateNote() string    { return a.alertsNote(ratePane) }
func (a *App) billingNote() string { return a.alertsNote(billingPane) }

func (a *App) drawRate(at area, o outcome) outcome    { return a.drawAlerts(at, ratePane, o) }
func (a *App) drawBilling(at area, o outcome) outcome { return a.drawAlerts(at, billingPane, o) }

// alertsNote says what is not shown.
func (a *App) alertsNote(p paneID) string {
	filtered, clear := a.hidden(p)
	var parts []string
	if f := *a.filter(p); f != "" {
		parts = append(parts, "/"+f)
	}
	if filtered > 0 {
		parts = append(parts, words.Count(filtered)+" hidden")
	}
	if clear > 0 {
		parts = append(parts, words.Count(clear)+" cleared")
	}
	return strings.Join(parts, " · ")
}

// alertLines returns how many lines a list of alerts has: two for each of a few, with
// its message, or one for each of many.
func (a *App) alertLines(p paneID) int {
	n, messages := 0, 1
	for i := range a.snap.Denials {
		if g := &a.snap.Denials[i]; paneOf(g) == p && !a.isCleared(g) && a.matches(g) {
			n++
			if message(g) != "" {
				messages = 2
			}
		}
	}
	if n > fewAlerts {
		messages = 1
	}
	return max(n*messages, 1)
}

// fewAlerts is the most alerts that have a line for their message.
const fewAlerts = 3

// alertColumns are the widths of the columns of a list of alerts; 0 for none.
type alertColumns struct{ name, last, clears int }

// alertCount is the cells of an alert's number of calls.
const alertCount = 7

// alertColumnsFor returns the columns of alerts with these names in w cells. They do not
// depend on what changes by the second. Names are cut before the time to wait is, and the
// time of the last denial goes before both.
func alertColumnsFor(names []string, w int) alertColumns {
	c := alertColumns{clears: len("retry in 00:00:00")}
	longest := 10
	if w >= 50 {
		longest = 12
	}
	for _, name := range names {
		longest = max(longest, width(name))
	}
	room := w - 2 - alertCount - 2
	if room-c.clears < longest {
		c.clears = len("action required")
	}
	if room-c.clears < 8 {
		c.clears = len("retry 00:00")
	}
	if room-c.clears < 7 {
		c.clears = len("00:00:00")
	}
	c.name = min(longest, max(room-c.clears, 0))
	if room -= c.clears + c.name; room >= len("last 59m")+2 {
		c.last = len("last 59m") + 1
	}
	return c
}

// drawAlerts gives each group a line, and a second one for its message if all groups
// have room for that.
func (a *App) drawAlerts(at area, p paneID, o outcome) outcome {
	groups := a.alerts(p)
	if len(groups) == 0 {
		a.drawNoAlerts(at, p)
		return o
	}
	cursor := -1
	if a.subject == p {
		cursor = max(slices.IndexFunc(groups, func(g *model.DenialGroup) bool { return itemOf(g) == a.picked[p] }), 0)
	}
	lines := 1
	if at.h >= 2*len(groups) {
		lines = 2
	}
	room := at.h / lines
	if len(groups) > room {
		room = max(room-1, 1) // the last line says how many more there are
	}
	names := a.alertNames(groups)
	columns := alertColumnsFor(names, at.w)
	shown := a.shownAlerts(groups, room, cursor)
	first, y := shown[0], 0
	for _, i := range shown {
		place := at.sub(0, y, at.w, lines)
		a.drawAlert(place, groups[i], names[i], columns, i == cursor)
		o = o.hit(target{at: place, kind: onRow, pane: p, item: itemOf(groups[i])})
		y += lines
	}
	if more := len(groups) - room; more > 0 && at.h > 1 {
		text := "+" + words.Count(more) + " more"
		if first > 0 && cursor >= 0 {
			text = words.Count(first) + " above, " + words.Count(more-first) + " below"
		}
		at.cut(2, at.h-1, at.w-2, theme.Dim, text)
	}
	return o
}

// drawNoAlerts says that there are none, and why if that means little.
func (a *App) drawNoAlerts(at area, p paneID) {
	if filtered, clear := a.hidden(p); filtered+clear > 0 {
		at.cut(0, 0, at.w, theme.Dim, a.nothing(p, filtered, clear))
		return
	}
	if a.waiting() != "" {
		at.put(0, 0, theme.Dim, words.Unknown)
		return
	}
	text := "none in the last hour"
	if p == billingPane {
		text = "none today"
	}
	if !a.observesCalls() {
		text = "none on our own polls (use --tap to see your run's 429s)"
	}
	if at.h == 1 {
		text = fit(at.w, text, "none on our own polls (see --tap)", "none")
	}
	for y, line := range wrap(text, at.w) {
		at.put(0, y, theme.Dim, line)
	}
}

// nothing says why a list has no rows, though some exist: how many the filter hides
// and how many are cleared.
func (a *App) nothing(p paneID, filtered, clear int) string {
	var parts []string
	if f := *a.filter(p); filtered > 0 {
		parts = append(parts, "nothing matches /"+f, words.Count(filtered)+" hidden")
	}
	if clear > 0 {
		parts = append(parts, words.Count(clear)+" cleared")
	}
	return strings.Join(parts, " · ")
}

// observesCalls reports whether a source observes the responses to the load run's
// calls. Billing rows do not say which calls were rejected.
func (a *App) observesCalls() bool {
	for i := range a.snap.Sources {
		if a.snap.Sources[i].Vantage == model.VantageLocal {
			return true
		}
	}
	return false
}

// kindName names a group in its row.
func (a *App) kindName(g *model.DenialGroup) string {
	switch g.Kind {
	case model.KindCap:
		return strings.ToLower(a.capName())
	case model.KindCredits:
		return "credits"
	case model.KindCeiling:
		return "ceiling"
	case model.KindAuth:
		return "key"
	case model.KindBusy, model.KindUnknown:
		return string(g.Kind)
	}
	return words.Endpoint(g.Endpoint)
}

// alertNames names the groups of a list. Those of one kind are told apart by their
// endpoints.
func (a *App) alertNames(groups []*model.DenialGroup) []string {
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = a.kindName(g)
		for _, other := range groups {
			if g.Kind != model.KindRate && other.Kind == g.Kind && other.Endpoint != g.Endpoint {
				names[i] = string(g.Kind) + " " + words.Endpoint(g.Endpoint)
			}
		}
	}
	return names
}

// clears says what clears a group and when, from the longest text to the shortest, which
// is the time alone.
func (a *App) clears(g *model.DenialGroup) (theme.Role, []string) {
	now := a.snap.At
	if g.Kind.Waits() {
		t, ok := g.RetryAt.Get()
		switch {
		case !ok:
			return theme.Dim, []string{"no Retry-After given", words.Unknown}
		case t.After(now):
			left := words.Countdown(t.Sub(now))
			return theme.Hot, []string{"retry in " + left, "retry " + left, left}
		}
		return theme.Dim, []string{"ended"}
	}
	if t, ok := g.ClearsAt.Get(); ok {
		if !t.After(now) || a.ended(g) { // the cap may have been raised
			return theme.Dim, []string{"ended"}
		}
		left := words.LongCountdown(t.Sub(now))
		return theme.Full, []string{"clears in " + left, "clears " + left, left}
	}
	if g.Kind == model.KindUnknown {
		role := theme.Full
		if a.ended(g) {
			role = theme.Dim
		}
		return role, []string{"not known", words.Unknown}
	}
	role := theme.Full
	if a.ended(g) { // or nobody has tried again
		role = theme.Text
	}
	return role, []string{"action required", "action"}
}

func (a *App) drawAlert(at area, g *model.DenialGroup, name string, c alertColumns, cursor bool) {
	if cursor {
		at.set(0, 0, theme.Accent, '▸')
	}
	at.put(2, 0, theme.Bright, ending(name, c.name))
	x := 2 + c.name
	at.right(x, 0, alertCount, theme.Text, words.Short(g.Count)+"×")
	x += alertCount + 2
	if c.last > 0 {
		at.put(x, 0, theme.Dim, "last "+words.Coarse(a.snap.At.Sub(g.At)))
		x += c.last + 1
	}
	role, texts := a.clears(g)
	at.put(x, 0, role, fit(min(c.clears, at.w-x), texts...))
	text := message(g)
	if at.h > 1 {
		at.cut(2, 1, at.w-2, theme.Dim, text)
	} else if x += c.clears + 1; at.w-x >= 16 {
		at.cut(x, 0, at.w-x, theme.Dim, text)
	}
}

// ignored says how many calls the client sent although it was told not to, and which
// generators did; empty for none.
func ignored(g *model.DenialGroup) string {
	by := words.Early(g)
	switch {
	case by != "":
		return by
	case g.Early == 0:
		return ""
	case g.Kind == model.KindCap:
		return words.Count(g.Early) + " sent after the cap was reached"
	}
	return words.Calls(g.Early) + " ignored Retry-After"
}

// endpointCounts lists the endpoints of a group's calls: inference 318×, chat 12×.
func endpointCounts(g *model.DenialGroup) string {
	var parts []string
	for _, e := range g.Endpoints {
		parts = append(parts, e.ID+" "+words.Short(e.Count)+"×")
	}
	return strings.Join(parts, ", ")
}

// message is what matters of a denial: the URL to act at, then the endpoints that the
// cap stops, then what the client does wrong, or else the response's own message.
func message(g *model.DenialGroup) string {
	text := ignored(g)
	if text == "" {
		text = g.Detail
		if by := words.Denied(g); by != "" {
			text = strings.TrimRight(by+"  "+text, " ")
		}
	}
	if g.Kind == model.KindCap && len(g.Endpoints) > 0 {
		if text = strings.TrimRight(endpointCounts(g)+"  "+ignored(g), " "); words.Early(g) != "" { // who, before what
			text = ignored(g) + "  " + endpointCounts(g)
		}
	}
	if text == "" {
		text = g.Reason
	}
	if text == "" && g.Kind == model.KindUnknown {
		text = "reason not in the log"
		if g.Source != model.SourceTail {
			text = "reason not in the response"
		}
	}
	switch {
	case g.URL == "":
		return text
	case text == "":
		return g.URL
	}
	return g.URL + "  " + text
}

// drawAlertsLine draws both kinds of alerts on one line, the worse kind first.
func (a *App) drawAlertsLine(at area) {
	label := "denied"
	if next, _ := a.snap.Next(); next.Kind == model.WallRefused && at.w < 24 { // the header has no room to say so
		label = "refused"
	}
	x := at.put(0, 0, theme.Bright, label) + 1
	groups := append(a.alerts(billingPane), a.alerts(ratePane)...)
	if len(groups) == 0 {
		text := "none"
		if a.waiting() != "" {
			text = words.Unknown
		}
		at.put(x, 0, theme.Dim, text)
		return
	}
	for i, g := range groups {
		role, texts := a.clears(g)
		part := []word{{theme.Text, ending(a.kindName(g), maxID)}, {theme.Text, words.Short(g.Count) + "×"}, {}}
		more := ""
		if rest := len(groups) - i - 1; rest > 0 {
			more = " +" + words.Count(rest)
		}
		if len(texts) > 2 {
			texts = texts[:2] // never the time alone
		}
		part[2] = word{role, fit(at.w-x-wordsWidth(part)-width(more), texts...)}
		switch {
		case part[2].text != "":
		case i == 0: // no room for even one: the number of calls
			parts := a.deniedWords(false)[1:]
			for len(parts) > 1 && x+wordsWidth(parts) > at.w {
				parts = parts[:len(parts)-1]
			}
			at.words(x, 0, parts)
			return
		default:
			at.put(x, 0, theme.Dim, fit(at.w-x, "+"+words.Count(len(groups)-i)))
			return
		}
		x = at.words(x, 0, part) + 2
	}
}
