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
			Used: model.Some(32 * model.Dollar), Limit: model.Some(50 * model.Dollar), Remaining: model.Some(18 * model.Dollar), ResetsAt: now.Add(12 * time.Hour), AsOf: model.Some(now),
		},
		Endpoints: []model.EndpointUsage{
			{ID: "all", Limits: []model.LimitUsage{{Limit: 1000, PerS: 60, Used: model.Some(400), AsOf: model.Some(now)}}},
			{ID: "chat", Limits: []model.LimitUsage{{Limit: 200, PerS: 60, Used: model.Some(184), TimeToLimit: model.Some(14.5), AsOf: model.Some(now)}}},
			{ID: "other"},
		},
		Sources: []model.Source{{Name: model.SourceBilling, Vantage: model.VantageAccount, State: model.StateOK}},
	}
}

func deny(kind model.Kind, age time.Duration, clears model.Opt[time.Time]) func(*model.Snapshot) { // the chat endpoint
	return func(s *model.Snapshot) {
		s.Denials = []model.DenialGroup{{Kind: kind, Endpoint: "chat", At: now.Add(-age), RetryAt: clears, ClearsAt: clears, Count: 1}}
	}
}

// capEmpty is a cap with nothing left.
func capEmpty(s *model.Snapshot) {
	s.Cap.Used, s.Cap.Remaining = s.Cap.Limit, model.Some[model.Micros](0)
}

// The next wall in words: the same everywhere.
func TestNextOf(t *testing.T) {
	none := model.Opt[time.Time]{}
	chat := Wall{"chat", "92%", 14500 * time.Millisecond, "14s", "limit in 14s"}
	capReached := Wall{"cap", "reached", 12 * time.Hour, "12:00:00", "resets in 12:00:00"}
	action := func(name, figure string) Wall { return Wall{name, figure, 0, "", "action required"} }
	for name, tt := range map[string]struct {
		change func(*model.Snapshot)
		want   Wall
		is     model.Pressure
		stale  bool
	}{
		"the soonest": {func(*model.Snapshot) {}, chat, model.Hot, false},
		"before a fuller one": {func(s *model.Snapshot) {
			s.Endpoints[0].Limits[0].Used, s.Endpoints[1].Limits[0].Used = model.Some(800), model.Some(130)
		},
			Wall{"chat", "65%", 14500 * time.Millisecond, "14s", "limit in 14s"}, model.Hot, false},
		"the fullest, in calm": {func(s *model.Snapshot) {
			s.Endpoints[1].Limits[0].TimeToLimit, s.Endpoints[1].Limits[0].Used = model.Opt[float64]{}, model.Some(81)
		},
			Wall{Name: "chat", Figure: "40%"}, model.Calm, false},
		"nothing": {func(s *model.Snapshot) { *s = model.Snapshot{At: now} }, Wall{}, model.PressureUnknown, false},
		"unknown": {func(s *model.Snapshot) {
			s.Cap.Used, s.Endpoints = model.Opt[model.Micros]{}, s.Endpoints[:1]
			s.Endpoints[0].Limits[0].Used = model.Opt[int]{}
		}, Wall{}, model.PressureUnknown, false},
		"refused before fuller": {func(s *model.Snapshot) {
			s.Denials = []model.DenialGroup{{Kind: model.KindRate, Endpoint: "all", At: now.Add(-time.Second), RetryAt: model.Some(now.Add(41 * time.Second))}}
		}, Wall{"all", "refused", 41 * time.Second, "00:41", "retry in 00:41"}, model.Full, false},
		"refused without a wait": {deny(model.KindRate, time.Second, none), Wall{"chat", "refused", 0, "", "no Retry-After given"}, model.Full, false},
		"refused before": {func(s *model.Snapshot) {
			deny(model.KindRate, time.Second, model.Some(now))(s)
			s.Endpoints[1].Limits[0].Rejected = model.Some(3)
		}, chat, model.Hot, false},
		"reached": {func(s *model.Snapshot) { s.Endpoints[1].Limits[0].Used = model.Some(210) }, Wall{Name: "chat", Figure: "105%", Then: "limit reached"}, model.Full, false},
		"imminent": {func(s *model.Snapshot) { s.Endpoints[1].Limits[0].TimeToLimit = model.Some(0.0) },
			Wall{Name: "chat", Figure: "92%", Then: "limit imminent"}, model.Hot, false},
		"stale: no forecast": {func(s *model.Snapshot) {
			s.Endpoints[1].Limits[0].AsOf = model.Some(now.Add(-2 * time.Minute))
		}, Wall{Name: "chat", Figure: "92%"}, model.Warm, true},
		"a lost source": {func(s *model.Snapshot) {
			s.Endpoints[1].Limits[0].TimeToLimit = model.Opt[float64]{}
			s.Sources[0].State, s.Sources[0].RetryAt = model.StateError, model.Some(now.Add(7*time.Second))
		}, Wall{"billing", "error", 7 * time.Second, "00:07", "retry in 00:07"}, model.Warm, false},
		"cap runs out": {func(s *model.Snapshot) {
			s.Endpoints[1].Limits[0].TimeToLimit, s.Cap.ExhaustsAt = model.Opt[float64]{}, model.Some(now.Add(5*time.Hour))
		}, Wall{"cap", "64%", 5 * time.Hour, "5h", "runs out in 5h"}, model.Warm, false},
		"cap used up": {capEmpty, capReached, model.Full, false},
		"cap denied": {func(s *model.Snapshot) {
			capEmpty(s)
			deny(model.KindCap, 2*time.Hour, model.Some(now.Add(time.Hour)))(s)
		}, Wall{"cap", "reached", time.Hour, "01:00:00", "resets in 01:00:00"}, model.Full, false},
		"cap denied before the reset": {deny(model.KindCap, time.Hour, model.Some(now)), chat, model.Hot, false},
		"cap raised since":            {deny(model.KindCap, time.Hour, model.Some(now.Add(time.Hour))), chat, model.Hot, false},
		"no cap": {func(s *model.Snapshot) {
			s.Cap.Used, s.Cap.Remaining, s.Cap.Limit = model.Some[model.Micros](0), model.Some[model.Micros](0), model.Some[model.Micros](0)
		}, chat, model.Hot, false},
		"credits":            {deny(model.KindCredits, time.Second, none), action("credits", "used up"), model.Full, false},
		"ceiling":            {deny(model.KindCeiling, time.Second, none), action("ceiling", "reached"), model.Full, false},
		"key":                {deny(model.KindAuth, time.Minute, none), action("key", "refused"), model.Full, false},
		"key, some time ago": {deny(model.KindAuth, 2*time.Minute, none), chat, model.Hot, false},
	} {
		s := run()
		tt.change(&s)
		s.Walls = model.WallsOf(&s)
		if w, got := NextOf(&s); got != tt.want || w.Pressure != tt.is || w.Stale != tt.stale {
			t.Errorf("%s: got %+v, %s, stale %v; want %+v, %s, %v", name, got, w.Pressure, w.Stale, tt.want, tt.is, tt.stale)
		}
	}
}

func TestAge(t *testing.T) {
	s := run()
	for _, tt := range []struct {
		age time.Duration
		old bool
	}{{5 * time.Second, false}, {6 * time.Second, true}} {
		if age, old := Age(&s, model.Some(now.Add(-tt.age))); age != tt.age || old != tt.old {
			t.Errorf("%s: age %s, old %v; want %v", tt.age, age, old, tt.old)
		}
	}
	if _, old := Age(&s, model.Opt[time.Time]{}); old {
		t.Error("a figure of unknown time is old")
	}
}
