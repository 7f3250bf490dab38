package tap

import (
	"bytes"

	"quotatop/poller/pioneer"
)

// secrets are a request's credentials. They are kept only to redact them, in case
// the upstream repeats them.
type secrets [2]string

// read takes in the credentials of a request, and reports whether they differ from
// those of the one before.
func (s *secrets) read(fields []field) (changed bool) {
	for i, name := range [len(s)]string{"X-Api-Key", "Authorization"} {
		var value []byte
		for _, f := range fields {
			if f.is(name) {
				value = f.value[bytes.LastIndexByte(f.value, ' ')+1:] // without the scheme
				break
			}
		}
		if string(value) != s[i] {
			s[i], changed = string(value), true
		}
	}
	return changed
}

func (s *secrets) redact(text string) string { return pioneer.Redact(text, s[:]...) }
