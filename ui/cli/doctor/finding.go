// Package doctor finds out why quotatop does not work here, and says what to
// do: the key, the host, its clock, each billing endpoint, the terminal, the
// files.
package doctor

// A Finding is what one check found, in words for a person. No finding shows
// the API key.
type Finding struct {
	OK   bool
	What string // what is so: "api.pioneer.ai answers in 84 ms"
	// Do is what to do about it, or where all is well what could be better;
	// may be empty.
	Do string
}
