package tap

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"quotatop/model"
)

// zip is text as a gzip body.
func zip(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// limitHeaders is what an event keeps of a response's header.
func limitHeaders(header map[string]string) string {
	var kept []string
	for _, name := range []string{"Retry-After", "X-RateLimit-Reason", "X-RateLimit-Code", "X-RateLimit-Scope", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
		if value := header[name]; value != "" {
			kept = append(kept, name+": "+strings.ReplaceAll(value, key, "[key]"))
		}
	}
	return strings.Join(kept, ", ")
}

// TestDenials answers with each no that the API is known to say. The client
// must get it byte by byte, and the event must say what it was.
func TestDenials(t *testing.T) {
	const chat = "/v1/chat/completions"
	limit := func(n int) model.Limit { return model.Limit{Max: n, Per: time.Minute} }
	wait := func(s int) model.Opt[time.Duration] { return model.Some(time.Duration(s) * time.Second) }
	long := `{"detail":"Rate limit exceeded: 200 per 1 minute","more":"` + strings.Repeat("x", 64<<10) + `"}`
	for name, tt := range map[string]struct {
		status int
		header map[string]string
		body   string
		want   *model.Denial
	}{
		"rate": {429, map[string]string{"Retry-After": "7"}, `{"detail":"Rate limit exceeded: 200 per 1 minute"}`,
			&model.Denial{Kind: model.KindRate, RetryAfter: wait(7), Detail: "Rate limit exceeded: 200 per 1 minute", Limit: limit(200)}},
		"rate, later form": {429,
			map[string]string{"Retry-After": "3", "X-RateLimit-Scope": "request-rate", "X-RateLimit-Code": "rate_limited", "X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "0"},
			`{"detail":"Rate limit exceeded: 5000 per 1 minute","code":"rate_limited","scope":"request-rate"}`,
			&model.Denial{Kind: model.KindRate, RetryAfter: wait(3), Reason: "rate_limited", Detail: "Rate limit exceeded: 5000 per 1 minute", Limit: limit(5000)}},
		"rate, OpenAI's envelope": {429, map[string]string{"Retry-After": "1"},
			`{"error":{"code":"rate_limited","type":"rate_limit_error","param":null,"message":"Rate limit exceeded."}}`,
			&model.Denial{Kind: model.KindRate, RetryAfter: wait(1), Reason: "rate_limited", Detail: "Rate limit exceeded."}},
		"rate, Anthropic's envelope": {429, map[string]string{"Retry-After": "1"},
			`{"type":"error","error":{"type":"rate_limit_error","message":"Rate limit exceeded."}}`,
			&model.Denial{Kind: model.KindRate, RetryAfter: wait(1), Reason: "rate_limit_error", Detail: "Rate limit exceeded."}},
		"rate, without a body": {429, map[string]string{"Retry-After": "7"}, "", &model.Denial{Kind: model.KindRate, RetryAfter: wait(7)}},
		"rate, a web page":     {429, nil, "<html>slow down</html>", &model.Denial{Kind: model.KindRate}},
		"rate, gzip": {429, map[string]string{"Retry-After": "7", "Content-Encoding": "gzip"}, zip(t, `{"detail":"Rate limit exceeded: 200 per 1 minute"}`),
			&model.Denial{Kind: model.KindRate, RetryAfter: wait(7), Detail: "Rate limit exceeded: 200 per 1 minute", Limit: limit(200)}},
		"rate, not the gzip it says": {429, map[string]string{"Content-Encoding": "gzip"}, `{"detail":"x"}`, &model.Denial{Kind: model.KindRate, Detail: "x"}},
		"cap": {429, map[string]string{"X-RateLimit-Reason": "daily_spend_cap_exceeded"}, `{"detail":"Daily spending cap reached."}`,
			&model.Denial{Kind: model.KindCap, Reason: "daily_spend_cap_exceeded", Detail: "Daily spending cap reached."}},
		"credits": {402, nil, `{"code":"out_of_credits","message":"Used up.","resolution_url":"https://agent.pioneer.ai/credits"}`,
			&model.Denial{Kind: model.KindCredits, Reason: "out_of_credits", Detail: "Used up.", URL: "https://agent.pioneer.ai/credits"}},
		"ceiling": {403, nil, `{"code":"credit_ceiling_reached","message":"Reached.","resolution_url":"https://agent.pioneer.ai/billing"}`,
			&model.Denial{Kind: model.KindCeiling, Reason: "credit_ceiling_reached", Detail: "Reached.", URL: "https://agent.pioneer.ai/billing"}},
		"card, nested": {403, nil, `{"detail":{"code":"card_required","message":"A card.","resolution_url":"https://agent.pioneer.ai/billing"}}`,
			&model.Denial{Kind: model.KindCredits, Reason: "card_required", Detail: "A card.", URL: "https://agent.pioneer.ai/billing"}},
		"key": {401, nil, `{"detail":"Invalid API key. Please check your credentials."}`,
			&model.Denial{Kind: model.KindAuth, Detail: "Invalid API key. Please check your credentials."}},
		"key, repeated by the API": {401, map[string]string{"X-RateLimit-Reason": "bad " + key}, `{"detail":"Invalid API key ` + key + `"}`,
			&model.Denial{Kind: model.KindAuth, Reason: "bad [key]", Detail: "Invalid API key [key]"}},
		"not found":    {404, nil, `{"detail":"Not Found"}`, nil},
		"validation":   {422, nil, `{"detail":[{"loc":["body"],"msg":"field required","type":"missing"}]}`, nil},
		"server error": {500, nil, `{"error":"Internal server error"}`, nil},
		"unavailable":  {503, map[string]string{"Retry-After": "2"}, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, chunked := range []bool{false, true} {
				tap, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					for k, v := range tt.header {
						w.Header().Set(k, v)
					}
					if !chunked {
						w.Header().Set("Content-Length", fmt.Sprint(len(tt.body)))
					}
					w.WriteHeader(tt.status)
					for i := range len(tt.body) { // by bytes
						_, _ = io.WriteString(w, tt.body[i:i+1])
						if chunked {
							_ = http.NewResponseController(w).Flush()
						}
					}
				})
				begun := time.Now()
				status, body := post(t, tap, chat+"?q="+key)
				if status != tt.status || body != tt.body {
					t.Errorf("client got %d %q, want %d %q", status, body, tt.status, tt.body)
				}
				if tt.want != nil {
					tt.want.Status = tt.status
					tt.want.Headers = limitHeaders(tt.header)
				}
				want := model.Event{Source: model.SourceTap, Call: &model.Call{
					Vantage: model.VantageLocal, Method: "POST", Path: chat, Status: tt.status, Denial: tt.want}}
				events := tap.waitFor(t, "call", func(e []model.Event) bool { return len(calls(e)) == 1 })
				got := events[len(events)-1]
				if got.At.Before(begun.Add(-time.Second)) || got.At.After(time.Now()) {
					t.Errorf("stamped %v, want about %v", got.At, begun)
				}
				got.At = time.Time{}
				if diff := cmp.Diff(want, got, cmp.AllowUnexported(model.Opt[time.Duration]{})); diff != "" {
					t.Errorf("event differs (-want +got):\n%s", diff)
				}
				tap.stop()
			}
		})
	}
	t.Run("more than is read", func(t *testing.T) {
		for name, body := range map[string]string{"": long, "gzip": zip(t, long)} {
			tap, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if name != "" {
					w.Header().Set("Content-Encoding", name)
				}
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(429)
				_, _ = io.WriteString(w, body)
			})
			if status, got := post(t, tap, chat); status != 429 || got != body {
				t.Errorf("%s: client got %d and %d bytes, want 429 and %d", name, status, len(got), len(body))
			}
			d := tap.waitCalls(t, 1)[0].Denial
			if d == nil || d.Kind != model.KindRate || d.RetryAfter != wait(7) {
				t.Errorf("%s: got %+v, want a rate denial with 7 s", name, d)
			}
			tap.stop()
		}
	})
}

