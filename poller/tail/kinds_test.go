package tail

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"quotatop/model"
)

// readLog reads a log whole, last written at now, and returns its calls as
// "time method path status kind wait".
func readLog(t *testing.T, text string, opts Options) (calls []string, sum Summary) {
	t.Helper()
	if opts.Zone == nil {
		opts.Zone = time.UTC
	}
	sum, err := read(t.Context(), strings.NewReader(text), FormatAuto, opts, now, nil, func(e model.Event) {
		c := e.Call
		line := fmt.Sprintf("%s %s %s %d", e.At.Format("15:04:05.000"), c.Method, c.Path, c.Status)
		if d := c.Denial; d != nil {
			line += " " + string(d.Kind)
			if wait, ok := d.RetryAfter.Get(); ok {
				line += " " + wait.String()
			}
		}
		calls = append(calls, line)
	})
	if err != nil {
		t.Fatal(err)
	}
	return calls, sum
}

// One call of POST /v1/messages at 12:04:31.2 on 17 June 2026, refused, as each
// tool writes it.
func TestLineKinds(t *testing.T) {
	const (
		refused = "12:04:31.200 POST /v1/messages 429 rate"
		second  = "12:04:31.000 POST /v1/messages 429 rate"
		undated = "13:04:31.200 POST /v1/messages 429 rate" // when the file was written
		httpx   = `HTTP Request: POST https://api.pioneer.ai/v1/messages "HTTP/1.1 429 Too Many Requests"`
		line    = `"POST /v1/messages HTTP/1.1" 429`
	)
	encoded := base64.StdEncoding.EncodeToString([]byte("Retry-After: 9\r\nDate: Wed, 17 Jun 2026 12:04:31 GMT\r\n"))
	for name, tt := range map[string]struct{ text, want string }{
		"httpx, basicConfig":         {"INFO:httpx:" + httpx, undated},
		"httpx, asctime":             {"2026-06-17 12:04:31,200 - httpx - INFO - " + httpx, refused},
		"httpx, loguru":              {"2026-06-17 12:04:31.200 | INFO     | httpx:_send:1025 - " + httpx, refused},
		"httpx, structlog":           {"2026-06-17T12:04:31.2Z [info     ] " + httpx, refused},
		"httpx, US date":             {"06/17/2026 12:04:31.200 INFO " + httpx, refused},
		"httpx, US date, 12 hours":   {"06/17/2026 12:04:31 PM INFO " + httpx, second},
		"httpx, German date":         {"17.06.2026 12:04:31 INFO " + httpx, second},
		"httpx, British date":        {"17/06/2026 12:04:31 INFO " + httpx, second},
		"httpx, month's name":        {"Jun 17 12:04:31 INFO " + httpx, second},
		"httpx, month's name, year":  {"17 Jun 2026 12:04:31,200 " + httpx, refused},
		"httpx, month, day, year":    {"Jun 17, 2026 12:04:31 " + httpx, second},
		"httpx, ctime":               {"[Wed Jun 17 12:04:31 2026] " + httpx, second},
		"httpx, rich":                {"[06/17/26 12:04:31] INFO     " + httpx + "   _client.py:1025", second},
		"httpx, Spark":               {"26/06/17 12:04:31 INFO " + httpx, second},
		"httpx, absl":                {"I0617 12:04:31.200000 140736 _client.py:1025] " + httpx, refused},
		"httpx, time of day":         {"12:04:31 INFO " + httpx, second},
		"httpx, time of day, millis": {"[12:04:31,200] INFO " + httpx, refused},
		"httpx, zone":                {"2026-06-17 14:04:31.200 +0200 " + httpx, refused},
		"httpx, zone's name":         {"2026-06-17 12:04:31 UTC " + httpx, second},
		"httpx, syslog":              {"Jun 17 12:04:31 host run[12]: INFO:httpx:" + httpx, second},
		"httpx, syslog, RFC 5424":    {"<134>1 2026-06-17T12:04:31.200+00:00 host run 12 - - " + httpx, refused},
		"httpx, in JSON":             {`{"timestamp":"2026-06-17 12:04:31,200","name":"httpx","message":"` + strings.ReplaceAll(httpx, `"`, `\"`) + `"}`, refused},
		"httpx, in JSON with epoch":  {`{"message":"` + strings.ReplaceAll(httpx, `"`, `\"`) + `","created":1781697871.2}`, refused},
		"httpx, in JSON with millis": {`{"time":1781697871200,"msg":"` + strings.ReplaceAll(httpx, `"`, `\"`) + `"}`, refused},
		"httpx, wrapped":             {"[06/17/26 12:04:31] INFO     HTTP Request: POST                    _client.py:1025\n                             https://api.pioneer.ai/v1/mess              \n                             ages \"HTTP/1.1 429 Too Many                 \n                             Requests\"    ", second},
		"httpx, HTTP/2":              {"12:04:31 " + strings.Replace(httpx, "1.1 429 Too Many Requests", "2 429 ", 1), second},

		"SDK, headers": {"[2026-06-17 12:04:31 - openai._base_client:482 - DEBUG] Request options: {'json_data': {'x': '\"GET /trap HTTP/1.1\" 200'}}\n" +
			"[2026-06-17 12:04:31 - openai._base_client:1076 - DEBUG] Sending HTTP Request: POST https://api.pioneer.ai/v1/messages\n" +
			"[2026-06-17 12:04:31 - httpx:1025 - INFO] " + httpx + "\n" +
			"[2026-06-17 12:04:31 - openai._base_client:1117 - DEBUG] HTTP Response: POST https://api.pioneer.ai/v1/messages \"429 Too Many Requests\" Headers([('retry-after', '9'), ('set-cookie', \"a='b'\")])\n" +
			"[2026-06-17 12:04:31 - openai._base_client:1123 - DEBUG] Encountered httpx.HTTPStatusError", second + " 9s"},
		"SDK, response never logged": {"2026-06-17 12:04:31 Sending HTTP Request: POST https://api.pioneer.ai/v1/messages\n2026-06-17 12:04:31 " + httpx, second},
		"SDK, logged twice":          {"2026-06-17 12:04:31 " + httpx + "\n2026-06-17 12:04:31 HTTP Request: POST https://api.pioneer.ai/v1/messages \"429 Too Many Requests\"", second},
		"SDK, only the response":     {`2026-06-17 12:04:31 HTTP Response: POST https://api.pioneer.ai/v1/messages "429 Too Many Requests" Headers({'retry-after': '9'})`, second + " 9s"},
		"SDK, begun in the middle":   {"2026-06-17 12:04:31 " + httpx + "\n2026-06-17 12:04:31 HTTP Response: POST https://api.pioneer.ai/v1/messages \"429 Too Many Requests\" Headers({'retry-after': '9'})", second},
		"SDK for TypeScript": {"[log_1a2b3c] sending request {\n  method: 'post',\n}\n" +
			`2026-06-17T12:04:31.200Z [log_1a2b3c, request-id: "req_1"] post https://api.pioneer.ai/v1/messages failed with status 429 in 4ms - retrying, 2 attempts remaining`, refused},

		"uvicorn":          {"INFO:     127.0.0.1:51612 - " + line + " Too Many Requests", undated},
		"uvicorn, IPv6":    {"INFO:     [2001:db8:10:20::1]:51612 - " + line + " Too Many Requests", undated},
		"gunicorn":         {`10.0.0.1 - - [17/Jun/2026:12:04:31 +0000] ` + line + ` 52 "-" "python-requests/2.32"`, second},
		"Hypercorn":        {"[2026-06-17 12:04:31 +0000] [12] [INFO] 127.0.0.1:51612 - - [17/Jun/2026:12:04:31 +0000] \"POST /v1/messages 1.1\" 429 52 \"-\" \"httpx\"", second},
		"Hypercorn, 2":     {"127.0.0.1:51612 - - [17/Jun/2026:12:04:31 +0000] \"POST /v1/messages 2\" 429 52 \"-\" \"httpx\"", second},
		"Django":           {"[17/Jun/2026 12:04:31] " + line + " 52", second},
		"werkzeug":         {"127.0.0.1 - - [17/Jun/2026 12:04:31] " + line + " -", second},
		"nginx, ISO time":  {"127.0.0.1 [2026-06-17T12:04:31+00:00] " + line + " 52", second},
		"nginx, millis":    {"1781697871.200 127.0.0.1 " + line + " 52", refused},
		"Envoy":            {`[2026-06-17T12:04:31.200Z] ` + line + ` - 58 52 3 2 "-" "hey/0.0.1" "0f0e" "api.pioneer.ai" "10.0.0.1:443"`, refused},
		"HAProxy":          {`haproxy[7]: 127.0.0.1:51612 [17/Jun/2026:12:04:31.200] in~ out/a 0/0/1/2/3 429 52 - - ---- 1/1/0/0/0 0/0 "POST /v1/messages HTTP/1.1"`, refused},
		"urllib3":          {"2026-06-17 12:04:31,200 DEBUG urllib3.connectionpool https://api.pioneer.ai:443 " + line + " None", refused},
		"Locust's log":     {"[2026-06-17 12:04:31,200] host/DEBUG/urllib3.connectionpool: https://api.pioneer.ai:443 " + line + " 52", refused},
		"forward proxy":    {`127.0.0.1 - - [17/Jun/2026:12:04:31 +0000] "POST http://api.pioneer.ai/v1/messages HTTP/1.1" 429 52`, second},
		"nginx, error log": {"2026/06/17 12:04:31 [error] 7#7: *1 connect() failed, request: \"POST /v1/messages HTTP/1.1\", upstream: \"http://x\"\n127.0.0.1 - - [17/Jun/2026:12:04:31 +0000] " + line + " 52", second},

		"Caddy": {`{"level":"info","ts":1781697871.2,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"127.0.0.1","method":"POST","host":"localhost:8080","uri":"/v1/messages","headers":{"User-Agent":["x"]}},"size":52,"status":429,"resp_headers":{"Retry-After":["9"]}}`, refused + " 9s"},
		"Caddy, console": {"2026/06/17 12:04:31.200\tINFO\thttp.log.access\thandled request\t" +
			`{"request": {"remote_ip": "127.0.0.1", "method": "POST", "host": "localhost:8080", "uri": "/v1/messages"}, "status": 429}`, refused},
		"pino, headers": {`{"level":30,"time":1781697871200,"req":{"method":"POST","url":"/v1/messages","headers":{"retry-after":"1"}},"res":{"statusCode":429,"headers":{"retry-after":"9"}},"msg":"request completed"}`, refused + " 9s"},
		"Traefik":       {`{"ClientHost":"10.0.0.1","DownstreamStatus":429,"OriginStatus":429,"RequestHost":"localhost","RequestMethod":"POST","RequestPath":"/v1/messages","RequestPort":"80","StartLocal":"2026-06-17T14:04:31.2+02:00","StartUTC":"2026-06-17T12:04:31.2Z","downstream_Retry-After":"9","level":"info","msg":"","time":"2026-06-17T14:04:33+02:00"}`, refused + " 9s"},
		"nginx, JSON":   {`{"time_local":"17/Jun/2026:12:04:31 +0000","request":"POST /v1/messages HTTP/1.1","status": "429"}`, second},
		"nginx, msec":   {`{"msec":"1781697871.200","request_method":"POST","request_uri":"/v1/messages?a=1","status":429}`, refused},
		"Envoy, JSON":   {`{"start_time":"2026-06-17T12:04:31.200Z","method":"POST","path":"/v1/messages","protocol":"HTTP/2","response_code":429,"authority":"api.pioneer.ai"}`, refused},
		"pino":          {`{"level":30,"time":1781697871200,"pid":7,"req":{"id":1,"method":"POST","url":"/v1/messages"},"res":{"statusCode":429},"msg":"request completed"}`, refused},

		"k6 CSV": {"metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata\n" +
			"http_reqs,1781697871,1.000000,,,1429,false,,POST,https://api.pioneer.ai/v1/messages,HTTP/2.0,default,,429,,tls1.3,https://api.pioneer.ai/v1/messages,,\n" +
			"http_req_duration,1781697871,4.5,,,1429,false,,POST,https://api.pioneer.ai/v1/messages,HTTP/2.0,default,,429,,tls1.3,https://api.pioneer.ai/v1/messages,,\nvus,1781697871,1.000000,,,,,,,,,,,,,,,,", second},
		"k6 template": {strings.NewReplacer("https://api.pioneer.ai/inference", "${}/v1/messages?a=${}").Replace(k6Denied), refused},
		"vegeta CSV":  {`1781697871200000000,429,1000000,58,52,"429 Too Many Requests",e30=,"a,b",7,POST,https://api.pioneer.ai/v1/messages,` + encoded, refused + " 9s"},
		"JTL": {"timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n" +
			`1781697871200,4,chat,429,Too Many Requests,Thread Group 1-1,text,false,"Test failed: ""x"", y",52,120,1,1,https://api.pioneer.ai/v1/messages,4,0,1` + "\n" +
			`1781697871200,4,Transaction,200,"Number of samples in transaction : 1, number of failing samples : 1",Thread Group 1-1,,false,,52,120,1,1,null,4,0,1`, "12:04:31.200  /v1/messages 429 rate"},
		"JTL without a header": {`1781697871200,4,chat,429,Too Many Requests,Thread Group 1-1,text,false,,52,120,1,1,https://api.pioneer.ai/v1/messages,4,0,1`, "12:04:31.200  /v1/messages 429 rate"},
	} {
		t.Run(name, func(t *testing.T) {
			calls, sum := readLog(t, tt.text+"\n", Options{Hosts: []string{"api.pioneer.ai"}})
			if len(calls) != 1 || calls[0] != tt.want {
				t.Errorf("got %q, want %q", calls, tt.want)
			}
			if note := sum.Note; note != "" && !strings.Contains(note, "without a time") {
				t.Errorf("note %q, want none", note)
			}
		})
	}
}

