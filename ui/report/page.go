package report

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"quotatop/model"
)

// A page is what all forms for people say, in words.
type page struct {
	Runs      []string // a line about each run
	Verdicts  []list   // how near each run came to its limits
	Overview  table
	Endpoints []section
	Quiet     string // the endpoints without a call
	Money     table
	Models    []table // of each run that names some
	Notes     []string
}

// list is a list of sentences about a run.
type list struct {
	Of    string
	Items []sentence
}

// sentence says something of an endpoint, whose name it begins with.
type sentence struct{ Endpoint, Words string }

// table is words in rows and columns. The first cell of a row is its heading.
type table struct {
	Caption string
	Head    []string
	Rows    [][]cell
}

// cell is some words, and a bar where they tell of a part of a limit.
type cell struct {
	Text  string
	Bar   float64 // its length in percent; 0 for none
	Level string  // how near that is to the limit
}

// add adds a row of words.
func (t *table) add(texts ...string) {
	row := make([]cell, len(texts))
	for i, text := range texts {
		row[i].Text = text
	}
	t.Rows = append(t.Rows, row)
}

// section is one endpoint in all runs.
type section struct {
	ID, Name string
	Facts    []table // of its calls, then of each limit
	Charts   []chart
}

func newPage(runs []Named) page {
	var p page
	names := make([]string, len(runs))
	for i := range runs {
		names[i] = plain(runs[i].Name)
		p.Runs = append(p.Runs, runLine(names[i], runs[i].Report))
		p.Verdicts = append(p.Verdicts, verdicts(names[i], runs[i].Report))
		p.Notes = append(p.Notes, notes(names[i], runs[i].Report, len(runs) > 1)...)
	}
	groups := groupEndpoints(runs)
	var quiet []string
	for _, g := range groups {
		if !g.busy() {
			quiet = append(quiet, g.id)
			continue
		}
		p.Endpoints = append(p.Endpoints, section{g.id, g.name, g.facts(names, runs), g.charts(names, runs)})
	}
	if len(quiet) > 0 && len(p.Endpoints) > 0 {
		p.Quiet = "No calls were seen of " + strings.Join(quiet, ", ") + "."
	}
	p.Overview = overview(names, groups)
	p.Money = moneyTable(names, runs)
	for i := range runs {
		if models := runs[i].Report.Models; len(models) > 0 {
			p.Models = append(p.Models, modelTable(names[i], models, len(runs) > 1))
		}
	}
	return p
}

// runLine says what a run is.
func runLine(name string, r model.Report) string {
	if r.Empty() {
		return name + ": no events, so there is nothing to report."
	}
	from, ok := r.From.Get()
	if !ok {
		return name + ": no event has a usable time; only totals are known."
	}
	to := r.To.Or(from)
	return fmt.Sprintf("%s: %s to %s UTC, watched for %s, %s events, limits of %s.",
		name, stamp(from), stampBeside(to, from), duration(seconds(r.Watched.Or(0))), count(r.Events), plain(r.Profile))
}

func verdicts(name string, r model.Report) list {
	l := list{Of: name}
	for _, e := range r.Endpoints {
		if isBusy(&e) && (len(e.Limits) > 0 || e.Rejected.Or(0) > 0) {
			l.Items = append(l.Items, sentence{plain(e.ID), verdict(e)})
		}
	}
	if len(l.Items) == 0 {
		l.Items = []sentence{{Words: "No calls were seen."}}
	}
	return l
}

// notes are what a reader must know of how a report was made.
func notes(name string, r model.Report, named bool) (out []string) {
	note := func(format string, args ...any) {
		prefix := ""
		if named {
			prefix = name + ": "
		}
		out = append(out, prefix+fmt.Sprintf(format, args...))
	}
	if r.OutOfOrder > 0 {
		note("%s came too late to be placed in a window: they are in the totals, not in peaks, averages and times.", calls(r.OutOfOrder))
	}
	if r.Gaps > 0 {
		note("%d long silences are not counted as watched.", r.Gaps)
	}
	if r.Earlier > 0 {
		note("%s billing rows are of before the run and count for the cap only.", count(r.Earlier))
	}
	estimated, upper, unseen, longest := false, false, false, time.Duration(0)
	for _, e := range r.Endpoints {
		estimated = estimated || e.Estimated
		upper = upper || e.UpperBound && isBusy(&e)
		unseen = unseen || e.Accepted.Known() && !e.Rejected.Known()
		for _, l := range e.Limits {
			if l.Peak.Or(0) > 0 {
				longest = max(longest, l.Per())
			}
		}
	}
	if watched, ok := r.Watched.Get(); ok && longest > seconds(watched) {
		note("The run was shorter than the %s that a limit counts over: a longer run at its pace has less headroom.", longSpan(longest))
	}
	if estimated {
		note("≈ figures are estimates: the billing log was too long to read in full, and was sampled.")
	}
	if upper {
		note("≤ figures may count calls from other addresses, which a per-IP limit does not.")
	}
	if unseen {
		note("Rejected calls are unknown: the billing log does not show them, and no tap or tail watched.")
	}
	if r.Polls.Sent > 0 {
		note("quotatop itself sent %s; per-IP limits count them.", calls(r.Polls.Sent))
	}
	return out
}

