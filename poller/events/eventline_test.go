package events

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var at = time.Date(2026, 6, 17, 12, 4, 31, 200_000_000, time.UTC)

// equal compares events, the unknown and the known of an Opt included.
var equal = cmp.Options{
	cmp.Comparer(func(a, b model.Opt[time.Duration]) bool { return a == b }),
	cmp.Comparer(func(a, b model.Opt[model.Micros]) bool { return a == b }),
}

// A line means what the package comment says.
func TestParse(t *testing.T) {
	call := func(c model.Call) model.Event {
		c.Vantage = model.VantageLocal
		return model.Event{At: at, Call: &c}
	}
	for _, tt := range []struct {
		name, line string
		want       model.Event
	}{
		{
			"shortest", `{"at":"2026-06-17T12:04:31.2Z","call":{"method":"POST","path":"/v1/chat/completions","status":200}}`,
			call(model.Call{Method: "POST", Path: "/v1/chat/completions", Status: 200}),
		},
		{
			"Unix seconds, spaces, another order", "{\"call\": {\"status\": 200, \"path\": \"/inference\", \"method\": \"POST\"}, \"at\": 1781697871.2}\r\n",
			call(model.Call{Method: "POST", Path: "/inference", Status: 200}),
		},
		{
			"offset and unknown fields", `{"at":"2026-06-17T14:04:31.200+02:00","seq":7,"call":{"path":"/inference","latency":[{"x":null}]}}`,
			call(model.Call{Path: "/inference"}),
		},
		{
			"escapes, query", `{"at":1781697871.2,"source":"my \"load\" run","call":{"path":"\/inference?key=secret"}}`,
			model.Event{At: at, Source: `my "load" run`, Call: &model.Call{Vantage: model.VantageLocal, Path: "/inference"}},
		},
		{
			"money and tokens", `{"at":1781697871.2,"call":{"path":"/inference","status":200,"cost_usd":0.000059,"tokens":18,"model":"m"}}`,
			call(model.Call{Path: "/inference", Status: 200, Cost: 59, Tokens: 18, Model: "m"}),
		},
		{
			"a 429 alone", `{"at":1781697871.2,"call":{"path":"/inference","status":429}}`,
			call(model.Call{Path: "/inference", Status: 429, Denial: &model.Denial{Kind: model.KindRate, Status: 429}}),
		},
		{
			"a 429 of a limit", `{"at":1781697871.2,"call":{"path":"/inference","status":429,"denial":{"retry_after_s":7,"detail":"Rate limit exceeded: 200 per 1 minute"}}}`,
			call(model.Call{Path: "/inference", Status: 429, Denial: &model.Denial{
				Kind: model.KindRate, Status: 429, RetryAfter: model.Some(7 * time.Second),
				Detail: "Rate limit exceeded: 200 per 1 minute", Limit: model.Limit{Max: 200, Per: time.Minute},
			}}),
		},
		{
			"a 429 of the cap", `{"at":1781697871.2,"call":{"path":"/inference","status":429,"denial":{"reason":"daily_spend_cap_exceeded"}}}`,
			call(model.Call{Path: "/inference", Status: 429, Denial: &model.Denial{Kind: model.KindCap, Status: 429, Reason: "daily_spend_cap_exceeded"}}),
		},
		{
			"a Retry-After as it came", `{"at":1781697871.2,"call":{"path":"/inference","status":429,"denial":{"retry_after_s":"Wed, 17 Jun 2026 12:05:31 GMT"}}}`,
			call(model.Call{Path: "/inference", Status: 429, Denial: &model.Denial{Kind: model.KindRate, Status: 429, RetryAfter: model.Some(59800 * time.Millisecond)}}),
		},
		{
			"a 401", `{"at":1781697871.2,"call":{"path":"/inference","status":401}}`,
			call(model.Call{Path: "/inference", Status: 401, Denial: &model.Denial{Kind: model.KindAuth, Status: 401}}),
		},
		{
			"a 402", `{"at":1781697871.2,"call":{"path":"/inference","status":402,"denial":{"reason":"out_of_credits","resolution_url":"https://agent.pioneer.ai/credits"}}}`,
			call(model.Call{Path: "/inference", Status: 402, Denial: &model.Denial{
				Kind: model.KindCredits, Status: 402, Reason: "out_of_credits", URL: "https://agent.pioneer.ai/credits",
			}}),
		},
		{
			"a 403", `{"at":1781697871.2,"call":{"path":"/inference","status":403,"denial":{"reason":"credit_ceiling_reached"}}}`,
			call(model.Call{Path: "/inference", Status: 403, Denial: &model.Denial{Kind: model.KindCeiling, Status: 403, Reason: "credit_ceiling_reached"}}),
		},
		{
			"a 403 that was none", `{"at":1781697871.2,"call":{"path":"/inference","status":403,"denial":null}}`,
			call(model.Call{Path: "/inference", Status: 403}),
		},
		{
			"a 500 is an error, not a denial", `{"at":1781697871.2,"call":{"path":"/inference","status":500,"denial":{"detail":"x"}}}`,
			call(model.Call{Path: "/inference", Status: 500}),
		},
		{
			"control characters", `{"at":1781697871.2,"call":{"path":"/a\u001b[31m","status":429,"denial":{"kind":"rate","detail":"a\nb"}}}`,
			call(model.Call{Path: "/a [31m", Status: 429, Denial: &model.Denial{Kind: model.KindRate, Status: 429, Detail: "a b"}}),
		},
		{
			"account", `{"at":1781697871.2,"account":{"used_usd":31.27,"limit_usd":50}}`,
			model.Event{At: at, Account: &model.Account{Used: model.Some[model.Micros](31_270_000), Limit: model.Some(50 * model.Dollar)}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse([]byte(tt.line))
			if err != nil {
				t.Fatalf("Parse(%s): %v", tt.line, err)
			}
			if diff := cmp.Diff(tt.want, got, equal); diff != "" {
				t.Errorf("Parse(%s): -want +got\n%s", tt.line, diff)
			}
		})
	}
}

