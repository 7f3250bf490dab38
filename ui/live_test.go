package ui

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"quotatop/model"
	"quotatop/poller/billing"
	"quotatop/poller/pioneer"
	"quotatop/poller/runner"
	"quotatop/poller/sim"
	"quotatop/poller/tap"
)

// inProcess is a transport to a handler of this process: a socket would keep time
// from passing in a synctest bubble.
type inProcess struct{ handler http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	local{p.handler}.ServeHTTP(w, r)
	if w.Header().Get("Date") == "" {
		w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	return w.Result(), nil
}

// local is a handler whose clients are on this machine.
type local struct{ http.Handler }

func (l local) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.RemoteAddr = "127.0.0.1:4000"
	l.Handler.ServeHTTP(w, r)
}

// statusLog is a source like a tail of a log that has a status and nothing more.
type statusLog struct {
	events chan model.Event
	next   http.RoundTripper
}

func (l statusLog) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := l.next.RoundTrip(r)
	if err == nil {
		call := &model.Call{Vantage: model.VantageLocal, Method: r.Method, Path: r.URL.Path, Status: res.StatusCode}
		if res.StatusCode == http.StatusTooManyRequests {
			call.Denial = &model.Denial{Kind: model.KindRate, Status: res.StatusCode}
		}
		l.events <- model.Event{At: time.Now(), Source: model.SourceTail, Call: call}
	}
	return res, err
}

func (l statusLog) Name() string           { return model.SourceTail }
func (l statusLog) Vantage() model.Vantage { return model.VantageLocal }

func (l statusLog) Run(ctx context.Context, emit func(model.Event)) error {
	emit(model.Event{At: time.Now(), Source: model.SourceTail, Health: &model.Health{State: model.StateOK, Vantage: model.VantageLocal, Live: true}})
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-l.events:
			emit(e)
		}
	}
}

// A liveRun is a simulated run: what watches the load beside the billing log, the
// load, and the daily cap.
type liveRun struct {
	scenario string
	watching string // "tap", "tail" or "" for the billing log alone
	capUSD   float64
	span     time.Duration
}

// live runs a simulated load under the real sources, and calls look with every
// snapshot.
func live(t *testing.T, run liveRun, look func(api *sim.Server, s model.Snapshot)) {
	t.Helper()
	const key = "pio_sk_test"
	table, err := model.Profile(model.DefaultProfile)
	if err != nil {
		t.Fatal(err)
	}
	scenario, err := sim.ScenarioNamed(run.scenario)
	if err != nil {
		t.Fatal(err)
	}
	api := sim.New(sim.Options{Table: table, Key: key, CapUSD: run.capUSD, Seed: 1})
	if err := api.Backfill(scenario.Backfill(run.capUSD)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), run.span)
	defer cancel()
	base, _ := url.Parse("http://localhost")
	clock := &pioneer.Clock{}
	direct := inProcess{api}
	log := billing.New(billing.Options{Base: base, Key: key, Clock: clock, Table: table, Transport: direct})
	sources := []runner.Source{log}
	client := http.RoundTripper(direct)
	switch run.watching {
	case "tap":
		taps, apis := sim.NewPipe(), sim.NewPipe()
		server := &http.Server{Handler: local{api}}
		go func() { _ = server.Serve(apis) }()
		defer server.Close()
		dial := func(ctx context.Context) (net.Conn, error) { return apis.Dial(ctx, "", "") }
		sources = append(sources, tap.New(base, clock, tap.Options{Listener: taps, Dial: dial}))
		through := &http.Transport{DialContext: taps.Dial, MaxIdleConnsPerHost: 100}
		defer through.CloseIdleConnections()
		client = through
	case "tail":
		tail := statusLog{make(chan model.Event, 1024), direct}
		sources, client = append(sources, tail), tail
	}
	load := &sim.Load{BaseURL: "http://localhost", Key: key, Plan: scenario.Plan, Seed: 1, Obedient: 0.6, Client: &http.Client{Transport: elsewhere{client, direct}}}
	go func() { _ = load.Run(ctx) }()
	r := &runner.Runner{Sources: sources, Ledger: model.NewLedger(table, model.LedgerOptions{}), Clock: clock, Seen: log.Seen}
	for s := range r.Start(ctx) {
		if ctx.Err() == nil {
			look(api, s)
		}
	}
	synctest.Wait()
}

// elsewhere sends the calls of other machines past what watches this one.
type elsewhere struct{ here, there http.RoundTripper }

func (e elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("X-Forwarded-For") != "" {
		return e.there.RoundTrip(r)
	}
	return e.here.RoundTrip(r)
}

