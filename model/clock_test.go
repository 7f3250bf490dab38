package model

import (
	"math"
	"testing"
	"time"
)

func healthAt(second float64, offset, step time.Duration) Event {
	return Event{At: at(second), Source: SourceBilling, Health: &Health{State: StateOK, Vantage: VantageAccount, Interval: 10 * time.Second, ClockOffset: offset, ClockStep: step}}
}

// busyAt is a run around a second: calls, rows, denials, a reading, the plan.
func busyAt(second float64) [][]Event {
	return [][]Event{
		one(healthAt(second, 0, 0), healthy(second, SourceTap)), calls(second+1, 30, SourceTap, chatPath), rows(second+1, 40, chatPath), polls(second+1, 5),
		one(read(second-3600, second+50), sampledReading(second+50, second+60, 600, map[string]int{"/inference": 100})),
		one(denied(second+2, SourceTap, chatPath, rate(time.Minute)), account(second+60, usd(30), usd(50)), healthAt(second+62, 0, 0)),
	}
}

// What lies ahead when the server's time turns out to be earlier is forgotten: the
// figures start anew, and count as those of a new ledger do.
func TestClockTurnsBack(t *testing.T) {
	const ahead = 5 * 3600
	after := func(l *Ledger) Snapshot {
		for _, events := range busyAt(100) {
			for _, e := range events {
				if e.Health != nil {
					e.Health.ClockOffset = -5 * time.Hour
				}
				l.Observe(e)
			}
		}
		return l.Snapshot(at(165))
	}
	fresh := after(newTestLedger(t, one(healthy(0, SourceTap))))
	for name, turn := range map[string]func() *Ledger{
		"during a run": func() *Ledger {
			l := newTestLedger(t, busyAt(ahead)...)
			l.Observe(healthAt(90, -5*time.Hour, 0))
			return l
		},
		"saved and restored meanwhile": func() *Ledger {
			l := mustRestore(t, newTestLedger(t, busyAt(ahead)...))
			l.Observe(healthAt(90, -5*time.Hour, 0))
			return mustRestore(t, l)
		},
		"in the journal of an earlier run": func() *Ledger {
			l := mustRestore(t, newTestLedger(t, busyAt(ahead)...))
			l.Resume(at(90))
			return l
		},
	} {
		l := turn()
		if s := l.Snapshot(at(95)); len(s.Denials) > 0 || s.Cap.AsOf.Or(s.At).After(s.At) || endpoint(t, s, "chat").Limits[0].Used.Or(0) > 0 {
			t.Errorf("%s: at once there are %d denials, %v of the cap, chat %s", name, len(s.Denials), s.Cap.AsOf, show(endpoint(t, s, "chat").Limits[0]))
		}
		got := after(l)
		for _, e := range fresh.Endpoints {
			for i, want := range e.Limits {
				u := endpoint(t, got, e.ID).Limits[i]
				if u.Account != want.Account || u.AsOf != want.AsOf || u.Used != want.Used || u.Local.Or(0) != want.Local.Or(0) || u.Rejected != want.Rejected {
					t.Errorf("%s: %s is %s, want %s", name, e.ID, show(u), show(want))
				}
			}
		}
		if got.Cap.Used != fresh.Cap.Used || got.Cap.ResetsAt != fresh.Cap.ResetsAt || len(got.Denials) != len(fresh.Denials) {
			t.Errorf("%s: cap %+v and %d denials, want %+v and %d", name, got.Cap, len(got.Denials), fresh.Cap, len(fresh.Denials))
		}
	}
}

// A local clock that is set during a run changes the note about it, and nothing else.
func TestLocalClockIsSet(t *testing.T) {
	l := newTestLedger(t, one(healthAt(0, 0, 0), healthy(0, SourceTap)), calls(1, 50, SourceTap, chatPath), one(healthAt(55, 0, time.Hour)))
	s := l.Snapshot(at(56))
	if got := endpoint(t, s, "chat").Limits[0].Local; got != Some(50) || s.ClockOffsetMS != -3_600_000 || s.ClockInDoubt {
		t.Errorf("%v local calls, offset %d ms, in doubt %t; want 50, an hour behind, false", got, s.ClockOffsetMS, s.ClockInDoubt)
	}
}

// A gate does not open, and says why, while the clock is in doubt or has just moved. A
// reached cap shuts it all the same.
func TestGateWhoseClockMoved(t *testing.T) {
	moved := newTestLedger(t, one(healthAt(0, 0, 0)), rows(1, 195, chatPath), one(read(-3600, 60), healthAt(61, 5*time.Hour, 0), read(-3600, 61)))
	gate := Gate{Headroom: Some(0.2), Endpoint: "chat"}
	for second, want := range map[float64]Verdict{61: VerdictUnknown, 100: VerdictUnknown, 119: VerdictUnknown} {
		s := moved.Snapshot(at(second))
		if j := gate.Judge(&s); j.Verdict != want || !j.ClockInDoubt {
			t.Errorf("after %g s: %+v", second-61, j)
		}
	}
	s := newTestLedger(t, one(healthAt(0, 0, 0), healthAt(50, 0, 0)), rows(1, 5, chatPath), one(read(-3600, 60))).Snapshot(at(60))
	if j := gate.Judge(&s); j.Verdict != Open {
		t.Fatalf("a gate that is open: %+v", j)
	}
	s.ClockInDoubt = true
	if j := gate.Judge(&s); j.Verdict != VerdictUnknown {
		t.Errorf("in doubt: %+v", j)
	}
	s = newTestLedger(t, one(healthAt(0, 0, 0), denied(50, SourceTap, chatPath, capped))).Snapshot(at(60))
	s.ClockInDoubt = true
	if j := gate.Judge(&s); j.Verdict != Shut {
		t.Errorf("at the cap: %+v", j)
	}
}

// Events of impossible times are dropped, and impossible times in events left out.
func TestImpossibleTimes(t *testing.T) {
	l := newTestLedger(t, busyAt(0)...)
	want := inJSON(t, l.Snapshot(at(70)))
	for _, odd := range []time.Time{
		{}, time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC), time.Unix(0, math.MaxInt64), time.Unix(0, math.MinInt64), time.Date(292277026596, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		for _, e := range one(call(1, SourceTap, chatPath), row(1, chatPath, 1, 1), poll(1), denied(1, SourceTail, chatPath, capped), read(0, 1), account(1, usd(1), usd(2)), healthy(1, SourceTail)) {
			e.At = odd
			l.Observe(e)
		}
		l.Observe(Event{At: at(61), Source: SourceBilling, Reading: &Reading{From: odd, To: at(61)}})
		l.Observe(Event{At: at(61), Source: SourceBilling, Reading: &Reading{From: at(61), To: odd, Sampled: true, Total: 9}})
	}
	if got := inJSON(t, l.Snapshot(at(70))); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	l.Observe(Event{At: at(63), Source: SourceBilling, Account: &Account{ResetsAt: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), Period: PeriodMonth, Interval: math.MaxInt64}})
	l.Observe(Event{At: at(63), Source: SourceBilling, Health: &Health{State: StatePaused, Vantage: VantageAccount, Interval: math.MaxInt64, ClockOffset: math.MinInt64, ClockStep: math.MaxInt64, RetryAt: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}})
	checkSnapshot(t, l.Snapshot(at(70)))
	if s := l.Snapshot(at(70)); s.Sources[0].RetryAt.Known() || s.Cap.Period != PeriodDay {
		t.Errorf("retry at %v, cap %+v", s.Sources[0].RetryAt, s.Cap)
	}
}