// A line in whatever collectors add to it.
func TestWrappers(t *testing.T) {
	const want = "12:04:31.200 POST /v1/messages 429 rate"
	plain := map[string]string{
		"event": `{"at":"2026-06-17T12:04:31.2Z","call":{"method":"POST","path":"/v1/messages","status":429}}`,
		"httpx": `2026-06-17 12:04:31,200 INFO HTTP Request: POST https://api.pioneer.ai/v1/messages "HTTP/1.1 429 Too Many Requests"`,
		"k6":    strings.Replace(k6Denied, "/inference", "/v1/messages", 1),
		"JSON":  `{"msec":1781697871.2,"request_method":"POST","request_uri":"/v1/messages","status":429}`,
	}
	quoted := func(s string) string { return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) }
	for name, wrap := range map[string]func(string) string{
		"nothing":         func(s string) string { return s + "\n" },
		"CRLF":            func(s string) string { return s + "\r\n" },
		"CR":              func(s string) string { return s + "\r" + "\r" },
		"byte order mark": func(s string) string { return "\xef\xbb\xbf" + s + "\n" },
		"UTF-16, big endian, no mark": func(s string) string {
			var out []byte
			for _, u := range utf16.Encode([]rune(s + "\n")) {
				out = append(out, byte(u>>8), byte(u))
			}
			return string(out)
		},
		"UTF-16": func(s string) string {
			out := []byte{0xff, 0xfe}
			for _, u := range utf16.Encode([]rune("é😀\n" + s + "\n")) {
				out = append(out, byte(u), byte(u>>8))
			}
			return string(out)
		},
		"gzip": func(s string) string {
			var b bytes.Buffer
			w := gzip.NewWriter(&b)
			_, _ = w.Write([]byte(s + "\n"))
			_ = w.Close()
			return b.String()
		},
		"Docker": func(s string) string {
			return `{"log":"` + quoted(s) + `\n","stream":"stdout","time":"2026-06-17T12:04:31.2Z"}` + "\n"
		},
		"Fluent Bit": func(s string) string {
			return `{"date":1781697871.2,"log":"` + quoted(s) + `\n","stream":"stderr"}` + "\n"
		},
		"Docker, spaced": func(s string) string {
			return `{"stream": "stderr", "log": "` + quoted(s) + `\n", "time": "2026-06-17T12:04:31.2Z"}` + "\n"
		},
		"containerd": func(s string) string { return "2026-06-17T12:04:31.200000000Z stdout F " + s + "\n" },
		"containerd, cut": func(s string) string {
			return "2026-06-17T12:04:31.2Z stdout P " + s[:20] + "\n2026-06-17T12:04:31.2Z stdout F " + s[20:] + "\n"
		},
		"journald": func(s string) string {
			return `{"__REALTIME_TIMESTAMP":"1781697871200000","PRIORITY":"6","MESSAGE":"` + quoted(s) + `"}` + "\n"
		},
		"kubectl":        func(s string) string { return "[pod/load-7/run] 2026-06-17T12:04:31.200000000Z " + s + "\n" },
		"docker compose": func(s string) string { return "load-1  | " + s + "\n" },
		"syslog":         func(s string) string { return "Jun 17 12:04:31 host load[7]: " + s + "\n" },
		"colours":        func(s string) string { return "\x1b[1;32m" + s[:5] + "\x1b[0m" + s[5:] + "\x1b[0m\n" },
	} {
		for kind, line := range plain {
			if kind == "httpx" && name == "syslog" {
				continue // the time of the envelope comes first
			}
			calls, sum := readLog(t, wrap(line), Options{})
			if len(calls) != 1 || calls[0] != want {
				t.Errorf("%s in %s: got %q with the note %q, want %q", kind, name, calls, sum.Note, want)
			}
		}
	}
}

