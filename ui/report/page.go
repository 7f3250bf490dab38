package report

import (
	"fmt"
	"strings"
	"time"

	"quotatop/model"
	"quotatop/ui/words"
)

// A page is the text that Markdown and HTML have in common.
type page struct {
	Runs      []string // a line about each run
	Verdicts  []list   // how close each run came to its limits
	Overview  table
	Endpoints []section
	Quiet     string // names the endpoints without calls
	Money     table
	Models    []table // a run each, without runs that name none
	Fleets    []table // a run each, without runs of no fleet
	Notes     []string
}

// A list is some sentences about a run.
type list struct {
	Of    string
	Items []sentence
}

// A sentence is about an endpoint, whose name it begins with, or about none.
type sentence struct{ Endpoint, Text string }

// A table has rows and columns of text. The first cell of a row is its heading.
type table struct {
	Caption string
	Head    []string
	Rows    [][]cell
}

// A cell is a text, with a bar where the text is about a part of a limit.
type cell struct {
	Text  string
	Bar   float64 // its length in percent; 0 for none
	Level string  // the pressure, for the bar's colour
}

// add adds a row of texts.
func (t *table) add(texts ...string) {
	row := make([]cell, len(texts))
	for i, text := range texts {
		row[i].Text = text
	}
	t.Rows = append(t.Rows, row)
}

// A section is about one endpoint in all runs.
type section struct {
	ID, Name string
	Facts    []table // about its calls, then about each limit
	Charts   []chart
}

func newPage(runs []Named) page {
	var p page
	names := make([]string, len(runs))
	for i := range runs {
		names[i] = model.OneLine(runs[i].Name)
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
		p.Quiet = "No calls to " + strings.Join(quiet, ", ") + "."
	}
	p.Overview = overview(names, groups)
	p.Money = moneyTable(names, runs)
	for i := range runs {
		if models := runs[i].Report.Models; len(models) > 0 {
			p.Models = append(p.Models, modelTable(names[i], models, len(runs) > 1))
		}
		if all := runs[i].Report.Generators; len(all) > 0 {
			p.Fleets = append(p.Fleets, generatorTable(names[i], all, len(runs) > 1))
		}
	}
	return p
}

// runLine describes a run.
func runLine(name string, r model.Report) string {
	if r.Empty() {
		return name + ": no events, so there is nothing to report."
	}
	from, ok := r.From.Get()
	if !ok {
		return name + ": no event has a usable time, so only totals are known."
	}
	to := r.To.Or(from)
	return fmt.Sprintf("%s: %s to %s UTC, observed for %s, %s events, profile %s.",
		name, stamp(from), stampBeside(to, from), words.Duration(words.Seconds(r.Watched.Or(0))), words.Count(r.Events), model.OneLine(r.Profile))
}

func verdicts(name string, r model.Report) list {
	l := list{Of: name}
	for _, e := range r.Endpoints {
		if isBusy(&e) && (len(e.Limits) > 0 || e.Rejected.Or(0) > 0) {
			l.Items = append(l.Items, sentence{model.OneLine(e.ID), verdict(e)})
		}
	}
	if len(l.Items) == 0 {
		l.Items = []sentence{{Text: "No calls."}}
	}
	return l
}

// notes are what a reader must know about how a report was made.
func notes(name string, r model.Report, named bool) (out []string) {
	note := func(format string, args ...any) {
		prefix := ""
		if named {
			prefix = name + ": "
		}
		out = append(out, prefix+fmt.Sprintf(format, args...))
	}
	if r.OutOfOrder > 0 {
		note("%s arrived too late for their window: they are in the totals, but not in peaks, averages and times.", words.Calls(r.OutOfOrder))
	}
	if r.Gaps > 0 {
		note("The time observed leaves out %d long gaps without events.", r.Gaps)
	}
	if r.Earlier > 0 {
		note("%s billing rows are from before the run and count towards the cap only.", words.Count(r.Earlier))
	}
	if r.Unnamed > 0 {
		note("%s billing rows do not name their endpoint: they count towards limits that cover every endpoint only.", words.Count(r.Unnamed))
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
	if watched, ok := r.Watched.Get(); ok && longest > words.Seconds(watched) {
		note("The run was shorter than the %s that a limit counts over: a longer run at the same rate has less headroom.", spanName(longest))
	}
	if estimated {
		note("≈ marks estimates: the billing log was too long to read in full, so it was sampled.")
	}
	if upper {
		note("≤ marks upper bounds: they may include calls from other IPs, which a per-IP limit does not count.")
	}
	if unseen {
		note("Rejected calls are unknown: the billing log does not show them, and there was no tap or tail.")
	}
	if text := lost(r.Generators); text != "" {
		note("%s", text)
	}
	if r.Polls.Sent > 0 {
		note("quotatop itself sent %s, which per-IP limits count.", words.Calls(r.Polls.Sent))
	}
	return out
}

// overview has a row for each endpoint that had calls.
func overview(names []string, groups []group) table {
	t := table{Caption: "Endpoints", Head: []string{"Endpoint", "Peak of limit", "Time at 90% or more", "Sent", "Rejected", "Retry-After total"}}
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
			above := words.Unknown
			if i, _ := e.Tightest(); len(e.Limits) > 0 {
				above = timeAbove(e.Limits[i], 90, model.Opt[float64]{})
			}
			for _, text := range []string{above, signed(e, e.Sent), shareOf(e.Rejected, e.Sent), timeOf(e.WaitS, model.Opt[float64]{})} {
				row = append(row, cell{Text: text})
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
