package model

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// busyLedger has seen something of every sort.
func busyLedger(t testing.TB) *Ledger {
	t.Helper()
	reset := time.Date(2026, 6, 18, 0, 0, 0, 0, time.UTC)
	broken := Health{State: StateError, Vantage: VantageLocal, Error: "log is gone", RetryAt: at(105)}
	events := [][]Event{
		one(healthy(0, SourceTap)),
		one(Event{At: at(0), Source: SourceBilling, Health: &Health{State: StateOK, Vantage: VantageAccount, Interval: 10 * time.Second, BudgetMinute: 50, BudgetHour: 500, ClockOffset: -132 * time.Millisecond}}),
		one(Event{At: at(1), Source: SourceBilling, Account: &Account{Plan: "pro", Team: "7c0e2b1a", Used: usd(30), Limit: usd(50), ResetsAt: reset, ResetSource: ResetFromAPI, Period: PeriodDay}}),
		one(Event{At: at(61), Source: SourceBilling, Account: &Account{Used: usd(31.27)}}),
		polls(62, 4), calls(65, 150, SourceTap, chatPath), rows(65, 183, chatPath), rows(66, 20, "/brand/new"),
		one(denied(67, SourceTap, chatPath, Denial{Kind: KindRate, RetryAfter: Some(40 * time.Second), Detail: "Rate limit exceeded: 150 per 1 minute", Headers: "Retry-After: 40", Limit: Limit{150, time.Minute}})),
		one(call(70, SourceTap, chatPath)),
		one(denied(71, SourceTap, "/inference", Denial{Kind: KindCredits, Reason: "out_of_credits", Detail: "Used up.", URL: "https://agent.pioneer.ai/credits"})),
		one(read(-3600, 80), sampledReading(80, 95, 300, map[string]int{"/gliner-2/extract": 30, "/inference": 20})),
		one(Event{At: at(96), Source: SourceTail, Health: &broken}),
		one(Event{At: at(95), Source: SourceBilling, Health: &Health{State: StateOK, Vantage: VantageAccount, Interval: 10 * time.Second, BudgetMinute: 50, BudgetHour: 500, ClockOffset: -132 * time.Millisecond}}),
	}
	return newTestLedger(t, events...)
}

// The JSON is a contract that scripts depend on.
func TestSnapshotJSON(t *testing.T) {
	for name, s := range map[string]Snapshot{
		"busy":  busyLedger(t).Snapshot(at(100)),
		"empty": newTestLedger(t).Snapshot(at(100)),
	} {
		got, err := json.MarshalIndent(s, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, '\n')
		file := filepath.Join("testdata", "snapshot-"+name+".json")
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs from %s; if that is meant, run the test with -update. Got:\n%s", name, file, got)
		}
	}
}

// contract is every field of version 1. Fields may be added, never taken away.
var contract = map[string]string{
	"":                   "version at clock_offset_ms profile account cap endpoints denials sources",
	"account":            "plan team",
	"cap":                "period used_usd limit_usd remaining_usd resets_at reset_source burn_usd_per_min exhausts_at as_of estimated inferred",
	"endpoints[]":        "id name scope limits calls_minute rows_minute paths models models_since rejected_minute",
	"endpoints[].limits": "limit per_s used local account others rejected denied_at learned_limit peak estimated margin upper_bound lower_bound time_to_limit_s as_of inferred refused_until",
	"endpoints[].paths":  "path calls_minute",
	"endpoints[].models": "model requests tokens cost_usd estimated",
	"denials[]":          "kind endpoint status first_at at count count_minute sent_early retry_at clears_at reason detail headers resolution_url source endpoints",
	"sources[]":          "name state as_of error note retry_at polls_minute budget_minute polls_hour budget_hour",
}