// post makes a call as a load run does, with the key.
func post(t *testing.T, tap *testTap, path string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequest("POST", tap.base+path, strings.NewReader(`{"model":"m"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", key)
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := tap.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// A response may say how many tokens its call used.
func TestTokens(t *testing.T) {
	for said, want := range map[string]int64{"18": 18, "": 0, "-5": 0, "many": 0, "99999999999999999999": 0} {
		tap, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Token-Usage", said) })
		post(t, tap, "/v1/chat/completions")
		if got := tap.waitCalls(t, 1)[0]; got.Tokens != want {
			t.Errorf("X-Token-Usage %q: got %d tokens, want %d", said, got.Tokens, want)
		}
		tap.stop()
	}
}

// TestExcerptIsBounded sees the first 4 KiB of a body that has no end, while
// it goes on.
func TestExcerptIsBounded(t *testing.T) {
	release := make(chan struct{})
	tap, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(429)
		_, _ = io.WriteString(w, strings.Repeat("x", maxExcerpt))
		_ = http.NewResponseController(w).Flush()
		<-release
	})
	res, err := tap.client.Get(tap.base)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	defer close(release)
	if _, err := io.CopyN(io.Discard, res.Body, maxExcerpt); err != nil {
		t.Fatal(err)
	}
	if d := tap.waitCalls(t, 1)[0].Denial; d == nil || d.Kind != model.KindRate {
		t.Errorf("got %+v, want a rate denial", d)
	}
}

// TestHugeRefusals has the upstream refuse calls with all the header that the tap
// accepts: what it remembers of each is bounded.
func TestHugeRefusals(t *testing.T) {
	const calls, most = 32, 256 << 10 // bytes each, for client, tap and upstream together
	head := "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\n" + strings.Repeat("A:b\r\n", 10_000) + "X: " + strings.Repeat("x", 900_000) + "\r\nContent-Length: 0\r\n\r\n"
	addr := canned(t, head)
	tap := start(t, "http://"+addr)
	conns := make([]net.Conn, calls)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range conns {
		conn, err := net.Dial("tcp", tap.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		_, _ = io.WriteString(conn, raw(get200, tap.addr, ""))
		if _, err := io.CopyN(io.Discard, conn, int64(len(head))); err != nil {
			t.Fatal(err)
		}
		conns[i] = conn
	}
	for _, call := range tap.waitCalls(t, calls) {
		if call.Denial == nil || call.Denial.Kind != model.KindRate || !call.Denial.RetryAfter.Known() {
			t.Errorf("got %+v, want a rate denial", call)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if n := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / calls; n > most {
		t.Errorf("%d kB for each call, want %d or less", n>>10, most>>10)
	} else {
		t.Logf("%d kB for each call", n>>10)
	}
}

// TestDeadUpstream has an upstream that is down, comes up, and goes down
// again. The clients get a 502 each, the dashboard one event for each change.
func TestDeadUpstream(t *testing.T) {
	upstream, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := upstream.Addr().String()
	upstream.Close()
	tap := start(t, "http://"+addr)
	down := func() {
		t.Helper()
		for range 5 {
			status, body := post(t, tap, "/inference")
			want := `{"detail":"quotatop tap: cannot reach ` + addr + `: connection refused"}` + "\n"
			if status != http.StatusBadGateway || body != want {
				t.Errorf("got %d %q, want 502 %q", status, body, want)
			}
		}
	}
	await := func(n int) {
		t.Helper()
		tap.waitFor(t, "change of health", func(e []model.Event) bool { return len(states(e)) == n })
	}
	await(1)
	down()
	await(2)
	if upstream, err = net.Listen("tcp", addr); err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable) // which is an answer
	})}
	go func() { _ = server.Serve(upstream) }()
	if status, _ := post(t, tap, "/inference"); status != http.StatusServiceUnavailable {
		t.Errorf("got %d from an upstream that is up, want 503", status)
	}
	await(3)
	server.Close()
	tap.client.CloseIdleConnections()
	down()
	await(4)
	tap.stop()
	dead := model.Health{State: model.StateError, Vantage: model.VantageLocal, Live: true, Error: "cannot reach " + addr + ": connection refused; passing 502 to clients"}
	ok := model.Health{State: model.StateOK, Vantage: model.VantageLocal, Live: true}
	if diff := cmp.Diff([]model.Health{ok, dead, ok, dead}, states(tap.events)); diff != "" {
		t.Errorf("health differs (-want +got):\n%s", diff)
	}
	if got := calls(tap.events); len(got) != 1 || got[0].Status != http.StatusServiceUnavailable {
		t.Errorf("got calls %+v, want the one that was answered", got)
	}
}

// TestUnansweredCall has an upstream that takes a request and hangs up: the
// call may have counted.
func TestUnansweredCall(t *testing.T) {
	for name, tt := range map[string]struct{ response, reason string }{
		"hangs up":           {"", "it closed the connection without a response"},
		"is no HTTP":         {"X-API-Key: " + key + "\r\n\r\n", "its response is not HTTP"},
		"half a header":      {"HTTP/1.1 200 OK\r\nX-API-Key: " + key, "it closed the connection without a response"},
		"repeats the header": {"HTTP/1.1 200 OK\r\n" + key + "\r\n\r\n", "its response is not HTTP"},
	} {
		t.Run(name, func(t *testing.T) {
			tap, upstream := serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.ReadAll(r.Body)
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.WriteString(conn, tt.response)
				conn.Close()
			})
			status, body := post(t, tap, "/inference")
			text := "cannot reach " + upstream.Listener.Addr().String() + ": " + tt.reason
			if want := `{"detail":"quotatop tap: ` + text + `"}` + "\n"; status != 502 || body != want {
				t.Errorf("got %d %q, want 502 %q", status, body, want)
			}
			tap.waitFor(t, "error", func(e []model.Event) bool {
				s := states(e)
				return len(s) > 0 && s[len(s)-1] == model.Health{State: model.StateError, Vantage: model.VantageLocal, Live: true, Error: text + "; passing 502 to clients"}
			})
			if got := tap.waitCalls(t, 1)[0]; got.Status != 0 || got.Denial != nil {
				t.Errorf("got call %+v, want one of unknown status", got)
			}
		})
	}
}

// TestKeyStaysOut makes every kind of call with the key, and greps all that
// the tap says for it.
func TestKeyStaysOut(t *testing.T) {
	var tap *testTap
	tap, upstream := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-API-Key") != key || r.Header.Get("Authorization") != "Bearer "+key {
			t.Error("the key does not arrive")
		}
		switch r.URL.Path {
		case "/denied":
			w.Header().Set("X-RateLimit-Reason", key)
			w.Header().Set("Retry-After", key)
			w.WriteHeader(429)
			fmt.Fprintf(w, `{"code":%q,"message":%q,"resolution_url":"https://x/%s"}`, key, key, key)
		case "/cut":
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, key)
		case "/interim":
			w.Header().Set("X-Hint", key)
			w.WriteHeader(103)
		}
	})
	for _, path := range []string{"/ok?key=" + key, "/denied", "/" + key, "/interim", "/a?x=" + strings.Repeat(key, 1000)} {
		post(t, tap, path)
	}
	for _, path := range []string{"/cut", "/denied"} {
		req, _ := http.NewRequest("POST", tap.base+path, strings.NewReader(key))
		req.Header = http.Header{"X-Api-Key": {key}, "Authorization": {"Bearer " + key}}
		if res, err := tap.client.Do(req); err == nil {
			_, _ = io.ReadAll(res.Body)
			res.Body.Close()
		}
	}
	upstream.Close()
	tap.client.CloseIdleConnections()
	if _, body := post(t, tap, "/"+key); strings.Contains(body, key) {
		t.Errorf("the 502 shows the key: %s", body)
	}
	// The tap may say so with its first event, if the machine is busy.
	tap.waitFor(t, "error", func(e []model.Event) bool {
		s := states(e)
		return len(s) > 0 && s[len(s)-1].State == model.StateError
	})
	tap.stop() // looks through the log
	said, err := json.Marshal(tap.events)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(said, []byte(key)) {
		t.Errorf("the events show the key:\n%s", said)
	}
	if n := len(calls(tap.events)); n != 7 {
		t.Errorf("got %d calls, want 7", n)
	}
}

// TestSlowReader has emit block for good: no call may wait for it, memory stays
// bounded, and what was lost is said.
func TestSlowReader(t *testing.T) {
	tap, _ := serve(t, func(http.ResponseWriter, *http.Request) {})
	tap.waitFor(t, "start", func(e []model.Event) bool { return len(e) == 1 })
	tap.mu.Lock() // holds up emit
	get(t, tap, "/held")
	for range 3 * maxSeen { // of which the reporter may have taken a third
		tap.tap.inbox.put(observed{call: model.Call{Vantage: model.VantageLocal, Path: "/a", Status: 200}})
	}
	get(t, tap, "/after")
	if n := len(tap.tap.inbox.seen); n > maxSeen {
		t.Errorf("%d calls wait, want no more than %d", n, maxSeen)
	}
	tap.mu.Unlock()
	events := tap.waitFor(t, "note", func(e []model.Event) bool { s := states(e); return s[len(s)-1].Note != "" })
	s := states(events)
	if got := s[len(s)-1]; got.State != model.StateOK || !strings.HasSuffix(got.Note, " calls dropped: they came too fast") {
		t.Errorf("got %+v", got)
	}
}

// A tap learns the server's clock from the first response, and dates that call by
// it already.
func TestTapLearnsTheServersClock(t *testing.T) {
	const off = -80 * time.Hour
	tap, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusOK)
	})
	began := time.Now()
	for range 3 {
		res, err := tap.client.Post(tap.base+"/inference", "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	tap.stop()
	calls := 0
	for _, e := range tap.events {
		if e.Call == nil {
			continue
		}
		calls++
		if late := e.At.Sub(began.Add(off)); late < -2*time.Second || late > patience {
			t.Errorf("the call is dated %s, want the server's time, about %s", e.At, began.Add(off))
		}
	}
	if calls != 3 {
		t.Errorf("%d calls, want 3", calls)
	}
}
