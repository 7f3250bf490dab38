package ui

import (
	"time"

	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"
)

// A fact is one line of the detail pane.
type fact struct {
	label string
	value string
	role  theme.Role
	note  string // dim, after the value
}

// limitFacts returns what is known about a limit.
func (a *App) limitFacts(e *model.EndpointUsage, l *model.LimitUsage) []fact {
	wall, _ := a.snap.WallOf(e.ID, l)
	role := theme.Bright
	if wall.Pressure > model.Calm || wall.Stale {
		role = wallRole(wall)
	}
	used := fact{"used", a.signs(words.UsedOf(l)), role, ""}
	if l.Used.Known() {
		used.note = a.signs(words.UsedPercent(l))
	}
	facts := append(make([]fact, 0, 16), used)
	switch {
	case l.Inferred:
		facts = append(facts, inferredFact(l, wallRole(wall)))
	case l.Estimated:
		facts = append(facts, fact{"margin", "±" + words.Count(l.Margin), theme.Text, "95%, from sampled rows"})
	case l.UpperBound:
		facts = append(facts, fact{"upper bound", "may include other IPs", theme.Text, ""})
	case l.LowerBound:
		facts = append(facts, fact{"lower bound", a.whyLower(l), theme.Text, ""})
	}
	if l.Egress != "" {
		facts = append(facts, fact{"egress", words.EgressName(l.Egress, a.egressAssumed(l.Egress)), theme.Text, "the fullest; " + words.Near(l)})
	}
	if f, ok := deniedFact(l); ok && !l.Inferred {
		facts = append(facts, f)
	}
	if f, ok := a.soonFact(wall); ok {
		facts = append(facts, f)
	}
	facts = append(facts,
		fact{"rejected", words.Opt(l.Rejected, words.Count), theme.Text, "in the window"},
		fact{"peak", a.signs(words.Peak(l)), theme.Text, "highest of the last " + pastSpan(l)},
		fact{"others", words.Opt(l.Others, words.Count), theme.Text, a.othersNote(l)},
		fact{"observed", words.Opt(l.Local, words.Count) + " from " + a.us(l) + ", " + words.Opt(l.Account, words.Count) + " in the billing log", theme.Text, ""},
		a.asOfFact(l.AsOf),
	)
	return a.callFacts(facts, e, l)
}

// soonFact is what a limit's wall says of the time to come: the wait while calls are
// refused, or the forecast.
func (a *App) soonFact(wall model.Wall) (fact, bool) {
	w := words.WallOf(&a.snap, wall)
	switch {
	case wall.Kind == model.WallRefused && w.Time != "":
		return fact{"retry in", w.Time, wallRole(wall), "calls are refused"}, true
	case wall.Kind == model.WallRefused:
		return fact{"refused", w.Then, wallRole(wall), ""}, true
	case wall.Pressure == model.Full || !wall.In.Known():
		return fact{}, false
	case w.Time == "":
		return fact{"limit", "imminent", wallRole(wall), "at the current rate"}, true
	}
	role := theme.Text
	if wall.Pressure > model.Calm {
		role = wallRole(wall)
	}
	return fact{"limit in", w.Time, role, "at the current rate"}, true
}

// pastSpan names the time that the history of a limit covers.
func pastSpan(l *model.LimitUsage) string {
	switch l.Per() {
	case time.Minute:
		return "15 min"
	case time.Hour:
		return "15 h"
	}
	return words.Span(l.Per() * model.HistorySteps / window)
}

// othersNote says where the others' calls come from.
func (a *App) othersNote(l *model.LimitUsage) string {
	switch {
	case l.Inferred:
		return "if the limit is not lower"
	case a.hasFleet():
		return "from outside the fleet"
	}
	return "from other machines"
}

// us names what the local calls of a limit come from. Where no address of a fleet has
// more, it is our own polls.
func (a *App) us(l *model.LimitUsage) string {
	if a.hasFleet() && (l.Egresses == 0 || l.Egress != "") {
		return "the fleet"
	}
	return "this machine"
}

