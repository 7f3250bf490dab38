package model

import (
	"slices"
	"strings"
	"time"
)

// ReportVersion is the version of the JSON form of a Report. Fields are added
// under the same version; one that changes its meaning raises it.
const ReportVersion = 1

// A Report is the summary of a whole run, which a Reporter makes. Unknown values are
// null in JSON. Ratios are computed, never stored.
type Report struct {
	Version int    `json:"version"`
	Profile string `json:"profile"` // the table of limits
	// From and To are the times of the first and the last event; unknown
	// without any.
	From Opt[time.Time] `json:"from"`
	To   Opt[time.Time] `json:"to"`
	// Watched is the seconds from From to To without the Gaps: silences too long
	// for a source that was watching. Averages are over it.
	Watched Opt[float64] `json:"watched_s"`
	Gaps    int          `json:"gaps"`
	Events  int          `json:"events"`
	// OutOfOrder is the calls that came too late for their window: they are in
	// the totals, but not in averages, peaks and times.
	OutOfOrder int `json:"out_of_order"`
	// Earlier is the billing rows older than From, which were read for the cost
	// of the day. They count only for the cap.
	Earlier int `json:"earlier_rows"`
	// Unnamed is the billing rows without an endpoint: they count at none.
	Unnamed   int              `json:"unnamed_rows"`
	Steps     ReportSteps      `json:"steps"`
	Endpoints []EndpointReport `json:"endpoints"`
	Spend     SpendReport      `json:"spend"`
	Models    []ModelReport    `json:"models"` // most calls first; calls without a model are not included
	Polls     PollReport       `json:"own_polls"`
	// Generators are the load generators of a fleet, those that were denied most first.
	Generators []GeneratorReport `json:"generators,omitempty"`
}

// ReportSteps are the time steps that the series of a report share.
type ReportSteps struct {
	From  Opt[time.Time] `json:"from"`   // the start of the first step
	EachS float64        `json:"each_s"` // seconds in a step
	Count int            `json:"count"`  // at most MaxReportSteps
}

// MaxReportSteps is the maximum length of the series of a report.
const MaxReportSteps = 300

// EndpointReport is the calls to one endpoint, and its limits.
type EndpointReport struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Scope Scope  `json:"scope"`
	// Stacks is set if its limits count the calls of other endpoints, as its figures do.
	Stacks bool `json:"stacks,omitempty"`
	// Source is the name of the source that saw most, which the figures are
	// from, and Vantage what it saw; empty when there was none. The rejected
	// calls are always what this machine saw.
	Source  string  `json:"source"`
	Vantage Vantage `json:"vantage"`
	// Accepted is the larger of Local and Account, of which each is unknown if
	// nothing had that vantage; an estimate that agrees with Local within its
	// Margin is not larger. Sent is Accepted plus Rejected.
	Sent     Opt[int] `json:"sent"`
	Accepted Opt[int] `json:"accepted"`
	Rejected Opt[int] `json:"rejected"`
	Local    Opt[int] `json:"local"`
	Account  Opt[int] `json:"account"`
	// Estimated is set if billing rows were sampled; Margin is then the 95% error
	// of Accepted. UpperBound is set if calls may have come from other addresses,
	// which a per-IP limit does not count.
	Estimated  bool          `json:"estimated"`
	Margin     int           `json:"margin"`
	UpperBound bool          `json:"upper_bound"`
	Limits     []LimitReport `json:"limits"`
	Denials    []DenialCount `json:"denials"` // by kind; those that occurred
	// WaitS is the total time that Retry-After covers, in seconds.
	WaitS Opt[float64] `json:"wait_s"`
	// SentEarly is the calls that ignored Retry-After, or were sent after the
	// cap was reached.
	SentEarly Opt[int] `json:"sent_early"`

	AcceptedSteps []int `json:"accepted_steps"`
	RejectedSteps []int `json:"rejected_steps"` // null if Rejected is unknown
}

// DenialCount is the number of denials of one kind.
type DenialCount struct {
	Kind  Kind `json:"kind"`
	Count int  `json:"count"`
}

