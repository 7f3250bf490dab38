package sim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestReplies(t *testing.T) {
	for _, test := range []struct {
		fault  Fault
		status int
		body   string
		header string
	}{
		{Unauthorized(), 401, `{"detail":"Invalid API key. Please check your credentials."}`, ""},
		{AuthRequired(), 401, `{"detail":{"message":"Authentication required","code":"invalid_credentials"}}`, ""},
		{OutOfCredits(), 402, `{"code":"out_of_credits",`, ""},
		{OutOfCreditsNested(), 402, `{"detail":{"code":"out_of_credits",`, ""},
		{CeilingReached(), 403, `{"code":"credit_ceiling_reached",`, ""},
		{CardRequired(), 403, `{"detail":{"code":"card_required",`, ""},
		{Forbidden(), 403, `{"detail":"`, ""},
		{RateLimited(7 * time.Second), 429, `{"detail":"Rate limit exceeded: `, "Retry-After: 7"},
		{CapReached(), 429, `{"detail":"`, "X-Ratelimit-Reason: daily_spend_cap_exceeded"},
		{NotFound(), 404, `{"detail":"Not Found"}`, ""},
		{ServerError(), 500, `{"detail":"`, ""},
		{Unavailable(), 503, `{"detail":"`, ""},
		{HTML(), 200, "<!doctype html>", "Content-Type: text/html; charset=utf-8"},
		{Empty(), 200, "", ""},
		{WrongShape(), 200, "[", ""},
		{Reply(418, "short"), 418, "short", "Content-Type: application/json"},
	} {
		s, _ := newServer(Options{})
		s.Inject(test.fault)
		w := do(s, "GET", "/billing/usage/requests", "")
		if w.Code != test.status || !strings.HasPrefix(w.Body.String(), test.body) || test.body == "" && w.Body.Len() > 0 {
			t.Errorf("got %d %s, want %d %s", w.Code, w.Body, test.status, test.body)
		}
		name, value, _ := strings.Cut(test.header, ": ")
		if got := w.Header().Get(name); name != "" && got != value {
			t.Errorf("%d: got %s %q, want %q", test.status, name, got, value)
		}
		if w.Header().Get("Date") == "" {
			t.Errorf("%d: got no Date", test.status)
		}
	}
}

// Faults stop after their count, keep to their path, and can be removed.
func TestFaultsAreNarrow(t *testing.T) {
	s, _ := newServer(Options{})
	status := func(path string) int { return do(s, "GET", path, "").Code }
	s.Inject(NotFound().On("/billing/plan-info").Times(2))
	remove := s.Inject(Unavailable().On("/billing/"))
	for i, want := range []int{404, 404, 503} {
		if got := status("/billing/plan-info"); got != want {
			t.Errorf("request %d: got %d, want %d", i, got, want)
		}
	}
	if got := status("/billing/billing-status"); got != 503 {
		t.Errorf("another path: got %d, want 503", got)
	}
	if got := status("/health"); got != 200 {
		t.Errorf("health: got %d, want 200", got)
	}
	remove()
	remove()
	if got := status("/billing/plan-info"); got != 200 {
		t.Errorf("removed: got %d, want 200", got)
	}
	s.Inject(ServerError())
	s.Heal()
	if got := status("/billing/plan-info"); got != 200 {
		t.Errorf("healed: got %d, want 200", got)
	}
	if got := s.Truth("other", noon, noon.Add(time.Second)).Unbilled; got != 2 {
		t.Errorf("got %d calls, want the 2 that met no fault", got)
	}
	if got := s.Polls(noon, noon.Add(time.Second)); got != 6 {
		t.Errorf("got %d polls, want all 6", got)
	}
}

