package model

import (
	"encoding/json"
	"fmt"
)

// An Opt is a value that may be unknown. Its zero value is unknown. Unknown is null
// in JSON.
type Opt[T any] struct {
	value T
	known bool
}

// Some returns a known value.
func Some[T any](v T) Opt[T] { return Opt[T]{value: v, known: true} }

// Get returns the value and whether it is known.
func (o Opt[T]) Get() (T, bool) { return o.value, o.known }

// Known reports whether there is a value.
func (o Opt[T]) Known() bool { return o.known }

// Or returns the value, or v if it is unknown.
func (o Opt[T]) Or(v T) T {
	if o.known {
		return o.value
	}
	return v
}

// String returns the value, or – if it is unknown.
func (o Opt[T]) String() string {
	if !o.known {
		return "–"
	}
	return fmt.Sprint(o.value)
}

// MarshalJSON writes the value, or null.
func (o Opt[T]) MarshalJSON() ([]byte, error) {
	if !o.known {
		return []byte("null"), nil
	}
	return json.Marshal(o.value)
}

// UnmarshalJSON reads a value, or null.
func (o *Opt[T]) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*o = Opt[T]{}
		return nil
	}
	err := json.Unmarshal(data, &o.value)
	o.known = err == nil
	return err
}