// The envelope of a collector has the zone that the line itself lacks.
func TestEnvelopeTime(t *testing.T) {
	calls, _ := readLog(t, `{"log":"2026-06-17 07:04:31,200 INFO HTTP Request: GET https://api.pioneer.ai/x \"HTTP/1.1 200 OK\"\n","stream":"stdout","time":"2026-06-17T12:04:31.25Z"}`, Options{})
	if want := []string{"12:04:31.250 GET /x 200"}; strings.Join(calls, "|") != want[0] {
		t.Errorf("got %q, want %q", calls, want)
	}
}

// Older SDKs do not announce a call, but log its response.
func TestSDKWithoutAnnouncement(t *testing.T) {
	pair := func(status, headers string) string {
		return "2026-06-17 12:04:31 HTTP Request: POST https://api.pioneer.ai/x \"HTTP/1.1 " + status + "\"\n2026-06-17 12:04:31 HTTP Response: POST https://api.pioneer.ai/x \"" + status + "\" Headers({" + headers + "})\n"
	}
	calls, _ := readLog(t, pair("200 OK", "")+pair("200 OK", "")+pair("429 Too Many Requests", "'Retry-After': '9', 'X-RateLimit-Reason': 'daily_spend_cap_exceeded'"), Options{})
	if want := "12:04:31.000 POST /x 200|12:04:31.000 POST /x 200|12:04:31.000 POST /x 429 cap 9s"; strings.Join(calls, "|") != want {
		t.Errorf("got %q, want %q", calls, want)
	}
}