// SpendReport is the spending of the run.
type SpendReport struct {
	// Source is where Spent comes from: "account" (the account's figures),
	// "rows" (the cost of billing rows) or "calls" (the cost that local sources
	// reported); empty if unknown.
	Source string      `json:"source"`
	Spent  Opt[Micros] `json:"spent_usd"`
	// BurnPerMin is the average burn rate, PeakPerMin that of the most
	// expensive minute.
	BurnPerMin Opt[Micros] `json:"burn_usd_per_min"`
	PeakPerMin Opt[Micros] `json:"peak_usd_per_min"`
	// Estimated is set if some of the rows were sampled.
	Estimated bool `json:"estimated"`
	// Cap is the cap at To, with the burn rate of the run.
	Cap Cap `json:"cap"`
}

// ModelReport is the calls to one model.
type ModelReport struct {
	Model  string      `json:"model"`
	Calls  int         `json:"calls"`
	Tokens Opt[int64]  `json:"tokens"`
	Cost   Opt[Micros] `json:"cost_usd"`
	// Source is the name of the source that the figures are from.
	Source string `json:"source"`
}

// PollReport is quotatop's own requests.
type PollReport struct {
	Sent   int `json:"sent"`
	Denied int `json:"denied"`
}

// Empty reports whether there were no events.
func (r Report) Empty() bool { return r.Events == 0 }

// Tightest returns the index of the limit with the least headroom, or false if the
// endpoint had no calls.
func (e EndpointReport) Tightest() (limit int, ok bool) {
	least := 0.0
	for i, l := range e.Limits {
		if h, known := l.Headroom().Get(); known && (!ok || h < least) {
			limit, least, ok = i, h, true
		}
	}
	return limit, ok
}

// EarlyRatio is SentEarly as a part of Sent.
func (e EndpointReport) EarlyRatio() Opt[float64] {
	early, ok := e.SentEarly.Get()
	if !ok || e.Sent.Or(0) == 0 {
		return Opt[float64]{}
	}
	return Some(float64(early) / float64(e.Sent.Or(0)))
}

// Denied returns the number of denials of a kind.
func (e EndpointReport) Denied(kind Kind) int {
	for _, d := range e.Denials {
		if d.Kind == kind {
			return d.Count
		}
	}
	return 0
}

// Report returns the report of the events so far. Alias rows that still wait for
// their path row are counted.
func (r *Reporter) Report() Report {
	r.release(time.Unix(maxSecond, 0), r)
	out := Report{
		Version: ReportVersion, Profile: r.table.Profile,
		Gaps: r.gaps, Events: r.events, OutOfOrder: r.late, Earlier: r.earlier, Unnamed: r.unnamed,
		Endpoints: make([]EndpointReport, len(r.table.Endpoints)), Models: r.models(), Polls: r.polls, Generators: r.fleet.reports(),
	}
	if r.placed {
		out.From, out.To = Some(time.Unix(0, r.from).UTC()), Some(time.Unix(0, r.to).UTC())
		out.Watched = Some(time.Duration(r.to - r.from - r.unwatched).Seconds())
		out.Steps.From = Some(time.Unix(r.steps.base*r.steps.step(), 0).UTC())
	}
	out.Steps.EachS, out.Steps.Count = float64(r.steps.step()), r.steps.used
	for e := range out.Endpoints {
		out.Endpoints[e] = r.endpoint(e, out.Watched)
	}
	out.Spend = r.spending(out.Watched)
	return out
}

// busiestLocal returns the local tally with the most calls to an endpoint, or nil.
func (r *Reporter) busiestLocal(e int) (fullest *sourceTally) {
	most := -1
	for _, w := range r.local {
		if n := w.endpoints[e].accepted + w.endpoints[e].rejected; n > most {
			fullest, most = w, n
		}
	}
	return fullest
}

