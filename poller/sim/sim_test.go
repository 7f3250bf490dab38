package sim

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"quotatop/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 6, 17, 12, 0, 0, 0, time.UTC)

// A handClock is a clock that tests set.
type handClock struct{ at time.Time }

func (c *handClock) now() time.Time      { return c.at }
func (c *handClock) add(d time.Duration) { c.at = c.at.Add(d) }
func newServer(o Options) (*Server, *handClock) {
	c := &handClock{noon}
	o.Now = c.now
	return New(o), c
}

// do sends one request, without a network, from 10.0.0.1.
func do(s http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.RemoteAddr = "10.0.0.1:4711"
	r.Header.Set("X-API-Key", "pio_sk_test")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// burst sends n calls at once and returns how many were accepted.
func burst(s *Server, n int, c Call) (accepted int, last Result) {
	for range n {
		if last = s.Call(c); last.Status == 200 {
			accepted++
		}
	}
	return accepted, last
}

func TestLimits(t *testing.T) {
	type step struct {
		at     time.Duration
		path   string
		ip     string
		n      int
		want   int    // accepted
		detail string // of the last, if it was denied
	}
	const chat, inference, gliner = "/v1/chat/completions", "/inference", "/gliner-2/extract"
	for name, test := range map[string]struct {
		profile string
		fixed   bool
		steps   []step
	}{
		"chat's four paths share one": {"2026-06", false, []step{
			{0, chat, "a", 100, 100, ""},
			{10 * time.Second, "/v1/messages", "b", 150, 100, "200 per 1 minute"},
			{59999 * time.Millisecond, chat, "a", 1, 0, "200 per 1 minute"},
			{60 * time.Second, "/v1/responses", "a", 101, 100, "200 per 1 minute"},
			{70 * time.Second, "/v1/completions", "a", 101, 100, "200 per 1 minute"},
		}},
		"fixed minutes": {"2026-06", true, []step{
			{59 * time.Second, chat, "a", 201, 200, "200 per 1 minute"},
			{60 * time.Second, chat, "a", 201, 200, "200 per 1 minute"},
			{119 * time.Second, chat, "a", 1, 0, "200 per 1 minute"},
		}},
		"an address has its own minute, other endpoints use it too": {"2026-06", false, []step{
			{0, inference, "a", 500, 500, ""},
			{0, gliner, "a", 501, 500, "1000 per 1 minute"},
			{0, gliner, "b", 1, 1, ""},
			{0, "/no/such", "a", 1, 0, "1000 per 1 minute"},
		}},
		"a user's limit holds from everywhere": {"2026-06", false, []step{
			{0, inference, "a", 700, 700, ""},
			{0, inference, "b", 700, 500, "1200 per 1 minute"},
			{0, gliner, "b", 501, 500, "1000 per 1 minute"}, // what was denied used no quota
		}},
		"the hour": {"2026-06", false, []step{
			{0, gliner, "a", 1000, 1000, ""},
			{1 * time.Minute, gliner, "a", 1000, 1000, ""},
			{2 * time.Minute, gliner, "a", 1000, 1000, ""},
			{3 * time.Minute, gliner, "a", 1000, 1000, ""},
			{4 * time.Minute, gliner, "a", 1000, 1000, ""},
			{5 * time.Minute, gliner, "a", 1000, 1000, ""},
			{6 * time.Minute, gliner, "a", 1000, 1000, ""},
			{7 * time.Minute, gliner, "a", 1000, 1000, ""},
			{8 * time.Minute, gliner, "a", 1000, 1000, ""},
			{9 * time.Minute, gliner, "a", 1001, 1000, "10000 per 1 hour"},
			{59 * time.Minute, gliner, "a", 1, 0, "10000 per 1 hour"},
			{60 * time.Minute, gliner, "a", 1001, 1000, ""},
		}},
		"later limits replace the address's": {"2026-07", false, []step{
			{0, gliner, "a", 15_001, 15_000, "15000 per 1 minute"},
			{0, inference, "a", 5_001, 5_000, "5000 per 1 minute"},
			{0, "/v1/embeddings", "a", 20_001, 20_000, "20000 per 1 minute"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			table, err := model.Profile(test.profile)
			if err != nil {
				t.Fatal(err)
			}
			s, _ := newServer(Options{Table: table, FixedWindows: test.fixed})
			for i, step := range test.steps {
				got, last := burst(s, step.n, Call{At: noon.Add(step.at), Path: step.path, IP: step.ip})
				if got != step.want {
					t.Errorf("step %d: got %d of %d calls accepted, want %d", i, got, step.n, step.want)
				}
				if step.detail != "" && last.Detail != "Rate limit exceeded: "+step.detail {
					t.Errorf("step %d: got detail %q, want %q", i, last.Detail, step.detail)
				}
			}
		})
	}
}

// Every Retry-After is exact: a second earlier the call is denied
// again, then it is accepted.
func TestRetryAfterIsTrue(t *testing.T) {
	for _, fixed := range []bool{false, true} {
		s, _ := newServer(Options{FixedWindows: fixed, CapUSD: -1})
		rng := rand.New(rand.NewPCG(7, 7))
		paths := []string{"/v1/chat/completions", "/inference", "/gliner-2/x", "/generate/text", "/felix/training-jobs"}
		now, denied := noon, 0
		for range 30_000 {
			now = now.Add(time.Duration(rng.ExpFloat64() * float64(40*time.Millisecond)))
			c := Call{At: now, Path: paths[rng.IntN(len(paths))]}
			r := s.Call(c)
			if r.Status == 200 {
				continue
			}
			denied++
			if r.RetryAfter < time.Second || r.RetryAfter%time.Second != 0 {
				t.Fatalf("fixed %t: got Retry-After %s, want whole seconds", fixed, r.RetryAfter)
			}
			if rng.IntN(50) != 0 {
				continue // see more denials before waiting
			}
			if c.At = now.Add(r.RetryAfter - time.Second - time.Microsecond); c.At.After(now) {
				if again := s.Call(c); again.Status == 200 {
					t.Fatalf("fixed %t: %s passed %s after it was asked to wait %s", fixed, c.Path, c.At.Sub(now), r.RetryAfter)
				}
			}
			now = now.Add(r.RetryAfter)
			c.At = now
			if again := s.Call(c); again.Status != 200 {
				t.Fatalf("fixed %t: %s was denied after Retry-After of %s: %s", fixed, c.Path, r.RetryAfter, again.Detail)
			}
		}
		if denied < 100 {
			t.Errorf("fixed %t: got %d denials: too few to tell", fixed, denied)
		}
	}
}

// Over real HTTP, in fake time: the header says how long to wait.
func TestRetryAfterOverHTTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := NewPipe()
		server := &http.Server{Handler: New(Options{})}
		go server.Serve(pipe)
		defer server.Close()
		client := &http.Client{Transport: &http.Transport{DialContext: pipe.Dial}}
		defer client.CloseIdleConnections()
		post := func() *http.Response {
			r, _ := http.NewRequest("POST", "http://pioneer.test/felix/training-jobs", strings.NewReader(`{}`))
			r.Header.Set("Authorization", "Bearer pio_sk_test")
			resp, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			return resp
		}
		for range 20 {
			if resp := post(); resp.StatusCode != 200 {
				t.Fatalf("got %s, want 200", resp.Status)
			}
		}
		time.Sleep(12500 * time.Millisecond)
		resp := post()
		if resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "48" {
			t.Fatalf("got %s with Retry-After %q, want 429 with 48", resp.Status, resp.Header.Get("Retry-After"))
		}
		if got, want := resp.Header.Get("Date"), time.Now().UTC().Format(http.TimeFormat); got != want {
			t.Errorf("got Date %q, want %q", got, want)
		}
		time.Sleep(48 * time.Second)
		if resp := post(); resp.StatusCode != 200 {
			t.Errorf("after the wait: got %s, want 200", resp.Status)
		}
	})
}

