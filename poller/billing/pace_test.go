package billing

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"quotatop/model"
	"quotatop/poller/runner"
	"quotatop/poller/sim"
)

// watched notes what is asked of an API.
type watched struct {
	http.RoundTripper
	mu   sync.Mutex
	seen []asked
}

type asked struct {
	at           time.Time
	path, anchor string
}

func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.seen = append(w.seen, asked{time.Now(), r.URL.Path, r.URL.Query().Get("start_date")})
	w.mu.Unlock()
	return w.RoundTripper.RoundTrip(r)
}

// since returns the requests for a path from a time on.
func (w *watched) since(path string, from time.Time) (seen []asked) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range w.seen {
		if a.path == path && !a.at.Before(from) {
			seen = append(seen, a)
		}
	}
	return seen
}

// machine is a source of what this machine does: calls that pass a tap, or whatever
// else a test emits.
type machine chan model.Event

func (m machine) Name() string { return model.SourceTap }

func (m machine) Vantage() model.Vantage { return model.VantageLocal }

func (m machine) Run(ctx context.Context, emit func(model.Event)) error {
	emit(model.Event{At: time.Now(), Source: model.SourceTap, Health: &model.Health{State: model.StateOK, Vantage: model.VantageLocal}})
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-m:
			emit(e)
		}
	}
}

// runWith runs the source beside this machine's calls, and drops the snapshots
// that a test does not look at.
func (w *world) runWith(ctx context.Context, m machine) {
	r := &runner.Runner{Sources: []runner.Source{w.source, m}, Ledger: w.ledger, Clock: w.clock, Seen: w.source.Seen}
	feed := r.Start(ctx)
	go func() {
		for range feed {
		}
	}()
}

// watch notes what the source of a world asks for.
func (w *world) watch() *watched {
	seen := &watched{RoundTripper: w.source.client.http.Transport}
	w.source.client.http.Transport = seen
	return seen
}

func localCall(path string, d *model.Denial) model.Event {
	status := 200
	if d != nil {
		status = d.Status
	}
	return model.Event{At: time.Now(), Source: model.SourceTap, Call: &model.Call{
		Vantage: model.VantageLocal, Method: "POST", Path: path, Status: status, Denial: d,
	}}
}

// Nothing is known at the start, which is not the same as nothing to see.
func TestStartIsNotIdle(t *testing.T) {
	bubble(t, time.Minute, func(ctx context.Context) {
		w := newWorld(t, sim.Options{})
		seen := w.watch()
		w.sim.Call(sim.Call{Path: "/inference"})
		begin := time.Now()
		w.runWith(ctx, nil)
		time.Sleep(time.Second)
		if len(seen.since(planPath, begin)) != 1 || len(seen.since(requestsPath, begin)) != 1 {
			t.Errorf("within a second asked for %v, want the plan and the log", seen.seen)
		}
		time.Sleep(11 * time.Second)
		if n := len(seen.since(requestsPath, begin)); n < 2 {
			t.Errorf("polled the log %d times in 12 s, want it again by then", n)
		}
	})
}

// What is urgent makes a waiting source poll: first calls, a gauge that runs hot,
// and denials.
func TestUrgencyWakes(t *testing.T) {
	denial := &model.Denial{Kind: model.KindRate, Status: 429, RetryAfter: model.Some(7 * time.Second)}
	for name, send := range map[string]func(m machine){
		"first call": func(m machine) { m <- localCall("/inference", nil) },
		"hot": func(m machine) {
			for range 190 {
				m <- localCall("/v1/chat/completions", nil)
			}
		},
		"denial": func(m machine) { m <- localCall("/inference", denial) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 10*time.Minute, func(ctx context.Context) {
				w := newWorld(t, sim.Options{})
				m := make(machine)
				seen := w.watch()
				w.runWith(ctx, m)
				if name != "first call" { // that alone must not be it
					time.Sleep(2 * time.Minute)
					m <- localCall("/inference", nil)
					time.Sleep(25 * time.Second)
				} else {
					time.Sleep(3 * time.Minute)
				}
				for len(seen.since(requestsPath, time.Now().Add(-2600*time.Millisecond))) > 0 { // just polled
					time.Sleep(100 * time.Millisecond)
				}
				at := time.Now()
				send(m)
				time.Sleep(1500 * time.Millisecond)
				if len(seen.since(requestsPath, at)) == 0 {
					t.Errorf("not polled in 1.5 s")
				}
			})
		})
	}
}