// One file may hold several kinds of lines.
func TestMixedKinds(t *testing.T) {
	calls, sum := readLog(t, strings.Join([]string{
		"Starting load.", eventLine, "", vegetaLine, k6Point, httpxLine, "Traceback (most recent call last):", accessLine, k6Other,
	}, "\n"), Options{})
	if len(calls) != 4 || sum.Note != "1 request that the program served not counted" {
		t.Errorf("got %q, note %q, want the four that were made", calls, sum.Note)
	}
}

// The calls in Locust's history are the differences between its rows.
func TestLocust(t *testing.T) {
	history := `Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,100%,Total Request Count,Total Failure Count,Total Median Response Time
1781697870,4,POST,/inference,0,0,N/A,N/A,10,2,9
1781697870,4,,Aggregated,0,0,N/A,N/A,10,2,9
1781697871,4,POST,/inference,16.0,4.0,8,54,30,5,9
1781697871,4,GET,/v1/models,1,0,8,54,1,0,9
1781697871,4,,Aggregated,16.0,4.0,8,54,31,5,9
1781697872,4,POST,/inference,16.0,4.0,8,54,3,0,9
`
	for name, tt := range map[string]struct {
		failures string
		want     map[int]int
		note     string
	}{
		"no file of failures": {"", map[int]int{200: 29, 0: 5}, "5 failures without a status: keep Locust's _failures.csv beside the file"},
		"all known": {"Method,Name,Error,Occurrences\nPOST,/inference,HTTPError('429 Client Error: Too Many Requests for url: https://x/inference'),4\n" +
			"POST,/inference,\"CatchResponseError('got \"\"503\"\", not 200')\",1\nPOST,/other,HTTPError('429'),9\n", map[int]int{200: 29, 429: 4, 503: 1}, ""},
	} {
		got := map[int]int{}
		sum, err := read(t.Context(), strings.NewReader(history), FormatAuto, Options{}, now, func() []byte { return []byte(tt.failures) }, func(e model.Event) { got[e.Call.Status]++ })
		if err != nil || fmt.Sprint(got) != fmt.Sprint(tt.want) || sum.Note != tt.note {
			t.Errorf("%s: got %v, %q, %v, want %v, %q", name, got, sum.Note, err, tt.want, tt.note)
		}
	}
}

