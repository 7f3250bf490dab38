package model

import (
	"slices"
	"time"
)

// SnapshotVersion is the version of the JSON form of a Snapshot. Fields are
// added under the same version; one that changes its meaning raises it.
const SnapshotVersion = 1

// A Snapshot is everything that quotatop knew at one moment. It is the only thing
// that screens and scripts read, and must not be changed. Unknown values are null
// in JSON.
type Snapshot struct {
	Version       int       `json:"version"`
	At            time.Time `json:"at"`              // server time
	ClockOffsetMS int64     `json:"clock_offset_ms"` // server clock minus local clock
	// ClockInDoubt is set while the server's time is in doubt, and for a minute after
	// it turned out to be another: the figures may be those of another time.
	ClockInDoubt bool            `json:"clock_in_doubt,omitempty"`
	Profile      string          `json:"profile"` // the table of limits
	Account      AccountName     `json:"account"`
	Cap          Cap             `json:"cap"`
	Endpoints    []EndpointUsage `json:"endpoints"`
	Denials      []DenialGroup   `json:"denials"` // newest first
	Walls        []Wall          `json:"walls"`   // what stops the run, the next one first
	Sources      []Source        `json:"sources"`
	Services     []Service       `json:"services"`
	Log          Log             `json:"log"` // what happened, newest first
	// Fleet is the load generators of the run; nil if none has been heard.
	Fleet *Fleet `json:"fleet,omitempty"`
}

// AccountName identifies the account. Empty strings are unknown.
type AccountName struct {
	Plan string `json:"plan"`
	Team string `json:"team"`
}

// Cap is the spending cap of the current period.
type Cap struct {
	Period    string      `json:"period"` // PeriodDay, PeriodMonth
	Used      Opt[Micros] `json:"used_usd"`
	Limit     Opt[Micros] `json:"limit_usd"`
	Remaining Opt[Micros] `json:"remaining_usd"` // never negative
	// Inferred is set if calls are denied at the cap although less is known to be
	// used: nothing is left then, and Used is Limit, if that is known.
	Inferred bool `json:"inferred"`
	// Estimated is set if Used includes the cost of billing rows of which some were
	// sampled.
	Estimated bool `json:"estimated"`
	// ResetsAt is when Used returns to zero. ResetSource is where that comes
	// from: ResetFromAPI or ResetAssumed.
	ResetsAt    time.Time `json:"resets_at"`
	ResetSource string    `json:"reset_source"`
	// BurnPerMin is the burn rate: the recent spending per minute.
	BurnPerMin Opt[Micros] `json:"burn_usd_per_min"`
	// ExhaustsAt is when the cap runs out at this burn rate; unknown if it will
	// last until the reset or the burn rate is unknown.
	ExhaustsAt Opt[time.Time] `json:"exhausts_at"`
	AsOf       Opt[time.Time] `json:"as_of"`
	// Spent is what had been spent over the period; nil if nothing is known. Not
	// part of the JSON.
	Spent *SpendCurve `json:"-"`
}

// EndpointUsage is one endpoint against each of its limits.
type EndpointUsage struct {
	ID     string       `json:"id"`
	Name   string       `json:"name"`
	Scope  Scope        `json:"scope"`
	Limits []LimitUsage `json:"limits"` // empty for EndpointOther
	// Calls is the accepted calls of the last minute, for endpoints with and
	// without a limit. Rows is the raw billing rows of the last minute that was
	// read, double and internal rows included.
	Calls Opt[int] `json:"calls_minute"`
	Rows  Opt[int] `json:"rows_minute"`
	// Rejected is the calls of the last minute that a limit denied, or that were
	// denied for a reason that is not known, as far as this machine saw.
	Rejected Opt[int] `json:"rejected_minute"`
	// Paths splits Calls by path.
	Paths []PathUsage `json:"paths"`
	// Models splits the calls since ModelsSince by model, most requests first.
	Models []ModelUsage `json:"models"`
	// ModelsSince is the last reset, or when counting began if that is later;
	// unknown if nothing is counted yet.
	ModelsSince Opt[time.Time] `json:"models_since"`
	// Charts are the calls of the last 15 minutes, hour and day; nil if nothing
	// is known yet. Not part of the JSON.
	Charts []Chart `json:"-"`
}

// PathUsage is the calls of the last minute that match one path pattern.
type PathUsage struct {
	Path  string `json:"path"`
	Calls int    `json:"calls_minute"`
}

