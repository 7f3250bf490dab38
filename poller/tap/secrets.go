package tap

import (
	"net/http"
	"strings"
)

// secrets are a request's credentials. They are kept only to keep them out of
// what is shown, should the upstream repeat them.
type secrets [2]string

// minSecret is the length from which on a credential is one: a shorter text
// could be any word.
const minSecret = 8

func secretsOf(h http.Header) (s secrets) {
	for i, name := range [len(s)]string{"X-Api-Key", "Authorization"} {
		value := h.Get(name)
		value = value[strings.LastIndexByte(value, ' ')+1:] // without the scheme
		if len(value) >= minSecret {
			s[i] = value
		}
	}
	return s
}

func (s secrets) redact(text string) string {
	for _, secret := range s {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "[key]")
		}
	}
	return text
}