// What is not an event line is refused in one line that says why.
func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"", "not a JSON object"},
		{"\x00\x00\xff", "not a JSON object"},
		{"GET / 200", "not a JSON object"},
		{"[1]", "not a JSON object"},
		{`{"at":"2026-06-17T12:04:31.2Z","call":{"path":"/infer`, "unexpected end"},
		{`{"at":"2026-06-17T12:04:31.2Z","call":{"path":"/inference"}}{}`, "invalid character"},
		{`{"call":{"path":"/inference"}}`, "no time"},
		{`{"at":"","call":{"path":"/inference"}}`, "not a time"},
		{`{"at":"2026-02-30T00:00:00Z","call":{"path":"/inference"}}`, "not a time"},
		{`{"at":1781697871200,"call":{"path":"/inference"}}`, "not a time"}, // milliseconds
		{`{"at":1781697871}`, "one of call"},
		{`{"at":1781697871,"call":{"path":"/x"},"health":{}}`, "one of call"},
		{`{"at":1781697871,"call":{"status":200}}`, "call has no path"},
		{`{"at":1781697871,"call":{"path":"/x","status":1000}}`, "not an HTTP status"},
		{`{"at":1781697871,"call":{"path":"/x","status":"200"}}`, "status"},
		{`{"at":1781697871,"call":{"path":"/x","vantage":"moon"}}`, "vantage"},
		{`{"at":1781697871,"beat":{"run":"default"}}`, "names its generator"},
		{`{"at":1781697871,"generator":"g","beat":{"run":"default","missing":-1}}`, "not negative"},
		{`{"at":1781697871,"generator":"g","beat":{},"call":{"path":"/x"}}`, "one of call"},
	} {
		e, err := Parse([]byte(tt.line))
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("Parse(%q) = %+v, %v, want one line with %q", tt.line, e, err, tt.want)
		}
	}
}

