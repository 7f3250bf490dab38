package tap

import (
	"net/http"
	"strings"

	"quotatop/poller/pioneer"
)

// secrets are a request's credentials. They are kept only to redact them, in case
// the upstream repeats them.
type secrets [2]string

func secretsOf(h http.Header) (s secrets) {
	for i, name := range [len(s)]string{"X-Api-Key", "Authorization"} {
		value := h.Get(name)
		s[i] = value[strings.LastIndexByte(value, ' ')+1:] // without the scheme
	}
	return s
}

func (s *secrets) redact(text string) string { return pioneer.Redact(text, s[:]...) }
