package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// summary writes the groups of denials as the tables below do.
func summary(s Snapshot) string {
	var b strings.Builder
	for _, g := range s.Denials {
		fmt.Fprintf(&b, "%s %s %d, ", g.Kind, g.Endpoint, g.Count)
	}
	return strings.TrimSuffix(b.String(), ", ")
}

// A log line with a status alone does not say what refused the call: nothing is
// learned from it, and it is the cap's if the cap is used up.
func TestDenialWithoutAReason(t *testing.T) {
	tailed := func(second float64) Event { return denied(second, SourceTail, chatPath, Denial{Kind: KindRate}) }
	several := func(from, to, step float64) (events []Event) {
		for s := from; s < to; s += step {
			events = append(events, tailed(s))
		}
		return events
	}
	left, used := usd(46), usd(50)
	tests := map[string]struct {
		events [][]Event
		now    float64
		want   string
	}{
		"nothing is known":              {[][]Event{one(tailed(10))}, 11, "unknown chat 1"},
		"money is left":                 {[][]Event{one(account(0, left, usd(50)), tailed(10), account(60, left, usd(50)))}, 61, "unknown chat 1"},
		"the cap is used up":            {[][]Event{one(account(0, used, usd(50)), tailed(10))}, 11, "cap chat 1"},
		"the next poll confirms it":     {[][]Event{one(account(0, left, usd(50)), tailed(10), tailed(50), account(60, used, usd(50)))}, 61, "cap chat 2"},
		"the one after a lagging poll":  {[][]Event{one(account(0, left, usd(50)), tailed(10), account(12, left, usd(50)), account(72, used, usd(50)))}, 73, "cap chat 1"},
		"it comes late":                 {[][]Event{one(account(0, left, usd(50)), account(60, used, usd(50)), tailed(50))}, 61, "cap chat 1"},
		"it was long before":            {[][]Event{one(tailed(10), account(200, used, usd(50)))}, 201, "unknown chat 1"},
		"some were before, some at it":  {[][]Event{several(0, 100, 1), one(account(100, left, usd(50))), several(100.5, 110, 1), one(account(160, used, usd(50)))}, 161, "cap chat 40, unknown chat 70"},
		"the tap saw the reason":        {[][]Event{one(denied(9, SourceTap, chatPath, capped), tailed(10))}, 11, "cap chat 1"},
		"it joins those with a reason":  {[][]Event{one(tailed(8), denied(9, SourceTail, chatPath, Denial{Kind: KindCap}), account(12, used, usd(50)))}, 13, "cap chat 2"},
		"a reason in the log":           {[][]Event{one(account(0, used, usd(50)), denied(10, SourceTail, chatPath, rate(time.Second)))}, 11, "rate chat 1"},
		"the next day":                  {[][]Event{one(account(0, used, usd(50)), tailed(untilMidnight+1))}, untilMidnight + 2, "unknown chat 1"},
		"the cap was raised":            {[][]Event{one(account(0, used, usd(50)), account(60, used, usd(80)), tailed(120))}, 121, "unknown chat 1"},
		"no plan, but a configured cap": {[][]Event{one(account(0, usd(21), unknownUSD), tailed(10))}, 11, "cap chat 1"},
	}
	for name, tt := range tests {
		l := NewLedger(mustProfile(t, DefaultProfile), LedgerOptions{Cap: usd(20)})
		for _, e := range slices.Concat(tt.events...) {
			l.Observe(e)
		}
		for _, l := range []*Ledger{l, mustRestore(t, l)} {
			if got := summary(l.Snapshot(at(tt.now))); got != tt.want {
				t.Errorf("%s: got %q, want %q", name, got, tt.want)
			}
		}
	}
}

// It fills no gauge and teaches no limit, but the endpoint shows it.
func TestDenialWithoutAReasonTeachesNothing(t *testing.T) {
	l := newTestLedger(t, one(healthy(0, SourceTail)), calls(65, 108, SourceTail, chatPath), one(denied(66, SourceTail, chatPath, Denial{Kind: KindRate})), rows(65, 108, "/v1/messages"), one(read(0, 70)))
	chat := endpoint(t, l.Snapshot(at(71)), "chat")
	if u := chat.Limits[0]; u.Inferred || u.Learned.Known() || u.DeniedAt.Known() || u.Rejected != Some(0) || u.Used != Some(108) {
		t.Errorf("got %s, learned %v, denied at %v, want 108 calls and nothing else", show(u), u.Learned, u.DeniedAt)
	}
	if chat.Rejected != Some(1) {
		t.Errorf("%v rejected, want 1", chat.Rejected)
	}
	if n := chat.Charts[0].Rejected; n[len(n)-2]+n[len(n)-1] != 1 {
		t.Errorf("the chart has %v rejected last", n[len(n)-2:])
	}
}
