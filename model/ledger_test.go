package model

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// Events, written short. Times are seconds after t0.

func call(second float64, source, path string) Event {
	e := Event{At: at(second), Source: source, Call: &Call{Vantage: VantageLocal, Method: "POST", Path: path, Status: 200}}
	if source == SourceBilling {
		e.Call.Vantage = VantageOwn
	}
	return e
}

func denied(second float64, source, path string, d Denial) Event {
	e := call(second, source, path)
	d.Status = 429
	e.Call.Status, e.Call.Denial = d.Status, &d
	return e
}

func poll(second float64) Event {
	return Event{At: at(second), Source: SourceBilling, Call: &Call{Vantage: VantageOwn, Method: "GET", Path: "/billing/usage/requests", Status: 200}}
}

func row(second float64, endpoint string, tokens int64, cost Micros) Event {
	return Event{At: at(second), Source: SourceBilling, Call: &Call{Vantage: VantageAccount, Path: endpoint, Tokens: tokens, Cost: cost, Model: "m"}}
}

func read(from, to float64) Event {
	return Event{At: at(to), Source: SourceBilling, Reading: &Reading{From: at(from), To: at(to)}}
}

func healthy(second float64, source string) Event {
	h := Health{State: StateOK}
	h.Vantage, h.Live = SourceVantage(source)
	if source == SourceBilling {
		h.Interval, h.BudgetMinute, h.BudgetHour = 10*time.Second, 50, 500
	}
	return Event{At: at(second), Source: source, Health: &h}
}

// calls are n calls in the half second after from.
func calls(from float64, n int, source, path string) (events []Event) {
	for i := range n {
		events = append(events, call(from+0.5*float64(i)/float64(n), source, path))
	}
	return events
}

func polls(from float64, n int) (events []Event) {
	for i := range n {
		events = append(events, poll(from+0.5*float64(i)/float64(n)))
	}
	return events
}

// rows are n billing rows, no two alike, in the half second after from.
func rows(from float64, n int, endpoint string) (events []Event) {
	for i := range n {
		events = append(events, row(from+0.5*float64(i)/float64(n), endpoint, int64(i), 0))
	}
	return events
}

// sampledReading says that of total rows, these were read.
func sampledReading(from, to float64, total int, read map[string]int) Event {
	e := Event{At: at(to), Source: SourceBilling, Reading: &Reading{From: at(from), To: at(to), Sampled: true, Total: total}}
	for path, n := range read {
		for range n {
			e.Reading.Rows = append(e.Reading.Rows, Call{Vantage: VantageAccount, Path: path})
		}
	}
	return e
}

func newTestLedger(t testing.TB, events ...[]Event) *Ledger {
	t.Helper()
	l := NewLedger(mustProfile(t, DefaultProfile), LedgerOptions{})
	for _, e := range slices.Concat(events...) {
		l.Observe(e)
	}
	return l
}

// endpoint finds an endpoint in a snapshot.
func endpoint(t testing.TB, s Snapshot, id string) EndpointUsage {
	t.Helper()
	for _, e := range s.Endpoints {
		if e.ID == id {
			return e
		}
	}
	t.Fatalf("no endpoint %s", id)
	return EndpointUsage{}
}

// show writes a gauge as the tables below do: unknown figures are left out.
func show(u LimitUsage) string {
	var b strings.Builder
	for _, f := range []struct {
		name  string
		value Opt[int]
	}{{"used", u.Used}, {"local", u.Local}, {"account", u.Account}, {"others", u.Others}, {"rejected", u.Rejected}} {
		if n, ok := f.value.Get(); ok {
			fmt.Fprintf(&b, "%s %d ", f.name, n)
		}
		if f.name == "used" && u.Inferred {
			b.WriteString("inferred ")
		}
	}
	if u.UpperBound {
		b.WriteString("≤ ")
	}
	if u.LowerBound {
		b.WriteString("≥ ")
	}
	if u.Estimated {
		b.WriteString("≈ ")
	}
	if end, ok := u.AsOf.Get(); ok {
		fmt.Fprintf(&b, "at %v", end.Sub(t0).Seconds())
	}
	return strings.TrimSpace(b.String())
}

const chatPath = "/v1/chat/completions"

func one(events ...Event) []Event { return events }

