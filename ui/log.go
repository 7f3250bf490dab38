package ui

import (
	"slices"
	"time"

	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"

	tea "charm.land/bubbletea/v2"
)

// A logView is what the user chose to see of the log. It covers the panes while it is
// open.
type logView struct {
	open   bool
	filter string
	picked time.Time // the entry under the cursor began then; zero for the newest
	nth    int       // of those that began at that time
}

// logAction is the action that opens the log.
const logAction = "log"

// inLog are the actions that the footer shows while the log is open.
var inLog = map[string]bool{
	logAction: true, "open": true, "back": true, "filter": true, "help": true, "quit": true,
	"now": true, "earlier-denial": true, "later-denial": true,
}

// logShown is how long the footer shows a new entry.
const logShown = 8 * time.Second

// toggleLog opens the log at the newest entry, or in the past at the time shown; or
// closes it.
func (a *App) toggleLog(string) tea.Cmd {
	a.log.open = !a.log.open
	a.help, a.panel, a.typing = false, false, false
	if a.log.open {
		a.log.picked, a.log.nth = time.Time{}, 0
		if a.inPast() {
			a.pickEntry(a.entryBy(a.snap.At))
		}
	}
	return nil
}

// entries returns the entries that match the filter, oldest first. While the past is
// shown, they go on to now.
func (a *App) entries() []*model.LogEntry {
	var out []*model.LogEntry
	var from time.Time // of the newest snapshot's
	add := func(log model.Log, before bool) {
		for i := range log {
			e := &log[i]
			if before && !e.At.Before(from) {
				continue
			}
			if a.log.filter == "" || contains(a.log.filter, words.LogName(e), words.LogText(e, a.logNow()), string(e.Kind)) {
				out = append(out, e)
			}
		}
	}
	log := a.snap.Log
	if a.inPast() {
		log = a.newest.Log
	}
	if n := len(log); n > 0 {
		from = log[n-1].At
	}
	add(log, false)
	if a.inPast() && len(log) > 0 {
		add(a.snap.Log, true)
	}
	slices.Reverse(out)
	return out
}

// logNow is the time up to which entries that go on have lasted.
func (a *App) logNow() time.Time {
	if a.inPast() {
		return a.newest.At
	}
	return a.snap.At
}

// entryBy returns the index of the last entry at or before a time; 0 if there is none.
func (a *App) entryBy(t time.Time) int {
	all := a.entries()
	for i := len(all) - 1; i >= 0; i-- {
		if !all[i].At.After(t) {
			return i
		}
	}
	return 0
}

// pickedEntry returns the index of the entry under the cursor; -1 if there are none.
func (a *App) pickedEntry(all []*model.LogEntry) int {
	last := len(all) - 1
	if a.log.picked.IsZero() {
		return last
	}
	for i, e := range all {
		if !e.At.Before(a.log.picked) {
			if j := i + a.log.nth; j <= last && all[j].At.Equal(e.At) {
				return j
			}
			return i
		}
	}
	return last
}

// pickEntry moves the cursor to an entry. At the newest it follows those that come.
func (a *App) pickEntry(i int) {
	all := a.entries()
	a.log.picked, a.log.nth = time.Time{}, 0
	if i >= len(all)-1 {
		return
	}
	i = max(i, 0)
	a.log.picked = all[i].At
	for i > 0 && all[i-1].At.Equal(all[i].At) {
		i--
		a.log.nth++
	}
}

// moveLog moves the cursor n entries down.
func (a *App) moveLog(n int) {
	all := a.entries()
	i := a.pickedEntry(all)
	a.pickEntry(min(max(i+n, 0), len(all)-1))
}

// entry returns the entry under the cursor, or nil.
func (a *App) entry() *model.LogEntry {
	all := a.entries()
	if i := a.pickedEntry(all); i >= 0 {
		return all[i]
	}
	return nil
}

// logChartH is the least height of the chart below the log.
const logChartH = 12

