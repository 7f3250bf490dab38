// Package model is what quotatop knows: endpoints and their limits, sliding
// windows, spend and its reset, denials and forecasts.
//
// A Ledger takes Events in and gives immutable Snapshots out. The package is
// pure: it does no I/O, starts no goroutine and never reads a clock; time is
// always an argument, and it is the server's time.
package model

import "time"

// Names of quotatop's own sources. Several log tails all report as SourceTail,
// since their calls add up. Nothing depends on a name: a source reports what it
// sees as the vantage of its calls and of its Health.
const (
	SourceBilling = "billing"
	SourceTap     = "tap"
	SourceTail    = "tail"
)

// An Event is one thing that a source learned. Exactly one of Call, Reading,
// Account and Health is set. Events may come late and in any order.
type Event struct {
	At      time.Time `json:"at"`     // when it happened, in server time
	Source  string    `json:"source"` // the name of the source or service that learned it
	Call    *Call     `json:"call,omitempty"`
	Reading *Reading  `json:"reading,omitempty"`
	Account *Account  `json:"account,omitempty"`
	Health  *Health   `json:"health,omitempty"`
}

// A Call is one request to the API, as one vantage saw it.
type Call struct {
	Vantage Vantage `json:"vantage"`
	Method  string  `json:"method,omitempty"` // empty for billing rows, which do not say
	Path    string  `json:"path"`             // the URL path, or a billing row's endpoint string
	Status  int     `json:"status,omitempty"` // HTTP status; 0 when unknown
	Denial  *Denial `json:"denial,omitempty"` // set when the API said no
	Cost    Micros  `json:"cost,omitempty"`   // micro-dollars; 0 when unknown
	Tokens  int64   `json:"tokens,omitempty"`
	Model   string  `json:"model,omitempty"`
}

// A Reading says that the billing log has been read over [From, To): no row in
// it is still expected. When the log was too long for the polling budget, Total
// and Rows stand for the rows that were not read one by one.
type Reading struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`

	// Sampled is set when the rows were counted and sampled instead of being
	// read in full and reported as Calls.
	Sampled bool `json:"sampled,omitempty"`
	// Total is how many rows the log holds over [From, To), by its own count.
	Total int `json:"total,omitempty"`
	// TotalMargin is the 95 % error of Total, in rows: rows land while the
	// counts that it is the difference of are taken.
	TotalMargin int `json:"total_margin,omitempty"`
	// Rows are the sampled rows, spread over the interval.
	Rows []Call `json:"rows,omitempty"`
}

// An Account is what the account endpoints said. Fields that the API did not
// give are unknown; a later Account replaces only what it knows.
type Account struct {
	Plan     string      `json:"plan,omitempty"`
	Team     string      `json:"team,omitempty"`
	Used     Opt[Micros] `json:"used"`      // spent in the current period
	Limit    Opt[Micros] `json:"limit"`     // the cap of the period
	ResetsAt time.Time   `json:"resets_at"` // zero when unknown
	Period   string      `json:"period,omitempty"`
	// ResetSource says where ResetsAt comes from: ResetFromAPI, ResetAssumed.
	ResetSource string `json:"reset_source,omitempty"`
}

// Values of Account.ResetSource and Cap.ResetSource, of Account.Period and
// Cap.Period.
const (
	ResetFromAPI = "api"     // usage_reset_hour and usage_reset_timezone
	ResetAssumed = "assumed" // 00:00 UTC, as the limits page of 2026-06 says
	PeriodDay    = "day"
	PeriodMonth  = "month"
)

// A State is how a source is doing.
type State string

// The states of a source. StateStale is the ledger's judgment, not a source's.
const (
	StateOK     State = "ok"
	StateStale  State = "stale"
	StateError  State = "error"
	StatePaused State = "paused"
)

// Health is what a source or a service reports about itself.
type Health struct {
	State State `json:"state"`
	// Vantage is what a source sees: VantageAccount or VantageLocal. It is
	// empty for a service, which runs alongside the sources and reports only
	// its own health.
	Vantage Vantage `json:"vantage,omitempty"`
	// Live is set by a source that reports each call once, as it happens. One
	// that reads a log may report the calls of before a restart again.
	Live bool `json:"live,omitempty"`
	// Error is one line for a person: what is wrong. Empty when State is ok.
	Error string `json:"error,omitempty"`
	// Note is one line about something missing that is no error.
	Note string `json:"note,omitempty"`
	// RetryAt is when the source tries again; zero when it has no such plan.
	RetryAt time.Time `json:"retry_at"`
	// Interval is the time from one poll to the next; 0 for a source that
	// does not poll. A source that is silent for much longer is stale.
	Interval time.Duration `json:"interval,omitempty"`
	// BudgetMinute and BudgetHour bound the source's own requests; 0 for none.
	BudgetMinute int `json:"budget_minute,omitempty"`
	BudgetHour   int `json:"budget_hour,omitempty"`
	// ClockOffset is the server's clock less the local one.
	ClockOffset time.Duration `json:"clock_offset,omitempty"`
}
