package model

// A Vantage is the place that calls are seen from.
type Vantage string

const (
	// VantageAccount is the billing log: everything the key did, from anywhere,
	// some seconds late and without the calls that were rejected.
	VantageAccount Vantage = "account"
	// VantageLocal is this machine: what the tap or a log tail saw, at once, with
	// the rejected calls.
	VantageLocal Vantage = "local"
	// VantageOwn is quotatop itself: its own polls, which use per-IP quota and
	// are nobody's traffic.
	VantageOwn Vantage = "own"
)

// SourceVantage returns what the source of a name saw, and whether it reported
// calls live. It is for events and states that were written before sources said
// so themselves (see Health); a name that is not known is a service's.
func SourceVantage(name string) (v Vantage, live bool) {
	switch name {
	case SourceBilling:
		return VantageAccount, false
	case SourceTap:
		return VantageLocal, true
	case SourceTail:
		return VantageLocal, false
	}
	return "", false
}
