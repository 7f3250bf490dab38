package model

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// wallNames is walls in a few words each.
func wallNames(walls []Wall) string {
	var names []string
	for _, w := range walls {
		name := fmt.Sprint(w.Kind, " ", w.Endpoint, w.Denial, w.Source, " ", w.Pressure)
		if in, ok := w.In.Get(); ok {
			name += fmt.Sprintf(" in %.0f", in)
		}
		if until, ok := w.Until.Get(); ok {
			name += fmt.Sprintf(" until %.0f", until.Sub(at(0)).Seconds())
		}
		names = append(names, name)
	}
	return strings.Join(names, "; ")
}

// Walls come in the order in which they bite.
func TestWalls(t *testing.T) {
	gauge := func(id string, used int, in Opt[float64]) EndpointUsage {
		return EndpointUsage{ID: id, Limits: []LimitUsage{{Limit: 100, PerS: 60, Used: Some(used), TimeToLimit: in}}}
	}
	never := Opt[float64]{}
	denial := func(kind Kind, endpoint string, ago float64, until Opt[time.Time]) DenialGroup {
		return DenialGroup{Kind: kind, Endpoint: endpoint, At: at(100 - ago), RetryAt: until, ClearsAt: until}
	}
	for name, tt := range map[string]struct {
		s    Snapshot
		want string
	}{
		"nothing known": {Snapshot{}, ""},
		"calm, the fullest first": {Snapshot{Endpoints: []EndpointUsage{gauge("a", 40, never), gauge("b", 60, never)}},
			"limit b calm; limit a calm"},
		"the sooner wall before the fuller": {Snapshot{Endpoints: []EndpointUsage{gauge("a", 80, never), gauge("b", 65, Some(14.0)), gauge("c", 70, Some(300.0))}},
			"limit b hot in 14; limit c calm in 300; limit a calm"},
		"refused, until Retry-After is over": {Snapshot{Endpoints: []EndpointUsage{gauge("a", 50, Some(5.0)), gauge("b", 60, never)}, Denials: []DenialGroup{denial(KindRate, "b", 1, Some(at(112)))}},
			"refused brate full in 0 until 112; limit a hot in 5; limit b calm"},
		"a full gauge is said once": {Snapshot{Endpoints: []EndpointUsage{gauge("b", 100, never)}, Denials: []DenialGroup{denial(KindRate, "b", 1, Some(at(112)))}},
			"refused brate full in 0 until 112"},
		"Retry-After is over": {Snapshot{Endpoints: []EndpointUsage{gauge("b", 60, never)}, Denials: []DenialGroup{denial(KindRate, "b", 20, Some(at(99)))}},
			"limit b calm"},
		"refused without a wait": {Snapshot{Denials: []DenialGroup{denial(KindRate, "b", 2, Opt[time.Time]{}), denial(KindRate, "c", 9, Opt[time.Time]{})}},
			"refused brate full in 0"},
		"the cap before all, once": {Snapshot{
			Cap:     Cap{Used: Some(Dollar), Limit: Some(Dollar), Remaining: Some(Micros(0)), ResetsAt: at(900)},
			Denials: []DenialGroup{denial(KindRate, "b", 1, Some(at(112))), denial(KindCap, "a", 1, Some(at(900))), denial(KindCap, "b", 1, Some(at(900)))},
		}, "refused cap full in 0 until 900; refused brate full in 0 until 112"},
		"the cap is raised": {Snapshot{
			Cap:     Cap{Used: Some(Dollar), Limit: Some(4 * Dollar), Remaining: Some(3 * Dollar), ResetsAt: at(900)},
			Denials: []DenialGroup{denial(KindCap, "a", 50, Some(at(900)))},
		}, "cap  calm"},
		"the cap runs out": {Snapshot{
			Endpoints: []EndpointUsage{gauge("a", 95, never), gauge("b", 50, Some(30.0))},
			Cap:       Cap{Used: Some(Dollar), Limit: Some(2 * Dollar), Remaining: Some(Dollar), ResetsAt: at(9000), ExhaustsAt: Some(at(400))},
		}, "limit b warm in 30; cap  hot in 300; limit a warm"},
		"reached, and nothing refused yet": {Snapshot{Cap: Cap{Used: Some(2 * Dollar), Limit: Some(Dollar), Remaining: Some(Micros(0)), ResetsAt: at(900)}},
			"cap  full in 0 until 900"},
		"a person must act": {Snapshot{Denials: []DenialGroup{denial(KindCredits, "a", 3, Opt[time.Time]{}), denial(KindAuth, "", 90, Opt[time.Time]{})}},
			"refused credits full in 0"},
		"our own polls are refused": {Snapshot{
			Denials: []DenialGroup{denial(KindRate, "", 3, Some(at(112)))}, Sources: []Source{{Name: "billing", State: StateError, RetryAt: Some(at(112))}},
			Endpoints: []EndpointUsage{gauge("a", 95, never), gauge("b", 50, Some(30.0))},
		}, "limit b warm in 30; source billing warm until 112; limit a warm"},
		"no capacity refuses nothing": {Snapshot{Denials: []DenialGroup{denial(KindBusy, "a", 1, Some(at(112)))}}, ""},
		"the cap runs out late": {Snapshot{Cap: Cap{Used: Some(Dollar), Limit: Some(2 * Dollar), Remaining: Some(Dollar), ResetsAt: at(9000), ExhaustsAt: Some(at(5000))}},
			"cap  warm in 4900"},
		"stale figures have no forecast": {Snapshot{
			Endpoints: []EndpointUsage{{ID: "a", Limits: []LimitUsage{{Limit: 100, PerS: 60, Used: Some(65), TimeToLimit: Some(3.0), AsOf: Some(at(79))}}}},
			Cap:       Cap{Used: Some(Dollar), Limit: Some(2 * Dollar), Remaining: Some(Dollar), ResetsAt: at(9000), ExhaustsAt: Some(at(400)), AsOf: Some(at(-41))},
		}, "limit a calm; cap  calm"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.s.At = at(100)
			if got := wallNames(WallsOf(&tt.s)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// A forecast falls away when the rate falls: most of an hour's limit is used, and
// the last half minute was slow.
func TestNoForecastWhileTheRateFalls(t *testing.T) {
	fast := traffic(0, 40, SourceTap, "/inference", func(float64) float64 { return 25 })
	slow := traffic(40, 60, SourceTap, "/inference", func(float64) float64 { return 0.6 })
	before := endpoint(t, newTestLedger(t, one(healthy(-7200, SourceTap)), fast).Snapshot(at(39)), "inference").Limits[0]
	if !before.TimeToLimit.Known() {
		t.Error("no forecast at 1,500 calls a minute against 1,200")
	}
	after := endpoint(t, newTestLedger(t, one(healthy(-7200, SourceTap)), fast, slow).Snapshot(at(46)), "inference").Limits[0]
	if got, ok := after.TimeToLimit.Get(); ok {
		t.Errorf("limit in %.0f s though the rate has fallen", got)
	}
}

// A row's wall is the refusal of its calls, or its own limit; a limit of another
// endpoint, or one of which nothing is known, has no part in that.
func TestWallOf(t *testing.T) {
	s := Snapshot{
		At: at(100),
		Endpoints: []EndpointUsage{
			{ID: "a", Limits: []LimitUsage{{Limit: 100, PerS: 60, Used: Some(65), Rejected: Some(3)}, {Limit: 1000, PerS: 3600, Used: Some(990)}}},
			{ID: "b", Limits: []LimitUsage{{Limit: 100, PerS: 60, Used: Some(80), TimeToLimit: Some(14.0)}, {Limit: 1000, PerS: 3600}}},
		},
		Denials: []DenialGroup{{Kind: KindRate, Endpoint: "a", At: at(99), RetryAt: Some(at(112))}},
	}
	s.Walls = WallsOf(&s)
	var got []string
	for _, e := range s.Endpoints {
		for i := range e.Limits {
			w, place := s.WallOf(e.ID, &e.Limits[i])
			got = append(got, fmt.Sprint(wallNames([]Wall{w}), " at ", place))
		}
	}
	want := "refused arate full in 0 until 112 at 0, refused arate full in 0 until 112 at 0, limit b hot in 14 at 1, limit b unknown at 4"
	if got := strings.Join(got, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, e, u, ok := s.NextLimit(nil); !ok || e.ID != "a" || u.PerS != 60 {
		t.Errorf("the next limit is %s %+v, want the one that denied calls", e.ID, u)
	}
	if _, e, _, ok := s.NextLimit(func(e *EndpointUsage) bool { return e.ID == "b" }); !ok || e.ID != "b" {
		t.Error("the next limit of b is not known")
	}
}

// Fresh means fresh for its source: in perfect health nothing is stale.
func TestStale(t *testing.T) {
	for _, tt := range []struct {
		name       string
		interval   Opt[float64]
		state      State
		age        float64
		stale, cap bool
	}{
		{"just polled", Some(10.0), StateOK, 39, false, false},
		{"two polls missed", Some(10.0), StateOK, 41, true, false},
		{"polls are far apart", Some(30.0), StateOK, 79, false, false},
		{"the plan is polled each minute", Some(5.0), StateOK, 139, true, false},
		{"the plan was not polled", Some(5.0), StateOK, 141, true, true},
		{"polls fail", Some(300.0), StateError, 19, false, false},
		{"and have failed for some time", Some(300.0), StateError, 21, true, true},
		{"polls do not come", Some(300.0), StateStale, 21, true, true},
		{"it waits for the reset", Some(300.0), StatePaused, 600, false, false},
		{"of a source that reports at once", Opt[float64]{}, StateOK, 21, true, false},
	} {
		s := Snapshot{At: at(1000), Sources: []Source{{Name: SourceTap, Vantage: VantageLocal, State: StateError}, {Name: SourceBilling, Vantage: VantageAccount, State: tt.state, Interval: tt.interval}}}
		s.Cap.AsOf = Some(at(1000 - tt.age))
		if got, cap := s.Stale(s.Cap.AsOf), s.CapStale(); got != tt.stale || cap != tt.cap {
			t.Errorf("%s: stale %v, the cap %v; want %v, %v", tt.name, got, cap, tt.stale, tt.cap)
		}
	}
	s := Snapshot{At: at(1000)}
	if s.Stale(Opt[time.Time]{}) || s.CapStale() {
		t.Error("a figure of unknown time is stale")
	}
}
