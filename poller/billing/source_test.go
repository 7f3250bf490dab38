package billing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
	"quotatop/poller/sim"
)

// until returns the first snapshot that has what is wanted.
func until(t *testing.T, feed <-chan model.Snapshot, what string, wanted func(model.Snapshot) bool) model.Snapshot {
	t.Helper()
	var last model.Snapshot
	for s := range feed {
		if last = s; wanted(s) {
			return s
		}
	}
	text, _ := json.Marshal(last.Sources)
	t.Fatalf("never saw %s; at the end the sources were %s", what, text)
	return last
}

func source(s model.Snapshot) model.Source {
	for _, src := range s.Sources {
		if src.Name == model.SourceBilling {
			return src
		}
	}
	return model.Source{}
}

// Whatever the server does, the screen has one clear line about it, the last
// good figures stay, and all is well again once the server is.
func TestFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		fault sim.Fault
		state model.State
		want  string        // in the source's error
		retry time.Duration // the longest wait until it is tried again
	}{
		"key refused":        {sim.Unauthorized(), model.StateError, "key refused (401): invalid, or its allowance is used up", time.Minute},
		"not authenticated":  {sim.AuthRequired(), model.StateError, "key refused (401)", time.Minute},
		"forbidden":          {sim.Forbidden(), model.StateError, "key refused (403)", time.Minute},
		"no credits":         {sim.OutOfCredits(), model.StateError, "billing denial (402): ", 5 * time.Minute},
		"no credits, nested": {sim.OutOfCreditsNested(), model.StateError, "billing denial (402): ", 5 * time.Minute},
		"no card":            {sim.CardRequired(), model.StateError, "billing denial (403): ", 5 * time.Minute},
		"rate limited":       {sim.RateLimited(7 * time.Second), model.StatePaused, "our own polls are rate-limited (429)", 7 * time.Second},
		"not there":          {sim.NotFound(), model.StateError, "no /billing/usage/requests at localhost (404): check the base URL", time.Minute},
		"server error":       {sim.ServerError(), model.StateError, "localhost answered 500: Internal server error", time.Minute},
		"unavailable":        {sim.Unavailable(), model.StateError, "localhost answered 503: Authentication service", time.Minute},
		"web page":           {sim.HTML(), model.StateError, "a web page, not JSON: check the base URL", time.Minute},
		"empty":              {sim.Empty(), model.StateError, "the response is empty", time.Minute},
		"another shape":      {sim.WrongShape(), model.StateError, "JSON with an unexpected shape", time.Minute},
		"endless":            {sim.Endless(), model.StateError, "sent more than 4 MiB", time.Minute},
		"redirected away": {sim.Fault{Status: 302, Header: http.Header{"Location": {"https://elsewhere.example/steal"}}}, model.StateError,
			"redirects to another host, which would receive the key", time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 20*time.Minute, func(ctx context.Context) {
				w := newWorld(t, sim.Options{})
				w.sim.Call(sim.Call{Path: "/inference"})
				time.Sleep(20 * time.Second)
				feed := w.run(ctx)
				good := until(t, feed, "the first figures", func(s model.Snapshot) bool { return limit(s, "inference", 0).Account.Or(0) == 1 })
				w.sim.Inject(tt.fault.On("/billing/"))
				w.source.PollNow()
				bad := until(t, feed, tt.want, func(s model.Snapshot) bool { return source(s).State == tt.state })
				src := source(bad)
				if !strings.Contains(src.Error, tt.want) || strings.Contains(src.Error, "\n") || strings.Contains(src.Error, testKey) {
					t.Errorf("error %q, want one line with %q", src.Error, tt.want)
				}
				if retry, ok := src.RetryAt.Get(); !ok || retry.Sub(bad.At) > tt.retry+time.Second || !retry.After(bad.At.Add(-time.Second)) {
					t.Errorf("retry at %v, want within %s of %v", retry, tt.retry, bad.At)
				}
				if used := limit(bad, "inference", 0); used.Account.Or(-1) != 1 || used.AsOf.Or(bad.At).After(good.At) {
					t.Errorf("inference = %+v, want the last good figure at its own time", used)
				}
				w.sim.Heal()
				until(t, feed, "recovery", func(s model.Snapshot) bool { return source(s).State == model.StateOK && source(s).Error == "" })
			})
		})
	}
}