// contradictions returns what in a snapshot, and on the screen that shows it,
// contradicts something else there.
func contradictions(s *model.Snapshot) (found []string) {
	say := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	var first model.Wall
	if len(s.Walls) > 0 {
		first = s.Walls[0]
	}
	left, known := s.Cap.Remaining.Get()
	capGroups := 0
	for i := range s.Denials {
		if g := &s.Denials[i]; g.Kind == model.KindCap && g.ClearsAt.Or(s.At).After(s.At) {
			capGroups++
		}
	}
	capRefuses := first.Kind == model.WallRefused && first.Denial == model.KindCap
	switch {
	case capGroups > 1:
		say("%d groups of cap denials", capGroups)
	case capRefuses && (!known || left != 0):
		say("the cap refuses calls, and %v is left", s.Cap.Remaining)
	case capRefuses && s.Cap.Limit.Known() && s.Cap.Ratio().Or(0) < 1:
		say("the cap refuses calls at %.0f%%", 100*s.Cap.Ratio().Or(0))
	case known && left == 0 && !capRefuses && first.Kind != model.WallCap:
		say("nothing is left of the cap, and the next wall is %s %s", first.Kind, first.Endpoint)
	}
	for i := range s.Walls {
		w := &s.Walls[i]
		if w.Kind != model.WallRefused || w.Denial != model.KindRate {
			continue
		}
		full := false
		for _, e := range s.Endpoints {
			for _, u := range e.Limits {
				full = full || u.Ratio().Or(0) >= 1
			}
		}
		if !full {
			say("%s is refused by a rate limit, and no gauge is full", w.Endpoint)
		}
	}
	for i := range s.Endpoints {
		for j := range s.Endpoints[i].Limits {
			u := &s.Endpoints[i].Limits[j]
			if used, peak := u.Used.Or(0), u.Peak.Or(u.Used.Or(0)); peak < used {
				say("%s: peak %d below %d used", s.Endpoints[i].ID, peak, used)
			}
			if in, ok := u.TimeToLimit.Get(); ok && in > 0 && u.Ratio().Or(0) >= 1 {
				say("%s: reached, and reached in %.0f s", s.Endpoints[i].ID, in)
			}
		}
	}
	for _, src := range s.Sources {
		if src.State == model.StateStale {
			say("source %s is stale in perfect health", src.Name)
		}
	}
	if s.Cap.AsOf.Known() && s.CapStale() {
		say("the cap is stale in perfect health")
	}
	a := screen(func() *model.Snapshot { return s }, 120, 40)
	frame := a.frame().text(nil)
	header, _, _ := strings.Cut(frame, "\n")
	if capRefuses && !strings.Contains(header, "cap reached") {
		say("the cap refuses calls, and the header says %q", header)
	}
	if first.Kind == model.WallLimit && first.In.Known() && !strings.Contains(header, first.Endpoint) {
		say("the next wall is %s's limit, and the header says %q", first.Endpoint, header)
	}
	if first.Kind == model.WallRefused && first.Endpoint != "" && !strings.Contains(header, first.Endpoint) {
		say("%s is refused, and the header says %q", first.Endpoint, header)
	}
	if strings.Contains(frame, "stale") {
		say("the screen says stale in perfect health")
	}
	return found
}

// Whatever watches the load, and whatever wall it meets, nothing on screen
// contradicts anything else, at any moment: before, at and after the wall.
func TestNothingContradicts(t *testing.T) {
	for _, run := range []liveRun{
		{"wall", "tap", 50, 3 * time.Minute},
		{"wall", "tail", 50, 3 * time.Minute},
		{"wall", "", 50, 3 * time.Minute},
		{"cap", "tap", 50, 2 * time.Minute},
		{"cap", "tail", 50, 2 * time.Minute},
		{"cap", "", 50, 2 * time.Minute},
		{"wall", "tap", 31.30, 2 * time.Minute}, // the cap and the limit at once
		{"others", "tap", 50, 3 * time.Minute},
		{"calm", "tap", 50, 3 * time.Minute},
	} {
		t.Run(fmt.Sprintf("%s, %s, $%g", run.scenario, run.watching, run.capUSD), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				reported := map[string]bool{}
				snapshots := 0
				live(t, run, func(_ *sim.Server, s model.Snapshot) {
					snapshots++
					for _, text := range contradictions(&s) {
						if kind := strings.Map(noDigits, text); !reported[kind] {
							reported[kind] = true
							t.Errorf("after %s: %s", time.Since(begin).Round(time.Second/4), text)
						}
					}
				})
				if snapshots < int(run.span.Seconds()) {
					t.Errorf("%d snapshots in %s", snapshots, run.span)
				}
			})
		})
	}
}

func noDigits(r rune) rune {
	if r >= '0' && r <= '9' || r == ' ' {
		return -1
	}
	return r
}

// The wall is announced at least 15 s ahead, the gauge is full with the first
// refusal, and calm is back within 40 s of the demo.
func TestWallIsAnnounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var forecast, refused, full, over time.Duration
		live(t, liveRun{"wall", "tap", 50, 45 * time.Second}, func(_ *sim.Server, s model.Snapshot) {
			now := time.Since(begin)
			if len(s.Walls) == 0 {
				return
			}
			first := s.Walls[0]
			if first.Endpoint == "chat" && first.Kind == model.WallLimit && first.In.Known() && first.Pressure >= model.Warm && forecast == 0 {
				forecast = now
			}
			refusing := first.Kind == model.WallRefused && first.Endpoint == "chat"
			if refusing && refused == 0 {
				refused = now
			}
			for _, e := range s.Endpoints {
				if e.ID == "chat" && e.Limits[0].Ratio().Or(0) >= 1 && full == 0 && refused > 0 {
					full = now
				}
			}
			if !refusing && refused > 0 && over == 0 {
				over = now
			}
		})
		t.Logf("announced after %s, refused after %s, gauge full after %s, over after %s", forecast, refused, full, over)
		if forecast == 0 || refused-forecast < 15*time.Second {
			t.Errorf("announced after %s, refused after %s: want 15 s between them", forecast, refused)
		}
		if full-refused > time.Second {
			t.Errorf("refused after %s, and the gauge was full after %s", refused, full)
		}
		if over == 0 || over > 40*time.Second {
			t.Errorf("refused after %s, over after %s", refused, over)
		}
	})
}
