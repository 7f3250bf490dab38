package report

import (
	"fmt"
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

// list is a list of sentences with the run they are of, where there are several.
type list struct {
	Of    string
	Items []string
}

// table is words in rows and columns. The first cell of a row is its heading.
type table struct {
	Caption string
	Head    []string
	Rows    [][]string
}

// section is one endpoint in all runs.
type section struct {
	ID, Name string
	Facts    table
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
			l.Items = append(l.Items, verdict(e))
		}
	}
	if len(l.Items) == 0 {
		l.Items = []string{"No calls were seen."}
	}
	return l
}

// notes are what a reader must know of how a report was made.
func notes(name string, r model.Report, named bool) (out []string) {
	note := func(format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		if named {
			text = name + ": " + text
		}
		out = append(out, text)
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
	estimated, upper, unseen := false, false, false
	for _, e := range r.Endpoints {
		estimated = estimated || e.Estimated
		upper = upper || e.UpperBound && isBusy(&e)
		unseen = unseen || e.Accepted.Known() && !e.Rejected.Known()
	}
	if estimated {
		note("≈ figures are estimates: the billing log was too long to read in full, and was sampled.")
	}
	if upper {
		note("≤ figures may count calls from other addresses, which a per-IP limit does not.")
	}
	if unseen {
		note("rejected calls are unknown: the billing log does not show them, and no tap or tail watched.")
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

// overview is a line for each endpoint that had calls.
func overview(names []string, groups []group) table {
	if len(names) != 1 {
		return overviewOfSeveral(names, groups)
	}
	t := table{Caption: "Endpoints", Head: []string{"Endpoint", "Sent", "Accepted", "Rejected", "Peak of limit", "Time at 90 % or more", "Waiting asked"}}
	for _, g := range groups {
		if !g.busy() {
			continue
		}
		e := g.of[0]
		row := []string{g.id, signed(e, e.Sent), signed(e, e.Accepted), partOf(e.Rejected, e.Sent), unknown, unknown, timeWords(e.WaitS)}
		if l, ok := fullest(e); ok {
			row[4] = peakWords(e, l)
			row[5] = timeAbove(l, 90)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func overviewOfSeveral(names []string, groups []group) table {
	t := table{Caption: "Peak of the limit", Head: append([]string{"Endpoint"}, names...)}
	for _, g := range groups {
		if !g.busy() {
			continue
		}
		row := []string{g.id}
		for _, e := range g.of {
			cell := unknown
			if e != nil {
				if l, ok := fullest(e); ok {
					cell = peakWords(e, l)
				}
			}
			row = append(row, cell)
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

// fullest is the limit that came nearest to being met.
func fullest(e *model.EndpointReport) (model.LimitReport, bool) {
	if i, ok := e.Tightest(); ok {
		return e.Limits[i], true
	}
	if len(e.Limits) > 0 {
		return e.Limits[0], true
	}
	return model.LimitReport{}, false
}

func timeWords(s model.Opt[float64]) string { return timeOf(s, model.Opt[float64]{}) }

// timeAbove is the time at or above a part of the limit.
func timeAbove(l model.LimitReport, part int) string {
	for _, a := range l.Above {
		if a.Percent == part {
			return timeWords(a.Seconds)
		}
	}
	return unknown
}

// facts are all that is known of an endpoint: a row for each, a column for each
// run.
func (g group) facts(names []string, runs []Named) table {
	t := table{Caption: g.id, Head: append([]string{"Figure"}, names...)}
	add := func(label string, cell func(e *model.EndpointReport, r *model.Report) string) {
		row := []string{label}
		some := false
		for i, e := range g.of {
			text := unknown
			if e != nil {
				text = cell(e, &runs[i].Report)
			}
			some = some || text != ""
			if text == "" {
				text = "0"
			}
			row = append(row, text)
		}
		if some {
			t.Rows = append(t.Rows, row)
		}
	}
	type report = *model.EndpointReport
	add("Calls sent", func(e report, _ *model.Report) string { return signed(e, e.Sent) })
	add("Accepted", func(e report, _ *model.Report) string { return signed(e, e.Accepted) })
	add("Rejected", func(e report, _ *model.Report) string { return partOf(e.Rejected, e.Sent) })
	for _, kind := range []model.Kind{model.KindRate, model.KindCap, model.KindCredits, model.KindCeiling, model.KindAuth} {
		add("Rejected by "+kindWords[kind], func(e report, _ *model.Report) string {
			if n := e.Denied(kind); n > 0 {
				return count(n)
			}
			return "" // said only where there were some
		})
	}
	add("Time lost to Retry-After", func(e report, r *model.Report) string { return timeOf(e.WaitS, r.Watched) })
	add("Sent before the wait was over", func(e report, _ *model.Report) string { return partOf(e.SentEarly, e.Sent) })
	add("Seen by", func(e report, _ *model.Report) string { return sourceWords(e) })
	for _, per := range g.spans() {
		limitFacts(per, add)
	}
	return t
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

// limitFacts adds the rows of one limit.
func limitFacts(per time.Duration, add func(string, func(*model.EndpointReport, *model.Report) string)) {
	prefix := "Per " + span(per)
	if per == time.Minute {
		prefix = "Per minute"
	}
	row := func(label string, cell func(*model.EndpointReport, model.LimitReport, *model.Report) string) {
		add(prefix+": "+label, func(e *model.EndpointReport, r *model.Report) string {
			if l, ok := limitOver(e, per); ok {
				return cell(e, l, r)
			}
			return unknown
		})
	}
	type endpoint = *model.EndpointReport
	row("peak of limit", func(e endpoint, l model.LimitReport, r *model.Report) string {
		text := peakWords(e, l)
		if at, ok := l.PeakAt.Get(); ok {
			text += " at " + stampBeside(at, r.From.Or(at))
		}
		return text
	})
	row("average of limit", func(e endpoint, l model.LimitReport, _ *model.Report) string {
		average, ok := l.Average.Get()
		if !ok {
			return unknown
		}
		return fmt.Sprintf("%s%s (%s)", sign(e), count(int(average+0.5)), percent(average/float64(l.Limit)))
	})
	row("headroom", func(_ endpoint, l model.LimitReport, _ *model.Report) string {
		h, ok := l.Headroom().Get()
		if !ok {
			return unknown
		}
		return fmt.Sprintf("%.2f×", float64(int(h*100))/100)
	})
	for _, part := range []int{80, 90, 100} {
		row(fmt.Sprintf("time at %d %% or more", part), func(_ endpoint, l model.LimitReport, r *model.Report) string {
			for _, a := range l.Above {
				if a.Percent == part {
					return timeOf(a.Seconds, r.Watched)
				}
			}
			return unknown
		})
	}
	row("denied by it", func(_ endpoint, l model.LimitReport, _ *model.Report) string {
		if !l.Rejected.Known() {
			return unknown
		}
		return countOr(l.Rejected)
	})
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
			t.Rows = append(t.Rows, row)
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
		t.Rows = append(t.Rows, []string{plain(m.Model), count(m.Calls), tokens, money(m.Cost)})
	}
	if rest > 0 {
		t.Rows = append(t.Rows, []string{fmt.Sprintf("%d more", len(models)-mostModels), count(rest), unknown, unknown})
	}
	return t
}