// The time from a machine's first call until the account's figure has it.
func TestFirstCallIsSeenSoon(t *testing.T) {
	for _, quiet := range []time.Duration{500 * time.Millisecond, 5 * time.Second, 240 * time.Second, 246 * time.Second, 252 * time.Second, 258 * time.Second, 264 * time.Second} {
		t.Run("after "+quiet.String(), func(t *testing.T) {
			bubble(t, 10*time.Minute, func(ctx context.Context) {
				w := newWorld(t, sim.Options{})
				m := make(machine)
				r := &runner.Runner{Sources: []runner.Source{w.source, m}, Ledger: w.ledger, Clock: w.clock, Seen: w.source.Seen}
				feed := r.Start(ctx)
				for until := time.Now().Add(quiet); time.Now().Before(until); {
					select {
					case <-feed:
					case <-time.After(time.Until(until)):
					}
				}
				at := time.Now()
				w.sim.Call(sim.Call{Path: "/inference"})
				m <- localCall("/inference", nil)
				s := until(t, feed, "the call in the account's figure", func(s model.Snapshot) bool { return limit(s, "inference", 0).Account.Or(0) == 1 })
				took := s.At.Sub(at)
				t.Logf("%s after the first call", took)
				if took > startLateness+3*time.Second {
					t.Errorf("the first call was in the account's figure after %s, want no more than the lateness of rows and 3 s", took)
				}
			})
		})
	}
}

// A denial that may be the cap's has the plan polled at once, but not over and
// over.
func TestCapDenialPollsThePlan(t *testing.T) {
	for name, tt := range map[string]struct {
		denial model.Denial
		capUSD float64
		want   bool
	}{
		"cap":            {model.Denial{Kind: model.KindCap, Status: 429, Reason: "daily_spend_cap_exceeded"}, 50, true},
		"unknown reason": {model.Denial{Kind: model.KindRate, Status: 429}, 50, true},
		"unreadable":     {model.Denial{Kind: model.KindUnknown, Status: 429}, 50, true},
		"no capacity":    {model.Denial{Kind: model.KindBusy, Status: 429}, 50, false},
		"rate limit":     {model.Denial{Kind: model.KindRate, Status: 429, RetryAfter: model.Some(3 * time.Second)}, 50, false},
		"named limit":    {model.Denial{Kind: model.KindRate, Status: 429, Detail: "Rate limit exceeded: 200 per 1 minute"}, 50, false},
		"no credits":     {model.Denial{Kind: model.KindCredits, Status: 402}, 50, false},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 10*time.Minute, func(ctx context.Context) {
				w := newWorld(t, sim.Options{CapUSD: tt.capUSD})
				m := make(machine)
				seen := w.watch()
				w.runWith(ctx, m)
				time.Sleep(2 * time.Minute)
				for len(seen.since(planPath, time.Now().Add(-3*time.Second))) == 0 {
					time.Sleep(100 * time.Millisecond)
				}
				time.Sleep(5 * time.Second)
				at := time.Now()
				for range 40 {
					m <- localCall("/inference", &tt.denial)
					time.Sleep(500 * time.Millisecond)
				}
				polls := seen.since(planPath, at)
				if got := len(polls) > 0; got != tt.want {
					t.Fatalf("plan polled %d times in 20 s, want it polled: %t", len(polls), tt.want)
				}
				if tt.want && (polls[0].at.Sub(at) > time.Second || len(polls) > 6) {
					t.Errorf("plan polled %d times in 20 s, at first after %s; want at once, then ever less often", len(polls), polls[0].at.Sub(at))
				}
			})
		})
	}
}

