package model

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var capped = Denial{Kind: KindCap, Reason: "daily_spend_cap_exceeded"}

// A denial at the cap says that it is used up, from that moment on: the plan's
// figure lags behind.
func TestDenialFillsTheCap(t *testing.T) {
	plan := account(0, usd(46), usd(50))
	tests := map[string]struct {
		events          []Event
		now             float64
		used, remaining Opt[Micros]
		inferred        bool
	}{
		"before":                       {one(plan), 10, usd(46), usd(4), false},
		"at once":                      {one(plan, denied(10, SourceTap, chatPath, capped)), 10, usd(50), usd(0), true},
		"on our own polls":             {one(plan, denied(10, SourceBilling, "/billing/plan-info", capped)), 10, usd(50), usd(0), true},
		"nothing is known":             {one(denied(10, SourceTap, chatPath, capped)), 10, unknownUSD, usd(0), true},
		"the limit is unknown":         {one(account(0, usd(46), unknownUSD), denied(10, SourceTap, chatPath, capped)), 10, unknownUSD, usd(0), true},
		"a plan reading that lags":     {one(plan, denied(10, SourceTap, chatPath, capped), account(40, usd(49.96), usd(50))), 41, usd(50), usd(0), true},
		"a plan reading that does not": {one(plan, denied(10, SourceTap, chatPath, capped), account(41, usd(49.96), usd(60))), 41, usd(49.96), usd(10.04), false},
		"denied again since":           {one(plan, denied(10, SourceTap, chatPath, capped), account(41, usd(49.96), usd(60)), denied(42, SourceTap, chatPath, capped)), 43, usd(60), usd(0), true},
		"the plan confirms":            {one(plan, denied(10, SourceTap, chatPath, capped), account(12, usd(50.04), usd(50))), 13, usd(50.04), usd(0), false},
		"an old denial comes late":     {one(account(41, usd(46), usd(50)), denied(10, SourceTail, chatPath, capped)), 42, usd(46), usd(4), false},
		"hours later":                  {one(plan, denied(10, SourceTap, chatPath, capped)), untilMidnight - 1, usd(50), usd(0), true},
		"until the reset":              {one(plan, denied(10, SourceTap, chatPath, capped)), untilMidnight, unknownUSD, unknownUSD, false},
	}
	for name, tt := range tests {
		l := newTestLedger(t, tt.events)
		for _, l := range []*Ledger{l, mustRestore(t, l)} {
			s := l.Snapshot(at(tt.now))
			if c := s.Cap; c.Used != tt.used || c.Remaining != tt.remaining || c.Inferred != tt.inferred {
				t.Errorf("%s: used %v, remaining %v, inferred %v, want %v, %v, %v", name, c.Used, c.Remaining, c.Inferred, tt.used, tt.remaining, tt.inferred)
			} else if full := c.Remaining == usd(0); full != (c.Pressure(s.At) == Full) || tt.inferred && (c.AsOf != Some(s.At) || len(s.Walls) == 0 || s.Walls[0].Denial != KindCap) {
				t.Errorf("%s: pressure %s, as of %v, walls %+v", name, c.Pressure(s.At), c.AsOf, s.Walls)
			}
		}
	}
}

// The configured cap is a guess: it does not show that there is money left.
func TestDenialFillsAConfiguredCap(t *testing.T) {
	l := NewLedger(mustProfile(t, DefaultProfile), LedgerOptions{Cap: usd(20)})
	for _, e := range one(denied(10, SourceTap, chatPath, capped), account(60, usd(5), unknownUSD)) {
		l.Observe(e)
	}
	if c := l.Snapshot(at(61)).Cap; c.Remaining != usd(0) || c.Used != usd(20) || !c.Inferred {
		t.Errorf("got %+v, want it full", c)
	}
}

// The cap stands in the way of every call: what it denied is one group, wherever
// and by whomever it was seen.
func TestCapDenialsAreOneGroup(t *testing.T) {
	plain := Denial{Kind: KindCap, Detail: "Daily spending cap reached.", RetryAfter: Some(time.Minute)}
	s := newTestLedger(t, one(
		denied(10, SourceTap, chatPath, capped), denied(11, SourceTap, chatPath, plain), denied(11.5, SourceTap, "/inference", capped),
		denied(10, SourceTail, chatPath, capped), denied(11, SourceTail, chatPath, capped), denied(12, SourceTail, chatPath, capped),
		denied(9, SourceBilling, "/billing/plan-info", capped), denied(13, SourceTap, "/generate/x", capped),
		denied(14, SourceTap, chatPath, rate(time.Second)),
	)).Snapshot(at(15))
	if len(s.Denials) != 2 {
		t.Fatalf("%d groups, want one for the cap and one for chat's limit: %+v", len(s.Denials), s.Denials)
	}
	want := DenialGroup{
		Kind: KindCap, Endpoint: "generate", Endpoints: []EndpointCount{{"inference", 1}, {"chat", 3}, {"generate", 1}},
		Status: 429, First: at(9), At: at(13), Count: 6, Minute: 6, Reason: capped.Reason, Source: SourceTap, Early: s.Denials[1].Early,
		RetryAt: Some(at(71)), ClearsAt: Some(time.Date(2026, 6, 18, 0, 0, 0, 0, time.UTC)),
	}
	if diff := cmp.Diff(want, s.Denials[1], cmp.Comparer(func(a, b Opt[time.Time]) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