func TestSnapshotJSONHasEveryField(t *testing.T) {
	data, err := json.Marshal(busyLedger(t).Snapshot(at(100)))
	if err != nil {
		t.Fatal(err)
	}
	var top map[string]any
	if err := json.Unmarshal(data, &top); err != nil {
		t.Fatal(err)
	}
	first := func(v any) map[string]any {
		switch v := v.(type) {
		case map[string]any:
			return v
		case []any:
			if len(v) > 0 {
				return v[0].(map[string]any)
			}
		}
		return nil
	}
	var chat map[string]any
	for _, e := range top["endpoints"].([]any) {
		if e := e.(map[string]any); e["id"] == "chat" {
			chat = e
		}
	}
	objects := map[string]map[string]any{
		"": top, "account": first(top["account"]), "cap": first(top["cap"]), "endpoints[]": chat,
		"endpoints[].limits": first(chat["limits"]), "endpoints[].paths": first(chat["paths"]), "endpoints[].models": first(chat["models"]),
		"denials[]": first(top["denials"]), "sources[]": first(top["sources"]),
	}
	for where, fields := range contract {
		for _, f := range strings.Fields(fields) {
			if _, ok := objects[where][f]; !ok {
				t.Errorf("%s has no %s", where, f)
			}
		}
	}
}

