package model

import (
	"testing"
	"time"
)

// A rate limit's denial says that a window is full, from that moment on: no gauge
// waits for the billing log.
func TestDenialFillsTheGauge(t *testing.T) {
	watching := one(healthy(0, SourceTap), healthy(0, SourceBilling))
	seven := rate(7 * time.Second)
	named := func(max int, per time.Duration) Denial {
		return Denial{Kind: KindRate, RetryAfter: seven.RetryAfter, Detail: "Rate limit exceeded", Limit: Limit{max, per}}
	}
	words := Denial{Kind: KindRate, Detail: "Rate limit exceeded"}
	here := calls(65, 148, SourceTap, chatPath)
	type look struct {
		now      float64
		endpoint string
		limit    int
		want     string
		pressure Pressure
	}
	tests := map[string]struct {
		events [][]Event
		looks  []look
	}{
		"the limit that the words name": {
			[][]Event{watching, here, one(denied(66, SourceTap, chatPath, named(200, time.Minute)))},
			[]look{
				{66, "chat", 0, "used 200 inferred local 148 others 52 rejected 1 at 66", Full},
				{66, "all", 0, "used 148 local 148 rejected 0 at 66", Warm},
			},
		},
		"seen by a tail": {
			[][]Event{one(healthy(0, SourceTail)), calls(65, 148, SourceTail, chatPath), one(denied(66, SourceTail, chatPath, named(200, time.Minute)))},
			[]look{{66, "chat", 0, "used 200 inferred local 148 others 52 rejected 1 at 66", Full}},
		},
		"else the fullest that covers the call": {
			[][]Event{watching, calls(60, 930, SourceTap, "/gliner-2/x"), here[:50], one(denied(66, SourceTap, chatPath, seven))},
			[]look{
				{66, "all", 0, "used 1000 inferred local 980 others 20 rejected 1 at 66", Full},
				{66, "chat", 0, "used 50 local 50 rejected 0 at 66", Warm},
			},
		},
		"another limit's number": {
			// The table is out of date: the limit is 150.
			[][]Event{watching, here, one(denied(66, SourceTap, chatPath, named(150, time.Minute)))},
			[]look{{66, "chat", 0, "used 150 inferred local 148 others 2 rejected 1 at 66", Full}},
		},
		"counted in full": {
			[][]Event{watching, calls(65, 200, SourceTap, chatPath), one(denied(66, SourceTap, chatPath, seven))},
			[]look{{66, "chat", 0, "used 200 local 200 rejected 1 at 66", Full}},
		},
		"no reason given": {
			[][]Event{watching, here, one(denied(66, SourceTap, chatPath, waiting))},
			[]look{{66, "chat", 0, "used 148 local 148 rejected 1 at 66", Full}, {71.1, "chat", 0, "used 148 local 148 rejected 1 at 71.1", Calm}},
		},
		"until a call is accepted after the wait": {
			[][]Event{watching, here, one(denied(66, SourceTap, chatPath, seven), call(70, SourceTap, chatPath), call(74, SourceTap, chatPath))},
			[]look{
				{72.9, "chat", 0, "used 200 inferred local 150 others 50 rejected 1 at 72.9", Full},
				{74, "chat", 0, "used 150 local 150 rejected 1 at 74", Calm},
			},
		},
		"no call is accepted after the wait": {
			[][]Event{watching, here, one(denied(66, SourceTap, chatPath, seven))},
			[]look{
				{80, "chat", 0, "used 200 inferred local 148 others 52 rejected 1 at 80", Full},
				{125.9, "chat", 0, "used 200 inferred local 0 others 200 rejected 1 at 125.9", Full},
				{126, "chat", 0, "used 0 local 0 rejected 1 at 126", Calm},
			},
		},
		"a call that was on its way is no sign": {
			[][]Event{watching, here, one(denied(66, SourceTap, chatPath, words), call(66.8, SourceTap, chatPath))},
			[]look{{67, "chat", 0, "used 200 inferred local 149 others 51 rejected 1 at 67", Full}},
		},
		"denied again after a call": {
			[][]Event{watching, here, one(denied(66, SourceTap, chatPath, words), call(68, SourceTap, chatPath), denied(69, SourceTap, chatPath, words))},
			[]look{{69.5, "chat", 0, "used 200 inferred local 149 others 51 rejected 2 at 69.5", Full}},
		},
		"the account says that it was others": {
			[][]Event{watching, here, one(denied(66, SourceTap, chatPath, seven)), rows(64, 199, "/v1/messages"), one(read(0, 70))},
			[]look{{72, "chat", 0, "used 199 local 148 account 199 others 51 rejected 1 at 70", Full}, {73.5, "chat", 0, "used 199 local 148 account 199 others 51 rejected 1 at 70", Warm}},
		},
		"the account says that the limit is lower": {
			[][]Event{watching, here, one(denied(66, SourceTap, chatPath, seven)), rows(65, 148, "/v1/messages"), one(read(0, 70), denied(71, SourceTap, chatPath, seven))},
			[]look{{72, "chat", 0, "used 148 local 148 account 148 others 0 rejected 2 at 72", Full}},
		},
		"an account that is not complete decides nothing": {
			[][]Event{watching, here, one(denied(66, SourceTap, chatPath, seven)), rows(64, 150, "/v1/messages"), one(read(60, 70))},
			[]look{{72, "chat", 0, "used 200 inferred local 148 account 150 others 52 rejected 1 at 72", Full}},
		},
		"the hour, until it is over": {
			[][]Event{watching, here, one(denied(66, SourceTap, chatPath, named(10_000, time.Hour)))},
			[]look{
				{3600, "all", 1, "used 10000 inferred local 148 others 9852 rejected 1 at 3600", Full},
				{3666, "all", 1, "used 0 local 0 rejected 1 at 3666", Calm},
			},
		},
		"by a clock that turns out wrong": {
			[][]Event{
				one(Event{At: at(0), Source: SourceBilling, Health: &Health{State: StateError, Error: "cannot reach the API"}}),
				one(healthy(0, SourceTap)), calls(110, 148, SourceTap, chatPath), one(denied(111, SourceTap, chatPath, named(200, time.Minute))),
				one(Event{At: at(100), Source: SourceBilling, Health: &Health{State: StateOK, Vantage: VantageAccount, ClockOffset: -12 * time.Second}}),
			},
			[]look{{112, "chat", 0, "used 0 local 0 rejected 0 ≥ at 112", Calm}},
		},
		"our own polls are refused": {
			[][]Event{one(healthy(0, SourceBilling)), polls(50, 9), one(denied(66, SourceBilling, "/billing/plan-info", named(1000, time.Minute)))},
			[]look{{66, "all", 0, "used 1000 inferred local 9 others 991 rejected 1 at 66", Full}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := newTestLedger(t, tt.events...)
			for _, l := range []*Ledger{l, mustRestore(t, l)} {
				for _, look := range tt.looks {
					u := endpoint(t, l.Snapshot(at(look.now)), look.endpoint).Limits[look.limit]
					if got := show(u); got != look.want || u.Pressure() != look.pressure {
						t.Errorf("%s at %v:\n got %s, %s\nwant %s, %s", look.endpoint, look.now, got, u.Pressure(), look.want, look.pressure)
					}
					if u.Inferred && (u.TimeToLimit != Some(0.0) || u.Peak.Or(0) < u.Used.Or(0) || u.Ratio() != Some(1.0)) {
						t.Errorf("%s at %v: %v s to the limit, peak %v, ratio %v", look.endpoint, look.now, u.TimeToLimit, u.Peak, u.Ratio())
					}
				}
			}
		})
	}
}