// group is one endpoint in all runs; nil where a run's table has none.
type group struct {
	id, name string
	of       []*model.EndpointReport
}

// groupEndpoints brings the endpoints of the runs together, by ID, in the order
// that they are first named; the rest goes last.
func groupEndpoints(runs []Named) []group {
	var groups []group
	find := func(e *model.EndpointReport) *group {
		for i := range groups {
			if groups[i].id == plain(e.ID) {
				return &groups[i]
			}
		}
		groups = append(groups, group{plain(e.ID), plain(e.Name), make([]*model.EndpointReport, len(runs))})
		return &groups[len(groups)-1]
	}
	for _, last := range []bool{false, true} {
		for i := range runs {
			for j := range runs[i].Report.Endpoints {
				e := &runs[i].Report.Endpoints[j]
				if (e.ID == model.EndpointOther) == last {
					find(e).of[i] = e
				}
			}
		}
	}
	return groups
}

func isBusy(e *model.EndpointReport) bool {
	return e != nil && e.Accepted.Or(0)+e.Rejected.Or(0) > 0
}

func (g group) busy() bool {
	for _, e := range g.of {
		if isBusy(e) {
			return true
		}
	}
	return false
}

// sign is what stands before a figure that is not exact.
func sign(e *model.EndpointReport) string {
	switch {
	case e.UpperBound:
		return "≤ "
	case e.Estimated:
		return "≈ "
	}
	return ""
}

func peakWords(e *model.EndpointReport, l model.LimitReport) string {
	ratio, ok := l.PeakRatio().Get()
	if !ok {
		return unknown
	}
	return fmt.Sprintf("%s%s of %s (%s)", sign(e), count(l.Peak.Or(0)), limitWords(l), percent(ratio))
}

// peakCell is the peak of the limit that came nearest to being met.
func peakCell(e *model.EndpointReport) cell {
	if e == nil || len(e.Limits) == 0 {
		return cell{Text: unknown}
	}
	i, _ := e.Tightest()
	c := cell{Text: peakWords(e, e.Limits[i])}
	if ratio, ok := e.Limits[i].PeakRatio().Get(); ok {
		c.Bar = min(100*ratio, 100)
		c.Level = map[model.Pressure]string{model.Calm: "calm", model.Warm: "warm", model.Hot: "hot", model.Full: "full"}[model.PressureOf(ratio)]
	}
	return c
}