// Texts are bounded, whatever a line says.
func TestParseBounds(t *testing.T) {
	long := strings.Repeat("/ä", 1<<19)
	text, _ := json.Marshal(long)
	line := `{"at":1781697871,"source":` + string(text) + `,"call":{"path":` + string(text) + `,"status":429,"denial":{"kind":"rate","detail":` + string(text) + `}}}`
	e, err := Parse([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Source) > pioneer.MaxWord || len(e.Call.Path) > pioneer.MaxPath || len(e.Call.Denial.Detail) > pioneer.MaxText {
		t.Errorf("kept %d, %d and %d bytes", len(e.Source), len(e.Call.Path), len(e.Call.Denial.Detail))
	}
}

// sampleEvents is one event of each kind, with every field set.
var sampleEvents = []model.Event{
	{At: at, Source: model.SourceTap, Call: &model.Call{Vantage: model.VantageLocal, Method: "POST", Path: "/v1/chat/completions", Status: 200}},
	{At: at, Source: model.SourceTap, Call: &model.Call{Vantage: model.VantageLocal, Method: "POST", Path: "/v1/chat/completions"}},
	{At: at, Source: model.SourceTap, Call: &model.Call{Vantage: model.VantageLocal, Method: "GET", Path: "/x", Status: 403}},
	{At: at, Source: model.SourceTap, Call: &model.Call{Vantage: model.VantageLocal, Method: "POST", Path: "/inference", Status: 429, Denial: &model.Denial{
		Kind: model.KindRate, Status: 429, RetryAfter: model.Some(7*time.Second + 1), Reason: "rate_limited",
		Detail: "“Rate limit” \\ exceeded: 200 per 1 minute…", Headers: "Retry-After: 7", URL: "https://agent.pioneer.ai/credits",
		Limit: model.Limit{Max: 200, Per: time.Minute},
	}}},
	{At: at, Source: model.SourceTap, Call: &model.Call{Vantage: model.VantageLocal, Method: "POST", Path: "/inference", Status: 429, Denial: &model.Denial{
		Kind: model.KindCap, Status: 429, RetryAfter: model.Some(time.Duration(0)),
	}}},
	{At: at, Source: model.SourceBilling, Call: &model.Call{Vantage: model.VantageAccount, Path: "openai_compat", Cost: 59, Tokens: 18, Model: "claude-haiku-4-5"}},
	{At: at, Source: model.SourceBilling, Reading: &model.Reading{
		From: at.Add(-time.Minute), To: at, Sampled: true, Total: 1500, TotalMargin: 12,
		Rows: []model.Call{{Vantage: model.VantageAccount, Path: "/inference", Cost: 120}, {Vantage: model.VantageLocal, Path: "/x", Status: 402}},
	}},
	{At: at, Source: model.SourceBilling, Account: &model.Account{
		Plan: "pro", Team: "7c0e2b1a", Used: model.Some[model.Micros](31_274_180), Limit: model.Some[model.Micros](0),
		ResetsAt: at.Add(12 * time.Hour), Period: model.PeriodDay, ResetSource: model.ResetFromAPI, Interval: 20 * time.Second,
	}},
	{At: at, Source: model.SourceBilling, Account: &model.Account{Plan: "pro"}},
	{At: at, Source: model.SourceBilling, Health: &model.Health{
		State: model.StatePaused, Vantage: model.VantageAccount, Error: "our own polls are rate-limited (429)", Note: "a note", RetryAt: at.Add(time.Second),
		Interval: 1500 * time.Millisecond, BudgetMinute: 50, BudgetHour: 500, ClockOffset: -132 * time.Millisecond,
	}},
	{At: at, Source: model.SourceBilling, Call: &model.Call{Vantage: model.VantageOwn, Method: "GET", Path: "/billing/plan-info", Status: 200}},
	{At: at, Source: "proxy", Health: &model.Health{State: model.StateOK, Vantage: model.VantageLocal, Live: true, Since: at.Add(-time.Hour)}},
	{At: at, Source: "journal", Health: &model.Health{State: model.StateError, Error: "no space left on device"}},
	{At: at, Source: "warnings", Notice: &model.Notice{Kind: model.LogWarning, Endpoint: "chat", Text: "chat: 92% of 200 in 1m, limit in 41s"}},
	{At: at, Source: "config", Notice: &model.Notice{Kind: model.LogReloaded}},
	{At: at, Source: model.SourceTap, Generator: "gen-1", Call: &model.Call{Vantage: model.VantageLocal, Method: "POST", Path: "/inference", Status: 200}},
	{At: at, Source: model.SourceFleet, Generator: "gen-1", Beat: &model.Beat{
		Run: "nightly", Version: "v1.2.0", Boot: "9f3c01d2aa17", To: at.Add(-20 * time.Millisecond), Ended: true, Egress: "nat-1", EgressAssumed: true,
		ClockOffset: -10 * time.Minute, ClockError: 400 * time.Millisecond, Missing: 2, Dropped: 7, Place: "k3x9-17",
	}},
	{At: at, Source: model.SourceTail, Generator: "gen-2", Beat: &model.Beat{Run: "default"}},
	{At: at, Source: "settings", Notice: &model.Notice{Kind: model.LogChanged, Text: "interval 5s for this session"}},
}

// Lines written before sources said what they see mean what they did.
func TestOldVantages(t *testing.T) {
	call := func(source string) string {
		return `{"at":"2026-06-17T12:00:00Z","source":"` + source + `","call":{"method":"GET","path":"/x","status":200}}`
	}
	health := func(source string) string {
		return `{"at":"2026-06-17T12:00:00Z","source":"` + source + `","health":{"state":"ok"}}`
	}
	for _, tt := range []struct {
		line string
		want model.Vantage
		live bool
	}{
		{call("billing"), model.VantageOwn, false},
		{strings.Replace(call("billing"), "GET", `\u0047ET`, 1), model.VantageOwn, false}, // the slow way
		{call("tap"), model.VantageLocal, false},
		{call("tail"), model.VantageLocal, false},
		{call(""), model.VantageLocal, false},
		{health("billing"), model.VantageAccount, false},
		{health("tap"), model.VantageLocal, true},
		{health("tail"), model.VantageLocal, false},
		{health("record"), "", false},
	} {
		e, err := Parse([]byte(tt.line))
		if err != nil {
			t.Errorf("%s: %v", tt.line, err)
			continue
		}
		var got model.Vantage
		var live bool
		if e.Call != nil {
			got = e.Call.Vantage
		} else {
			got, live = e.Health.Vantage, e.Health.Live
		}
		if got != tt.want || live != tt.live {
			t.Errorf("%s: vantage %q, live %v, want %q, %v", tt.line, got, live, tt.want, tt.live)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	for _, want := range sampleEvents {
		line := Append(nil, want)
		if n := strings.Count(string(line), "\n"); n != 1 || line[len(line)-1] != '\n' {
			t.Errorf("%q is not one line", line)
		}
		got, err := Parse(line)
		if err != nil {
			t.Errorf("Parse(%s): %v", line, err)
			continue
		}
		if diff := cmp.Diff(want, got, equal); diff != "" {
			t.Errorf("%s: -want +got\n%s", line, diff)
		}
	}
}

// Durations are in seconds and amounts in dollars: what people expect.
func TestUnits(t *testing.T) {
	line := string(Append(nil, sampleEvents[3])) + string(Append(nil, sampleEvents[5])) + string(Append(nil, sampleEvents[7]))
	for _, want := range []string{`"retry_after_s":7.000000001`, `"per_s":60`, `"cost_usd":0.000059`, `"used_usd":31.27418`} {
		if !strings.Contains(line, want) {
			t.Errorf("no %s in %s", want, line)
		}
	}
}

func TestScanTime(t *testing.T) {
	zone := time.FixedZone("", -5*3600)
	for _, tt := range []struct {
		text string
		want string
		n    int
	}{
		{"2026-06-17T12:04:31.2Z", "2026-06-17T12:04:31.2Z", 22},
		{"2026-06-17 12:04:31,200 INFO", "2026-06-17T17:04:31.2Z", 23},
		{"2026-06-17 12:04:31 - httpx", "2026-06-17T17:04:31Z", 19},
		{"2026/06/17 12:04:31.123456789123+0530x", "2026-06-17T06:34:31.123456789Z", 37},
		{"2026-06-17T12:04:31-02", "2026-06-17T14:04:31Z", 22},
		{"2024-02-29T23:59:59.999999+00:00", "2024-02-29T23:59:59.999999Z", 32},
		{"2023-02-29T23:59:59Z", "", 0},
		{"2026-06-17T12:04:60Z", "", 0},
		{"2026-13-17T12:04:31Z", "", 0},
		{"2026-06-1", "", 0},
		{"", "", 0},
	} {
		got, n := ScanTime(tt.text, zone)
		if text := got.Format(time.RFC3339Nano); n != tt.n || n > 0 && text != tt.want {
			t.Errorf("ScanTime(%q) = %s, %d, want %s, %d", tt.text, text, n, tt.want, tt.n)
		}
	}
}

// FuzzScanTime compares with the standard library wherever that can read it. It
// also reads hours of one digit and offsets beyond a day's.
func FuzzScanTime(f *testing.F) {
	for _, s := range []string{"2026-06-17T12:04:31.2Z", "0000-02-29T00:00:00+23:59", "1600-03-01T00:00:00.000000001-01:00", "2026-06-17 12:04:31,2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, n := ScanTime(s, time.UTC)
		if n < 0 || n > len(s) {
			t.Fatalf("ScanTime(%q) took %d bytes", s, n)
		}
		want, err := time.Parse(time.RFC3339, s)
		oddZone := err == nil && !strings.HasSuffix(s, "Z") && s[len(s)-2:] >= "60" // +00:60, which time.Parse takes
		if err == nil && s[13] == ':' && !oddZone && (n != len(s) || !got.Equal(want)) {
			t.Errorf("ScanTime(%q) = %s, %d, want %s", s, got, n, want)
		}
	})
}

// FuzzParse reads each line by the quick scanner and by encoding/json, which
// must agree, and writes what was read.
func FuzzParse(f *testing.F) {
	for _, e := range sampleEvents {
		f.Add(Append(nil, e))
	}
	for _, line := range []string{
		`{"at": 1781697871.25, "call": {"path": "/x?y", "status": 429, "denial": {"retry_after_s": 7, "limit": 5, "per_s": 60}}}`,
		`{"at":1,"at":2,"call":{"path":"/x","path":"/y"}}`, `{"AT":1,"call":{"Path":"/x"}}`, `{"at":1,"call":{"path":"/x","status":01}}`,
		`{"at":1e9,"call":{"path":"/x","cost_usd":-0.5,"tokens":-1}}`, `{"at":1,"call":{"path":"","denial":{}}}`, "{\"at\":1,\"call\":{\"path\":\"\xff\x00\"}}",
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		got, err := Parse(line)
		var quick callEvent
		if trimmed := trim(line); quick.scan(trimmed) {
			var l eventJSON
			if err := json.Unmarshal(trimmed, &l); err != nil {
				t.Fatalf("%q: read by the scanner, but %v", line, err)
			}
			want, wantErr := l.event()
			if diff := cmp.Diff(want, got, equal); diff != "" || (err == nil) != (wantErr == nil) {
				t.Fatalf("%q: %v, %v: -json +scanner\n%s", line, wantErr, err, diff)
			}
		}
		if err != nil {
			return
		}
		if !reasonable(got) {
			return
		}
		again, err := Parse(Append(nil, got))
		if err != nil {
			t.Fatalf("%q: wrote %q: %v", line, Append(nil, got), err)
		}
		if diff := cmp.Diff(got, again, equal); diff != "" {
			t.Errorf("%q: wrote %q: -first +second\n%s", line, Append(nil, got), diff)
		}
	})
}

// reasonable leaves out amounts beyond what a float64 holds to the millionth.
func reasonable(e model.Event) bool {
	small := func(m model.Micros) bool { return m < 1<<50 && m > -1<<50 }
	switch {
	case e.Call != nil:
		return small(e.Call.Cost)
	case e.Account != nil:
		return small(e.Account.Used.Or(0)) && small(e.Account.Limit.Or(0))
	case e.Reading != nil:
		for _, row := range e.Reading.Rows {
			if !small(row.Cost) {
				return false
			}
		}
	}
	return true
}

func trim(line []byte) []byte { return []byte(strings.TrimRight(string(line), " \t\r\n")) }

var sampleDenial = model.Event{At: at, Source: model.SourceTap, Call: &model.Call{
	Vantage: model.VantageLocal, Method: "POST", Path: "/v1/chat/completions", Status: 429,
	Denial: &model.Denial{
		Kind: model.KindRate, Status: 429, RetryAfter: model.Some(7 * time.Second), Detail: "Rate limit exceeded: 200 per 1 minute",
		Headers: "Retry-After: 7", Limit: model.Limit{Max: 200, Per: time.Minute},
	},
}}

// benchLines is the file of a load run, with a few denials.
func benchLines() (lines [][]byte, size int64) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 1000 {
		e := sampleEvents[0]
		if r.IntN(20) == 0 {
			e = sampleDenial
		}
		e.At = at.Add(time.Duration(i) * 1_234_567)
		line := Append(nil, e)
		lines, size = append(lines, line), size+int64(len(line))
	}
	return lines, size
}