// A 401 may be a used-up allowance: it is tried again right after the reset.
func TestRefusedKeyIsTriedAfterTheReset(t *testing.T) {
	bubble(t, 25*time.Hour, func(ctx context.Context) {
		time.Sleep(24*time.Hour - 10*time.Second) // synctest begins at midnight
		w := newWorld(t, sim.Options{})
		w.sim.Inject(sim.Unauthorized().Times(2))
		midnight := time.Now().Truncate(24 * time.Hour).Add(24 * time.Hour)
		s := until(t, w.run(ctx), "recovery", func(s model.Snapshot) bool { return source(s).State == model.StateOK })
		if late := s.At.Sub(midnight); late < 0 || late > 75*time.Second {
			t.Errorf("polled again %s after the reset, want within seconds", late)
		}
	})
}

// A cap 429 stops the polling of rows until the reset.
func TestCapStopsPolling(t *testing.T) {
	bubble(t, 26*time.Hour, func(ctx context.Context) {
		w := newWorld(t, sim.Options{CapUSD: 5})
		time.Sleep(22 * time.Hour)
		feed := w.run(ctx)
		until(t, feed, "the first figures", func(s model.Snapshot) bool { return source(s).State == model.StateOK })
		w.sim.Inject(sim.CapReached().On(requestsPath).Times(1))
		s := until(t, feed, "the pause", func(s model.Snapshot) bool { return source(s).State == model.StatePaused })
		if len(s.Denials) != 1 || s.Denials[0].Kind != model.KindCap {
			t.Errorf("denials = %+v, want the cap", s.Denials)
		}
		until(t, feed, "recovery", func(s model.Snapshot) bool { return source(s).State == model.StateOK })
		// The denial counts until a reading of the plan that cannot be too early.
		s = until(t, feed, "the plan's word", func(s model.Snapshot) bool { return !s.Cap.Inferred })
		if s.At.Hour() != 22 || s.Cap.Used.Or(-1) != 0 {
			// plan-info says that there is room: the cap must have been raised
			t.Errorf("went on at %s with %v used", s.At, s.Cap.Used)
		}
	})
}

func TestMissingAccountEndpointsAreNotes(t *testing.T) {
	bubble(t, 5*time.Minute, func(ctx context.Context) {
		w := newWorld(t, sim.Options{})
		w.sim.Inject(sim.NotFound().On(planPath))
		w.sim.Inject(sim.Forbidden().On(statusPath))
		s := until(t, w.run(ctx), "a note", func(s model.Snapshot) bool { return source(s).Note != "" })
		if got := source(s); got.State != model.StateOK || !strings.Contains(got.Note, "no billing-status (403)") || !strings.Contains(got.Note, "no plan-info (404)") {
			t.Errorf("source = %+v, want notes and no error", got)
		}
		if len(s.Denials) != 0 {
			t.Errorf("denials = %+v, want none", s.Denials)
		}
	})
}

// The server's spellings and habits change nothing.
func TestQuirks(t *testing.T) {
	for name, tt := range map[string]struct {
		fault sim.Fault
		want  int // of 20 calls
	}{
		"422 for large pages":    {sim.StrictPageSize(), 20},
		"numbers as texts":       {sim.NumbersAsStrings(), 20},
		"negative costs":         {sim.NegativeCosts(), 20},
		"huge numbers":           {sim.HugeNumbers(), 20},
		"the same page for ever": {sim.SamePage(), 20},
		"nulls":                  {sim.Nulls(), 10}, // a quarter has no time, a quarter no endpoint
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 10*time.Minute, func(ctx context.Context) {
				w := newWorld(t, sim.Options{CapUSD: -1})
				w.sim.Inject(tt.fault)
				for range 20 {
					w.sim.Call(sim.Call{Path: "/inference"})
				}
				time.Sleep(20 * time.Second)
				s := until(t, w.run(ctx), "the calls", func(s model.Snapshot) bool { return limit(s, "inference", 0).Account.Or(0) > 0 })
				if got := limit(s, "inference", 0).Account.Or(0); got != tt.want {
					t.Errorf("inference = %d calls, want %d", got, tt.want)
				}
			})
		})
	}
}