// Calls to other hosts are counted apart.
func TestOtherHosts(t *testing.T) {
	row := func(url string) string {
		return "12:04:31 HTTP Request: POST " + url + " \"HTTP/1.1 429 Too Many Requests\"\n"
	}
	text := row("https://api.openai.com/v1/chat/completions") + row("https://api.pioneer.ai/1") + row("https://API.pioneer.ai:443/2") +
		row("http://localhost:6333/points") + row("http://127.0.0.1:8429/3") + row("http://localhost:8429/4") + row("https://api.openai.com/v1/chat/completions") +
		row("https://api.pioneer.ai.example.com/x") + row("http://[::1]:8429/5")
	calls, sum := readLog(t, text, Options{Hosts: []string{"api.pioneer.ai", "127.0.0.1:8429"}})
	if len(calls) != 5 || sum.Calls != 5 {
		t.Errorf("got %q, want five", calls)
	}
	if want := "4 calls to other hosts ignored: api.openai.com 2, api.pioneer.ai.example.com 1, localhost:6333 1"; sum.Note != want {
		t.Errorf("note %q, want %q", sum.Note, want)
	}
}

// A log that has none but calls to other hosts says how to count them.
func TestOnlyOtherHosts(t *testing.T) {
	text := strings.Repeat("12:04:31 HTTP Request: POST http://10.0.0.7:8080/v1/messages \"HTTP/1.1 200 OK\"\n", 3)
	calls, sum := readLog(t, text, Options{Hosts: []string{"api.pioneer.ai"}})
	if want := "3 calls to other hosts ignored: 10.0.0.7:8080 3; to count them, use --tail-host 10.0.0.7:8080"; len(calls) != 0 || sum.Note != want {
		t.Errorf("got %q, note %q, want %q", calls, sum.Note, want)
	}
}

