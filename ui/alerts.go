package ui

import (
	"strconv"
	"strings"
	"time"

	"quotatop/model"
	"quotatop/theme"

	tea "charm.land/bubbletea/v2"
)

// cleared is how far the user has seen a group of denials; the next one shows
// it again.
type cleared struct {
	at    time.Time
	count int
}

func itemOf(g *model.DenialGroup) item {
	return item{endpoint: g.Endpoint, kind: g.Kind, reason: g.Reason, source: g.Source}
}

// alerts are the groups that a pane shows, newest first.
func (a *App) alerts(p paneID) []*model.DenialGroup {
	var out []*model.DenialGroup
	for i := range a.snap.Denials {
		if g := &a.snap.Denials[i]; g.Kind.Waits() == (p == ratePane) && !a.isCleared(g) && a.matches(g) {
			out = append(out, g)
		}
	}
	return out
}

func (a *App) isCleared(g *model.DenialGroup) bool {
	c, ok := a.cleared[itemOf(g)]
	return ok && c.count == g.Count && !g.At.After(c.at)
}

// matches reports whether a group contains the filter, in any of its words.
func (a *App) matches(g *model.DenialGroup) bool {
	f := *a.filter(ratePane)
	return f == "" || contains(f, who(g), string(g.Kind), g.Reason, g.Detail, g.URL, g.Source, strconv.Itoa(g.Status))
}

// who is whose calls were denied.
func who(g *model.DenialGroup) string {
	if g.Endpoint == "" {
		return "own polls"
	}
	return g.Endpoint
}

// hidden is how many groups of a pane the filter and c keep off the screen.
func (a *App) hidden(p paneID) (filtered, clear int) {
	for i := range a.snap.Denials {
		g := &a.snap.Denials[i]
		switch {
		case g.Kind.Waits() != (p == ratePane):
		case a.isCleared(g):
			clear++
		case !a.matches(g):
			filtered++
		}
	}
	return filtered, clear
}

func (a *App) canClear() bool { return len(a.alerts(ratePane))+len(a.alerts(billingPane)) > 0 }

// clear hides the alerts of the pane that has the focus, or all.
func (a *App) clear(string) tea.Cmd {
	seen := make(map[item]cleared, len(a.snap.Denials))
	for k, v := range a.cleared {
		seen[k] = v
	}
	for _, p := range []paneID{ratePane, billingPane} {
		if other := ratePane + billingPane - p; a.focus == other {
			continue
		}
		for _, g := range a.alerts(p) {
			seen[itemOf(g)] = cleared{g.At, g.Count}
		}
	}
	a.cleared = seen
	return nil
}

func (a *App) rateTitle() []string { return []string{"Rate limited: wait", "Rate limited"} }
func (a *App) billingTitle() []string {
	return []string{"Cap and billing: waiting won't help", "Cap, billing: waiting won't help", "Cap and billing"}
}
func (a *App) rateNote() string    { return a.alertsNote(ratePane) }
func (a *App) billingNote() string { return a.alertsNote(billingPane) }
func (a *App) drawRate(at area)    { a.drawAlerts(at, ratePane) }
func (a *App) drawBilling(at area) { a.drawAlerts(at, billingPane) }

// alertsNote says what is not shown, so that nothing is hidden in silence.
func (a *App) alertsNote(p paneID) string {
	filtered, clear := a.hidden(p)
	var parts []string
	if f := *a.filter(p); f != "" {
		parts = append(parts, "/"+f)
	}
	if filtered > 0 {
		parts = append(parts, count(filtered)+" hidden")
	}
	if clear > 0 {
		parts = append(parts, count(clear)+" cleared")
	}
	return strings.Join(parts, " · ")
}

// An alertFormat says how wide the columns of an alert are from a width on.
type alertFormat struct{ w, name, last, until int }

var alertFormats = []alertFormat{
	{50, 12, 12, 18},
	{36, 10, 0, 18},
	{0, 10, 0, 9},
}

// drawAlerts gives each group a line, and a second one for its words where
// there is room for all.
func (a *App) drawAlerts(at area, p paneID) {
	groups := a.alerts(p)
	if len(groups) == 0 {
		a.drawNoAlerts(at, p)
		return
	}
	cursor := -1
	if a.subject == p {
		cursor = chosen(a.items(p), a.picked[p])
	}
	lines := 1
	if at.h >= 2*len(groups) {
		lines = 2
	}
	first := 0
	room := at.h / lines
	if len(groups) > room {
		room = max(room-1, 1) // the last line says how many more there are
		first = min(max(cursor-room+1, 0), len(groups)-room)
	}
	y := 0
	for i := first; i < min(first+room, len(groups)); i++ {
		place := at.sub(0, y, at.w, lines)
		a.drawAlert(place, groups[i], a.nameAmong(groups, groups[i]), i == cursor)
		a.mark(target{at: place, kind: onRow, pane: p, item: itemOf(groups[i])})
		y += lines
	}
	if more := len(groups) - room; more > 0 && at.h > 1 {
		text := count(more) + " more"
		if first > 0 {
			text = count(first) + " above, " + count(more-first) + " below"
		}
		at.cut(2, at.h-1, at.w-2, theme.Dim, text)
	}
}

// drawNoAlerts says that there is none, and when that says little, why.
func (a *App) drawNoAlerts(at area, p paneID) {
	if filtered, clear := a.hidden(p); filtered+clear > 0 {
		at.cut(0, 0, at.w, theme.Dim, "none but those that are hidden")
		return
	}
	if a.waiting() != "" {
		at.put(0, 0, theme.Dim, unknown)
		return
	}
	text := "none in the last hour"
	if p == billingPane {
		text = "none today"
	}
	if !a.watchesCalls() {
		text = "none met by our own polls; --tap sees those of the load run too"
	}
	for y, line := range wrap(text, at.w) {
		at.put(0, y, theme.Dim, line)
	}
}