func TestCap(t *testing.T) {
	s, clock := newServer(Options{CapUSD: 0.01})
	clock.at = time.Date(2026, 6, 17, 23, 58, 0, 0, time.UTC)
	opus := func() *httptest.ResponseRecorder {
		return do(s, "POST", "/v1/messages", `{"model":"made-up","messages":[]}`)
	}
	spent := 0.0
	for i := 0; ; i++ {
		if i == 199 {
			t.Fatal("the cap was never reached")
		}
		w := opus()
		if w.Code == 429 {
			if got := w.Header().Get("X-RateLimit-Reason"); got != "daily_spend_cap_exceeded" {
				t.Errorf("got reason %q", got)
			}
			if got := w.Header().Get("Retry-After"); got != "" {
				t.Errorf("got Retry-After %q, want none", got)
			}
			break
		}
		if spent >= 0.01 {
			t.Fatalf("a call passed at $%g of $0.01", spent)
		}
		spent = s.SpentUSD()
	}
	if spent < 0.01 || spent > 0.0105 {
		t.Errorf("got $%g spent, want the cap and a part of one call", spent)
	}
	var plan struct {
		Used, Limit, Remaining float64
		Exceeds                bool `json:"exceeds_limit"`
	}
	readPlan := func() {
		var raw map[string]any
		w := do(s, "GET", "/billing/plan-info", "")
		if err := json.Unmarshal(w.Body.Bytes(), &raw); err != nil || w.Code != 200 {
			t.Fatalf("plan-info: %d %s", w.Code, w.Body)
		}
		plan.Used, plan.Limit, plan.Remaining = raw["total_usage"].(float64), raw["credit_limit"].(float64), raw["remaining_credits"].(float64)
		plan.Exceeds = raw["exceeds_limit"].(bool)
	}
	readPlan()
	if plan.Used != spent*100 || plan.Limit != 1 || plan.Remaining != 0 || plan.Exceeds != (spent > 0.01) {
		t.Errorf("plan-info over the cap: got %+v at $%g", plan, spent)
	}
	clock.at = time.Date(2026, 6, 17, 23, 59, 59, 999_999_000, time.UTC)
	if w := opus(); w.Code != 429 {
		t.Errorf("just before midnight: got %d, want 429", w.Code)
	}
	clock.add(time.Microsecond)
	readPlan()
	if plan.Used != 0 || plan.Remaining != 1 || plan.Exceeds {
		t.Errorf("plan-info at midnight: got %+v, want a new day", plan)
	}
	if w := opus(); w.Code != 200 {
		t.Errorf("at midnight: got %d, want 200", w.Code)
	}
	got := s.Truth("chat", noon, noon.Add(24*time.Hour))
	if got.Capped != 2 || got.Rejected != 0 || got.Accepted < 10 {
		t.Errorf("got truth %+v, want 2 capped", got)
	}
}

