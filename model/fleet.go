package model

import "time"

// A Beat is what a load generator of a fleet says about itself, about once a second.
// The time of its Event is when it was heard.
type Beat struct {
	Run     string `json:"run"`     // the load run that it takes part in
	Version string `json:"version"` // of its quotatop
	// Boot tells the generator's processes apart: one that is started again under the
	// same name has another.
	Boot string `json:"boot"`
	// To is the server time before which all of its calls have been reported; zero as
	// long as that is not known. It does not move back within a boot.
	To time.Time `json:"to"`
	// Place is set in the beat that follows the calls of a batch. It says, in the
	// source's own words, where in the stream the batch was; a beat without a Boot says
	// only that.
	//
	// A restart relies on it: a source that goes on begins after the last Place, see
	// Ledger.FleetPlace, and reports the batches in the same order. The ledger has
	// counted some calls after it if it was ended within a batch, and drops as many.
	//
	// From a source without places, a ledger that goes on after Pause expects all
	// batches again that end after the last To. It drops the calls before To, and of
	// those after it as many as it has counted.
	Place string `json:"place,omitempty"`
	// Ended is set in the last beat of a generator that has stopped as it should.
	Ended bool `json:"ended,omitempty"`
	// Egress names the address that its calls leave from. EgressAssumed is set if
	// nobody said so: it may share the address with generators of other names.
	Egress        string `json:"egress"`
	EgressAssumed bool   `json:"egress_assumed,omitempty"`
	// ClockOffset is the server's clock minus the generator's local clock, and
	// ClockError how far that may be off.
	ClockOffset time.Duration `json:"clock_offset"`
	ClockError  time.Duration `json:"clock_error"`
	// Missing is how many of its batches of calls have not arrived, of those that are
	// known to have been sent; Dropped is how many calls it could not keep while it
	// could not send. Both count this boot.
	Missing int `json:"missing,omitempty"`
	Dropped int `json:"dropped,omitempty"`
}

// Fleet is the load generators of a run.
type Fleet struct {
	Run string `json:"run"`
	// To is the end of the windows in which local calls are counted, the fleet's and
	// this machine's own: the time up to which the slowest of the live generators has
	// reported, in whole seconds. It is the AsOf of the gauges that count local calls.
	To         Opt[time.Time] `json:"to"`
	Generators []Generator    `json:"generators"` // what hurts most first
	// Unlisted is how many generators there are beyond those that are listed. Their
	// calls are counted.
	Unlisted int `json:"unlisted,omitempty"`
}

// A GeneratorState is how a generator is heard.
type GeneratorState string

// The states of a generator.
const (
	GeneratorLive   GeneratorState = "live"
	GeneratorSilent GeneratorState = "silent" // not heard for SilentAfter
	GeneratorEnded  GeneratorState = "ended"  // it said so
	GeneratorGone   GeneratorState = "gone"   // not heard for GoneAfter
)

const (
	// SilentAfter is how long a generator may be silent until its calls are no longer
	// waited for. While one is silent, the fleet's figures are lower bounds.
	SilentAfter = 5 * time.Second
	// GoneAfter is how long a generator may be silent until it no longer counts as
	// part of the run.
	GoneAfter = 10 * time.Minute
)

// NearLimit is the used part of a limit from which on an address is near it.
const NearLimit = 0.9

// A Generator is one load generator of a fleet.
type Generator struct {
	Name          string         `json:"name"`
	State         GeneratorState `json:"state"`
	Egress        string         `json:"egress"`
	EgressAssumed bool           `json:"egress_assumed"`
	// Calls and Rejected are the accepted and the denied calls of the last minute up
	// to Fleet.To, whatever denied them. Early is the calls that ignored a Retry-After
	// which the generator itself had got, or came after it met the cap, since it was
	// first heard.
	Calls    int `json:"calls_minute"`
	Rejected int `json:"rejected_minute"`
	Early    int `json:"sent_early"`
	// Behind is set while a live generator has reported up to a time so long ago that it
	// is not waited for: it is sending what it kept while it could not send.
	Behind bool `json:"behind,omitempty"`
	// Worst is the ID of the endpoint that denies it most, else of the one among those
	// it calls whose limit is fullest; empty if it calls none.
	Worst     string           `json:"worst"`
	Endpoints []GeneratorCalls `json:"endpoints"` // in the order of the table
	// HeardAt is when it was last heard, To the time up to which it has reported.
	HeardAt       time.Time `json:"heard_at"`
	To            time.Time `json:"to"`
	ClockOffsetMS int64     `json:"clock_offset_ms"`
	ClockErrorMS  int64     `json:"clock_error_ms"`
	// Missing is how many batches did not arrive, Dropped how many calls it could not
	// keep, of all its boots. Boots is how often it was started.
	Missing int    `json:"missing_batches"`
	Dropped int    `json:"dropped_calls"`
	Boots   int    `json:"boots"`
	Version string `json:"version"`
}

// ClockOffset is the server's clock minus the generator's.
func (g Generator) ClockOffset() time.Duration {
	return time.Duration(g.ClockOffsetMS) * time.Millisecond
}

// GeneratorCalls is a generator's calls of the last minute to one endpoint.
type GeneratorCalls struct {
	ID       string `json:"id"`
	Calls    int    `json:"calls_minute"`
	Rejected int    `json:"rejected_minute"`
}

// GeneratorDenials is a generator's part of a group of denials.
type GeneratorDenials struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
	Early int    `json:"sent_early"`
}

// GeneratorReport is the calls of one load generator.
type GeneratorReport struct {
	Name          string         `json:"name"`
	Egress        string         `json:"egress"`
	EgressAssumed bool           `json:"egress_assumed"`
	From          Opt[time.Time] `json:"from"` // of its first and last event
	To            Opt[time.Time] `json:"to"`
	Sent          int            `json:"sent"` // Accepted plus Rejected
	Accepted      int            `json:"accepted"`
	Rejected      int            `json:"rejected"`
	Early         int            `json:"sent_early"` // during a Retry-After that it had got itself
	Missing       int            `json:"missing_batches"`
	Dropped       int            `json:"dropped_calls"`
	Boots         int            `json:"boots"`
}
