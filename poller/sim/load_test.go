package sim

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestLoadStopsWithContext(t *testing.T) {
	s := New(Options{Latency: 200 * time.Millisecond, CapUSD: -1})
	server := httptest.NewServer(s)
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	l := &Load{BaseURL: server.URL + "/", Key: "k", InFlight: 20, Plan: Plan{
		Length: time.Hour, Repeat: true, Streams: []Stream{{Path: chatPath, Rate: Level(6000)}},
	}}
	ended := make(chan error)
	go func() { ended <- l.Run(ctx) }()
	for l.Tally().Accepted < 20 || l.Tally().Dropped == 0 {
		select {
		case err := <-ended:
			t.Fatalf("ended early: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("got %v, want no error", err)
	}
	if got := l.Tally(); got.Failed > 0 {
		t.Errorf("got %+v, want no failures", got)
	}
}

// overPipe serves h inside the bubble until stop is called.
func overPipe(h http.Handler) (client *http.Client, stop func()) {
	pipe := NewPipe()
	server := &http.Server{Handler: h}
	go server.Serve(pipe)
	client = &http.Client{Transport: &http.Transport{DialContext: pipe.Dial, MaxIdleConnsPerHost: 64}}
	return client, func() { client.CloseIdleConnections(); server.Close() }
}

// A finite plan sends what it says, and Run returns when the last call is
// answered.
func TestLoadFollowsItsPlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Latency: 500 * time.Millisecond})
		client, stop := overPipe(s)
		defer stop()
		begin := time.Now()
		l := &Load{BaseURL: "http://pioneer.test", Key: "k", Client: client, Plan: Plan{
			Length: 2 * time.Minute,
			Streams: []Stream{
				{Path: "/inference", Rate: []Point{{0, 0}, {time.Minute, 240}}},
				{Path: "/generate/text", Rate: Level(30), Elsewhere: Level(1)},
			},
		}}
		if err := l.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took < 2*time.Minute-2*time.Second || took > 2*time.Minute+time.Second {
			t.Errorf("took %s, want 2m", took)
		}
		minute := func(id string, n int) int {
			from := begin.Add(time.Duration(n) * time.Minute)
			return s.Truth(id, from, from.Add(time.Minute)).Accepted
		}
		for _, test := range []struct {
			id        string
			min, want int
		}{{"inference", 0, 120}, {"inference", 1, 240}, {"generate", 0, 30}, {"generate", 1, 30}} {
			if got := minute(test.id, test.min); got < test.want-3 || got > test.want+3 {
				t.Errorf("%s, minute %d: got %d calls, want about %d", test.id, test.min, got, test.want)
			}
		}
		if got := l.Tally().Accepted; got != minute("all", 0)+minute("all", 1)+minute("all", 2) {
			t.Errorf("got %+v, want all that the server accepted", l.Tally())
		}
		if l.Tally().Failed+l.Tally().Denied+l.Tally().Dropped > 0 {
			t.Errorf("got %+v", l.Tally())
		}
	})
}

// Other machines go straight to the API, from addresses of their own.
func TestLoadFromElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		var tapped, direct atomic.Int64
		client, stop := overPipe(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			from := r.Header.Get("X-Forwarded-For")
			switch {
			case r.Host == "tap.test" && from == "":
				tapped.Add(1)
			case r.Host == "api.test" && strings.HasPrefix(from, "203.0.113."):
				direct.Add(1)
			default:
				t.Errorf("got a call to %s from %q", r.Host, from)
			}
			s.ServeHTTP(w, r)
		}))
		defer stop()
		l := &Load{BaseURL: "http://tap.test", Direct: "http://api.test", Key: "k", Client: client, Plan: Plan{
			Length: time.Minute, Streams: []Stream{{Path: "/inference", Rate: Level(400), Elsewhere: Level(0.25)}},
		}}
		if err := l.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if there := direct.Load(); there < 70 || there > 130 || tapped.Load() < 270 {
			t.Errorf("got %d calls here and %d elsewhere, want 300 and 100", tapped.Load(), there)
		}
	})
}

// Obedient clients do not call before Retry-After is over; the others do.
func TestObedience(t *testing.T) {
	for _, obedient := range []float64{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			s := New(Options{})
			client, stop := overPipe(s)
			defer stop()
			l := &Load{BaseURL: "http://pioneer.test", Key: "k", Client: client, Obedient: obedient, Plan: Plan{
				Length: 50 * time.Second, Streams: []Stream{{Path: "/felix/training-jobs", Rate: Level(240)}},
			}}
			if err := l.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := l.Tally()
			switch {
			case got.Accepted != 20:
				t.Errorf("obedient %v: got %+v, want 20 accepted", obedient, got)
			case obedient == 1 && (got.Denied > clients || got.Held < 100):
				t.Errorf("got %+v, want each client denied once", got)
			case obedient == 0 && (got.Denied < 150 || got.Held > 0):
				t.Errorf("got %+v, want them all to try on", got)
			}
		})
	}
}

func TestLoadCountsFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		s.Inject(ServerError().On("/inference").Times(5))
		s.Inject(Cut().On("/generate/").Times(3))
		client, stop := overPipe(s)
		defer stop()
		l := &Load{BaseURL: "http://pioneer.test", Key: "k", Client: client, Plan: Plan{
			Length: 10 * time.Second, Streams: []Stream{{Path: "/inference", Rate: Level(60)}, {Path: "/generate/x", Rate: Level(60)}},
		}}
		if err := l.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := l.Tally(); got.Failed != 8 || got.Accepted < 10 {
			t.Errorf("got %+v, want 8 failed and the rest accepted", got)
		}
	})
}

func TestLoadRefusesNonsense(t *testing.T) {
	good := Plan{Length: time.Minute, Streams: []Stream{{Path: "/inference", Rate: Level(60)}}}
	rate := func(points ...Point) Plan {
		return Plan{Length: time.Minute, Repeat: true, Streams: []Stream{{Path: "/inference", Rate: points}}}
	}
	for _, test := range []struct {
		load *Load
		want string
	}{
		{&Load{Plan: good}, "load: \"\" is not a base URL: write it like http://127.0.0.1:8430"},
		{&Load{BaseURL: "http://a", Direct: "a:b:c", Plan: good}, "is not a base URL"},
		{&Load{BaseURL: "http://a"}, "load: plan of 0s: make it a second or longer"},
		{&Load{BaseURL: "http://a", Plan: rate()}, "load: plan: it makes no calls"},
		{&Load{BaseURL: "http://a", Plan: rate(Point{0, -1})}, "load: plan: rate of /inference: -1: use 0 to 1e+06"},
		{&Load{BaseURL: "http://a", Plan: rate(Point{5, 1}, Point{3, 1})}, "put the points in order"},
	} {
		if err := test.load.Run(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

func TestBackfill(t *testing.T) {
	s, _ := newServer(Options{})
	b := Scenarios()[0].Backfill(0)
	if err := s.Backfill(b); err != nil {
		t.Fatal(err)
	}
	if got := s.SpentUSD(); got != 31.27 {
		t.Errorf("got $%g spent, want 31.27", got)
	}
	hour := s.Truth("all", noon.Add(-time.Hour), noon).Accepted
	minute := s.Truth("all", noon.Add(-time.Minute), noon).Accepted
	if hour < 2900 || hour > 3150 || minute < 170 || minute > 210 {
		t.Errorf("got %d calls in the hour, %d in the minute, want about 3,040 and 190", hour, minute)
	}
	page := readLog(t, s, "page_size=100")
	if len(page.Items) != 100 || page.TotalCount < hour {
		t.Errorf("got %d rows of %d, want a full log at once", len(page.Items), page.TotalCount)
	}
	// The history has used quota: some of this machine's thousand is gone.
	accepted, _ := burst(s, 1000, Call{Path: "/gliner-2/x"})
	if here := minute * 3 / 4; accepted < 1000-here-90 || accepted > 1000-here+120 {
		t.Errorf("got %d more calls accepted after %d", accepted, here)
	}
	if err := s.Backfill(b); err == nil {
		t.Error("a second backfill: got no error")
	}
	s, clock := newServer(Options{})
	clock.at = time.Date(2026, 6, 18, 0, 10, 0, 0, time.UTC)
	if err := s.Backfill(Scenarios()[0].Backfill(0.5)); err != nil {
		t.Fatal(err)
	}
	if got := s.SpentUSD(); got != 0.492 {
		t.Errorf("got $%g spent after midnight, want 0.492", got)
	}
}

// The wall scenario does what it promises, second by second, over HTTP in fake
// time: calm, a wall 20 s later or more, refusals with a wait to count down, and
// recovery within 40 s; and so again in the next round.
func TestWallScenario(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		client, stop := overPipe(s)
		defer stop()
		scenario := Scenarios()[0]
		if err := s.Backfill(scenario.Backfill(50)); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		l := &Load{BaseURL: "http://pioneer.test", Key: "k", Client: client, Obedient: 0.6, Plan: scenario.Plan}
		ended := make(chan error)
		go func() { ended <- l.Run(ctx) }()
		begin := time.Now()
		if scenario.Plan.Length > 3*time.Minute {
			t.Errorf("the plan takes %s, want it to repeat within 3 minutes", scenario.Plan.Length)
		}
		for round := range 3 {
			start := begin.Add(time.Duration(round) * scenario.Plan.Length)
			wall, last := 0, 0
			for second := 1; second <= 40; second++ {
				time.Sleep(time.Until(start.Add(time.Duration(second) * time.Second)))
				now := time.Now()
				chat := s.Truth("chat", now.Add(-time.Minute), now)
				if second <= 4 && (chat.Accepted < 90 || chat.Accepted > 140) {
					t.Errorf("round %d, second %d: %d chat calls in the minute, want it calm", round, second, chat.Accepted)
				}
				if chat.Accepted >= 200 && wall == 0 {
					wall = second
				}
				if s.Truth("chat", now.Add(-time.Second), now).Rejected > 0 {
					last = second
				}
			}
			refused := s.Truth("chat", start, time.Now()).Rejected
			if wall < 21 || wall > 30 {
				t.Errorf("round %d: chat reached its limit at second %d, want 21 to 30", round, wall)
			}
			if refused < 5 || last-wall < 3 || last > 38 {
				t.Errorf("round %d: %d refusals up to second %d, want some for seconds, and calls accepted again by second 38", round, refused, last)
			}
		}
		if all := s.Truth("all", begin, time.Now()); all.Capped > 0 {
			t.Errorf("got %+v, want chat's limit alone", all)
		}
		if got := l.Tally(); got.Held < 5 || got.Dropped+got.Failed > 0 {
			t.Errorf("got %+v, want some held and none lost", got)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// With a small cap, or in the scenario of the cap, it is reached within the
// minute.
func TestScenarioReachesCap(t *testing.T) {
	capped, err := ScenarioNamed("cap")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		scenario Scenario
		usd      float64
	}{{Scenarios()[0], 0.005}, {Scenarios()[0], 1}, {Scenarios()[0], 31.272}, {capped, 50}, {capped, 1}} {
		s, _ := newServer(Options{CapUSD: tt.usd})
		if err := s.Backfill(tt.scenario.Backfill(tt.usd)); err != nil {
			t.Fatal(err)
		}
		var reached time.Duration
		plan := tt.scenario.Plan
		for at, a := range plan.arrivals(9) {
			if r := s.Call(Call{At: noon.Add(at), Path: plan.Streams[a.stream].Path, Model: a.model, IP: a.ip()}); r.Reason != "" {
				reached = at
				break
			}
			if at > time.Hour {
				break
			}
		}
		if reached < 4*time.Second || reached > time.Minute {
			t.Errorf("%s, cap $%g: reached after %s, want within a minute", tt.scenario.Name, tt.usd, reached)
		}
	}
}

// For hours the scenarios reach no limit but that of chat.
func TestScenariosLast(t *testing.T) {
	for _, scenario := range Scenarios() {
		s, _ := newServer(Options{CapUSD: -1})
		if err := s.Backfill(scenario.Backfill(0)); err != nil {
			t.Fatal(err)
		}
		for at, a := range scenario.Plan.arrivals(5) {
			if at > 5*time.Hour {
				break
			}
			c := Call{At: noon.Add(at), Path: scenario.Plan.Streams[a.stream].Path, Model: a.model}
			if a.machine > 0 {
				c.IP = a.ip()
			}
			if r := s.Call(c); r.Status != 200 && r.Detail != "Rate limit exceeded: 200 per 1 minute" {
				t.Fatalf("%s, after %s: got %d %s", scenario.Name, at, r.Status, r.Detail)
			}
		}
		for hour := range 5 {
			from := noon.Add(time.Duration(hour) * time.Hour)
			if n := s.Truth("all", from, from.Add(time.Hour)); n.Accepted > 14_000 {
				t.Errorf("%s, hour %d: got %d calls, want fewer", scenario.Name, hour, n.Accepted)
			}
			refused := s.Truth("chat", from, from.Add(time.Hour)).Rejected
			if wanted := scenario.Name == "wall" || scenario.Name == "others"; wanted != (refused >= 100) {
				t.Errorf("%s, hour %d: %d denials", scenario.Name, hour, refused)
			}
		}
	}
}

func TestScenarioNames(t *testing.T) {
	if s, err := ScenarioNamed("outage"); err != nil || s.Outage.To <= s.Outage.From {
		t.Errorf("got %+v, %v", s, err)
	}
	if _, err := ScenarioNamed("clam"); err == nil || !strings.Contains(err.Error(), "use one of wall, calm") {
		t.Errorf("got %v, want an error that lists them", err)
	}
}

// The outage comes and goes with each round.
func TestOutageScenario(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		scenario, err := ScenarioNamed("outage")
		if err != nil {
			t.Fatal(err)
		}
		client, stop := overPipe(s)
		defer stop()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { scenario.Disturb(ctx, s); close(ended) }()
		begin := time.Now()
		for _, tt := range []struct{ second, status int }{{5, 200}, {30, 503}, {90, 200}, {170 + 30, 503}, {170 + 90, 200}} {
			time.Sleep(time.Until(begin.Add(time.Duration(tt.second) * time.Second)))
			r, err := client.Do(must(http.NewRequestWithContext(ctx, http.MethodGet, "http://pioneer.test/billing/plan-info", nil)))
			if err != nil {
				t.Fatal(err)
			}
			r.Body.Close()
			if r.StatusCode != tt.status && !(tt.status == 200 && r.StatusCode == 401) {
				t.Errorf("second %d: status %d, want %d", tt.second, r.StatusCode, tt.status)
			}
		}
		cancel()
		<-ended
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