func TestSamePageForEver(t *testing.T) {
	bubble(t, 10*time.Minute, func(ctx context.Context) {
		w := newWorld(t, sim.Options{CapUSD: -1})
		for range 500 {
			w.sim.Call(sim.Call{Path: "/inference"})
			time.Sleep(100 * time.Millisecond)
		}
		w.sim.Inject(sim.SamePage())
		s := until(t, w.run(ctx), "the error", func(s model.Snapshot) bool { return source(s).State == model.StateError })
		if got := source(s).Error; !strings.Contains(got, "same rows on every page") {
			t.Errorf("error %q", got)
		}
		if n := w.sim.Polls(time.Now().Add(-time.Hour), time.Now().Add(time.Hour)); n > 50 {
			t.Errorf("%d polls, want the budget kept", n)
		}
	})
}

func TestFutureDatesDoNotHideThePresent(t *testing.T) {
	bubble(t, 10*time.Minute, func(ctx context.Context) {
		w := newWorld(t, sim.Options{CapUSD: -1})
		remove := w.sim.Inject(sim.FutureDates())
		w.sim.Call(sim.Call{Path: "/inference"})
		time.Sleep(20 * time.Second)
		feed := w.run(ctx)
		until(t, feed, "the note", func(s model.Snapshot) bool { return strings.Contains(source(s).Note, "dated in the future") })
		remove()
		until(t, feed, "the call", func(s model.Snapshot) bool { return limit(s, "inference", 0).Account.Or(0) == 1 })
	})
}

// A server clock that is far off changes nothing but the note of it.
func TestClockSkew(t *testing.T) {
	for _, skew := range []time.Duration{-10 * time.Minute, 10 * time.Minute} {
		bubble(t, 10*time.Minute, func(ctx context.Context) {
			w := newWorld(t, sim.Options{CapUSD: -1})
			w.sim.SetSkew(skew)
			for range 7 {
				w.sim.Call(sim.Call{Path: "/inference"})
			}
			time.Sleep(20 * time.Second)
			s := until(t, w.run(ctx), "the calls", func(s model.Snapshot) bool {
				return limit(s, "inference", 0).Account.Or(0) == 7 && source(s).State == model.StateOK
			})
			if off := s.At.Sub(time.Now().Add(skew)).Abs(); off > time.Second {
				t.Errorf("skew %s: the screen's time is off by %s", skew, off)
			}
			if got := time.Duration(s.ClockOffsetMS) * time.Millisecond; (got - skew).Abs() > time.Second {
				t.Errorf("clock offset %s, want %s", got, skew)
			}
		})
	}
}

func TestBudget(t *testing.T) {
	now := time.Unix(0, 0)
	b := newBudget(50, 500)
	var sent []time.Time
	for end := now.Add(3 * time.Hour); now.Before(end); now = now.Add(100 * time.Millisecond) {
		for b.take(now) {
			sent = append(sent, now)
		}
	}
	for i := range sent {
		if j := i + 50; j < len(sent) && sent[j].Sub(sent[i]) < time.Minute {
			t.Fatalf("51 requests in %s", sent[j].Sub(sent[i]))
		}
		if j := i + 500; j < len(sent) && sent[j].Sub(sent[i]) < time.Hour {
			t.Fatalf("501 requests in %s", sent[j].Sub(sent[i]))
		}
	}
	if len(sent) < 1200 {
		t.Errorf("%d requests in 3 h, want most of 1500", len(sent))
	}
}

