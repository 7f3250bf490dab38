package ui

import (
	"time"

	"quotatop/model"
	"quotatop/theme"
)

// A fact is one line of the detail pane.
type fact struct {
	label string
	value string
	role  theme.Role
	note  string // dim, after the value
}

// subjectRow is what the detail pane is about: a limit of an endpoint, a group
// of denials, or neither.
func (a *App) subjectRow() (*model.EndpointUsage, *model.LimitUsage, *model.DenialGroup) {
	if a.subject == ratePane || a.subject == billingPane {
		groups := a.alerts(a.subject)
		if i := chosen(a.items(a.subject), a.picked[a.subject]); i >= 0 {
			return nil, nil, groups[i]
		}
	}
	if len(a.snap.Endpoints) == 0 {
		return nil, nil, nil
	}
	picked := a.pickedEndpoint()
	e := &a.snap.Endpoints[0]
	for i := range a.snap.Endpoints {
		if a.snap.Endpoints[i].ID == picked.endpoint {
			e = &a.snap.Endpoints[i]
		}
	}
	if len(e.Limits) == 0 {
		return e, nil, nil
	}
	return e, &e.Limits[min(picked.limit, len(e.Limits)-1)], nil
}

func (a *App) detailTitle() []string {
	switch e, l, g := a.subjectRow(); {
	case g != nil:
		return []string{"Detail: " + a.kindName(g)}
	case l != nil:
		long := e.Name + ", " + string(e.Scope) + ", " + span(l.Per())
		if a.follows() {
			return []string{"Detail of the fullest: " + long, "Detail: " + long, "Detail: " + e.ID}
		}
		return []string{"Detail: " + long, "Detail: " + e.ID}
	case e != nil:
		return []string{"Detail: " + e.Name, "Detail: " + e.ID}
	}
	return []string{"Detail"}
}

// A detailLayout says how the detail of an endpoint stands in an area of at
// least its size. Without columns, the facts are above the chart and the models
// below it.
type detailLayout struct {
	w, h   int
	facts  int // cells for the facts: at the right of the chart, or at the left above it
	models int // cells for the models beside the facts; 0 for below them
	above  bool
}

// detailLayouts are all of them; the first that fits is taken.
var detailLayouts = []detailLayout{
	{w: 150, facts: 44, models: 48},
	{w: 90, h: 18, facts: 44},
	{w: 110, facts: 44, models: 28},
	{w: 90, facts: 44},
	{w: 72, h: 17, facts: 44, models: 28, above: true},
	{w: 70, facts: 44},
	{w: 0, above: true},
}

// detailGap is the blank cells between the columns of the detail.
const detailGap = 3

// drawDetail tells all that is known of the row under the cursor, for an
// endpoint with a chart of its past and its models.
func (a *App) drawDetail(at area) {
	e, l, g := a.subjectRow()
	switch {
	case g != nil:
		a.drawFacts(at, factLines(a.denialFacts(g), at.w))
	case e == nil:
		at.put(0, 0, theme.Dim, unknown)
	default:
		a.drawEndpoint(at, e, l)
	}
}

// drawEndpoint draws the detail of an endpoint by its layout. The facts come
// first; what finds no room beside them is left out, the models are then facts
// too.
func (a *App) drawEndpoint(at area, e *model.EndpointUsage, l *model.LimitUsage) {
	d := detailLayouts[0]
	for _, d = range detailLayouts {
		if at.w >= d.w && at.h >= d.h {
			break
		}
	}
	facts := a.callFacts(e, l)
	if l != nil {
		facts = a.limitFacts(e, l)
	}
	place := at
	if d.facts > 0 {
		place.w = d.facts
	}
	lines := factLines(facts, place.w)
	var chart, models area
	if d.above {
		place, chart, models = d.stack(at, place, len(lines), len(e.Models))
	} else {
		place, chart, models = d.beside(at, len(lines), len(e.Models))
	}
	if len(e.Models) > 0 {
		if models.w >= modelsWidth && models.h >= modelsHeight {
			a.drawModels(models, e)
		} else {
			lines = append(lines, factLines(a.modelFacts(e), place.w)...)
		}
	}
	a.drawChart(chart, a.chart(e), l)
	a.drawFacts(place, lines)
}

