// Package doctor finds out why quotatop does not work here, and says what to do:
// the configuration, the key, the host and its clock, each billing endpoint, the
// terminal and the folders.
package doctor

// A Level says how bad a Finding is. The zero value is Fail.
type Level int

const (
	Fail Level = iota // something does not work
	Warn              // it works, and could work better
	OK
)

// String returns the word that is printed.
func (l Level) String() string {
	switch l {
	case OK:
		return "ok"
	case Warn:
		return "warn"
	}
	return "FAIL"
}

// A Finding is the result of one check. It never contains the API key.
type Finding struct {
	Level Level
	What  string // "api.pioneer.ai answers in 84 ms"
	Do    string // what to do about it; may be empty for OK
}