// A log that is not understood says so, and what to do.
func TestAdvice(t *testing.T) {
	for text, want := range map[string]string{
		strings.Repeat("all work and no play\n", 5230):                                                                                                                                                "none of 5,230 lines understood: set --tail-format, or use --tap",
		"Type,Name,Request Count,Failure Count,Median Response Time\nPOST,/inference,10,2,9\n":                                                                                                        "none of 2 lines understood: looks like Locust's stats CSV without history: run locust with --csv-full-history, or use --tap",
		"This is ApacheBench, Version 2.3\nComplete requests:      100\n":                                                                                                                             "none of 2 lines understood: looks like ab's summary: it has no line for each call: send the run through --tap",
		"Running 10s test @ http://x\n  Thread Stats   Avg      Stdev\n    Latency   635.91us    0.89ms\n    Req/Sec    56.20k     8.07k\n":                                                           "looks like wrk's summary",
		"response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset\n0.1,0.0,0.0,0.0,0.1,0.0,200,0.1\n":                                                               "looks like hey's CSV",
		"\x50\x7f\x03\x01\x01\x06Result\x01\xff\x80\x00\x01\x0c\x01\x06Attack\x01\x0c\x00\x01\x03Seq\x01\x06\x00\x01\x04Code\x01\x06\x00\x01\x09Timestamp\x01\xff\x82\x00\x01\x07Latency\x01\x04\x00": "looks like vegeta's binary results: use vegeta encode FILE",
		"Method,Name,Error,Occurrences\nPOST,/inference,HTTPError('429'),59\n":                                                                                                                        "Locust's failures have no times",
		"{\"level\":\"info\",\"msg\":\"ready\"}\n":                                                                                                                                                    "none of 1 line understood",
	} {
		calls, sum := readLog(t, text, Options{})
		if len(calls) != 0 || !strings.Contains(sum.Note, want) {
			t.Errorf("%.40q: got %q, note %q, want %q", text, calls, sum.Note, want)
		}
	}
}