// r polls the plan and the log, and says what happens.
func TestPollNow(t *testing.T) {
	bubble(t, time.Hour, func(ctx context.Context) {
		w := newWorld(t, sim.Options{})
		seen := w.watch()
		w.runWith(ctx, nil)
		time.Sleep(5*time.Minute + 1700*time.Millisecond) // off the beat of the polls
		at := time.Now()
		if said := w.source.PollNow(); said != "polled" {
			t.Errorf("said %q, want polled", said)
		}
		time.Sleep(time.Second)
		if len(seen.since(planPath, at)) == 0 || len(seen.since(requestsPath, at)) == 0 {
			t.Error("want the plan and the log polled")
		}
		said := ""
		for range 50 {
			if said = w.source.PollNow(); said != "polled" && said != "polling" {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if !strings.HasPrefix(said, "next poll in ") || !strings.HasSuffix(said, " s: budget") {
			t.Errorf("said %q, want when the budget allows the next poll", said)
		}
		for from := at; from.Before(time.Now()); from = from.Add(time.Second) {
			if n := w.sim.Polls(from, from.Add(time.Minute)); n > 50 {
				t.Fatalf("%d polls in a minute, want the budget kept", n)
			}
		}
	})
}

// However long a denial asks to wait, the source tries again within an hour, and
// by the next reset; r tries again now.
func TestAbsurdRetryAfter(t *testing.T) {
	for name, retryAfter := range map[string]string{"31 days": "2678400", "year 9999": "Fri, 31 Dec 9999 23:59:59 GMT"} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 30*time.Hour, func(ctx context.Context) {
				w := newWorld(t, sim.Options{})
				seen := w.watch()
				w.runWith(ctx, nil)
				time.Sleep(time.Minute)
				w.sim.Inject(sim.Fault{Status: 429, Header: http.Header{"Retry-After": {retryAfter}}, Body: `{"detail":"Rate limit exceeded"}`}.Times(2))
				time.Sleep(time.Minute)
				at := time.Now()
				time.Sleep(time.Hour)
				if len(seen.since(requestsPath, at))+len(seen.since(planPath, at)) == 0 {
					t.Error("not tried again within an hour")
				}
				w.sim.Inject(sim.Fault{Status: 429, Header: http.Header{"Retry-After": {retryAfter}}, Body: `{"detail":"Rate limit exceeded"}`}.Times(1))
				time.Sleep(2*time.Minute + 300*time.Millisecond)
				at = time.Now()
				if said := w.source.PollNow(); said != "polled" {
					t.Errorf("said %q, want polled", said)
				}
				time.Sleep(time.Second)
				if len(seen.since(requestsPath, at))+len(seen.since(planPath, at)) == 0 {
					t.Error("r did not try again")
				}
			})
		})
	}
}

