package words

import (
	"testing"
	"time"

	"quotatop/model"
)

var now = time.Date(2026, 6, 17, 12, 4, 31, 0, time.UTC)

// run has a limit at 92% that will be reached in 14 s, and one at 40%.
func run() model.Snapshot {
	return model.Snapshot{
		At: now,
		Cap: model.Cap{
			Limit: model.Some(50 * model.Dollar), Remaining: model.Some(18 * model.Dollar), ResetsAt: now.Add(12 * time.Hour), AsOf: model.Some(now),
		},
		Endpoints: []model.EndpointUsage{
			{ID: "all", Limits: []model.LimitUsage{{Limit: 1000, PerS: 60, Used: model.Some(400), AsOf: model.Some(now)}}},
			{ID: "chat", Limits: []model.LimitUsage{{Limit: 200, PerS: 60, Used: model.Some(184), TimeToLimit: model.Some(14.5), AsOf: model.Some(now)}}},
			{ID: "other"},
		},
		Sources: []model.Source{{Name: model.SourceBilling, Vantage: model.VantageAccount, State: model.StateOK}},
	}
}

func deny(kind model.Kind, age time.Duration, clears model.Opt[time.Time]) func(*model.Snapshot) {
	return func(s *model.Snapshot) {
		s.Denials = []model.DenialGroup{{Kind: kind, At: now.Add(-age), ClearsAt: clears, Count: 1}}
	}
}

func TestWorst(t *testing.T) {
	none := model.Opt[time.Time]{}
	chat := Worst{Name: "chat", Figure: "92%", Pressure: model.Hot, Left: 14500 * time.Millisecond}
	capReached := Worst{Name: "cap", Figure: "reached", Pressure: model.Full, Refused: true, Left: 12 * time.Hour}
	for name, tt := range map[string]struct {
		change func(*model.Snapshot)
		want   Worst
	}{
		"the fullest": {func(*model.Snapshot) {}, chat},
		"nothing":     {func(s *model.Snapshot) { *s = model.Snapshot{At: now} }, Worst{}},
		"unknown": {func(s *model.Snapshot) {
			s.Endpoints = s.Endpoints[:1]
			s.Endpoints[0].Limits[0].Used = model.Opt[int]{}
		}, Worst{}},
		"rejecting before fuller": {
			func(s *model.Snapshot) {
				l := &s.Endpoints[0].Limits[0]
				l.Rejected, l.RefusedUntil = model.Some(3), model.Some(now.Add(time.Second))
			},
			Worst{Name: "all", Figure: "40%", Rejected: 3, Pressure: model.Full},
		},
		"stale: no forecast": {
			func(s *model.Snapshot) { s.Endpoints[1].Limits[0].AsOf = model.Some(now.Add(-2 * time.Minute)) },
			Worst{Name: "chat", Figure: "92%", Pressure: model.Hot, Stale: true},
		},
		"cap used up": {func(s *model.Snapshot) { s.Cap.Remaining = model.Some[model.Micros](0) }, capReached},
		"cap denied": {
			deny(model.KindCap, 2*time.Hour, model.Some(now.Add(time.Hour))),
			Worst{Name: "cap", Figure: "reached", Pressure: model.Full, Refused: true, Left: time.Hour},
		},
		"cap denied before the reset": {deny(model.KindCap, time.Hour, model.Some(now)), chat},
		"no cap": {func(s *model.Snapshot) {
			s.Cap.Remaining, s.Cap.Limit = model.Some[model.Micros](0), model.Some[model.Micros](0)
		}, chat},
		"credits":            {deny(model.KindCredits, time.Second, none), Worst{Name: "credits", Figure: "used up", Pressure: model.Full, Refused: true}},
		"ceiling":            {deny(model.KindCeiling, time.Second, none), Worst{Name: "ceiling", Figure: "reached", Pressure: model.Full, Refused: true}},
		"key":                {deny(model.KindAuth, time.Minute, none), Worst{Name: "key", Figure: "refused", Pressure: model.Full, Refused: true}},
		"key, some time ago": {deny(model.KindAuth, 2*time.Minute, none), chat},
		"a rate limit":       {deny(model.KindRate, time.Second, model.Some(now.Add(time.Minute))), chat},
	} {
		s := run()
		tt.change(&s)
		if got := WorstOf(&s); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", name, got, tt.want)
		}
	}
}

func TestFullest(t *testing.T) {
	s := run()
	if e, l, ok := Fullest(&s, func(e *model.EndpointUsage) bool { return e.ID == "all" }); e != 0 || l != 0 || !ok {
		t.Errorf("the fullest of all is %d, %d, %v", e, l, ok)
	}
	if _, _, ok := Fullest(&s, func(e *model.EndpointUsage) bool { return e.ID == "other" }); ok {
		t.Error("an endpoint without limits has a fullest one")
	}
	only := model.LimitUsage{Limit: 10, Rejected: model.Some(1), RefusedUntil: model.Some(now.Add(time.Second))}
	if Rank(&only) <= Rank(&s.Endpoints[1].Limits[0]) {
		t.Error("a limit that rejects calls ranks below one at 92%")
	}
}

func TestStale(t *testing.T) {
	for _, tt := range []struct {
		age        time.Duration
		state      model.State
		old, stale bool
	}{
		{5 * time.Second, model.StateOK, false, false},
		{40 * time.Second, model.StateOK, true, false},
		{61 * time.Second, model.StateOK, true, true},
		{20 * time.Second, model.StateError, true, false},
		{40 * time.Second, model.StateError, true, true},
		{40 * time.Second, model.StateStale, true, true},
		{40 * time.Second, model.StatePaused, true, false},
	} {
		s := run()
		s.Sources[0].State = tt.state
		asOf := model.Some(now.Add(-tt.age))
		if age, old := Age(&s, asOf); age != tt.age || old != tt.old || Stale(&s, asOf) != tt.stale {
			t.Errorf("%s old, billing %s: age %s, old %v, stale %v; want %v, %v", tt.age, tt.state, age, old, Stale(&s, asOf), tt.old, tt.stale)
		}
	}
	s := run()
	if _, old := Age(&s, model.Opt[time.Time]{}); old || Stale(&s, model.Opt[time.Time]{}) {
		t.Error("a figure of unknown time is old")
	}
}