// beside puts the chart at the left of the facts, and the models between them
// or below the facts.
func (d *detailLayout) beside(at area, lines, rows int) (facts, chart, models area) {
	facts = at.sub(at.w-d.facts, 0, d.facts, at.h)
	left := at.w - d.facts - detailGap
	switch {
	case rows == 0:
	case d.models > 0:
		models = at.sub(left-d.models, 0, d.models, at.h)
		left -= d.models + detailGap
	case at.h-lines-1 >= modelsHeight:
		models = facts.sub(0, lines+1, facts.w, at.h)
		facts.h = lines
	}
	return facts, at.sub(0, 0, left, at.h), models
}

// stackedChart is the least lines of a chart that has models below it.
const stackedChart = 14

// stack puts the chart below the facts, and the models at their right or below
// the chart.
func (d *detailLayout) stack(at, facts area, lines, rows int) (_, chart, models area) {
	room := at.h - lines - 1
	if room < chartHeight {
		return facts, chart, models
	}
	facts.h = lines
	chart = at.sub(0, lines+1, at.w, room)
	switch below := min(rows+1, room-stackedChart-1); {
	case rows == 0:
	case d.models > 0:
		models = at.sub(facts.w+detailGap, 0, at.w-facts.w-detailGap, lines)
	case below >= modelsHeight:
		chart.h = room - below - 1
		models = at.sub(0, at.h-below, at.w, below)
	}
	return facts, chart, models
}

// A factLine is a line of the facts. Labels have a column of their own.
type factLine struct {
	fact
	labels int // the width of that column
}

// narrowFacts is how many cells a value needs beside its label; with fewer, it
// stands behind it.
const narrowFacts = 12