// watchesCalls reports whether a source sees the calls of the load run as they
// are answered. Billing rows do not say which calls were rejected.
func (a *App) watchesCalls() bool {
	for i := range a.snap.Sources {
		if n := a.snap.Sources[i].Name; n == model.SourceTap || n == model.SourceTail {
			return true
		}
	}
	return false
}

// kindName is what a group is called in its row.
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
	}
	return who(g)
}

// nameAmong is what a group is called in a list: where others are of its kind,
// whose calls it is about tells it from them.
func (a *App) nameAmong(groups []*model.DenialGroup, g *model.DenialGroup) string {
	if g.Kind == model.KindRate {
		return a.kindName(g)
	}
	for _, other := range groups {
		if other.Kind == g.Kind && other.Endpoint != g.Endpoint {
			return string(g.Kind) + " " + who(g)
		}
	}
	return a.kindName(g)
}

// until is what clears a group, and when, from the longest text to the
// shortest.
func (a *App) until(g *model.DenialGroup) (theme.Role, []string) {
	now := a.snap.At
	if g.Kind.Waits() {
		t, ok := g.RetryAt.Get()
		switch {
		case !ok:
			return theme.Dim, []string{"wait not said", unknown}
		case t.After(now):
			left := countdown(t.Sub(now))
			return theme.Hot, []string{"retry in " + left, left}
		}
		return theme.Dim, []string{"over"}
	}
	if t, ok := g.ClearsAt.Get(); ok {
		if !t.After(now) {
			return theme.Dim, []string{"over"}
		}
		left := longCountdown(t.Sub(now))
		return theme.Full, []string{"clears in " + left, left}
	}
	return theme.Full, []string{"needs a person", "person"}
}

func (a *App) drawAlert(at area, g *model.DenialGroup, name string, cursor bool) {
	f := alertFormats[0]
	for _, f = range alertFormats {
		if at.w >= f.w {
			break
		}
	}
	if cursor {
		at.set(0, 0, theme.Accent, '▸')
	}
	at.cut(2, 0, f.name, theme.Bright, name)
	x := 2 + f.name
	at.right(x, 0, 7, theme.Text, shortCount(g.Count)+"×")
	x += 9
	if f.last > 0 {
		at.put(x, 0, theme.Dim, fit(f.last, "last "+rough(a.snap.At.Sub(g.At)), rough(a.snap.At.Sub(g.At))))
		x += f.last + 1
	}
	role, texts := a.until(g)
	at.put(x, 0, role, fit(min(f.until, at.w-x), texts...))
	words := sayings(g)
	if at.h > 1 {
		at.cut(2, 1, at.w-2, theme.Dim, words)
	} else if x += f.until + 1; at.w-x >= 16 {
		at.cut(x, 0, at.w-x, theme.Dim, words)
	}
}

// early says how the client minds what it is told, when it does not.
func early(g *model.DenialGroup) string {
	switch {
	case g.Early == 0:
		return ""
	case g.Kind == model.KindCap:
		return count(g.Early) + " sent with the cap closed (X-RateLimit-Reason)"
	}
	return count(g.Early) + " sent early, before Retry-After was over"
}

// sayings are the words of a denial: where to go first, then what the client
// does wrong, else what was said.
func sayings(g *model.DenialGroup) string {
	text := early(g)
	if text == "" {
		text = g.Detail
	}
	if text == "" {
		text = g.Reason
	}
	switch {
	case g.URL == "":
		return text
	case text == "":
		return g.URL
	}
	return g.URL + "  " + text
}

// drawAlertsLine has both kinds on one line: the worse kind first. Where there is
// no header, its end says what the header would of the screen and the sources.
func (a *App) drawAlertsLine(at area) {
	if !layoutFor(a.w, a.h).header {
		const denied = 12 // "denied 999k×"
		status := a.statusWords()
		for len(status) > 1 && denied+1+wordsWidth(status) > at.w {
			status = status[:len(status)-1]
		}
		if n := wordsWidth(status); n > 0 {
			at.words(at.w-n, 0, status)
			at = at.sub(0, 0, at.w-n-1, 1)
		}
	}
	x := at.put(0, 0, theme.Bright, "denied") + 1
	groups := append(a.alerts(billingPane), a.alerts(ratePane)...)
	if len(groups) == 0 {
		text := "none"
		if a.waiting() != "" {
			text = unknown
		}
		at.put(x, 0, theme.Dim, text)
		return
	}
	for i, g := range groups {
		role, texts := a.until(g)
		part := []word{{theme.Text, brief(a.kindName(g), maxID)}, {theme.Text, shortCount(g.Count) + "×"}, {role, texts[len(texts)-1]}}
		more := ""
		if rest := len(groups) - i - 1; rest > 0 {
			more = " +" + count(rest)
		}
		switch {
		case x+wordsWidth(part)+width(more) <= at.w:
		case i == 0: // not even one: their number
			words := a.deniedWords(false)[1:]
			for len(words) > 1 && x+wordsWidth(words) > at.w {
				words = words[:len(words)-1]
			}
			at.words(x, 0, words)
			return
		default:
			at.put(x, 0, theme.Dim, fit(at.w-x, "+"+count(len(groups)-i)))
			return
		}
		x = at.words(x, 0, part) + 2
	}
}