// Unknown is null, and a list that is empty is one all the same.
func TestSnapshotJSONOfNothing(t *testing.T) {
	data, err := json.Marshal(newTestLedger(t).Snapshot(at(100)))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"used_usd":null`, `"limit_usd":null`, `"remaining_usd":null`, `"burn_usd_per_min":null`, `"exhausts_at":null`,
		`"used":null`, `"local":null`, `"account":null`, `"others":null`, `"rejected":null`, `"peak":null`, `"time_to_limit_s":null`, `"as_of":null`,
		`"denied_at":null`, `"learned_limit":null`, `"calls_minute":null`, `"rows_minute":null`, `"denials":[]`, `"sources":[]`, `"paths":[]`, `"limits":[]`, `"models":[]`, `"models_since":null`,
	} {
		if !bytes.Contains(data, []byte(want)) {
			t.Errorf("no %s in %s", want, data)
		}
	}
	for _, never := range []string{`"used":0`, `"used_usd":0`, `0001-01-01`} {
		if bytes.Contains(data, []byte(never)) {
			t.Errorf("%s in %s", never, data)
		}
	}
}

// What has been handed out never changes: the screen reads it while the ledger
// goes on.
func TestSnapshotIsImmutable(t *testing.T) {
	l := busyLedger(t)
	old := l.Snapshot(at(100))
	state := func() string {
		data, err := json.Marshal(old)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range old.Endpoints {
			for _, u := range e.Limits {
				history, _ := json.Marshal([][]int{u.History, u.HistoryRejected})
				data = append(data, history...)
			}
			charts, _ := json.Marshal(e.Charts)
			data = append(data, charts...)
		}
		return string(data)
	}
	before := state()
	for i := range 50 {
		second := 100 + 10*float64(i)
		for _, e := range calls(second, 20, SourceTap, chatPath) {
			l.Observe(e)
		}
		l.Observe(denied(second, SourceTap, chatPath, rate(time.Second)))
		l.Observe(account(second, usd(40), usd(60)))
		l.Observe(healthy(second, SourceBilling))
		for _, e := range rows(second, 20, chatPath) {
			l.Observe(e)
		}
		l.Observe(read(second-10, second))
		l.Snapshot(at(second))
	}
	if state() != before {
		t.Error("an old snapshot changed when the ledger went on")
	}
}

// The same events give the same snapshot: replay depends on it.
func TestSnapshotIsDeterministic(t *testing.T) {
	a, _ := json.Marshal(busyLedger(t).Snapshot(at(100)))
	l := busyLedger(t)
	l.Snapshot(at(90)) // looking changes nothing
	b, _ := json.Marshal(l.Snapshot(at(100)))
	if !bytes.Equal(a, b) {
		t.Errorf("twice the same events:\n%s\n%s", a, b)
	}
}

func TestSnapshotNext(t *testing.T) {
	empty := newTestLedger(t).Snapshot(at(0))
	if _, ok := empty.Next(); ok {
		t.Error("the next wall of nothing is known")
	}
	s := newTestLedger(t, one(healthy(0, SourceTap)), calls(70, 100, SourceTap, chatPath), calls(70, 110, SourceTap, "/generate/x"), calls(70, 300, SourceTap, "/inference")).Snapshot(at(90))
	if w, ok := s.Next(); !ok || w.Endpoint != "generate" || w.Pressure != Warm {
		t.Errorf("the next wall is %+v, want generate, at 92%%: the hour of all is half an hour away", w)
	}
	if _, e, _, ok := s.NextLimit(func(e *EndpointUsage) bool { return e.Scope == ScopeUser }); !ok || e.ID != "generate" {
		t.Error("the next limit of the user's is not the fullest, generate's")
	}
}

// Far from a limit is calm, whatever its used part; near it in time is not.
func TestPressure(t *testing.T) {
	for _, tt := range []struct {
		used, rejected Opt[int]
		in             Opt[float64]
		refused        string // "now", "inferred" or neither
		want           Pressure
	}{
		{Opt[int]{}, Opt[int]{}, Opt[float64]{}, "", PressureUnknown}, {Some(0), Some(0), Opt[float64]{}, "", Calm}, {Some(80), Some(0), Opt[float64]{}, "", Calm},
		{Some(90), Some(0), Opt[float64]{}, "", Calm}, {Some(91), Some(0), Opt[float64]{}, "", Warm}, {Some(99), Some(0), Opt[float64]{}, "", Warm},
		{Some(65), Some(0), Some(14.0), "", Hot}, {Some(65), Some(0), Some(20.0), "", Hot}, {Some(65), Some(0), Some(21.0), "", Warm},
		{Some(30), Some(0), Some(60.0), "", Warm}, {Some(30), Some(0), Some(61.0), "", Calm}, {Some(92), Some(0), Some(300.0), "", Warm},
		{Some(100), Some(0), Opt[float64]{}, "", Full}, {Some(130), Some(0), Opt[float64]{}, "", Full}, {Some(100), Some(0), Some(0.0), "", Full},
		{Some(3), Some(1), Opt[float64]{}, "now", Full}, {Opt[int]{}, Some(1), Opt[float64]{}, "now", Full},
		{Some(100), Some(1), Some(0.0), "inferred", Full}, {Some(3), Some(1), Opt[float64]{}, "", Calm}, // it was refused some time in the last minute
	} {
		u := LimitUsage{Limit: 100, Used: tt.used, Rejected: tt.rejected, TimeToLimit: tt.in, Inferred: tt.refused == "inferred"}
		if tt.refused == "now" {
			u.RefusedUntil = Some(at(60))
		}
		if got := u.Pressure(); got != tt.want {
			t.Errorf("used %v, rejected %v, reached in %v: pressure %s, want %s", tt.used, tt.rejected, tt.in, got, tt.want)
		}
	}
}

func TestOptString(t *testing.T) {
	for want, o := range map[string]interface{ String() string }{"7": Some(7), "0": Some(0), "–": Opt[int]{}, "$1.50": Some(Micros(1_500_000))} {
		if got := o.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// What one program writes another reads whole; the history alone stays behind.
func TestSnapshotRoundTrip(t *testing.T) {
	for name, want := range map[string]Snapshot{"busy": busyLedger(t).Snapshot(at(100)), "empty": newTestLedger(t).Snapshot(at(100))} {
		written, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got Snapshot
		if err := json.Unmarshal(written, &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want.Cap.Spent = nil
		for i, e := range want.Endpoints {
			want.Endpoints[i].Charts = nil
			for j := range e.Limits {
				e.Limits[j].History, e.Limits[j].HistoryRejected, e.Limits[j].HistoryFrom = nil, nil, time.Time{}
			}
		}
		if !reflect.DeepEqual(got, want) {
			again, _ := json.Marshal(got)
			t.Errorf("%s changes on its way:\n%s\n%s", name, written, again)
		}
	}
}

func TestOptJSON(t *testing.T) {
	var o Opt[int]
	for text, want := range map[string]Opt[int]{"7": Some(7), "0": Some(0), "null": {}} {
		if err := json.Unmarshal([]byte(text), &o); err != nil || o != want {
			t.Errorf("%s is read as %v, %v, want %v", text, o, err, want)
		}
		if back, err := json.Marshal(want); err != nil || string(back) != text {
			t.Errorf("%v is written as %s, %v, want %s", want, back, err, text)
		}
	}
}

// A snapshot is read by screen and state file at once: its brief is written without a
// change to it, which the race detector sees.
func TestBriefOnlyReads(t *testing.T) {
	s := busyLedger(t).Snapshot(at(60))
	var others sync.WaitGroup
	others.Go(func() { s.AppendBrief(nil) })
	others.Go(func() { s.AppendUndated(nil) })
	s.AppendBrief(nil)
	others.Wait()
}
