package cli

import (
	"bytes"
	"testing"

	"quotatop/ui/cli/doctor"
)

// Failed checks stand out, and text from the server cannot change the screen.
func TestFindings(t *testing.T) {
	var out bytes.Buffer
	err := findings(&out, []doctor.Finding{
		{Level: doctor.OK, What: "plan p\u202ero\u200b\x1b[31m"},
		{Level: doctor.Warn, What: "slow", Do: "wait\nlonger"},
		{Level: doctor.Fail, What: "certificate of \u2066a\u2069", Do: "renew it"},
	})
	const want = "ok   plan pro [31m\nwarn slow\n     wait longer\nFAIL certificate of a\n     renew it\n"
	if out.String() != want {
		t.Errorf("got:\n%q, want:\n%q", out.String(), want)
	}
	if err == nil || err.Error() != "1 of 3 checks failed" {
		t.Errorf("got %v", err)
	}
	if err := findings(&out, []doctor.Finding{{Level: doctor.Warn, What: "slow", Do: "wait"}}); err != nil {
		t.Errorf("a warning alone: %v", err)
	}
}