func TestNoCap(t *testing.T) {
	s, _ := newServer(Options{CapUSD: -1})
	if r := s.Call(Call{Path: "/inference", Tokens: 1 << 40}); r.Status != 200 {
		t.Fatalf("got %+v", r)
	}
	if r := s.Call(Call{Path: "/inference"}); r.Status != 200 {
		t.Errorf("got %+v, want no cap", r)
	}
	if got := do(s, "GET", "/billing/plan-info", "").Body.String(); !strings.Contains(got, `"credit_limit":null`) {
		t.Errorf("got plan %s, want no limit", got)
	}
}

func TestAuth(t *testing.T) {
	s, _ := newServer(Options{Key: "pio_sk_right"})
	for _, test := range []struct {
		headers []string
		want    int
		body    string
	}{
		{[]string{"X-API-Key", "pio_sk_right"}, 200, "total_usage"},
		{[]string{"X-API-Key", "", "Authorization", "Bearer pio_sk_right"}, 200, "total_usage"},
		{[]string{"X-API-Key", "pio_sk_wrong", "Authorization", "Bearer pio_sk_right"}, 401, `{"detail":"Invalid API key. Please check your credentials."}`},
		{[]string{"X-API-Key", "sk-1"}, 401, "must start with 'pio_sk_'"},
		{[]string{"X-API-Key", ""}, 401, `{"detail":{"code":"invalid_credentials","message":"Authentication required"}}`},
	} {
		w := do(s, "GET", "/billing/plan-info", "", test.headers...)
		if w.Code != test.want || !strings.Contains(w.Body.String(), test.body) {
			t.Errorf("%q: got %d %s, want %d %s", test.headers, w.Code, w.Body, test.want, test.body)
		}
	}
	if w := do(s, "GET", "/health", "", "X-API-Key", ""); w.Code != 200 {
		t.Errorf("health: got %d", w.Code)
	}
	if w := do(s, "POST", "/inference", "{}", "X-API-Key", "pio_sk_wrong"); w.Code != 401 {
		t.Errorf("inference with a wrong key: got %d", w.Code)
	}
	if got := s.Truth("all", noon, noon.Add(time.Hour)); got.Accepted != 0 || got.Unbilled != 2 {
		t.Errorf("got truth %+v, want that 401s use no quota", got)
	}
}

