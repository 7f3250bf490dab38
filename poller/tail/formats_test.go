package tail

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"quotatop/model"
)

var (
	at  = time.Date(2026, 6, 17, 12, 4, 31, 200_000_000, time.UTC)
	now = at.Add(time.Hour)

	equal = cmp.Comparer(func(a, b model.Opt[time.Duration]) bool { return a == b })
)

// Lines as the tools write them, one a format and kind of denial.
const (
	eventLine = `{"at":"2026-06-17T12:04:31.2Z","source":"tap","call":{"method":"POST","path":"/v1/chat/completions","status":200}}`

	k6Metric = `{"type":"Metric","data":{"name":"http_reqs","type":"counter","contains":"default","thresholds":[],"submetrics":null},"metric":"http_reqs"}`
	k6Other  = `{"metric":"http_req_duration","type":"Point","data":{"time":"2026-06-17T12:04:31.2Z","value":459.8,"tags":{"expected_response":"true","group":"","method":"POST","name":"https://api.pioneer.ai/v1/chat/completions","proto":"HTTP/2.0","scenario":"default","status":"200","tls_version":"tls1.3","url":"https://api.pioneer.ai/v1/chat/completions"}}}`
	k6Point  = `{"metric":"http_reqs","type":"Point","data":{"time":"2026-06-17T14:04:31.2+02:00","value":1,"tags":{"expected_response":"true","group":"","method":"POST","name":"https://api.pioneer.ai/v1/chat/completions","proto":"HTTP/2.0","scenario":"default","status":"200","tls_version":"tls1.3","url":"https://api.pioneer.ai/v1/chat/completions?a=1\u0026b=2"}}}`
	k6Denied = `{"type":"Point","data":{"time":"2026-06-17T12:04:31.2Z","value":1,"tags":{"error_code":"1429","method":"POST","status":"429","url":"https://api.pioneer.ai/inference"}},"metric":"http_reqs"}`

	vegetaLine   = `{"attack":"","seq":7,"code":200,"timestamp":"2026-06-17T14:04:31.2+02:00","latency":123456789,"bytes_out":86,"bytes_in":121,"error":"","body":"eyJpZCI6ImNoYXRjbXBsLTEiLCJvYmplY3QiOiJjaGF0LmNvbXBsZXRpb24iLCJjaG9pY2VzIjpbXX0=","method":"POST","url":"https://api.pioneer.ai/v1/chat/completions","headers":{"Content-Type":["application/json"],"Date":["Wed, 17 Jun 2026 12:04:31 GMT"]}}`
	vegetaDenied = `{"attack":"","seq":8,"code":429,"timestamp":"2026-06-17T12:04:31.2Z","latency":1000000000,"bytes_out":86,"bytes_in":52,"error":"429 Too Many Requests","body":"%s","method":"POST","url":"https://api.pioneer.ai/v1/chat/completions","headers":%s}`

	httpxLine  = `2026-06-17 12:04:31,200 INFO httpx: HTTP Request: POST https://api.pioneer.ai/v1/chat/completions "HTTP/1.1 200 OK"`
	accessLine = `127.0.0.1 - - [17/Jun/2026:12:04:31 +0000] "POST /v1/chat/completions HTTP/1.1" 200 52 "-" "k6/0.5"`
)