// drawLog draws the log, with the entry under the cursor in sight, and below it, where
// there is room, a chart of what that is about, with its own cursor at that time.
func (a *App) drawLog(at area, o outcome) outcome {
	all := a.entries()
	picked := a.pickedEntry(all)
	if lines := max(min(len(all)+2, at.h-logChartH), logChartH/2); picked >= 0 && at.w >= framedW && at.h-lines >= logChartH {
		b := *a
		b.focus, b.subject, b.cursor = endpointsPane, endpointsPane, all[picked].At
		if id := all[picked].Endpoint; id != "" {
			b.picked[endpointsPane] = item{endpoint: id}
		}
		b.place(at.sub(0, lines, at.w, at.h-lines), slot{pane: detailPane}, outcome{}) // nothing in it can be hit
		at = at.sub(0, 0, at.w, lines)
	}
	if at.w >= framedW && at.h >= framedH {
		at = at.frame(focusable, a.logTitle(), a.logNote(all), true)
	}
	o = o.hit(target{at: at, kind: onLog, nth: -1})
	if len(all) == 0 {
		text := "nothing has happened yet"
		if a.log.filter != "" {
			text = "nothing matches /" + a.log.filter
		}
		at.cut(0, 0, at.w, theme.Dim, text)
		return o
	}
	first := min(max(picked-at.h/2, 0), max(len(all)-at.h, 0))
	names, times := 0, 0
	for _, e := range all[first:min(first+at.h, len(all))] {
		names, times = max(names, width(words.LogName(e))), max(times, width(a.entryTime(e)))
	}
	for y := range min(at.h, len(all)-first) {
		line := at.sub(0, y, at.w, 1)
		a.drawEntry(line, all[first+y], first+y == picked, times, min(names, max(at.w/4, 8)))
		o = o.hit(target{at: line, kind: onLog, nth: first + y})
	}
	at.moreMarks(first, len(all)-first-at.h)
	return o
}

func (a *App) logTitle() []string {
	if a.inPast() {
		return []string{"Log · enter goes to the time of an entry", "Log"}
	}
	return []string{"Log"}
}

// logNote says how many entries are listed.
func (a *App) logNote(all []*model.LogEntry) string {
	note := words.Count(len(all)) + " entries"
	if len(all) == 1 {
		note = "1 entry"
	}
	if a.log.filter != "" {
		note += " with /" + brief(a.log.filter, 20)
	}
	return note
}

// drawEntry draws one entry: its time, a sign, what it is about, and what happened.
// Those after the time shown are dim.
func (a *App) drawEntry(at area, e *model.LogEntry, picked bool, times, names int) {
	if picked {
		at.set(0, 0, theme.Accent, '▸')
	}
	role, sign := a.entryLook(e)
	name, text := theme.Text, theme.Text
	if e.On {
		name, text = theme.Bright, role
	}
	if e.At.After(a.snap.At) {
		role, name, text = theme.Dim, theme.Dim, theme.Dim
	}
	at.right(2, 0, times, theme.Dim, a.entryTime(e))
	x := 2 + times + 1
	at.set(x, 0, role, sign)
	x += 2
	at.cut(x, 0, names, name, words.LogName(e))
	x += names + 1
	at.cut(x, 0, at.w-x, text, words.LogText(e, a.logNow()))
}

// entryTime is when an entry began, with its date if that is not today's.
func (a *App) entryTime(e *model.LogEntry) string {
	if words.SameDay(a.logNow(), e.At) {
		return words.Clock(e.At)
	}
	return e.At.UTC().Format("2 Jan 15:04:05")
}

// entryLook returns the role and the sign of an entry.
func (a *App) entryLook(e *model.LogEntry) (theme.Role, rune) {
	switch e.Kind {
	case model.LogRefused, model.LogCap:
		if e.On {
			return theme.Full, '■'
		}
		return theme.Rejected, '■'
	case model.LogSource, model.LogService:
		if e.On {
			return theme.Full, '✗'
		}
		return theme.Calm, '●'
	case model.LogWarning:
		return theme.Warm, '▲'
	case model.LogReset:
		return theme.Calm, '●'
	}
	return theme.Dim, '·'
}

// freshEntry returns the newest entry while it is new; nil otherwise. It is what the
// footer shows.
func (a *App) freshEntry() *model.LogEntry {
	if !a.live || a.log.open || len(a.newest.Log) == 0 || a.opts.Player != nil {
		return nil
	}
	e := &a.newest.Log[0]
	if age := a.newest.At.Sub(e.At); age < 0 || age > logShown {
		return nil
	}
	return e
}

// drawFreshEntry draws it in the footer.
func (a *App) drawFreshEntry(at area, e *model.LogEntry) {
	role, sign := a.entryLook(e)
	x := at.put(1, 0, theme.Dim, words.Clock(e.At)) + 1
	at.set(x, 0, role, sign)
	x = at.put(x+2, 0, theme.Bright, plain(words.LogName(e), maxID)) + 1
	room := at.w - x
	for i := range a.keys {
		if k := &a.keys[i]; k.name == logAction && room > 60 && len(k.Keys()) > 0 {
			hint := k.Help().Key + " log"
			room -= width(hint) + 3
			at.right(0, 0, at.w-1, theme.Dim, hint)
		}
	}
	at.cut(x, 0, room, role, words.LogText(e, a.newest.At))
}
