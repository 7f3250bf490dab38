package tap

import (
	"bytes"
	"encoding/base64"
	"strings"

	"quotatop/poller/pioneer"
)

// secrets are a request's credentials: its key, what follows the scheme in its
// Authorization, and the user and password in that if it is Basic (RFC 7617). They
// are kept only to redact them, in case the upstream repeats them.
type secrets [4]string

// read takes in the credentials of a request, and reports whether they differ from
// those of the one before.
func (s *secrets) read(fields []field) (changed bool) {
	for i, name := range [2]string{"X-Api-Key", "Authorization"} {
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
	if changed {
		pair, _ := base64.StdEncoding.DecodeString(s[1])
		s[2], s[3], _ = strings.Cut(string(pair), ":")
	}
	return changed
}

func (s *secrets) redact(text string) string { return pioneer.Redact(text, s[:]...) }