func TestFormats(t *testing.T) {
	const chat = "/v1/chat/completions"
	call := func(method, path string, status int, denial *model.Denial) *model.Event {
		return &model.Event{At: at, Source: model.SourceTail, Call: &model.Call{
			Vantage: model.VantageLocal, Method: method, Path: path, Status: status, Denial: denial,
		}}
	}
	second := func(e *model.Event) *model.Event { e.At = at.Truncate(time.Second); return e }
	rate := &model.Denial{Kind: model.KindRate, Status: 429}
	nothing := new(model.Event)
	encode := base64.StdEncoding.EncodeToString
	for _, tt := range []struct {
		name   string
		format Format
		line   string
		want   *model.Event // nil when it is not understood
	}{
		{"call", FormatEvents, eventLine, call("POST", chat, 200, nil)},
		{"denial", FormatEvents, `{"at":1781697871.2,"call":{"path":"/inference","method":"POST","status":429,"denial":{"retry_after_s":7}}}`,
			call("POST", "/inference", 429, &model.Denial{Kind: model.KindRate, Status: 429, RetryAfter: model.Some(7 * time.Second)})},
		{"billing row", FormatEvents, `{"at":1781697871.2,"call":{"vantage":"account","path":"/inference"}}`, nothing},
		{"own poll", FormatEvents, `{"at":1781697871.2,"source":"billing","call":{"path":"/billing/plan-info"}}`, nothing},
		{"health", FormatEvents, `{"at":1781697871.2,"source":"tap","health":{"state":"error","error":"x"}}`, nothing},
		{"key in the path", FormatEvents, `{"at":1781697871.2,"call":{"path":"/x/` + key + `/y"}}`, call("", "/x/[key]/y", 0, nil)},
		{"half", FormatEvents, eventLine[:60], nil},

		{"declaration", FormatK6, k6Metric, nothing},
		{"other metric", FormatK6, k6Other, nothing},
		{"call", FormatK6, k6Point, call("POST", chat, 200, nil)},
		{"denial, order of old versions", FormatK6, k6Denied, call("POST", "/inference", 429, rate)},
		{"refused connection", FormatK6, strings.Replace(strings.Replace(k6Denied, "1429", "1212", 1), `"429"`, `"0"`, 1), nothing},
		{"timed out", FormatK6, strings.Replace(strings.Replace(k6Denied, "1429", "1050", 1), `"429"`, `"0"`, 1), call("POST", "/inference", 0, nil)},
		{"no tags", FormatK6, `{"type":"Point","data":{"time":"2026-06-17T12:04:31.2Z","value":5,"tags":null},"metric":"vus"}`, nothing},
		{"no url", FormatK6, `{"type":"Point","data":{"time":"2026-06-17T12:04:31.2Z","value":5,"tags":{"status":"200"}},"metric":"http_reqs"}`, nil},
		{"no time", FormatK6, strings.Replace(k6Denied, "2026", "then", 1), nil},
		{"half", FormatK6, k6Point[:200], nil},
		{"half with an end", FormatK6, k6Point[:200] + "}", nil},
		{"other JSON", FormatK6, `{"metrics":1}`, nil},

		{"call", FormatVegeta, vegetaLine, call("POST", chat, 200, nil)},
		{"limit", FormatVegeta, fmt.Sprintf(vegetaDenied, encode([]byte(`{"detail":"Rate limit exceeded: 200 per 1 minute"}`)), `{"Retry-After":["7"]}`),
			call("POST", chat, 429, &model.Denial{
				Kind: model.KindRate, Status: 429, RetryAfter: model.Some(7 * time.Second), Detail: "Rate limit exceeded: 200 per 1 minute",
				Headers: "Retry-After: 7", Limit: model.Limit{Max: 200, Per: time.Minute},
			})},
		{"cap", FormatVegeta, fmt.Sprintf(vegetaDenied, "", `{"X-Ratelimit-Reason":["daily_spend_cap_exceeded"]}`),
			call("POST", chat, 429, &model.Denial{
				Kind: model.KindCap, Status: 429, Reason: "daily_spend_cap_exceeded", Headers: "X-RateLimit-Reason: daily_spend_cap_exceeded",
			})},
		{"Retry-After counts from the response", FormatVegeta, fmt.Sprintf(vegetaDenied, "", `{"Retry-After":["Wed, 17 Jun 2026 12:04:40 GMT"]}`),
			call("POST", chat, 429, &model.Denial{
				Kind: model.KindRate, Status: 429, RetryAfter: model.Some(7800 * time.Millisecond), Headers: "Retry-After: Wed, 17 Jun 2026 12:04:40 GMT",
			})},
		{"key in the body", FormatVegeta, fmt.Sprintf(vegetaDenied, encode([]byte(`{"detail":"bad key `+key+`"}`)), "null"),
			call("POST", chat, 429, &model.Denial{Kind: model.KindRate, Status: 429, Detail: "bad key [key]"})},
		{"odd body and headers", FormatVegeta, fmt.Sprintf(vegetaDenied, "%%%", `[1,{"]":2}]`), call("POST", chat, 429, rate)},
		{"refused connection", FormatVegeta, strings.Replace(strings.Replace(vegetaLine, `"error":""`, `"error":"Post \"https://x\": dial tcp 127.0.0.1:1: connect: connection refused"`, 1), `"code":200`, `"code":0`, 1), nothing},
		{"half", FormatVegeta, vegetaLine[:200] + "}", nil},
		{"no code", FormatVegeta, `{"timestamp":"2026-06-17T12:04:31.2Z","method":"GET","url":"/"}`, nil},

		{"logging", FormatHTTPX, httpxLine, call("POST", chat, 200, nil)},
		{"the SDK's format", FormatHTTPX, `[2026-06-17 12:04:31 - httpx:1025 - INFO] HTTP Request: POST https://api.pioneer.ai/v1/chat/completions "HTTP/1.1 429 Too Many Requests"`,
			second(call("POST", chat, 429, rate))},
		{"no time", FormatHTTPX, `INFO:httpx:HTTP Request: GET https://api.pioneer.ai "HTTP/2 204 No Content"`,
			&model.Event{At: now, Source: model.SourceTail, Call: &model.Call{Vantage: model.VantageLocal, Method: "GET", Path: "/", Status: 204}}},
		{"in JSON, time behind", FormatHTTPX, `{"message":"HTTP Request: POST https://api.pioneer.ai/inference?key=` + key + ` \"HTTP/1.1 401 Unauthorized\"","ts":"2026-06-17T12:04:31.2Z"}`,
			call("POST", "/inference", 401, &model.Denial{Kind: model.KindAuth, Status: 401})},
		{"another line", FormatHTTPX, "Traceback (most recent call last):", nothing},
		{"cut", FormatHTTPX, `HTTP Request: POST https://api.pioneer.ai/v1/chat/completions "HTTP/1.1 4`, nil},
		{"junk", FormatHTTPX, "\x00\x01\x02", nil},

		{"combined", FormatAccess, accessLine, second(call("POST", chat, 200, nil))},
		{"common, without a size", FormatAccess, `2001:db8::1 - frank [17/Jun/2026:14:04:31 +0200] "GET /inference?key=` + key + ` HTTP/1.0" 429 -`, second(call("GET", "/inference", 429, rate))},
		{"virtual host, brackets", FormatAccess, `api:443 [::1] - - [17/Jun/2026:05:04:31 -0700] "GET https://api.pioneer.ai/x HTTP/1.1" 402 1`,
			second(call("GET", "/x", 402, &model.Denial{Kind: model.KindCredits, Status: 402}))},
		{"no zone", FormatAccess, `- - - [17/Jun/2026:12:04:31] "GET /x HTTP/1.1" 200 1`, second(call("GET", "/x", 200, nil))},
		{"control characters", FormatAccess, "- - - [17/Jun/2026:12:04:31 +0000] \"GET /\x1b[31m\xff HTTP/1.1\" 200 1", second(call("GET", "/?[31m?", 200, nil))},
		{"TLS to a plain port", FormatAccess, `1.2.3.4 - - [17/Jun/2026:12:04:31 +0000] "\x16\x03\x01" 400 157`, nil},
		{"no month", FormatAccess, `1.2.3.4 - - [17/anF/2026:12:04:31 +0000] "GET / HTTP/1.1" 400 157`, nil},
		{"no day", FormatAccess, `1.2.3.4 - - [31/Feb/2026:12:04:31 +0000] "GET / HTTP/1.1" 400 157`, nil},
	} {
		t.Run(string(tt.format)+"/"+tt.name, func(t *testing.T) {
			line := []byte(tt.line)
			got, ok := parse(tt.format, line)
			if ok != (tt.want != nil) {
				t.Fatalf("understood: %t, want %t; got %+v", ok, tt.want != nil, got)
			}
			if string(line) != tt.line {
				t.Errorf("the line was changed to %q", line)
			}
			if tt.want == nil {
				return
			}
			if diff := cmp.Diff(*tt.want, got, equal); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestRecognise(t *testing.T) {
	for line, want := range map[string]Format{
		eventLine: FormatEvents, k6Metric: FormatK6, k6Other: FormatK6, k6Point: FormatK6, vegetaLine: FormatVegeta,
		httpxLine: FormatHTTPX, accessLine: FormatAccess, "": FormatAuto, "{}": FormatAuto, "Traceback": FormatAuto,
	} {
		p := newParser(FormatAuto, &times{zone: time.UTC, near: now}, nil)
		got := FormatAuto
		if k, _ := p.parse([]byte(line), new(record)); k != nil {
			got = k.format
		}
		if got != want {
			t.Errorf("%.60q has the format %q, want %q", line, got, want)
		}
	}
}

func TestParseFormat(t *testing.T) {
	for _, f := range append(Formats(), FormatAuto) {
		if got, err := ParseFormat(string(f)); got != f || err != nil {
			t.Errorf("ParseFormat(%q) = %q, %v", f, got, err)
		}
	}
	if got, err := ParseFormat("auto"); got != FormatAuto || err != nil {
		t.Errorf("ParseFormat(auto) = %q, %v", got, err)
	}
	if _, err := ParseFormat("K7"); err == nil || err.Error() != `unknown format "K7": use one of events, k6, vegeta, httpx, access, locust, jmeter, or auto` {
		t.Errorf("ParseFormat(K7): %v", err)
	}
}

// parse reads one line in a format, at the time now.
func parse(f Format, line []byte) (model.Event, bool) {
	p := newParser(f, &times{zone: time.UTC, near: now}, nil)
	return parseWith(p, line)
}

func parseWith(p *parser, line []byte) (model.Event, bool) {
	var r record
	switch _, v := p.parse(line, &r); {
	case v == notMine:
		// Other lines of a program's log are its own.
		return model.Event{}, p.kinds[0].format == FormatHTTPX && !bytes.Contains(line, []byte{0}) && !bytes.Contains(line, []byte("HTTP Request: "))
	case v == noCall:
		return model.Event{}, true
	}
	when := r.at.Time
	if when.IsZero() {
		when = now
	}
	return r.event(when.UTC()), true
}

// Only calls to the hosts that are asked for count, where a line names one.
func TestTargetHost(t *testing.T) {
	for _, tt := range []struct {
		host, url string
		counts    bool
	}{
		{"", "https://example.com/", true},
		{"api.pioneer.ai", "https://api.pioneer.ai/x", true},
		{"api.pioneer.ai", "https://user:pw@API.Pioneer.AI:443/x", true},
		{"api.pioneer.ai", "https://api.pioneer.ai.example.com/x", false},
		{"127.0.0.1:8429", "http://127.0.0.1:8429/x", true},
		{"127.0.0.1:8429", "http://127.0.0.1:8430/x", false},
		{"api.pioneer.ai", "/x?url=https://example.com", true},
	} {
		var own hosts
		if tt.host != "" {
			own = hosts{tt.host}
		}
		r := record{url: []byte(tt.url)}
		host, _ := r.target()
		if got := own.include(host, false); got != tt.counts {
			t.Errorf("host %q, call to %s: counts %t, want %t", tt.host, tt.url, got, tt.counts)
		}
	}
}

// check is what holds of any line: it does no harm, and what comes of it is
// fit to be shown.
func check(f *testing.F, format Format, lines ...string) {
	for _, line := range lines {
		f.Add([]byte(line))
	}
	f.Add([]byte("\x00\xff[{\"\\"))
	f.Fuzz(func(t *testing.T, line []byte) {
		before := string(line)
		e, ok := parse(format, line)
		if string(line) != before {
			t.Fatal("the line was changed")
		}
		auto := newParser(FormatAuto, &times{zone: time.UTC, near: now}, nil)
		auto.stamp(line)
		for range 2 {
			auto.parse(line, new(record))
		}
		if !ok && e.Call != nil || e.Call == nil && !e.At.IsZero() {
			t.Fatalf("%q: %t, %+v", line, ok, e)
		}
		if e.Call == nil {
			return
		}
		c := e.Call
		if e.Source != model.SourceTail || c.Vantage != model.VantageLocal || c.Path == "" || len(c.Path) > 300 || len(c.Method) > 64 || c.Status < 0 || c.Status > 999 {
			t.Errorf("%q: %+v", line, *c)
		}
		for _, r := range c.Path + c.Method {
			if r < ' ' || r == 0x7f || r == '\ufffd' && format != FormatEvents {
				t.Errorf("%q: path %q, method %q", line, c.Path, c.Method)
			}
		}
	})
}

func FuzzEvents(f *testing.F) { check(f, FormatEvents, eventLine) }
func FuzzK6(f *testing.F) {
	check(f, FormatK6, k6Metric, k6Other, k6Point, k6Denied, "http_reqs,1781697871,1,,,1429,false,,POST,https://x/y,HTTP/2.0,default,,429,,tls1.3,https://x/y,,")
}
func FuzzVegeta(f *testing.F) {
	check(f, FormatVegeta, vegetaLine, fmt.Sprintf(vegetaDenied, "e30=", `{"Retry-After":["7"]}`), `1781697871200000000,429,1000000,58,52,"429 x",e30=,a,7,POST,https://x/y,UmV0cnktQWZ0ZXI6IDcNCg==`)
}
func FuzzHTTPX(f *testing.F) {
	check(f, FormatHTTPX, httpxLine, `[log_1, x] post https://x/y failed with status 429 in 4ms`, `HTTP Response: POST https://x/y "429 Too Many Requests" Headers({'retry-after': '9'})`)
}
func FuzzAccess(f *testing.F) {
	check(f, FormatAccess, accessLine, `{"ts":1781697871.2,"request":{"method":"POST","host":"x","uri":"/y"},"status":429,"resp_headers":{"Retry-After":["9"]}}`,
		`127.0.0.1:5 [17/Jun/2026:12:04:31.200] in out/a 0/0/1/2/3 429 52 - - ---- 1/1/0/0/0 0/0 "POST /y HTTP/1.1"`)
}
func FuzzJMeter(f *testing.F) {
	check(f, FormatJMeter, `1781697871200,4,chat,429,Too Many Requests,Group 1-1,text,false,,52,120,1,1,https://x/y,4,0,1`)
}

// FuzzLog reads any file whole.
func FuzzLog(f *testing.F) {
	for _, text := range []string{
		eventLine + "\n" + httpxLine + "\r\n" + accessLine, "\xff\xfe{\x00}\x00", "\x1f\x8b\x08", "BZh9", "1781697871200000000,\"", "a\rb\rc",
		"Timestamp,User Count,Type,Name,Total Request Count,Total Failure Count\n1781697871,4,POST,/x,9,3\n1781697872,4,POST,/x,5,0",
		`{"log":{"entries":[{"startedDateTime":"2026-06-17T12:04:31.2Z","request":{"method":"GET","url":"/x"},"response":{"status":429}}]}}`,
		`{"log":"x\n","stream":"stdout","time":"2026-06-17T12:04:31.2Z"}`, "2026-06-17T12:04:31.2Z stdout P a\n2026-06-17T12:04:31.2Z stdout F b",
		"Sending HTTP Request: POST https://x/y\nHTTP Request: POST \n  https://x/y \"HTTP/1.1 200 OK\"\nHTTP Response: POST https://x/y \"200 OK\" Headers({})",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		failures := func() []byte { return text }
		calls := 0
		sum, err := read(t.Context(), bytes.NewReader(text), FormatAuto, Options{}, now, failures, func(e model.Event) {
			calls++
			if e.At.IsZero() || e.Call.Path == "" || len(e.Call.Path) > 300 || e.Call.Status < 0 || e.Call.Status > 999 {
				t.Errorf("%+v %+v", e, e.Call)
			}
		})
		if err == nil && (calls != sum.Calls || sum.Lines > 0 && calls == 0 && sum.Note == "") {
			t.Errorf("%d calls, %+v", calls, sum)
		}
	})
}

// FuzzTimes reads any text as the time of a line.
func FuzzTimes(f *testing.F) {
	for _, text := range []string{"2026-06-17 12:04:31,200", "[17/Jun/2026:12:04:31 +0000]", "06/17/26 12:04:31 PM", "Wed Jun 17 12:04:31 2026", "I0617 12:04:31.2", "12:04:31", "1781697871.2"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s := &times{zone: time.UTC, near: now}
		s.read(text)
		if m, ok := s.find(text); ok && m.Year() > 9999 {
			t.Errorf("%q is %s", text, m)
		}
	})
}
