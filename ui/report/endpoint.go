package report

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"quotatop/model"
	"quotatop/ui/words"
)

// A group is one endpoint in all runs.
type group struct {
	id, name string
	of       []*model.EndpointReport // a run each; nil where its table lacks the endpoint
}

// groupEndpoints groups the endpoints of the runs by ID, in order of appearance,
// with model.EndpointOther last.
func groupEndpoints(runs []Named) []group {
	var groups []group
	find := func(e *model.EndpointReport) *group {
		for i := range groups {
			if groups[i].id == model.OneLine(e.ID) {
				return &groups[i]
			}
		}
		groups = append(groups, group{model.OneLine(e.ID), model.OneLine(e.Name), make([]*model.EndpointReport, len(runs))})
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

// peakText writes a peak against its limit: "≤812 of 1,000/min (≤81%)".
func peakText(e *model.EndpointReport, l model.LimitReport) string {
	ratio, ok := l.PeakRatio().Get()
	if !ok {
		return words.Unknown
	}
	return fmt.Sprintf("%s%s of %s (%s)", sign(e), words.Count(l.Peak.Or(0)), limitText(l), words.SignedPercent(sign(e), ratio))
}

// peakCell is the peak of the limit that came closest to being reached.
func peakCell(e *model.EndpointReport) cell {
	if e == nil || len(e.Limits) == 0 {
		return cell{Text: words.Unknown}
	}
	i, _ := e.Tightest()
	c := cell{Text: peakText(e, e.Limits[i])}
	if ratio, ok := e.Limits[i].PeakRatio().Get(); ok {
		c.Bar = min(100*ratio, 100)
		c.Level = map[model.Pressure]string{model.Calm: "calm", model.Warm: "warm", model.Hot: "hot", model.Full: "full"}[model.PressureOf(ratio)]
	}
	return c
}

// signed writes a count of calls with its sign.
func signed(e *model.EndpointReport, n model.Opt[int]) string {
	if !n.Known() {
		return words.Unknown
	}
	text := sign(e) + words.Opt(n, words.Count)
	if e.Margin > 0 {
		text += " ±" + words.Count(e.Margin)
	}
	return text
}

// timeAbove writes the time at a percentage of the limit or above, with its share
// of the whole.
func timeAbove(l model.LimitReport, percent int, whole model.Opt[float64]) string {
	for _, a := range l.Above {
		if a.Percent == percent {
			return timeOf(a.Seconds, whole)
		}
	}
	return words.Unknown
}

// facts returns all that is known of an endpoint, with a row for each fact and a
// column for each run. The first table is about its calls, the others about its
// limits.
func (g group) facts(names []string, runs []Named) []table {
	add := func(t *table, label string, text func(e *model.EndpointReport, r *model.Report) string) {
		row := []string{label}
		for i, e := range g.of {
			if e == nil {
				row = append(row, words.Unknown)
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
		for kind, by := range g.kinds() {
			add(&tables[0], "Rejected by "+by, func(e *model.EndpointReport, _ *model.Report) string {
				if !e.Rejected.Known() {
					return words.Unknown
				}
				return words.Count(e.Denied(kind))
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
				return words.Unknown
			})
		}
		tables = append(tables, t)
	}
	return tables
}

// kinds are the kinds of denials that occurred in any run, with what denied the
// calls.
func (g group) kinds() iter.Seq2[model.Kind, string] {
	return func(yield func(model.Kind, string) bool) {
		for _, k := range denials {
			some := slices.ContainsFunc(g.of, func(e *model.EndpointReport) bool { return e != nil && e.Denied(k.kind) > 0 })
			if some && !yield(k.kind, k.by) {
				return
			}
		}
	}
}

// spans are the windows of the endpoint's limits in any run. Limits over the same
// window are compared.
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

// limitOver returns the endpoint's limit over a window.
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

// limitNames lists the limits over a window; they may differ from run to run.
func (g group) limitNames(per time.Duration) string {
	var names []string
	for _, e := range g.of {
		if l, ok := limitOver(e, per); ok && !slices.Contains(names, limitText(l)) {
			names = append(names, limitText(l))
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
	{"Rejected", func(e *model.EndpointReport, _ *model.Report) string { return shareOf(e.Rejected, e.Sent) }},
	{"Retry-After total", func(e *model.EndpointReport, r *model.Report) string { return timeOf(e.WaitS, r.Watched) }},
	{"Ignored Retry-After or the cap", func(e *model.EndpointReport, _ *model.Report) string { return shareOf(e.SentEarly, e.Sent) }},
	{"Source", func(e *model.EndpointReport, _ *model.Report) string { return sourceText(e) }},
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
			return words.Unknown
		}
		return stampBeside(at, r.From.Or(at))
	}},
	{"Average", func(e *model.EndpointReport, l model.LimitReport, _ *model.Report) string {
		return partOfLimit(e, l, l.Average, true)
	}},
	{"Headroom", func(_ *model.EndpointReport, l model.LimitReport, _ *model.Report) string {
		h, ok := l.Headroom().Get()
		if !ok {
			return words.Unknown
		}
		return factor(h) + "×"
	}},
	{"Time at 80% or more", func(_ *model.EndpointReport, l model.LimitReport, r *model.Report) string {
		return timeAbove(l, 80, r.Watched)
	}},
	{"Time at 90% or more", func(_ *model.EndpointReport, l model.LimitReport, r *model.Report) string {
		return timeAbove(l, 90, r.Watched)
	}},
	{"Time at 100% or more", func(_ *model.EndpointReport, l model.LimitReport, r *model.Report) string {
		return timeAbove(l, 100, r.Watched)
	}},
	{"Denied by this limit", func(_ *model.EndpointReport, l model.LimitReport, _ *model.Report) string {
		return words.Opt(l.Rejected, words.Count)
	}},
}

// partOfLimit writes the calls in a window with the part of the limit that they
// use.
func partOfLimit(e *model.EndpointReport, l model.LimitReport, calls model.Opt[float64], known bool) string {
	n, ok := calls.Get()
	if !ok || !known {
		return words.Unknown
	}
	return fmt.Sprintf("%s%s (%s)", sign(e), words.Count(int(n+0.5)), words.SignedPercent(sign(e), n/float64(l.Limit)))
}

// sourceText says where an endpoint's figures come from.
func sourceText(e *model.EndpointReport) string {
	if e.Vantage != model.VantageAccount {
		return cmp.Or(e.Source, words.Unknown)
	}
	text := "billing log"
	local, ok := e.Local.Get()
	if more := e.Accepted.Or(0) - local; ok && more > 0 {
		text += fmt.Sprintf(" (%s from this machine)", words.Count(local))
	}
	return text
}
