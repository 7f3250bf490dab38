package model

import (
	"testing"
	"time"
)

func TestSources(t *testing.T) {
	source := func(second float64, name string, h Health) Event {
		h.Vantage, _ = SourceVantage(name)
		return Event{At: at(second), Source: name, Health: &h}
	}
	ok := Health{State: StateOK, Interval: 10 * time.Second}
	broken := Health{State: StateError, Error: "no route to host", RetryAt: at(65), Interval: 10 * time.Second}
	var never Opt[time.Time]
	tests := map[string]struct {
		events []Event
		now    float64
		want   Source
	}{
		"just polled":            {one(source(0, SourceBilling, ok)), 1, Source{State: StateOK, AsOf: Some(at(0))}},
		"two polls late":         {one(source(0, SourceBilling, ok)), 40, Source{State: StateOK, AsOf: Some(at(0))}},
		"later still":            {one(source(0, SourceBilling, ok)), 40.1, Source{State: StateStale, AsOf: Some(at(0))}},
		"well again":             {one(source(0, SourceBilling, ok), source(60, SourceBilling, ok)), 61, Source{State: StateOK, AsOf: Some(at(60))}},
		"in error":               {one(source(0, SourceBilling, ok), source(60, SourceBilling, broken)), 61, Source{State: StateError, AsOf: Some(at(0)), Error: "no route to host", RetryAt: Some(at(65))}},
		"an error does not age":  {one(source(0, SourceBilling, ok), source(60, SourceBilling, broken)), 3600, Source{State: StateError, AsOf: Some(at(0)), Error: "no route to host", RetryAt: Some(at(65))}},
		"never well":             {one(source(60, SourceBilling, broken)), 61, Source{State: StateError, AsOf: never, Error: "no route to host", RetryAt: Some(at(65))}},
		"error cleared":          {one(source(60, SourceBilling, broken), source(70, SourceBilling, ok)), 71, Source{State: StateOK, AsOf: Some(at(70))}},
		"paused":                 {one(source(0, SourceBilling, ok), source(5, SourceBilling, Health{State: StatePaused})), 600, Source{State: StatePaused, AsOf: Some(at(0))}},
		"a note":                 {one(source(0, SourceBilling, Health{State: StateOK, Note: "no plan-info", Interval: time.Minute})), 1, Source{State: StateOK, AsOf: Some(at(0)), Note: "no plan-info"}},
		"the tap is never stale": {one(source(0, SourceTap, Health{State: StateOK})), 3600, Source{Name: SourceTap, State: StateOK, AsOf: Some(at(3600))}},
		"the tap lost its way":   {one(source(0, SourceTap, Health{State: StateOK}), source(9, SourceTap, Health{State: StateError, Error: "x"})), 3600, Source{Name: SourceTap, State: StateError, AsOf: Some(at(0)), Error: "x"}},
	}
	for name, tt := range tests {
		if tt.want.Name == "" {
			tt.want.Name = SourceBilling
		}
		tt.want.Vantage, _ = SourceVantage(tt.want.Name)
		if last := tt.events[len(tt.events)-1].Health.Interval; last > 0 {
			tt.want.Interval = Some(last.Seconds())
		}
		s := newTestLedger(t, tt.events).Snapshot(at(tt.now))
		if len(s.Sources) != 1 || s.Sources[0] != tt.want {
			t.Errorf("%s:\n got %+v\nwant %+v", name, s.Sources, tt.want)
		}
	}
}

// A service is no source, and a source may have any name.
func TestServices(t *testing.T) {
	down := Health{State: StateError, Error: "no space left on device", RetryAt: at(60)}
	l := newTestLedger(t, one(
		Event{At: at(0), Source: "proxy", Health: &Health{State: StateOK, Vantage: VantageLocal}},
		Event{At: at(0), Source: "invoices", Health: &Health{State: StateOK, Vantage: VantageAccount, Interval: 10 * time.Second, ClockOffset: time.Second}},
		Event{At: at(1), Source: "journal", Health: &down},
	), calls(1, 7, "proxy", chatPath), calls(1, 5, SourceTap, chatPath))
	s := l.Snapshot(at(2))
	if len(s.Sources) != 2 || s.Sources[0].Name != "proxy" || s.Sources[1].Name != "invoices" || s.ClockOffsetMS != 1000 {
		t.Errorf("sources %+v, want proxy and invoices, whose clock counts", s.Sources)
	}
	if want := (Service{Name: "journal", State: StateError, Error: down.Error, RetryAt: Some(at(60))}); len(s.Services) != 1 || s.Services[0] != want {
		t.Errorf("services %+v, want %+v", s.Services, want)
	}
	if g := endpoint(t, s, "chat").Limits[0]; g.Local != Some(7) {
		t.Errorf("local %v, want the 7 of the source that saw most", g.Local)
	}
}

func TestPollsAndBudgets(t *testing.T) {
	l := newTestLedger(t, one(healthy(0, SourceTap), healthy(0, SourceBilling)), polls(10, 12), polls(100, 5), one(
		denied(101, SourceBilling, "/billing/plan-info", Denial{Kind: KindAuth}), // it was sent all the same
	))
	for _, tt := range []struct {
		now          float64
		minute, hour int
	}{{105, 6, 18}, {200, 0, 18}, {3650, 0, 6}, {3800, 0, 0}} {
		s := l.Snapshot(at(tt.now)).Sources
		if tap := s[0]; tap.PollsMinute.Known() || tap.BudgetMinute.Known() || tap.PollsHour.Known() || tap.BudgetHour.Known() {
			t.Errorf("the tap sends no requests of its own, yet %+v", tap)
		}
		b := s[1]
		if b.PollsMinute != Some(tt.minute) || b.PollsHour != Some(tt.hour) || b.BudgetMinute != Some(50) || b.BudgetHour != Some(500) {
			t.Errorf("at %v: %v of %v, %v of %v, want %d of 50, %d of 500", tt.now, b.PollsMinute, b.BudgetMinute, b.PollsHour, b.BudgetHour, tt.minute, tt.hour)
		}
	}
}

func TestClockOffset(t *testing.T) {
	l := newTestLedger(t, one(Event{At: at(0), Source: SourceBilling, Health: &Health{State: StateOK, Vantage: VantageAccount, ClockOffset: -132 * time.Millisecond}}))
	if got := l.Snapshot(at(1)).ClockOffsetMS; got != -132 {
		t.Errorf("offset %d ms, want -132", got)
	}
	l.Observe(healthy(2, SourceTap)) // which knows nothing of the server's clock
	if got := l.Snapshot(at(3)).ClockOffsetMS; got != -132 {
		t.Errorf("offset %d ms after the tap's health, want -132", got)
	}
}