// Billing GETs, unknown paths and bad bodies use the address's quota and make
// no rows; X-Forwarded-For says whose.
func TestUnbilledCallsUseQuota(t *testing.T) {
	s, _ := newServer(Options{})
	for range 997 {
		s.Call(Call{Path: "/gliner-2/x", IP: "10.0.0.1"})
	}
	for _, test := range []struct {
		method, path, body string
		want               int
	}{
		{"GET", "/billing/plan-info", "", 200},
		{"POST", "/nowhere", "{}", 404},
		{"POST", "/inference", "[1", 422},
		{"GET", "/billing/usage/requests", "", 429},
	} {
		if w := do(s, test.method, test.path, test.body); w.Code != test.want {
			t.Errorf("%s %s: got %d %s, want %d", test.method, test.path, w.Code, w.Body, test.want)
		}
	}
	if w := do(s, "GET", "/billing/plan-info", "", "X-Forwarded-For", "198.51.100.7, 10.0.0.1"); w.Code != 200 {
		t.Errorf("from elsewhere: got %d", w.Code)
	}
	want := Counts{Accepted: 997, Unbilled: 4, Rejected: 1}
	if got := s.Truth("all", noon, noon.Add(time.Second)); got != want {
		t.Errorf("got truth %+v, want %+v", got, want)
	}
	if got := s.Polls(noon, noon.Add(time.Second)); got != 3 {
		t.Errorf("got %d polls, want 3", got)
	}
}

// Truth counts what was sent, over any period.
func TestTruth(t *testing.T) {
	s, _ := newServer(Options{CapUSD: -1})
	rng := rand.New(rand.NewPCG(1, 2))
	type sent struct {
		at       time.Time
		endpoint string
		status   int
		detail   string
	}
	var all []sent
	now := noon
	for range 20_000 {
		now = now.Add(time.Duration(rng.ExpFloat64() * float64(100*time.Millisecond)))
		path, endpoint := "/inference", "inference"
		switch rng.IntN(4) {
		case 0:
			path, endpoint = "/v1/chat/completions", "chat"
		case 1:
			path, endpoint = "/generate/text", "generate"
		}
		r := s.Call(Call{At: now, Path: path, IP: fmt.Sprint("10.0.0.", rng.IntN(5))})
		all = append(all, sent{r.At, endpoint, r.Status, r.Detail})
	}
	denied := 0
	for range 50 {
		from := noon.Add(time.Duration(rng.Int64N(int64(now.Sub(noon)))))
		to := from.Add(time.Duration(rng.Int64N(int64(5 * time.Minute))))
		want := map[string]Counts{}
		for _, c := range all {
			if c.at.Before(from) || !c.at.Before(to) {
				continue
			}
			own, every := want[c.endpoint], want["all"]
			switch {
			case c.status == 200:
				own.Accepted++
				every.Accepted++
			case strings.HasSuffix(c.detail, "1000 per 1 minute") || strings.HasSuffix(c.detail, "hour"):
				every.Rejected++
			default:
				own.Rejected++
				denied++
			}
			want[c.endpoint], want["all"] = own, every
		}
		for _, id := range []string{"all", "chat", "inference", "generate", "gliner", "other", "nonsense"} {
			if got := s.Truth(id, from, to); got != want[id] {
				t.Errorf("%s over %s: got %+v, want %+v", id, to.Sub(from), got, want[id])
			}
		}
	}
	if denied == 0 {
		t.Error("nothing was denied: the test says too little")
	}
}