// factLines are facts as lines of at most w cells.
func factLines(facts []fact, w int) (lines []factLine) {
	labels := 0
	for _, f := range facts {
		labels = max(labels, width(f.label))
	}
	labels = min(labels+2, 16)
	if w-labels < narrowFacts {
		labels = 0
	}
	for _, f := range facts {
		if labels == 0 && f.label != "" {
			f.value = f.label + " " + f.value
		}
		text := wrap(f.value, w-labels)
		if len(text) == 0 {
			text = []string{unknown}
		}
		for i, t := range text {
			line := factLine{fact{value: t, role: f.role}, labels}
			if i == 0 && labels > 0 {
				line.label = f.label
			}
			if i == len(text)-1 && width(t)+2+width(f.note) <= w-labels {
				line.note = f.note
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// drawFacts writes the lines of facts, from the one that is scrolled to.
func (a *App) drawFacts(at area, lines []factLine) {
	scroll := min(a.scroll, max(len(lines)-at.h, 0))
	at.c.below = max(len(lines)-at.h-scroll, 0)
	for y, f := range lines[scroll:] {
		if y >= at.h {
			break
		}
		row := at.sub(0, y, at.w, 1)
		if y == 0 && scroll > 0 || y == at.h-1 && at.c.below > 0 {
			row.w = max(row.w-2, 0) // for the mark that there is more
		}
		row.cut(0, 0, f.labels-1, theme.Dim, f.label)
		x := row.put(f.labels, 0, f.role, f.value)
		if f.note != "" {
			row.put(x+2, 0, theme.Dim, f.note)
		}
	}
	at.moreMarks(scroll)
}

// moreMarks says that there is more above or below.
func (a area) moreMarks(scroll int) {
	if a.c.below > 0 {
		a.set(a.w-1, a.h-1, theme.Accent, '↓')
	}
	if scroll > 0 {
		a.set(a.w-1, 0, theme.Accent, '↑')
	}
}

// limitFacts are what is known of a limit.
func (a *App) limitFacts(e *model.EndpointUsage, l *model.LimitUsage) []fact {
	role := fillRole(l.Ratio())
	if role == theme.Calm {
		role = theme.Bright
	}
	if a.stale(l.AsOf) {
		role = theme.Dim
	}
	used := fact{"used", countOr(l.Used) + " of " + count(l.Limit) + " " + perWords(l.Per()), role, ""}
	if ratio, ok := l.Ratio().Get(); ok {
		used.note = percent(ratio, " %")
	}
	if sign := a.signs(bound(l)); sign != "" {
		used.value = sign + used.value
	}
	facts := []fact{used}
	switch {
	case l.Estimated:
		facts = append(facts, fact{"margin", "± " + count(l.Margin), theme.Text, "95 %, from sampled rows"})
	case l.UpperBound:
		facts = append(facts, fact{"at most", "other addresses may be in it", theme.Text, ""})
	case l.LowerBound:
		facts = append(facts, fact{"at least", "the window is not read in full yet", theme.Text, ""})
	}
	if f, ok := deniedFact(l); ok {
		facts = append(facts, f)
	}
	if t, ok := l.TimeToLimit.Get(); ok && l.Ratio().Or(0) < 1 {
		soon := fact{"limit in", rough(seconds(t)), theme.Hot, "at the pace of late"}
		if t <= 0 {
			soon.label, soon.value = "limit", "any moment"
		}
		facts = append(facts, soon)
	}
	facts = append(facts,
		fact{"rejected", countOr(l.Rejected), theme.Text, "in the window"},
		fact{"peak", countOr(l.Peak), theme.Text, "of 15 windows"},
		fact{"others", countOr(l.Others), theme.Text, "elsewhere on this key"},
		fact{"seen", countOr(l.Local) + " here, " + countOr(l.Account) + " in the log", theme.Text, ""},
		a.asOfFact(l.AsOf),
	)
	return append(facts, a.callFacts(e, l)...)
}

// deniedFact says what the last denial teaches of the limit.
func deniedFact(l *model.LimitUsage) (fact, bool) {
	at, known := l.DeniedAt.Get()
	if limit, ok := l.Learned.Get(); ok {
		f := fact{"learnt", "the limit is " + count(limit) + ", not " + count(l.Limit), theme.Alarm, ""}
		if known {
			f.note = "429 at " + count(at)
		}
		return f, true
	}
	if !known || float64(at) >= 0.9*float64(l.Limit) {
		return fact{}, false
	}
	return fact{"429 at", count(at) + " of " + count(l.Limit), theme.Hot,
		"another " + count(l.Limit-at) + " came from elsewhere, or the limit is lower"}, true
}

func (a *App) asOfFact(asOf model.Opt[time.Time]) fact {
	f := fact{"as of", unknown, theme.Text, ""}
	if t, ok := asOf.Get(); ok {
		f.value, f.note = clock(t)+" UTC", ago(a.snap.At, t)
		if a.stale(asOf) {
			f.note += ", stale"
		}
	}
	return f
}

// callFacts are the calls of the last minute, as counted, as logged and by
// path.
func (a *App) callFacts(e *model.EndpointUsage, l *model.LimitUsage) []fact {
	calls := fact{"last minute", countOr(e.Calls) + " calls", theme.Text, ""}
	if rows, ok := e.Rows.Get(); ok {
		calls.note = "from " + count(rows) + " rows of the log"
	}
	facts := []fact{calls}
	if l == nil {
		facts = append(facts, fact{"limit", "none known", theme.Text, ""})
	}
	for _, p := range e.Paths {
		facts = append(facts, fact{"", count(p.Calls) + "  " + p.Path, theme.Text, ""})
	}
	return facts
}

// denialFacts are what is known of a group of denials, and what to do.
func (a *App) denialFacts(g *model.DenialGroup) []fact {
	role, texts := a.until(g)
	now := a.snap.At
	facts := []fact{
		{"what", denialWords(g.Kind), theme.Bright, ""},
		{"who", who(g), theme.Text, "seen by " + g.Source},
		{"until", texts[0], role, ""},
	}
	if t, ok := g.ClearsAt.Get(); ok && t.After(now) {
		facts[2].note = "at " + day(now, t) + " UTC"
		if sameDay(now, t) {
			facts[2].note = "at " + clock(t) + " UTC"
		}
	}
	facts = append(facts,
		fact{"count", count(g.Count), theme.Text, count(g.Minute) + " in the last minute"},
		fact{"last", clock(g.At) + " UTC", theme.Text, ago(now, g.At)},
		fact{"first", clock(g.First) + " UTC", theme.Text, ago(now, g.First)},
	)
	status := fact{"status", count(g.Status), theme.Text, g.Reason}
	facts = append(facts, status)
	if g.Headers != "" {
		facts = append(facts, fact{"headers", g.Headers, theme.Text, ""})
	}
	if g.Detail != "" {
		facts = append(facts, fact{"said", g.Detail, theme.Text, ""})
	}
	if text := early(g); text != "" {
		facts = append(facts, fact{"early", text, theme.Alarm, ""})
	}
	if g.URL != "" {
		facts = append(facts, fact{"go to", g.URL, theme.Accent, ""})
	}
	return facts
}

// denialWords say in a sentence what a kind of denial means.
func denialWords(k model.Kind) string {
	switch k {
	case model.KindRate:
		return "rate limit: waiting clears it"
	case model.KindCap:
		return "spending cap: only the reset clears it"
	case model.KindCredits:
		return "no credits or no card: a person must act"
	case model.KindCeiling:
		return "overage ceiling: a person must act"
	case model.KindAuth:
		return "key refused: invalid, or its allowance is used up"
	}
	return string(k)
}