// overview is a line for each endpoint that had calls.
func overview(names []string, groups []group) table {
	t := table{Caption: "Endpoints", Head: []string{"Endpoint", "Peak of limit", "Time at 90 % or more", "Sent", "Rejected", "Waiting asked"}}
	if len(names) != 1 {
		t = table{Caption: "Peak of the limit", Head: append([]string{"Endpoint"}, names...)}
	}
	for _, g := range groups {
		if !g.busy() {
			continue
		}
		row := []cell{{Text: g.id}}
		for _, e := range g.of {
			row = append(row, peakCell(e))
		}
		if e := g.of[0]; len(names) == 1 {
			above := unknown
			if i, ok := e.Tightest(); ok {
				above = timeAbove(e.Limits[i], 90, model.Opt[float64]{})
			}
			for _, text := range []string{above, signed(e, e.Sent), partOf(e.Rejected, e.Sent), timeOf(e.WaitS, model.Opt[float64]{})} {
				row = append(row, cell{Text: text})
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// signed is a count of calls, with the sign of one that is not exact.
func signed(e *model.EndpointReport, n model.Opt[int]) string {
	if !n.Known() {
		return unknown
	}
	return sign(e) + countOr(n)
}

// timeAbove is the time at or above a part of the limit, of the whole.
func timeAbove(l model.LimitReport, part int, whole model.Opt[float64]) string {
	for _, a := range l.Above {
		if a.Percent == part {
			return timeOf(a.Seconds, whole)
		}
	}
	return unknown
}

// facts are all that is known of an endpoint: a row for each, a column for each
// run. The first table is of its calls, the others of its limits.
func (g group) facts(names []string, runs []Named) []table {
	add := func(t *table, label string, text func(e *model.EndpointReport, r *model.Report) string) {
		row := []string{label}
		for i, e := range g.of {
			if e == nil {
				row = append(row, unknown)
			} else {
				row = append(row, text(e, &runs[i].Report))
			}
		}
		t.add(row...)
	}
	tables := []table{{Caption: "Calls", Head: append([]string{"Figure"}, names...)}}
	for _, f := range callFacts {
		add(&tables[0], f.label, f.text)
		if f.label != "Rejected" {
			continue
		}
		for kind, words := range g.kinds() {
			add(&tables[0], "Rejected by "+words, func(e *model.EndpointReport, _ *model.Report) string {
				if !e.Rejected.Known() {
					return unknown
				}
				return count(e.Denied(kind))
			})
		}
	}
	for _, per := range g.spans() {
		t := table{Caption: "Limit " + g.limitNames(per), Head: tables[0].Head}
		for _, f := range limitFacts {
			add(&t, f.label, func(e *model.EndpointReport, r *model.Report) string {
				if l, ok := limitOver(e, per); ok {
					return f.text(e, l, r)
				}
				return unknown
			})
		}
		tables = append(tables, t)
	}
	return tables
}

// kinds are the kinds of denials that occurred in any of the runs, in words.
func (g group) kinds() iter.Seq2[model.Kind, string] {
	return func(yield func(model.Kind, string) bool) {
		for _, k := range kindWords {
			some := slices.ContainsFunc(g.of, func(e *model.EndpointReport) bool { return e != nil && e.Denied(k.kind) > 0 })
			if some && !yield(k.kind, k.words) {
				return
			}
		}
	}
}

// spans are the windows of the endpoint's limits in any of the runs: limits of
// the same window are compared.
func (g group) spans() (spans []time.Duration) {
	for _, e := range g.of {
		if e == nil {
			continue
		}
		for _, l := range e.Limits {
			if !slices.Contains(spans, l.Per()) {
				spans = append(spans, l.Per())
			}
		}
	}
	return spans
}

// limitOver is the endpoint's limit over a window.
func limitOver(e *model.EndpointReport, per time.Duration) (model.LimitReport, bool) {
	if e != nil {
		for _, l := range e.Limits {
			if l.Per() == per {
				return l, true
			}
		}
	}
	return model.LimitReport{}, false
}

// limitNames are the limits over a window; runs may have had different ones.
func (g group) limitNames(per time.Duration) string {
	var names []string
	for _, e := range g.of {
		if l, ok := limitOver(e, per); ok && !slices.Contains(names, limitWords(l)) {
			names = append(names, limitWords(l))
		}
	}
	return strings.Join(names, ", ")
}

// callFacts are the rows about an endpoint's calls.
var callFacts = []struct {
	label string
	text  func(e *model.EndpointReport, r *model.Report) string
}{
	{"Sent", func(e *model.EndpointReport, _ *model.Report) string { return signed(e, e.Sent) }},
	{"Accepted", func(e *model.EndpointReport, _ *model.Report) string { return signed(e, e.Accepted) }},
	{"Rejected", func(e *model.EndpointReport, _ *model.Report) string { return partOf(e.Rejected, e.Sent) }},
	{"Time lost to Retry-After", func(e *model.EndpointReport, r *model.Report) string { return timeOf(e.WaitS, r.Watched) }},
	{"Sent before the wait was over", func(e *model.EndpointReport, _ *model.Report) string { return partOf(e.SentEarly, e.Sent) }},
	{"Seen by", func(e *model.EndpointReport, _ *model.Report) string { return sourceWords(e) }},
}

// limitFacts are the rows about a limit.
var limitFacts = []struct {
	label string
	text  func(e *model.EndpointReport, l model.LimitReport, r *model.Report) string
}{
	{"Peak", func(e *model.EndpointReport, l model.LimitReport, _ *model.Report) string {
		return partOfLimit(e, l, model.Some(float64(l.Peak.Or(0))), l.Peak.Known())
	}},
	{"Peak at", func(_ *model.EndpointReport, l model.LimitReport, r *model.Report) string {
		at, ok := l.PeakAt.Get()
		if !ok {
			return unknown
		}
		return stampBeside(at, r.From.Or(at))
	}},
	{"Average", func(e *model.EndpointReport, l model.LimitReport, _ *model.Report) string {
		return partOfLimit(e, l, l.Average, true)
	}},
	{"Headroom", func(_ *model.EndpointReport, l model.LimitReport, _ *model.Report) string {
		h, ok := l.Headroom().Get()
		if !ok {
			return unknown
		}
		return factor(h) + "×"
	}},
	{"Time at 80 % or more", func(_ *model.EndpointReport, l model.LimitReport, r *model.Report) string {
		return timeAbove(l, 80, r.Watched)
	}},
	{"Time at 90 % or more", func(_ *model.EndpointReport, l model.LimitReport, r *model.Report) string {
		return timeAbove(l, 90, r.Watched)
	}},
	{"Time at 100 % or more", func(_ *model.EndpointReport, l model.LimitReport, r *model.Report) string {
		return timeAbove(l, 100, r.Watched)
	}},
	{"Denied by it", func(_ *model.EndpointReport, l model.LimitReport, _ *model.Report) string { return countOr(l.Rejected) }},
}

// partOfLimit is the calls of a window, with the part of the limit that they
// are.
func partOfLimit(e *model.EndpointReport, l model.LimitReport, calls model.Opt[float64], known bool) string {
	n, ok := calls.Get()
	if !ok || !known {
		return unknown
	}
	return fmt.Sprintf("%s%s (%s)", sign(e), count(int(n+0.5)), percent(n/float64(l.Limit)))
}

// sourceWords say where an endpoint's figures are from.
func sourceWords(e *model.EndpointReport) string {
	words := map[string]string{model.SourceTap: "tap", model.SourceTail: "log tail", model.SourceBilling: "billing log", "": unknown}[e.Source]
	local, ok := e.Local.Get()
	if more := e.Accepted.Or(0) - local; e.Source == model.SourceBilling && ok && more > 0 {
		words += fmt.Sprintf(" (%s here)", count(local))
	}
	return words
}

// moneyTable is the spend and the cap's outlook.
func moneyTable(names []string, runs []Named) table {
	t := table{Caption: "Spend", Head: append([]string{"Figure"}, names...)}
	for _, fact := range []struct {
		label string
		cell  func(s model.SpendReport, r model.Report) string
	}{
		{"Spent", func(s model.SpendReport, _ model.Report) string { return about(s.Estimated, money(s.Spent)) }},
		{"Known from", func(s model.SpendReport, _ model.Report) string {
			return map[string]string{"account": "the account's figures", "rows": "billing rows", "calls": "calls seen here"}[s.Source]
		}},
		{"Burn, average", func(s model.SpendReport, _ model.Report) string { return perMinute(s.BurnPerMin) }},
		{"Burn, dearest minute", func(s model.SpendReport, _ model.Report) string { return perMinute(s.PeakPerMin) }},
		{"Cap", func(s model.SpendReport, _ model.Report) string {
			if !s.Cap.Limit.Known() {
				return unknown
			}
			return money(s.Cap.Limit) + " a " + s.Cap.Period
		}},
		{"Used at the end", func(s model.SpendReport, _ model.Report) string { return about(s.Cap.Estimated, money(s.Cap.Used)) }},
		{"Left at the end", func(s model.SpendReport, _ model.Report) string {
			return about(s.Cap.Estimated, money(s.Cap.Remaining))
		}},
		{"At the average burn", outlook},
	} {
		row := []string{fact.label}
		some := false
		for i := range runs {
			text := fact.cell(runs[i].Report.Spend, runs[i].Report)
			if text == "" {
				text = unknown
			}
			some = some || text != unknown
			row = append(row, text)
		}
		if some {
			t.add(row...)
		}
	}
	return t
}

// about marks a figure that is an estimate.
func about(estimated bool, text string) string {
	if estimated && text != unknown {
		return "≈ " + text
	}
	return text
}

func perMinute(m model.Opt[model.Micros]) string {
	if !m.Known() {
		return unknown
	}
	return money(m) + "/min"
}

// outlook says how long the cap lasts.
func outlook(s model.SpendReport, r model.Report) string {
	c := s.Cap
	switch at, out := c.ExhaustsAt.Get(); {
	case !c.Remaining.Known() || !c.BurnPerMin.Known():
		return unknown
	case c.Remaining.Or(0) == 0:
		return "used up; resets " + stampBeside(c.ResetsAt, r.To.Or(c.ResetsAt)) + " UTC"
	case out:
		return "used up at " + stampBeside(at, r.To.Or(at)) + " UTC, " + duration(c.ResetsAt.Sub(at)) + " before the reset"
	}
	return "lasts until the reset at " + stampBeside(c.ResetsAt, r.To.Or(c.ResetsAt)) + " UTC"
}

// mostModels is how many models a table names.
const mostModels = 20

func modelTable(name string, models []model.ModelReport, named bool) table {
	t := table{Caption: "Models", Head: []string{"Model", "Calls", "Tokens", "Cost"}}
	if named {
		t.Caption = "Models, " + name
	}
	rest := 0
	for i, m := range models {
		if i >= mostModels {
			rest += m.Calls
			continue
		}
		tokens := unknown
		if n, ok := m.Tokens.Get(); ok {
			tokens = count(int(n))
		}
		t.add(plain(m.Model), count(m.Calls), tokens, money(m.Cost))
	}
	if rest > 0 {
		t.add(fmt.Sprintf("%d more", len(models)-mostModels), count(rest), unknown, unknown)
	}
	return t
}
