// Package model computes what quotatop shows: the use of each limit in its sliding
// window, the spending cap and its reset, denials and forecasts.
//
// A Ledger counts the Events of a live run and returns immutable Snapshots; a
// Reporter counts those of a whole run and returns a Report. The package is pure:
// it does no I/O, starts no goroutines and never reads a clock. Times are always
// arguments, and are the server's times.
package model

import "time"

// Names of quotatop's own sources. Several log tails all report as SourceTail,
// since their calls add up. Nothing depends on a name: a source reports what it
// sees as the vantage of its calls and of its Health.
const (
	SourceBilling = "billing"
	SourceTap     = "tap"
	SourceTail    = "tail"
	SourceFleet   = "fleet" // the load generators that publish what they see
)

// An Event is one thing that a source observed. Exactly one of Call, Reading,
// Account, Health, Notice and Beat is set. Events may come late and in any order.
type Event struct {
	At      time.Time `json:"at"`     // when it happened, in server time
	Source  string    `json:"source"` // the name of the source or service
	Call    *Call     `json:"call,omitempty"`
	Reading *Reading  `json:"reading,omitempty"`
	Account *Account  `json:"account,omitempty"`
	Health  *Health   `json:"health,omitempty"`
	Notice  *Notice   `json:"notice,omitempty"`
	Beat    *Beat     `json:"beat,omitempty"`
	// Generator is the load generator of a fleet that made the Call or sent the Beat;
	// empty for what this machine saw itself. What a generator saw counts as the
	// source SourceFleet, whatever Source says. A source of a fleet's events does not
	// pass on calls that are dated later than now: the ledger has no clock to tell.
	Generator string `json:"generator,omitempty"`
}

// A Call is one request to the API, as seen from one vantage.
type Call struct {
	Vantage Vantage `json:"vantage"`
	Method  string  `json:"method,omitempty"` // empty for billing rows, which do not say
	Path    string  `json:"path"`             // the URL path, or a billing row's endpoint string
	Status  int     `json:"status,omitempty"` // HTTP status; 0 when unknown
	Denial  *Denial `json:"denial,omitempty"` // set when the API denied the call
	Cost    Micros  `json:"cost,omitempty"`   // micro-dollars; 0 when unknown
	Tokens  int64   `json:"tokens,omitempty"`
	Model   string  `json:"model,omitempty"`
}

// A Reading reports that the billing log has been read over [From, To): no more rows
// are expected in it. If the log was too long for the polling budget, Total and
// Rows stand for the rows that were not read one by one.
type Reading struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`

	// Sampled is set when the rows were counted and sampled, not read in full
	// and reported as Calls.
	Sampled bool `json:"sampled,omitempty"`
	// Total is the number of rows in [From, To), by the count of the API.
	Total int `json:"total,omitempty"`
	// TotalMargin is the 95% error of Total, in rows: Total is the difference
	// of two counts, and rows arrive between them.
	TotalMargin int `json:"total_margin,omitempty"`
	// Rows are the sampled rows, from all over the interval.
	Rows []Call `json:"rows,omitempty"`
}

// An Account is what the account endpoints returned. Fields that the API left out
// are unknown; a later Account replaces only known fields.
type Account struct {
	Plan     string      `json:"plan,omitempty"`
	Team     string      `json:"team,omitempty"`
	Used     Opt[Micros] `json:"used"`      // spent in the current period
	Limit    Opt[Micros] `json:"limit"`     // the cap of the period
	ResetsAt time.Time   `json:"resets_at"` // zero when unknown
	Period   string      `json:"period,omitempty"`
	// ResetSource is where ResetsAt comes from: ResetFromAPI or ResetAssumed.
	ResetSource string `json:"reset_source,omitempty"`
	// Interval is the time from this poll of the account to the next; 0 when
	// unknown.
	Interval time.Duration `json:"interval,omitempty"`
}

// Values of Account.ResetSource and Cap.ResetSource, of Account.Period and
// Cap.Period.
const (
	ResetFromAPI = "api"     // usage_reset_hour and usage_reset_timezone
	ResetAssumed = "assumed" // 00:00 UTC, as the limits page of 2026-06 says
	PeriodDay    = "day"
	PeriodMonth  = "month"
)

// A State is the state of a source or service.
type State string

// The states. Sources report all but StateStale, which the Ledger finds.
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
	// Since is from when on a local source has seen all calls, if that is before it
	// started: a fleet's source first reads what its bus has kept. Zero if it is not.
	Since time.Time `json:"since,omitzero"`
	// Error says in one line what is wrong. Empty when State is StateOK.
	Error string `json:"error,omitempty"`
	// Note says in one line what is missing but not an error.
	Note string `json:"note,omitempty"`
	// RetryAt is when the source tries again; zero if that is not planned.
	RetryAt time.Time `json:"retry_at"`
	// Interval is the time between polls; 0 for a source that does not poll. A
	// source that is silent for much longer is stale.
	Interval time.Duration `json:"interval,omitempty"`
	// BudgetMinute and BudgetHour limit the source's own requests; 0 without a
	// limit.
	BudgetMinute int `json:"budget_minute,omitempty"`
	BudgetHour   int `json:"budget_hour,omitempty"`
	// ClockOffset is the server's clock minus the local clock, as far as a source
	// of the account knows it. The local clock is the one as it was when the source
	// started; ClockStep is how far it has been set since.
	ClockOffset time.Duration `json:"clock_offset,omitempty"`
	ClockStep   time.Duration `json:"clock_step,omitempty"`
}