// endpoint chooses between this machine's figures and the account's, and uses the
// larger. For a per-IP limit it uses this machine's if it sent anything: the
// account's calls may have come from other addresses.
func (r *Reporter) endpoint(e int, watched Opt[float64]) EndpointReport {
	at := &r.table.Endpoints[e]
	out := EndpointReport{
		ID: at.ID, Name: at.Name, Scope: at.Scope, Stacks: at.Covers != CoversPaths, Limits: make([]LimitReport, len(at.Limits)), Denials: []DenialCount{},
		AcceptedSteps: []int{},
	}
	for i, limit := range at.Limits {
		out.Limits[i] = LimitReport{Limit: limit.Max, PerS: limit.Per.Seconds(), Above: []TimeAbove{}, UsedSteps: []int{}}
	}
	local := r.busiestLocal(e)
	used := local
	if local != nil {
		out.Local = Some(local.endpoints[e].accepted)
	}
	if r.billing.watching {
		y := &r.billing.endpoints[e]
		out.Account = Some(y.accepted)
		perIP := at.Scope == ScopeIP && out.Local.Or(0) > r.pollsUnder(e)
		if !perIP && (local == nil || y.accepted-y.sampled.margin() > out.Local.Or(0)) {
			used = r.billing
		}
	}
	if used == nil {
		return out
	}
	out.Source, out.Vantage = used.name, VantageLocal
	if used == r.billing {
		out.Vantage = VantageAccount
	}
	out.UpperBound = at.Scope == ScopeIP && used == r.billing
	y := &used.endpoints[e]
	out.Estimated, out.Margin = used == r.billing && used.sampled, y.sampled.margin()
	out.Accepted = Some(y.accepted)
	out.AcceptedSteps = r.steps.values(y.accepts)
	for i := range out.Limits {
		out.Limits[i].fill(y.meters[i], r.to, watched)
	}
	if at.Scope == ScopeIP && used.name == SourceFleet {
		out.UpperBound = !r.byAddress(&out, e, watched)
	}
	if local != nil {
		r.rejected(&out, &local.endpoints[e], e)
	}
	return out
}

// pollsUnder returns how many of our own polls count against endpoint e.
func (r *Reporter) pollsUnder(e int) int {
	if r.table.Endpoints[e].Covers == CoversPaths {
		return 0
	}
	return r.polls.Sent - r.polls.Denied
}

// rejected sets what this machine saw of an endpoint's denials. Early calls are those
// to all endpoints under its limits.
func (r *Reporter) rejected(out *EndpointReport, y *endpointTally, e int) {
	out.Rejected = Some(y.rejected)
	out.Sent = Some(out.Accepted.Or(0) + y.rejected)
	out.RejectedSteps = r.steps.values(y.rejects)
	for i, n := range y.limited {
		out.Limits[i].Rejected = Some(n)
	}
	for i, n := range y.kinds {
		if n > 0 {
			out.Denials = append(out.Denials, DenialCount{kinds[i], n})
		}
	}
	out.WaitS = Some(r.waits[e].before(r.to).Seconds())
	early := 0
	for own := range r.table.Endpoints {
		if slices.Contains(r.coveredBy[own], e) {
			early += r.busiestLocal(own).endpoints[own].early.count
		}
	}
	out.SentEarly = Some(early)
}

// models returns the calls by model from the tally with the most.
func (r *Reporter) models() []ModelReport {
	most, out := 0, []ModelReport{}
	for _, w := range append(slices.Clone(r.local), r.billing) {
		calls := 0
		for _, m := range w.models {
			calls += m.Calls
		}
		if calls <= most {
			continue
		}
		most, out = calls, out[:0]
		for _, m := range w.models {
			out = append(out, *m)
		}
	}
	slices.SortFunc(out, func(a, b ModelReport) int {
		if a.Calls != b.Calls {
			return b.Calls - a.Calls
		}
		return strings.Compare(a.Model, b.Model)
	})
	return out
}

// spending returns the spending: by the account's figures if two of them are far
// enough apart, else by the cost of rows, else by the cost that local sources
// reported. The account's figures change once a minute, which is too seldom for a
// short run.
func (r *Reporter) spending(watched Opt[float64]) SpendReport {
	var out SpendReport
	minutes := watched.Or(0) / 60
	local := Micros(0)
	for _, w := range r.local {
		local = max(local, w.cost)
	}
	switch {
	case r.figures.last.at.Sub(r.figures.first.at) >= burnAtLeast:
		out.Source, out.Spent, out.PeakPerMin = "account", Some(r.figures.spent), r.figures.peak
		minutes = r.figures.last.at.Sub(r.figures.first.at).Minutes()
	case r.billing.cost > 0:
		out.Source, out.Spent, out.Estimated = "rows", Some(r.billing.cost), r.billing.sampled
		if c := r.cost.closed(r.to); minutes >= 1 {
			out.PeakPerMin = Some(Micros(c.peak))
		}
	case local > 0:
		out.Source, out.Spent = "calls", Some(local)
	}
	if spent, ok := out.Spent.Get(); ok && minutes >= burnAtLeast.Minutes() {
		out.BurnPerMin = Some(Micros(float64(spent) / minutes))
	}
	if !r.placed {
		return out
	}
	end := time.Unix(0, r.to).UTC()
	out.Cap = r.spend.snapshot(end, r.log)
	out.Cap.burnAt(out.BurnPerMin, end)
	return out
}