// Many clients at once, while someone polls, reads the truth and breaks things.
func TestConcurrentUse(t *testing.T) {
	s := New(Options{CapUSD: -1, Lag: -1})
	var accepted atomic.Int64
	var all sync.WaitGroup
	begin := time.Now()
	for worker := range 8 {
		all.Go(func() {
			from := fmt.Sprint("192.0.2.", worker)
			for range 50 {
				if w := do(s, "POST", "/inference", "{}", "X-Forwarded-For", from); w.Code == 200 {
					accepted.Add(1)
				}
				if r := s.Call(Call{Path: chatPath, IP: from}); r.Status == 200 {
					accepted.Add(1)
				}
				do(s, "GET", "/billing/usage/requests", "", "X-Forwarded-For", from)
				s.Inject(Unavailable().On("/inference").Times(1))
				s.SpentUSD()
				s.Truth("chat", begin, time.Now())
			}
		})
	}
	all.Wait()
	end := time.Now().Add(time.Second)
	if got := s.Truth("all", begin, end); int64(got.Accepted) != accepted.Load() || got.Unbilled != 400 || got.Rejected != 0 {
		t.Errorf("got %+v, want %d accepted and 400 polls", got, accepted.Load())
	}
	if got := s.Truth("chat", begin, end); got != (Counts{Accepted: 200, Rejected: 200}) {
		t.Errorf("got chat %+v, want 200 accepted and 200 rejected", got)
	}
}

func TestSkew(t *testing.T) {
	s, clock := newServer(Options{Lag: -1})
	s.SetSkew(10 * time.Minute)
	w := do(s, "POST", "/inference", "{}")
	if got, want := w.Header().Get("Date"), "Wed, 17 Jun 2026 12:10:00 GMT"; got != want {
		t.Errorf("got Date %q, want %q", got, want)
	}
	if got := readLog(t, s, "").Items[0].CreatedAt; got != "2026-06-17 12:10:00.000000+00:00" {
		t.Errorf("got created_at %q, want ten minutes ahead", got)
	}
	s.SetSkew(0) // time does not go back
	if r := s.Call(Call{Path: "/inference"}); !r.At.Equal(noon.Add(10 * time.Minute)) {
		t.Errorf("after a step back: decided at %s", r.At)
	}
	clock.add(11 * time.Minute)
	if r := s.Call(Call{Path: "/inference"}); !r.At.Equal(noon.Add(11 * time.Minute)) {
		t.Errorf("caught up: decided at %s", r.At)
	}
}

// jsonRow is a row as a client sees it.
type jsonRow struct {
	ID          string  `json:"id"`
	CreatedAt   string  `json:"created_at"`
	CreditUsage float64 `json:"credit_usage"`
	TokenUsage  int     `json:"token_usage"`
	Cost        float64 `json:"cost"`
	Endpoint    string  `json:"endpoint"`
	Model       string  `json:"model"`
}

type jsonPage struct {
	Items      []jsonRow `json:"items"`
	TotalCount int       `json:"total_count"`
	Page       int       `json:"page"`
	PageSize   int       `json:"page_size"`
}

func (r jsonRow) created(t *testing.T) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04:05.000000-07:00", r.CreatedAt)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// pollAddress returns a new address for each request, so that reading the log
// reaches no limit.
var pollAddress = func() func() string {
	n := 0
	return func() string { n++; return "10.9." + strconv.Itoa(n/250%250) + "." + strconv.Itoa(n%250) }
}()

func readLog(t *testing.T, s http.Handler, query string) jsonPage {
	t.Helper()
	w := do(s, "GET", "/billing/usage/requests?"+query, "", "X-Forwarded-For", pollAddress())
	var page jsonPage
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != 200 {
		t.Fatalf("log %q: %d %s", query, w.Code, w.Body)
	}
	return page
}
