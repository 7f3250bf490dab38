package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"quotatop/model"
)

func TestBrief(t *testing.T) {
	rate := model.Denial{Kind: model.KindRate, RetryAfter: model.Some(time.Second), Reason: "rate_limit_exceeded", Limit: model.Limit{Max: 200, Per: time.Minute}}
	var calm, refused, capped []model.Event
	for i := range 100 {
		calm = append(calm, call(float64(i), "/v1/chat/completions", "m"))
	}
	refused = append(refused, calm...)
	for range 12 {
		refused = append(refused, denied(50.5, "/v1/chat/completions", rate))
	}
	refused = append(refused, denied(20, "/generate/x", rate))
	for range 3 {
		capped = append(capped, denied(70, "/inference", model.Denial{Kind: model.KindCap}))
	}
	for name, tt := range map[string]struct {
		events   []model.Event
		recorded string
		want     []string
	}{
		"nothing": {nil, "run.jsonl", nil},
		"calm":    {calm, "", []string{"quotatop: 1m39s, 100 calls accepted, 0 refused, $0.031 spent", "fullest: chat at 60 of 200/min (30%), 12:00:59 UTC"}},
		"refused": {refused, "my run.jsonl", []string{
			"quotatop: 1m39s, 100 calls accepted, 13 refused, $0.031 spent",
			"worst: chat, 12 calls refused by its limit of 200/min in the minute from 12:00:50 UTC", "more: quotatop report 'my run.jsonl'",
		}},
		"capped": {capped, "", []string{"quotatop: 0s, 0 calls accepted, 3 refused", "worst: inference, 3 calls refused by the spending cap in the minute from 12:01:10 UTC"}},
		"billing": {[]model.Event{row(1, "/inference", "m"), {At: at(10), Source: model.SourceBilling, Reading: &model.Reading{From: at(0), To: at(10)}}}, "",
			[]string{"quotatop: 9s, 1 call accepted, refused unknown (no tap or tail), $0.0024 spent", "fullest: all at ≤1 of 1,000/min (≤0.1%), 12:00:01 UTC"}},
	} {
		got := Brief("quotatop", reportOf(t, tt.events...), tt.recorded)
		if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
	}
}

// The brief says what the report of the same run does.
func TestBriefAgreesWithTheReport(t *testing.T) {
	r := reportOf(t, loadRun(1, 1)...)
	var page bytes.Buffer
	if err := Markdown(&page, []Named{{"run", r}}); err != nil {
		t.Fatal(err)
	}
	lines := Brief("quotatop", r, "run.jsonl")
	if len(lines) != 3 {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	for _, figure := range []string{"200/min", lines[0][strings.LastIndex(lines[0], "$"):strings.LastIndex(lines[0], " spent")]} {
		if !strings.Contains(strings.Join(lines, "\n"), figure) || !strings.Contains(page.String(), figure) {
			t.Errorf("%q is not in both:\n%s\n%s", figure, strings.Join(lines, "\n"), page.String())
		}
	}
	accepted, rejected := 0, 0
	for _, e := range r.Endpoints[1:] {
		accepted, rejected = accepted+e.Accepted.Or(0), rejected+e.Rejected.Or(0)
	}
	if c := r.Calls(); c.Accepted.Or(0) != accepted || c.Rejected.Or(0) != rejected || rejected == 0 {
		t.Errorf("%+v, want %d and %d", c, accepted, rejected)
	}
}
