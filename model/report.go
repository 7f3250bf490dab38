package model

import "time"

// ReportVersion is the version of the JSON form of a Report. Fields are added
// under the same version; one that changes its meaning raises it.
const ReportVersion = 1

// A Report is what a whole run adds up to. A Reporter makes it. Unknown values
// are null in JSON; parts of a whole are computed, never stored.
type Report struct {
	Version int    `json:"version"`
	Profile string `json:"profile"` // the table of limits
	// From and To are the first and the last event; unknown without any.
	From Opt[time.Time] `json:"from"`
	To   Opt[time.Time] `json:"to"`
	// Watched is the seconds from From to To less the Gaps: silences so long
	// that nobody can have been watching. Averages are over it.
	Watched Opt[float64] `json:"watched_s"`
	Gaps    int          `json:"gaps"`
	Events  int          `json:"events"`
	// OutOfOrder is the calls that came too late to be placed in a window: they
	// are in the totals, and missing in averages, peaks and times spent.
	OutOfOrder int `json:"out_of_order"`
	// Earlier is the billing rows of before From, read to know what the day had
	// cost so far: they are in none of the figures but the cap's.
	Earlier   int              `json:"earlier_rows"`
	Steps     ReportSteps      `json:"steps"`
	Endpoints []EndpointReport `json:"endpoints"`
	Spend     SpendReport      `json:"spend"`
	Models    []ModelReport    `json:"models"` // most calls first; those that calls named
	Polls     PollReport       `json:"own_polls"`
}

// ReportSteps are the steps of time that the series of a report share.
type ReportSteps struct {
	From  Opt[time.Time] `json:"from"`   // the start of the first step
	EachS float64        `json:"each_s"` // seconds in a step
	Count int            `json:"count"`  // at most MaxReportSteps
}

// MaxReportSteps bounds the series of a report, however long the run.
const MaxReportSteps = 300

// EndpointReport is the traffic of one endpoint and its limits.
type EndpointReport struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Scope Scope  `json:"scope"`
	// Source is the vantage that saw most, which the figures are from:
	// SourceTap, SourceTail or SourceBilling; empty when there was none. The
	// refused calls are always what this machine saw.
	Source string `json:"source"`
	// Accepted is the larger of Local and Account, each as far as there was
	// such a vantage. Sent is Accepted and Rejected together.
	Sent     Opt[int] `json:"sent"`
	Accepted Opt[int] `json:"accepted"`
	Rejected Opt[int] `json:"rejected"`
	Local    Opt[int] `json:"local"`
	Account  Opt[int] `json:"account"`
	// Estimated is set when billing rows were sampled; UpperBound when calls
	// may have come from other addresses, which a per-IP limit does not count.
	Estimated  bool          `json:"estimated"`
	UpperBound bool          `json:"upper_bound"`
	Limits     []LimitReport `json:"limits"`
	Denials    []DenialCount `json:"denials"` // by kind; those that occurred
	// WaitS is the seconds for which some Retry-After asked to wait.
	WaitS Opt[float64] `json:"wait_s"`
	// SentEarly is the calls sent before their Retry-After was over, or after
	// the cap had closed.
	SentEarly Opt[int] `json:"sent_early"`

	AcceptedSteps []int `json:"accepted_steps"`
	RejectedSteps []int `json:"rejected_steps"` // null when Rejected is unknown
}

// LimitReport is the sliding window of one limit over the run.
type LimitReport struct {
	Limit   int            `json:"limit"`
	PerS    float64        `json:"per_s"`   // the window's span in seconds
	Average Opt[float64]   `json:"average"` // calls in the window, over the time watched
	Peak    Opt[int]       `json:"peak"`
	PeakAt  Opt[time.Time] `json:"peak_at"` // the end of the first window that held Peak
	// Rejected is the calls that this limit denied.
	Rejected Opt[int] `json:"rejected"`
	// Above is the time spent at or above parts of the limit, by ReportParts.
	Above []TimeAbove `json:"time_above"`
	// UsedSteps is the fullest window that ended in each step.
	UsedSteps []int `json:"used_steps"`
}

// TimeAbove is the time that a window spent at or above a part of its limit.
type TimeAbove struct {
	Percent int          `json:"percent"`
	Seconds Opt[float64] `json:"seconds"`
}

// reportParts are the parts of a limit, in percent, whose times are reported.
var reportParts = [...]int{80, 90, 100}

// DenialCount is the denials of one kind.
type DenialCount struct {
	Kind  Kind `json:"kind"`
	Count int  `json:"count"`
}

// SpendReport is the money of the run.
type SpendReport struct {
	// Source is where Spent comes from: "account" (its own figures), "rows"
	// (the cost of billing rows) or "calls" (what this machine's sources said);
	// empty when unknown.
	Source string      `json:"source"`
	Spent  Opt[Micros] `json:"spent_usd"`
	// BurnPerMin is the average, PeakPerMin that of the dearest minute.
	BurnPerMin Opt[Micros] `json:"burn_usd_per_min"`
	PeakPerMin Opt[Micros] `json:"peak_usd_per_min"`
	// Estimated is set when some of the rows were sampled.
	Estimated bool `json:"estimated"`
	// Cap is the cap at To; its burn is that of the run.
	Cap Cap `json:"cap"`
}

// ModelReport is the traffic of one model.
type ModelReport struct {
	Model  string      `json:"model"`
	Calls  int         `json:"calls"`
	Tokens Opt[int64]  `json:"tokens"`
	Cost   Opt[Micros] `json:"cost_usd"`
	// Source is the vantage that the figures are from.
	Source string `json:"source"`
}

// PollReport is quotatop's own requests.
type PollReport struct {
	Sent   int `json:"sent"`
	Denied int `json:"denied"`
}

// Empty reports whether nothing was observed.
func (r Report) Empty() bool { return r.Events == 0 }

// Per is the window's span.
func (l LimitReport) Per() time.Duration { return time.Duration(l.PerS * float64(time.Second)) }

// PeakRatio is the peak as a part of the limit. It may pass 1.
func (l LimitReport) PeakRatio() Opt[float64] {
	peak, ok := l.Peak.Get()
	if !ok {
		return Opt[float64]{}
	}
	return Some(float64(peak) / float64(l.Limit))
}

// Headroom is how many times the traffic of the fullest window would have
// filled the limit; below 1 when it was above it. Unknown without traffic.
func (l LimitReport) Headroom() Opt[float64] {
	peak := l.Peak.Or(0)
	if peak <= 0 {
		return Opt[float64]{}
	}
	return Some(float64(l.Limit) / float64(peak))
}

// Tightest returns the place of the limit with the least headroom, or false
// when no window of the endpoint held a call.
func (e EndpointReport) Tightest() (limit int, ok bool) {
	least := 0.0
	for i, l := range e.Limits {
		if h, known := l.Headroom().Get(); known && (!ok || h < least) {
			limit, least, ok = i, h, true
		}
	}
	return limit, ok
}

// EarlyRatio is the part of the sent calls that were sent early.
func (e EndpointReport) EarlyRatio() Opt[float64] {
	early, ok := e.SentEarly.Get()
	if !ok || e.Sent.Or(0) == 0 {
		return Opt[float64]{}
	}
	return Some(float64(early) / float64(e.Sent.Or(0)))
}

// Denied is the calls that were denied for a kind of reason.
func (e EndpointReport) Denied(kind Kind) int {
	for _, d := range e.Denials {
		if d.Kind == kind {
			return d.Count
		}
	}
	return 0
}