// An HTTP archive is read whole, on one line or many.
func TestHAR(t *testing.T) {
	entry := func(url, status, headers string) string {
		return `{"startedDateTime":"2026-06-17T14:04:31.2+02:00","time":1200,"request":{"method":"POST","url":"` + url + `","headers":[]},` +
			`"response":{"status":` + status + `,"headers":[` + headers + `],"content":{"size":2,"text":"ok"}},"cache":{}}`
	}
	text := `{"log":{"version":"1.2","creator":{"name":"x","entries":[1]},"entries":[` + entry("https://api.pioneer.ai/v1/messages?x=1", "200", "") + "," +
		entry("https://example.com/x", "200", "") + "," + entry("https://api.pioneer.ai/inference", "0", "") + "," +
		entry("https://api.pioneer.ai/inference", "429", `{"name":"Retry-After","value":"9"},{"name":"x-ratelimit-reason","value":"daily_spend_cap_exceeded"}`) + `]}}`
	for _, text := range []string{text, "\xef\xbb\xbf" + strings.NewReplacer("{", "{\n  ", ",", ",\n  ").Replace(text)} {
		calls, sum := readLog(t, text, Options{Hosts: []string{"api.pioneer.ai"}})
		if want := "12:04:31.200 POST /v1/messages 200|12:04:31.200 POST /inference 429 cap 9s"; strings.Join(calls, "|") != want {
			t.Errorf("got %q, want %q", calls, want)
		}
		if want := "1 call to other hosts ignored: example.com 1"; sum.Note != want {
			t.Errorf("note %q, want %q", sum.Note, want)
		}
	}
	if _, err := Read(t.Context(), strings.NewReader(text[:len(text)-40]), FormatAuto, Options{}, func(model.Event) {}); err == nil {
		t.Error("half an archive: got no error")
	}
}