// LimitUsage is the calls in the sliding window of one limit: a gauge.
type LimitUsage struct {
	Limit int     `json:"limit"`
	PerS  float64 `json:"per_s"` // the length of the window in seconds
	// Used is the accepted calls in the window that ends at AsOf: the larger
	// of Local and Account.
	Used Opt[int] `json:"used"`
	// Inferred is set if Used is the limit in force since a denial says that the
	// window is full, although fewer calls are counted. Others is then the rest:
	// calls from elsewhere, unless the limit is lower.
	Inferred bool     `json:"inferred"`
	Local    Opt[int] `json:"local"`   // seen on this machine, or by the fleet
	Account  Opt[int] `json:"account"` // seen in the billing log
	// Others is the part of Used from other machines that use the same key.
	Others Opt[int] `json:"others"`
	// Rejected is the calls in the window that this limit denied, as far as this
	// machine saw. They are not in Used.
	Rejected Opt[int] `json:"rejected"`
	// RefusedUntil is when calls are expected to be accepted again; unknown unless
	// the limit refuses them now.
	RefusedUntil Opt[time.Time] `json:"refused_until"`
	// DeniedAt is the calls that were in the window when the limit last denied
	// one, as far as known. Learned is the limit that follows from that, or that
	// the response named, if it differs from Limit.
	DeniedAt Opt[int] `json:"denied_at"`
	Learned  Opt[int] `json:"learned_limit"`
	// Peak is the highest Used in the time that History covers. PeakEstimated,
	// PeakUpperBound and PeakLowerBound are its Estimated, UpperBound and
	// LowerBound.
	Peak           Opt[int] `json:"peak"`
	PeakEstimated  bool     `json:"peak_estimated"`
	PeakUpperBound bool     `json:"peak_upper_bound"`
	PeakLowerBound bool     `json:"peak_lower_bound"`
	// Estimated is set if Account was sampled; Margin is then its 95% error in
	// calls.
	Estimated bool `json:"estimated"`
	Margin    int  `json:"margin"`
	// UpperBound is set if Used includes calls that may have come from other
	// addresses (≤), LowerBound if it may lack some (≥): the window is not fully loaded,
	// calls of a fleet are not known, or its generators may share an address.
	UpperBound bool `json:"upper_bound"`
	LowerBound bool `json:"lower_bound"`
	// TimeToLimit is the seconds from At until Used reaches Limit at the recent
	// rate; unknown if it would not.
	TimeToLimit Opt[float64]   `json:"time_to_limit_s"`
	AsOf        Opt[time.Time] `json:"as_of"` // the end of the window
	// Egress is, for a limit by client IP and with a fleet, the address whose calls
	// Used counts: the fullest. Egresses is how many addresses the fleet has, and
	// EgressesNear how many of them use at least NearLimit of the limit.
	Egress       string `json:"egress,omitempty"`
	Egresses     int    `json:"egresses,omitempty"`
	EgressesNear int    `json:"egresses_near,omitempty"`

	// History is the accepted calls of HistorySteps steps up to AsOf, oldest
	// first, each step a twelfth of the window; Unknown where nothing watched. Not
	// part of the JSON.
	History []int `json:"-"`
	// HistoryRejected is the same for the rejected calls.
	HistoryRejected []int `json:"-"`
	// HistoryFrom is when watching began. There may be gaps since.
	HistoryFrom time.Time `json:"-"`
}

// HistorySteps is the length of LimitUsage.History: 15 windows.
const HistorySteps = 180

// mark returns how Used is to be read.
func (u *LimitUsage) mark() (m Mark) {
	for i, set := range [...]bool{u.Estimated, u.UpperBound, u.LowerBound, u.Inferred} {
		if set {
			m |= 1 << i
		}
	}
	return m
}

func (u *LimitUsage) setPeak(calls int, m Mark) {
	u.Peak = Some(calls)
	u.PeakEstimated, u.PeakUpperBound, u.PeakLowerBound = m&MarkEstimated != 0, m&MarkUpper != 0, m&MarkLower != 0
}

// Per is the length of the window.
func (u LimitUsage) Per() time.Duration { return time.Duration(u.PerS * float64(time.Second)) }

// Ratio is Used as a part of the limit in force: Learned, if known, else Limit. It
// may exceed 1, and is unknown if Used is.
func (u LimitUsage) Ratio() Opt[float64] {
	used, ok := u.Used.Get()
	if !ok {
		return Opt[float64]{}
	}
	return Some(float64(used) / float64(u.Learned.Or(u.Limit)))
}

// A Pressure is how close a gauge is to its limit.
type Pressure int

// The pressures.
const (
	PressureUnknown Pressure = iota
	Calm
	Warm // above 90% of the limit, or it is reached within 60 s at the current rate
	Hot  // it is reached within 20 s
	Full // it is reached, or calls are being refused
)

var pressureNames = [...]string{"unknown", "calm", "warm", "hot", "full"}