// What goes wrong on the network is said in a line, without the key.
func TestTroubleOnTheNetwork(t *testing.T) {
	reset := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	}))
	defer reset.Close()
	cut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"items":[`))
	}))
	defer cut.Close()
	dead := httptest.NewServer(nil)
	dead.Close()
	tls := httptest.NewTLSServer(nil)
	defer tls.Close()
	for name, tt := range map[string]struct{ base, want string }{
		"refused":     {dead.URL, "cannot reach 127.0.0.1:"},
		"reset":       {reset.URL, "127.0.0.1:"},
		"cut":         {cut.URL, "closed the connection in the middle of a response"},
		"no such":     {"https://api.pioneer.invalid", "cannot reach api.pioneer.invalid: "},
		"certificate": {tls.URL, ": its certificate is not valid: "},
	} {
		t.Run(name, func(t *testing.T) {
			base, err := url.Parse(tt.base)
			if err != nil {
				t.Fatal(err)
			}
			table, _ := model.Profile(model.DefaultProfile)
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			s := New(Options{Base: base, Key: testKey, Clock: &pioneer.Clock{}, Table: table, Transport: transport})
			err = s.Poll(t.Context(), func(model.Event) {})
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), testKey) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q", err, tt.want)
			}
		})
	}
}

// A redirect on the same host is followed, one elsewhere would leak the key.
func TestKeyStaysWithItsHost(t *testing.T) {
	var leaked string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { leaked = r.Header.Get("X-API-Key") }))
	defer other.Close()
	api := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer api.Close()
	base, _ := url.Parse(api.URL)
	table, _ := model.Profile(model.DefaultProfile)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	s := New(Options{Base: base, Key: testKey, Clock: &pioneer.Clock{}, Table: table, Transport: transport})
	if err := s.Poll(t.Context(), func(model.Event) {}); err == nil || leaked != "" {
		t.Errorf("error %v, and the other host got the key %q", err, leaked)
	}
}

func TestOnceThenNever(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	base, _ := url.Parse("http://localhost")
	table, _ := model.Profile(model.DefaultProfile)
	s := New(Options{Base: base, Key: testKey, Clock: &pioneer.Clock{}, Table: table, Transport: direct{sim.New(sim.Options{})}})
	if err := s.Poll(ctx, func(model.Event) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's own", err)
	}
}

// After a silence the log is begun anew. What was told before it is not told
// again, be it that the page that has settled reaches back to it.
func TestBegunAnewTellsNothingTwice(t *testing.T) {
	bubble(t, time.Hour, func(ctx context.Context) {
		w := newWorld(t, sim.Options{CapUSD: -1})
		told := map[string]int{}
		reach := 24 * time.Hour
		w.source.client.emit = func(e model.Event) {
			if e.Call != nil && e.Call.Vantage == model.VantageAccount {
				told[e.At.String()]++
			}
		}
		call := func(n int, every time.Duration) {
			for range n {
				w.sim.Call(sim.Call{Path: "/inference"})
				time.Sleep(every)
			}
		}
		call(60, time.Second)
		if err := w.source.log.poll(ctx, 1, reach); err != nil {
			t.Fatal(err)
		}
		before := len(told)
		call(12, 10*time.Second)       // a quiet silence,
		call(150, 20*time.Millisecond) // and a burst at its end that fills the first page
		time.Sleep(4 * time.Second)
		if err := w.source.log.poll(ctx, 1, reach); err != nil {
			t.Fatal(err)
		}
		for at, n := range told {
			if n > 1 {
				t.Fatalf("the row of %s was told %d times", at, n)
			}
		}
		if w.source.log.floor.at.IsZero() || len(told) == before {
			t.Errorf("floor %v, %d rows told after %d: want the log begun anew", w.source.log.floor, len(told), before)
		}
	})
}

// A row that a page repeats is counted once, and one without an endpoint too.
func TestRepeatedRows(t *testing.T) {
	bubble(t, 5*time.Minute, func(ctx context.Context) {
		w := newWorld(t, sim.Options{})
		rows := []string{}
		for i := range 400 {
			at := time.Now().Add(-30 * time.Second).Format(time.RFC3339) // it has settled by the first poll
			id := min(i, 1)
			rows = append(rows, fmt.Sprintf(`{"id":"same %d","created_at":%q,"endpoint":%q}`, id, at, []string{"/inference", ""}[id]))
		}
		page := fmt.Appendf(nil, `{"items":[%s],"total_count":2,"page_size":1000}`, strings.Join(rows, ","))
		w.source.client.http.Transport = direct{http.HandlerFunc(func(res http.ResponseWriter, r *http.Request) {
			if r.URL.Path == requestsPath {
				_, _ = res.Write(page)
				return
			}
			w.sim.ServeHTTP(res, r)
		})}
		s := until(t, w.run(ctx), "the rows", func(s model.Snapshot) bool { return limit(s, "inference", 0).Account.Or(0) > 0 })
		if inference, all := limit(s, "inference", 0).Account, limit(s, "all", 0).Account; inference != model.Some(1) || all.Or(0) < 2 || all.Or(0) > 20 {
			t.Errorf("%v calls of inference, %v in all, want 1, and 2 with some polls of ours", inference, all)
		}
	})
}