// A source says truthfully when it polls next, and so does each figure of the plan.
func TestIntervalsAreTrue(t *testing.T) {
	bubble(t, 20*time.Minute, func(ctx context.Context) {
		w := newWorld(t, sim.Options{})
		seen := w.watch()
		var mu sync.Mutex
		var interval time.Duration
		var plan []time.Duration
		go func() {
			_ = w.source.Run(ctx, func(e model.Event) {
				mu.Lock()
				defer mu.Unlock()
				switch {
				case e.Health != nil:
					interval = e.Health.Interval
				case e.Account != nil && e.Account.Used.Known():
					plan = append(plan, e.Account.Interval)
				}
				w.ledger.Observe(e)
				w.source.Seen(w.ledger.Snapshot(w.clock.Now()))
			})
		}()
		for range 40 {
			time.Sleep(10 * time.Millisecond)
			mu.Lock()
			from, said := time.Now(), interval
			mu.Unlock()
			for len(seen.since(requestsPath, from)) == 0 {
				time.Sleep(100 * time.Millisecond)
			}
			if took := time.Since(from); took > said+200*time.Millisecond {
				t.Errorf("said the next poll was in %s, which came after %s", said, took)
			}
		}
		polls := seen.since(planPath, time.Time{})
		mu.Lock()
		defer mu.Unlock()
		for i := 1; i < len(polls); i++ {
			if gap := polls[i].at.Sub(polls[i-1].at); gap > plan[0]+time.Second || gap < plan[0]/2 {
				t.Errorf("the plan was polled after %s, said every %s", gap, plan[0])
			}
		}
		if len(polls) < 3 || plan[0] != planEvery {
			t.Errorf("%d polls of the plan, every %v", len(polls), plan)
		}
	})
}

// Another interval counts at once: the poll that is due later comes sooner. After an
// error it does not shorten the wait.
func TestSetInterval(t *testing.T) {
	bubble(t, 5*time.Minute, func(ctx context.Context) {
		w := newWorld(t, sim.Options{})
		w.source.SetInterval(4 * time.Minute)
		seen := w.watch()
		w.runWith(ctx, nil)
		time.Sleep(30 * time.Second)
		began := time.Now()
		w.source.SetInterval(40 * time.Second)
		time.Sleep(9 * time.Second)
		if n := len(seen.since(requestsPath, began)); n > 0 {
			t.Errorf("polled %d times within 9 s, 40 s after the last", n)
		}
		time.Sleep(2 * time.Second)
		if n := len(seen.since(requestsPath, began)); n == 0 {
			t.Error("no poll 41 s after the last")
		}
		w.sim.Inject(sim.Fault{Status: 429, Header: http.Header{"Retry-After": {"120"}}, Body: `{"detail":"Rate limit exceeded"}`}.Times(1))
		w.source.PollNow()
		time.Sleep(time.Second)
		began = time.Now()
		w.source.SetInterval(time.Second)
		time.Sleep(30 * time.Second)
		if n := len(seen.since(requestsPath, began)) + len(seen.since(planPath, began)); n > 0 {
			t.Errorf("%d requests while Retry-After ran", n)
		}
	})
}

// While every request is refused, however soon it may be tried again, the source
// never says that it is well, and the budget is not spent on trying.
func TestRefusedForLong(t *testing.T) {
	refusal := func(status int, retryAfter string) sim.Fault {
		return sim.Fault{Status: status, Header: http.Header{"Retry-After": {retryAfter}}, Body: `{"detail":"Rate limit exceeded"}`}
	}
	for name, fault := range map[string]sim.Fault{
		"at once": refusal(429, "0"), "before now": refusal(429, "Mon, 01 Jan 1990 00:00:00 GMT"), "negative": refusal(429, "-7"),
		"busy": refusal(503, "0"), "cold": refusal(425, "0"), "cap": sim.CapReached(), "down": sim.Unavailable(), "key": sim.Unauthorized(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, 50*time.Minute, func(ctx context.Context) {
				w := newWorld(t, sim.Options{})
				w.sim.Inject(fault.On("/billing/"))
				begin := time.Now()
				for s := range w.run(ctx) {
					if src := source(s); src.State == model.StateOK || src.State != "" && (src.Error == "" || src.AsOf.Known()) {
						t.Fatalf("after %s the source is %+v, want what is wrong", s.At.Sub(begin), src)
					}
				}
				if n := w.sim.Polls(begin, begin.Add(5*time.Minute)); n > 30 {
					t.Errorf("%d requests in the first five minutes, want ever fewer", n)
				}
				if n := w.sim.Polls(begin, time.Now()); n > 160 || n < 9 {
					t.Errorf("%d requests in 50 minutes, want a few a minute at most", n)
				}
			})
		})
	}
}