// String is the pressure in a word: "calm".
func (p Pressure) String() string { return pressureNames[p] }

// MarshalText writes the word.
func (p Pressure) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads the word; one that it does not know is PressureUnknown.
func (p *Pressure) UnmarshalText(text []byte) error {
	*p = Pressure(max(slices.Index(pressureNames[:], string(text)), 0))
	return nil
}

// PressureOf judges the used part of a limit in hindsight, for a report.
func PressureOf(ratio float64) Pressure {
	switch {
	case ratio >= 1:
		return Full
	case ratio >= 0.9:
		return Hot
	case ratio >= 0.7:
		return Warm
	}
	return Calm
}

// Pressure returns the pressure of the gauge by its own figures. Calls that were
// rejected before do not matter.
func (u LimitUsage) Pressure() Pressure {
	if u.RefusedUntil.Known() || u.Inferred {
		return Full
	}
	return approaching(u.TimeToLimit, u.Ratio())
}

// capHotWithin is how soon a cap is hot that runs out before its reset: what a day
// was given for does not come back within a minute, as a limit does.
const capHotWithin = time.Hour

// Pressure returns the pressure of the cap. One that runs out before its reset is
// warm at least.
func (c Cap) Pressure(now time.Time) Pressure {
	at, runsOut := c.ExhaustsAt.Get()
	switch p := approaching(Opt[float64]{}, c.Ratio()); {
	case c.Inferred:
		return Full
	case p == Full || !runsOut:
		return p
	case at.Sub(now) < capHotWithin:
		return Hot
	}
	return Warm
}

// Ratio is Used as a part of Limit.
func (c Cap) Ratio() Opt[float64] {
	used, ok := c.Used.Get()
	limit, known := c.Limit.Get()
	if !ok || !known || limit <= 0 {
		return Opt[float64]{}
	}
	return Some(float64(used) / float64(limit))
}

// A DenialGroup is the denials of one kind, endpoint, reason and source. All that
// the cap denied is one group, as it stands in the way of every call: Endpoint,
// Reason and Source are then those of the last one.
type DenialGroup struct {
	Kind     Kind   `json:"kind"`
	Endpoint string `json:"endpoint"` // the endpoint's ID; empty for our own polls
	// Endpoints are the endpoints of the calls, in the order of the table, without
	// our own polls.
	Endpoints []EndpointCount `json:"endpoints"`
	Status    int             `json:"status"`
	First     time.Time       `json:"first_at"`
	At        time.Time       `json:"at"`           // the last one
	Count     int             `json:"count"`        // since First
	Minute    int             `json:"count_minute"` // in the last minute
	// Early is the calls that ignored Retry-After, or came after the cap was
	// reached, as far as this machine saw.
	Early    int            `json:"sent_early"`
	RetryAt  Opt[time.Time] `json:"retry_at"`  // when Retry-After is over
	ClearsAt Opt[time.Time] `json:"clears_at"` // when it clears by itself; unknown if action is required
	Reason   string         `json:"reason"`
	Detail   string         `json:"detail"`
	Headers  string         `json:"headers"` // about limits, of the last response
	URL      string         `json:"resolution_url"`
	Source   string         `json:"source"`
	// Generators are the load generators of a fleet that made the calls: those that
	// sent most of them early first, then those that were denied most. At most
	// maxGroupGenerators are counted.
	Generators []GeneratorDenials `json:"generators,omitempty"`
}

// EndpointCount is a number of calls to an endpoint.
type EndpointCount struct {
	ID    string `json:"id"`
	Count int    `json:"count"`
}

// Source is the state of one source.
type Source struct {
	Name    string         `json:"name"`
	Vantage Vantage        `json:"vantage"` // VantageAccount or VantageLocal
	State   State          `json:"state"`
	AsOf    Opt[time.Time] `json:"as_of"` // of its last good data
	Error   string         `json:"error"`
	Note    string         `json:"note"`
	RetryAt Opt[time.Time] `json:"retry_at"`
	// Interval is the seconds from one poll to the next; unknown for a source that
	// reports at once.
	Interval Opt[float64] `json:"interval_s"`
	// The requests that the source itself sent, and their budget; unknown for a
	// source that sends none.
	PollsMinute  Opt[int] `json:"polls_minute"`
	BudgetMinute Opt[int] `json:"budget_minute"`
	PollsHour    Opt[int] `json:"polls_hour"`
	BudgetHour   Opt[int] `json:"budget_hour"`
}

// Service is the state of one service: a part of quotatop that runs alongside the
// sources and reports only its own health, like a recording.
type Service struct {
	Name    string         `json:"name"`
	State   State          `json:"state"`
	Error   string         `json:"error"`
	RetryAt Opt[time.Time] `json:"retry_at"`
}