// inferredFact says what follows from a refusal while fewer calls are counted.
func inferredFact(l *model.LimitUsage, role theme.Role) fact {
	here, known := l.Local.Get()
	others, split := l.Others.Get()
	if !known || !split {
		return fact{"inferred", "refused, so the window is full", role, ""}
	}
	return fact{"inferred", "refused at " + words.Count(here) + " here, so " + words.Count(others) + " elsewhere or a lower limit", role, ""}
}

// deniedFact is what the last denial says about the limit.
func deniedFact(l *model.LimitUsage) (fact, bool) {
	at, known := l.DeniedAt.Get()
	if limit, ok := l.Learned.Get(); ok {
		f := fact{"observed", "limit " + words.Count(limit) + " (documented " + words.Count(l.Limit) + ")", theme.Alarm, ""}
		if known {
			f.note = "429 at " + words.Count(at)
		}
		return f, true
	}
	if !known || float64(at) >= 0.9*float64(l.Limit) {
		return fact{}, false
	}
	return fact{"429 at", words.Count(at) + " of " + words.Count(l.Limit), theme.Hot,
		words.Count(l.Limit-at) + " more came from elsewhere, or the limit is lower"}, true
}

// asOfFact is the time and age of a figure.
func (a *App) asOfFact(asOf model.Opt[time.Time]) fact {
	f := fact{"as of", words.Unknown, theme.Text, ""}
	if t, ok := asOf.Get(); ok {
		f.value, f.note = words.Clock(t)+" UTC", words.Ago(a.snap.At, t)
		if a.stale(asOf) {
			f.note += ", stale"
		}
	}
	return f
}

// callFacts appends the calls of the last minute, as counted, as logged and by path.
func (a *App) callFacts(facts []fact, e *model.EndpointUsage, l *model.LimitUsage) []fact {
	calls := fact{"last minute", words.Opt(e.Calls, words.Calls), theme.Text, ""}
	if n := e.Rejected.Or(0); n > 0 {
		calls.value += ", " + words.Count(n) + " rejected"
	}
	if rows, ok := e.Rows.Get(); ok {
		calls.note = "from " + words.Count(rows) + " billing rows"
	}
	facts = append(facts, calls)
	if l == nil {
		facts = append(facts, fact{"limit", "none known", theme.Text, ""})
	}
	for _, p := range e.Paths {
		facts = append(facts, fact{"", words.Count(p.Calls) + "  " + p.Path, theme.Text, ""})
	}
	return facts
}

// denialFacts returns what is known about a group of denials, and what to do.
func (a *App) denialFacts(g *model.DenialGroup) []fact {
	role, texts := a.clears(g)
	now := a.snap.At
	endpoint := words.Endpoint(g.Endpoint)
	if len(g.Endpoints) > 1 {
		endpoint = endpointCounts(g)
	}
	facts := []fact{
		{"type", words.Denial(g.Kind), theme.Bright, ""},
		{"endpoint", endpoint, theme.Text, "observed by " + g.Source},
		{"clears", texts[0], role, ""},
	}
	if t, ok := g.ClearsAt.Get(); ok && t.After(now) {
		facts[2].note = "at " + words.Day(now, t) + " UTC"
		if words.SameDay(now, t) {
			facts[2].note = "at " + words.Clock(t) + " UTC"
		}
	}
	facts = append(facts,
		fact{"count", words.Count(g.Count), theme.Text, words.Count(g.Minute) + " in the last minute"},
		fact{"last", words.Clock(g.At) + " UTC", theme.Text, words.Ago(now, g.At)},
		fact{"first", words.Clock(g.First) + " UTC", theme.Text, words.Ago(now, g.First)},
	)
	status := fact{"status", words.Count(g.Status), theme.Text, g.Reason}
	facts = append(facts, status)
	if g.Headers != "" {
		facts = append(facts, fact{"headers", g.Headers, theme.Text, ""})
	}
	if g.Detail != "" {
		facts = append(facts, fact{"message", g.Detail, theme.Text, ""})
	}
	if text := ignored(g); text != "" {
		facts = append(facts, fact{"ignored", text, theme.Alarm, ""})
	}
	facts = append(facts, generatorDenials(g)...)
	if g.URL != "" {
		facts = append(facts, fact{"go to", g.URL, theme.Accent, ""})
	}
	return facts
}