func TestLedgerScenarios(t *testing.T) {
	named := func(max int, per time.Duration) Denial { return Denial{Kind: KindRate, Limit: Limit{max, per}} }
	type look struct {
		now      float64
		endpoint string
		limit    int
		want     string
	}
	tests := map[string]struct {
		events [][]Event
		looks  []look
	}{
		"nothing heard": {nil, []look{{100, "chat", 0, ""}, {100, "all", 1, ""}}},
		"local only": {
			[][]Event{one(healthy(0, SourceTap)), calls(50, 30, SourceTap, chatPath)},
			[]look{
				{100, "chat", 0, "used 30 local 30 rejected 0 at 100"},
				{100, "all", 0, "used 30 local 30 rejected 0 at 100"},
				{100, "all", 1, "used 30 local 30 rejected 0 ≥ at 100"},
				{100, "inference", 0, "used 0 local 0 rejected 0 at 100"},
				{109.9, "chat", 0, "used 30 local 30 rejected 0 at 109.9"},
				{111, "chat", 0, "used 0 local 0 rejected 0 at 111"},
			},
		},
		"watching not yet for a minute": {
			[][]Event{one(healthy(70, SourceTap)), calls(90, 3, SourceTap, chatPath)},
			[]look{{100, "chat", 0, "used 3 local 3 rejected 0 ≥ at 100"}, {131, "chat", 0, "used 3 local 3 rejected 0 at 131"}},
		},
		"tap and tail see the same calls": {
			[][]Event{one(healthy(0, SourceTap), healthy(0, SourceTail)), calls(50, 30, SourceTap, chatPath), calls(50, 20, SourceTail, chatPath)},
			[]look{{100, "chat", 0, "used 30 local 30 rejected 0 at 100"}},
		},
		"account only": {
			[][]Event{rows(50, 30, "/inference"), one(read(0, 90))},
			[]look{{100, "inference", 0, "used 30 account 30 at 90"}, {100, "chat", 0, "used 0 account 0 at 90"}},
		},
		"account not yet read for a minute": {
			[][]Event{rows(50, 30, "/inference"), one(read(40, 90))},
			[]look{{100, "inference", 0, "used 30 account 30 ≥ at 90"}},
		},
		"account ends at the horizon": {
			// A row past the horizon waits until all beside it have come.
			[][]Event{rows(50, 30, "/inference"), rows(95, 5, "/inference"), one(read(0, 90))},
			[]look{{100, "inference", 0, "used 30 account 30 at 90"}},
		},
		"both see the same calls": {
			[][]Event{one(healthy(0, SourceTap)), calls(50, 30, SourceTap, "/inference"), rows(50, 30, "/inference"), one(read(0, 90))},
			[]look{{100, "inference", 0, "used 30 local 30 account 30 others 0 rejected 0 at 100"}},
		},
		"others on the same key": {
			[][]Event{one(healthy(0, SourceTap)), calls(50, 30, SourceTap, "/inference"), rows(50, 80, "/inference"), one(read(0, 90))},
			[]look{
				{100, "inference", 0, "used 80 local 30 account 80 others 50 rejected 0 at 90"},
				// They may sit at other addresses: the limit per IP is this machine's.
				{100, "all", 0, "used 30 local 30 account 80 rejected 0 at 100"},
			},
		},
		"per IP without local": {
			[][]Event{rows(50, 80, "/inference"), rows(50, 5, "/llmaj/judge"), one(read(0, 90))},
			[]look{{100, "all", 0, "used 80 account 80 ≤ at 90"}, {100, "all", 1, "used 80 account 80 ≤ ≥ at 90"}},
		},
		"per IP, local sees none of it": {
			[][]Event{one(healthy(0, SourceTap)), rows(50, 80, "/inference"), one(read(0, 90))},
			[]look{{100, "all", 0, "used 80 local 0 account 80 rejected 0 ≤ at 90"}},
		},
		"own polls": {
			[][]Event{polls(50, 5)},
			[]look{{100, "all", 0, "used 5 local 5 rejected 0 ≥ at 100"}, {100, "chat", 0, ""}},
		},
		"own polls and an account": {
			[][]Event{polls(50, 5), rows(50, 80, "/inference"), one(read(0, 90))},
			[]look{{100, "all", 0, "used 85 local 5 account 85 rejected 0 ≤ at 90"}, {100, "inference", 0, "used 80 account 80 at 90"}},
		},
		"own polls beside this machine's calls": {
			[][]Event{one(healthy(0, SourceTap)), polls(50, 5), calls(50, 30, SourceTap, "/inference")},
			[]look{{100, "all", 0, "used 35 local 35 rejected 0 at 100"}},
		},
		"rejected calls stand apart": {
			[][]Event{one(healthy(0, SourceTap)), calls(50, 10, SourceTap, chatPath), one(denied(60, SourceTap, chatPath, Denial{Kind: KindRate}), denied(61, SourceTap, chatPath, Denial{Kind: KindRate}))},
			[]look{{100, "chat", 0, "used 10 local 10 rejected 2 at 100"}, {100, "all", 0, "used 10 local 10 rejected 0 at 100"}, {121.5, "chat", 0, "used 0 local 0 rejected 0 at 121.5"}},
		},
		"the response names the limit": {
			[][]Event{one(healthy(0, SourceTap), denied(60, SourceTap, chatPath, named(10_000, time.Hour)))},
			[]look{{100, "chat", 0, "used 0 local 0 rejected 0 at 100"}, {100, "all", 0, "used 0 local 0 rejected 0 at 100"}, {100, "all", 1, "used 10000 inferred local 0 others 10000 rejected 1 at 100"}},
		},
		"no limit of its own": {
			[][]Event{one(healthy(0, SourceTap), denied(60, SourceTap, "/v1/embeddings", Denial{Kind: KindRate}))},
			[]look{{100, "all", 0, "used 0 local 0 rejected 1 at 100"}, {100, "all", 1, "used 0 local 0 rejected 1 ≥ at 100"}},
		},
		"a cap is no rate": {
			[][]Event{one(healthy(0, SourceTap), denied(60, SourceTap, chatPath, Denial{Kind: KindCap}))},
			[]look{{100, "chat", 0, "used 0 local 0 rejected 0 at 100"}},
		},
		"an estimate that agrees with this machine": {
			[][]Event{one(healthy(0, SourceTap)), calls(50, 300, SourceTap, "/inference"), one(sampledReading(0, 90, 465, map[string]int{"/inference": 100}))},
			[]look{{100, "inference", 0, "used 300 local 300 account 310 rejected 0 at 100"}},
		},
		"an estimate far above this machine": {
			[][]Event{one(healthy(0, SourceTap)), calls(50, 30, SourceTap, "/inference"), one(sampledReading(30, 90, 900, map[string]int{"/inference": 100}))},
			[]look{{100, "inference", 0, "used 900 local 30 account 900 others 870 rejected 0 ≈ at 90"}},
		},
		"billing has gone quiet": {
			[][]Event{one(healthy(0, SourceTap), healthy(0, SourceBilling)), rows(50, 80, "/inference"), one(read(0, 90))},
			[]look{
				{100, "inference", 0, "used 80 local 0 account 80 others 80 rejected 0 at 90"},
				{189, "inference", 0, "used 80 local 0 account 80 others 80 rejected 0 at 90"},
			},
		},
		"billing has gone quiet, nobody else watches": {
			// The old figure stays, with its age.
			[][]Event{one(healthy(0, SourceBilling)), rows(50, 80, "/inference"), one(read(0, 90))},
			[]look{{1000, "inference", 0, "used 80 account 80 at 90"}},
		},
		"a gap in the billing log": {
			[][]Event{one(read(0, 90), poll(505)), rows(500, 7, "/inference"), one(read(490, 510))},
			[]look{{510, "inference", 0, "used 7 account 7 ≥ at 510"}},
		},
		"the log is read backwards": {
			[][]Event{rows(85, 7, "/inference"), one(read(80, 90)), rows(40, 5, "/inference"), one(read(30, 80))},
			[]look{{100, "inference", 0, "used 12 account 12 at 90"}},
		},
		"the clock turns out wrong": {
			[][]Event{
				one(Event{At: at(0), Source: SourceBilling, Health: &Health{State: StateError, Error: "cannot reach the API"}}),
				one(healthy(0, SourceTap)), calls(700, 30, SourceTap, chatPath),
				one(Event{At: at(100), Source: SourceBilling, Health: &Health{State: StateOK, Vantage: VantageAccount, ClockOffset: -10 * time.Minute}}),
				calls(110, 4, SourceTap, chatPath),
			},
			[]look{{120, "chat", 0, "used 4 local 4 rejected 0 ≥ at 120"}, {165, "chat", 0, "used 4 local 4 rejected 0 at 165"}},
		},
		"the clock has been known to be wrong from the start": {
			[][]Event{
				one(healthy(0, SourceTap)), calls(90, 30, SourceTap, chatPath),
				one(Event{At: at(100), Source: SourceBilling, Health: &Health{State: StateOK, ClockOffset: -10 * time.Minute}}),
				calls(110, 4, SourceTap, chatPath),
			},
			[]look{{120, "chat", 0, "used 34 local 34 rejected 0 at 120"}},
		},
		"the clock is corrected a little": {
			[][]Event{
				one(healthy(0, SourceTap)), calls(90, 30, SourceTap, chatPath),
				one(Event{At: at(100), Source: SourceBilling, Health: &Health{State: StateOK, Vantage: VantageAccount, ClockOffset: 1900 * time.Millisecond}}),
			},
			[]look{{120, "chat", 0, "used 30 local 30 rejected 0 at 120"}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := newTestLedger(t, tt.events...)
			for _, look := range tt.looks {
				e := endpoint(t, l.Snapshot(at(look.now)), look.endpoint)
				if got := show(e.Limits[look.limit]); got != look.want {
					t.Errorf("%s at %v:\n got %s\nwant %s", look.endpoint, look.now, got, look.want)
				}
			}
		})
	}
}

