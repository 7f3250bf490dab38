package report

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"quotatop/model"
)

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