func TestSplitFormat(t *testing.T) {
	for arg, want := range map[string]string{
		"run.log": "run.log ", "run.log:k6": "run.log k6", "-:httpx": "- httpx", "a:b.log": "a:b.log ", ":k6": ":k6 ", "run.log:auto": "run.log ", `C:\run.log`: `C:\run.log `,
	} {
		path, format, _ := SplitFormat(arg)
		if got := path + " " + string(format); got != want {
			t.Errorf("SplitFormat(%q) = %q, want %q", arg, got, want)
		}
	}
}

// What kubectl 1.32 writes for kubectl logs -f -l job=load --prefix, with three pods
// of which each logs by httpx: lines of pods in the order in which they come.
func TestKubectlLogs(t *testing.T) {
	const log = `[pod/load-tz7mn/run] 2026-06-17 12:04:30,202 INFO HTTP Request: POST https://api.pioneer.ai/v1/chat/completions "HTTP/1.1 429 Too Many Requests"
[pod/load-b9wqz/run] 2026-06-17 12:04:30,201 INFO HTTP Request: POST https://api.pioneer.ai/v1/chat/completions "HTTP/1.1 200 OK"
[pod/load-4xk2p/run] 2026-06-17 12:04:30,200 INFO HTTP Request: POST https://api.pioneer.ai/v1/chat/completions "HTTP/1.1 200 OK"
[pod/load-tz7mn/run] 2026-06-17 12:04:31,202 INFO HTTP Request: POST https://api.pioneer.ai/v1/chat/completions "HTTP/1.1 200 OK"
[pod/load-4xk2p/run] 2026-06-17 12:04:31,200 INFO HTTP Request: POST https://api.pioneer.ai/v1/chat/completions "HTTP/1.1 200 OK"
[pod/load-b9wqz/run] 2026-06-17 12:04:31,201 INFO HTTP Request: POST https://api.pioneer.ai/v1/chat/completions "HTTP/1.1 429 Too Many Requests"
[pod/load-tz7mn/run] 2026-06-17 12:04:32,202 INFO HTTP Request: POST https://api.pioneer.ai/v1/chat/completions "HTTP/1.1 200 OK"
[pod/load-4xk2p/run] 2026-06-17 12:04:32,200 INFO HTTP Request: POST https://api.pioneer.ai/v1/chat/completions "HTTP/1.1 429 Too Many Requests"
[pod/load-b9wqz/run] 2026-06-17 12:04:32,201 INFO HTTP Request: POST https://api.pioneer.ai/v1/chat/completions "HTTP/1.1 200 OK"
[pod/load-4xk2p/run] 2026-06-17 12:04:33,200 INFO HTTP Request: POST https://api.pioneer.ai/v1/chat/completions "HTTP/1.1 200 OK"
[pod/load-tz7mn/run] 2026-06-17 12:04:33,202 INFO HTTP Request: POST https://api.pioneer.ai/v1/chat/completions "HTTP/1.1 200 OK"
[pod/load-b9wqz/run] 2026-06-17 12:04:33,201 INFO HTTP Request: POST https://api.pioneer.ai/v1/chat/completions "HTTP/1.1 200 OK"
`
	calls, sum := readLog(t, log, Options{Hosts: []string{"api.pioneer.ai"}})
	denied := 0
	for _, call := range calls {
		if strings.Contains(call, "429") {
			denied++
		}
	}
	if len(calls) != 12 || denied != 3 || calls[0] != "12:04:30.202 POST /v1/chat/completions 429 rate" {
		t.Errorf("%d calls, %d of them denied, want 12 and 3: %q", len(calls), denied, calls)
	}
	if sum.Note != "" {
		t.Errorf("note %q, want none", sum.Note)
	}
}