// An old account figure is not shown as calls of now.
func TestQuietBillingYieldsToLocal(t *testing.T) {
	l := newTestLedger(t, one(healthy(0, SourceTap), healthy(0, SourceBilling)), rows(50, 80, "/inference"), one(read(0, 90)), calls(280, 5, SourceTap, "/inference"))
	u := endpoint(t, l.Snapshot(at(300)), "inference").Limits[0]
	if u.Used != Some(5) || u.AsOf != Some(at(300)) {
		t.Errorf("got %s, want this machine's 5 calls at 300", show(u))
	}
}

// Others is a part of Used: one from long ago would be drawn over it.
func TestOthersIsPartOfUsed(t *testing.T) {
	l := newTestLedger(t, one(healthy(0, SourceTap), healthy(0, SourceBilling)), rows(50, 80, "/inference"), one(read(0, 90)), calls(280, 5, SourceTap, "/inference"))
	if u := endpoint(t, l.Snapshot(at(300)), "inference").Limits[0]; u.Others.Or(0) > u.Used.Or(0) {
		t.Errorf("got %s, want no more others than used", show(u))
	}
}

func TestSampledMarginIsShownWithTheEstimateOnly(t *testing.T) {
	l := newTestLedger(t, one(healthy(0, SourceTap)), calls(50, 30, SourceTap, "/inference"), one(sampledReading(30, 90, 900, map[string]int{"/inference": 60, chatPath: 40})))
	s := l.Snapshot(at(100))
	if u := endpoint(t, s, "inference").Limits[0]; !u.Estimated || u.Margin < 50 || u.Margin > 200 || u.Account != Some(540) {
		t.Errorf("inference: got %s ± %d, want 540 ± 50 to 200", show(u), u.Margin)
	}
	if u := endpoint(t, s, "all").Limits[0]; u.Estimated || u.Margin != 0 {
		t.Errorf("all: got %s ± %d, want this machine's exact figure", show(u), u.Margin)
	}
}

