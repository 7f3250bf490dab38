package report

import (
	"fmt"
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
			if i, _ := e.Tightest(); len(e.Limits) > 0 {
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