func BenchmarkParse(b *testing.B) {
	lines, size := benchLines()
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, line := range lines {
			if _, err := Parse(line); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(len(lines)*b.N)/b.Elapsed().Seconds(), "lines/s")
}

func BenchmarkAppend(b *testing.B) {
	var dst []byte
	e := sampleEvents[0]
	b.SetBytes(int64(len(Append(nil, e))))
	b.ReportAllocs()
	for b.Loop() {
		dst = Append(dst[:0], e)
	}
}

// The billing log has rows without an endpoint: a line with one is read, and so is the
// sampled reading that holds one.
func TestRowWithoutEndpoint(t *testing.T) {
	at := time.Date(2026, 6, 17, 12, 0, 0, 0, time.UTC)
	for _, path := range []string{"", "?", "\x00", " "} {
		row := model.Call{Vantage: model.VantageAccount, Path: path, Cost: 7}
		got, err := Parse(Append(nil, model.Event{At: at, Source: model.SourceBilling, Call: &row}))
		if err != nil || got.Call.Path != model.EndpointOther || got.Call.Cost != 7 {
			t.Errorf("row of %q: %+v, %v", path, got.Call, err)
		}
		reading := model.Reading{From: at.Add(-time.Minute), To: at, Sampled: true, Total: 50, Rows: []model.Call{{Vantage: model.VantageAccount, Path: "/inference"}, row}}
		got, err = Parse(Append(nil, model.Event{At: at, Source: model.SourceBilling, Reading: &reading}))
		if err != nil || got.Reading.Total != 50 || len(got.Reading.Rows) != 2 || got.Reading.Rows[1].Path != model.EndpointOther {
			t.Errorf("reading with a row of %q: %+v, %v", path, got.Reading, err)
		}
	}
}