// quotatop's own polls use quota per IP; they are nobody's traffic.
func TestOwnPollsAreNobodysTraffic(t *testing.T) {
	s := newTestLedger(t, one(healthy(0, SourceTap)), polls(50, 5)).Snapshot(at(100))
	if all, other := endpoint(t, s, "all").Calls, endpoint(t, s, "other").Calls; all != Some(5) || other != Some(0) {
		t.Errorf("all %v, other %v, want 5 and 0", all, other)
	}
}

func TestSnapshotCountsPathsAndRows(t *testing.T) {
	events := [][]Event{
		rows(50, 7, chatPath), rows(52, 3, "/v1/messages"), rows(54, 2, "/llmaj/judge"), rows(56, 4, "/brand/new"),
		one(row(60, chatPath, 99, 5), row(60.1, "openai_compat", 99, 5)), one(read(0, 90)),
	}
	s := newTestLedger(t, events...).Snapshot(at(100))
	chat, other := endpoint(t, s, "chat"), endpoint(t, s, "other")
	if chat.Calls != Some(11) || chat.Rows != Some(12) {
		t.Errorf("chat: calls %v, rows %v, want 11 and 12", chat.Calls, chat.Rows)
	}
	want := []PathUsage{{"POST /v1/chat/completions", 8}, {"POST /v1/messages", 3}}
	if !slices.Equal(chat.Paths, want) {
		t.Errorf("chat by path: got %v, want %v", chat.Paths, want)
	}
	if other.Calls != Some(4) || other.Rows != Some(6) || len(other.Limits) != 0 {
		t.Errorf("other: calls %v, rows %v, want 4 and 6, and no limit", other.Calls, other.Rows)
	}
}

// Events may come late and in any order: within the memory, what they add up to
// is the same.
func TestLedgerOrderDoesNotMatter(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	events := slices.Concat(calls(20, 40, SourceTap, "/inference"), calls(50, 30, SourceTap, chatPath), rows(20, 60, "/inference"), rows(70, 9, "/generate/x"), polls(30, 3))
	start := one(healthy(0, SourceTap), healthy(0, SourceBilling))
	state := func() (lines []string) {
		s := newTestLedger(t, start, events, one(read(0, 80))).Snapshot(at(85))
		for _, e := range s.Endpoints {
			for _, u := range e.Limits {
				lines = append(lines, e.ID+" "+show(u))
			}
		}
		return lines
	}
	want := state()
	for range 10 {
		rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		if got := state(); !slices.Equal(got, want) {
			t.Fatalf("shuffled:\n got %q\nwant %q", got, want)
		}
	}
}
