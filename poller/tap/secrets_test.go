package tap

import (
	"encoding/base64"
	"testing"
)

// A key that is sent as a Basic password is not shown either way, if the upstream
// repeats it.
func TestBasicCredentials(t *testing.T) {
	const password = "no0mark1in2this3key4"
	code := base64.StdEncoding.EncodeToString([]byte("me:" + password))
	fields := []field{{name: []byte("authorization"), value: []byte("Basic " + code)}}
	var s secrets
	if !s.read(fields) || s.read(fields) {
		t.Error("the credentials change once")
	}
	for _, repeated := range []string{password, code} {
		if got := s.redact("not " + repeated + " again"); got != "not [key] again" {
			t.Errorf("got %q", got)
		}
	}
	if !s.read(nil) || s != (secrets{}) {
		t.Errorf("the next client's request has the credentials %q", s)
	}
}