// What is wrong with the figures of the log and the account.
func TestOddFigures(t *testing.T) {
	for name, test := range map[string]struct {
		fault      Fault
		path       string
		want, miss []string
	}{
		"real":             {Fault{}, "/billing/usage/requests", []string{`"token_usage":18,`, `"cost":5.9e-05,`, `"credit_usage":0.0059,`, `"total_count":8,"page":1,`}, nil},
		"future":           {FutureDates(), "/billing/usage/requests", []string{`"created_at":"2026-06-17 13:00:0`}, []string{`17 12:00`}},
		"negative":         {NegativeCosts(), "/billing/usage/requests", []string{`"cost":-5.9e-05`, `"credit_usage":-0.0059`}, nil},
		"negative plan":    {NegativeCosts(), "/billing/plan-info", []string{`"total_usage":-0.0`}, nil},
		"huge":             {HugeNumbers(), "/billing/usage/requests", []string{`"cost":1e300`, `"token_usage":123456789012345678901234567890`, `"page":1`}, nil},
		"strings":          {NumbersAsStrings(), "/billing/usage/requests", []string{`"token_usage":"18"`, `"cost":"5.9e-05"`, `"total_count":"8"`, `"page":"1"`}, nil},
		"strings plan":     {NumbersAsStrings(), "/billing/plan-info", []string{`"credit_limit":"5000.0"`}, nil},
		"nulls":            {Nulls(), "/billing/usage/requests", []string{`"cost":null`, `"model":null`, `"endpoint":null`, `"created_at":null`, `"endpoint":"/inference"`, `"total_count":null`}, nil},
		"nulls plan":       {Nulls(), "/billing/plan-info", []string{`"total_usage":null`}, nil},
		"page size":        {StrictPageSize(), "/billing/usage/requests?page_size=1000", []string{`{"detail":[{"loc":["query","page_size"],"msg":"Input should be less than or equal to 100"`}, nil},
		"page size obeyed": {StrictPageSize(), "/billing/usage/requests?page_size=100", []string{`"page_size":100`}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, clock := newServer(Options{})
			for range 8 {
				s.Call(Call{Path: "/inference", Model: modelHaiku, Tokens: 18})
			}
			clock.add(4 * time.Second)
			s.Inject(test.fault)
			body := do(s, "GET", test.path, "").Body.String()
			for _, want := range test.want {
				if !strings.Contains(body, want) {
					t.Errorf("got %s, want %s", body, want)
				}
			}
			for _, miss := range test.miss {
				if strings.Contains(body, miss) {
					t.Errorf("got %s, want no %s", body, miss)
				}
			}
			if !json.Valid([]byte(body)) {
				t.Errorf("got %s, want JSON", body)
			}
		})
	}
}

func TestSamePage(t *testing.T) {
	s, clock := newServer(Options{})
	for range 80 {
		s.Call(Call{Path: "/inference"})
	}
	clock.add(4 * time.Second)
	s.Inject(SamePage())
	first, tenth := readLog(t, s, "page=1"), readLog(t, s, "page=10")
	if len(tenth.Items) != 50 || tenth.Items[0].ID != first.Items[0].ID || tenth.Page != 10 || tenth.Page*tenth.PageSize >= tenth.TotalCount {
		t.Errorf("got %d rows on page %d of %d in all, want the first page again and more to come", len(tenth.Items), tenth.Page, tenth.TotalCount)
	}
}

func TestBrokenConnections(t *testing.T) {
	s := New(Options{Key: "pio_sk_test", Lag: -1})
	server := httptest.NewServer(s)
	defer server.Close()
	defer http.DefaultClient.CloseIdleConnections()
	get := func(path string) (*http.Response, error) {
		r, _ := http.NewRequest("GET", server.URL+path, nil)
		r.Header.Set("X-API-Key", "pio_sk_test")
		return http.DefaultClient.Do(r)
	}
	s.Inject(Cut().Times(1))
	resp, err := get("/billing/plan-info")
	if err != nil {
		t.Fatalf("cut: got %v, want a response", err)
	}
	body, err := io.ReadAll(resp.Body)
	if resp.Body.Close(); err == nil || len(body) == 0 {
		t.Errorf("cut: got %d bytes and error %v, want some and an error", len(body), err)
	}
	s.Inject(Endless().Times(1))
	resp, err = get("/billing/usage/requests")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.CopyN(io.Discard, resp.Body, 20<<20); err != nil {
		t.Errorf("endless: got %d bytes and %v, want more", n, err)
	}
	resp.Body.Close()
}

func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		s.Inject(Slow(20 * time.Second))
		s.Inject(Slow(time.Second).On("/billing/"))
		begin := time.Now()
		if w := do(s, "GET", "/billing/plan-info", ""); w.Code != 200 {
			t.Errorf("got %d", w.Code)
		}
		if took := time.Since(begin); took != 21*time.Second {
			t.Errorf("took %s, want 21s", took)
		}
	})
}
