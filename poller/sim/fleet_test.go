package sim

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"quotatop/model"
)

// fleetRunOf runs a fleet of n in fake time, and returns what it reported.
func fleetRunOf(t *testing.T, s *Server, n int, plan Plan, d time.Duration) (events []model.Event) {
	t.Helper()
	f, err := NewFleet(s, n, plan, 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := f.Run(ctx, func(e model.Event) { events = append(events, e) }); err != nil {
		t.Fatal(err)
	}
	return events
}

// What a fleet reports is what the server decided, call by call, and each beat comes
// after the calls that it vouches for.
func TestFleetReportsTheTruth(t *testing.T) {
	for _, n := range []int{1, 12, MaxGenerators} {
		synctest.Test(t, func(t *testing.T) {
			s, begin := New(Options{}), time.Now()
			scenario := Scenarios()[0]
			for i := range scenario.Plan.Streams {
				scenario.Plan.Streams[i].Elsewhere = nil
			}
			events := fleetRunOf(t, s, n, scenario.Plan, 5*time.Minute)
			table, err := model.Profile(model.DefaultProfile)
			if err != nil {
				t.Fatal(err)
			}
			accepted, rejected := map[string]int{}, map[string]int{}
			reported, seen := map[string]time.Time{}, map[string]bool{}
			for _, e := range events {
				switch {
				case e.Beat != nil:
					if e.Beat.To.Before(reported[e.Generator]) {
						t.Errorf("%s goes back to %s", e.Generator, e.Beat.To)
					}
					reported[e.Generator], seen[e.Generator] = e.Beat.To, true
				case e.Call == nil:
				case e.At.Before(reported[e.Generator]):
					t.Errorf("%s: a call at %s after the beat to %s", e.Generator, e.At, reported[e.Generator])
				case e.Call.Denial != nil:
					rejected[table.Endpoints[table.Match("POST", e.Call.Path)].ID]++
				default:
					accepted[table.Endpoints[table.Match("POST", e.Call.Path)].ID]++
				}
			}
			if len(seen) != n {
				t.Errorf("%d generators sent a beat, want %d", len(seen), n)
			}
			for _, id := range []string{"inference", "chat", "gliner", "generate"} {
				if truth := s.Truth(id, begin, time.Now().Add(time.Second)); truth.Accepted != accepted[id] || truth.Rejected != rejected[id] {
					t.Errorf("%d generators, %s: %d accepted, %d rejected; the server says %+v", n, id, accepted[id], rejected[id], truth)
				}
			}
			if rejected["chat"] == 0 {
				t.Errorf("%d generators: no call was rejected", n)
			}
		})
	}
}

// A fleet has something of everything that goes wrong.
func TestFleetHasItAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := fleetRunOf(t, New(Options{}), 12, Scenarios()[0].Plan, 5*time.Minute)
		waits, early, beats, longest, late := map[string]time.Time{}, map[string]int{}, map[string]time.Time{}, map[string]time.Duration{}, 0
		egress, clock := map[string]int{}, time.Duration(0)
		for _, e := range events {
			if e.Call != nil && e.Call.Path == chatPath {
				if e.At.Before(waits[e.Generator].Add(-time.Second)) {
					early[e.Generator]++
				}
				if d := e.Call.Denial; d != nil {
					waits[e.Generator] = e.At.Add(d.RetryAfter.Or(0))
				}
			}
			if e.Call != nil && e.Generator == "gen-5" && e.At.Sub(beats[e.Generator]) > 10*time.Second {
				late++
			}
			if e.Beat == nil {
				continue
			}
			if last, ok := beats[e.Generator]; ok {
				longest[e.Generator] = max(longest[e.Generator], e.At.Sub(last))
			} else {
				egress[e.Beat.Egress]++
				clock = max(clock, e.Beat.ClockOffset)
			}
			beats[e.Generator] = e.At
		}
		if early["gen-2"] < 3 || len(early) != 1 {
			t.Errorf("early calls: %v, want some of gen-2 only", early)
		}
		if longest["gen-5"] < 20*time.Second || longest["gen-5"] > 22*time.Second || longest["gen-1"] > 2*time.Second || late == 0 {
			t.Errorf("the longest silences are %v, and %d calls came after one", longest, late)
		}
		if egress["nat-1"] != 3 || clock != 10*time.Minute {
			t.Errorf("egresses %v, the clock that is most off by %s", egress, clock)
		}
	})
}

func TestFleetRefusesNonsense(t *testing.T) {
	for _, n := range []int{0, -1, MaxGenerators + 1} {
		if _, err := NewFleet(New(Options{}), n, Scenarios()[0].Plan, 1); err == nil || !strings.Contains(err.Error(), "use 1 to 1000") {
			t.Errorf("%d generators: %v", n, err)
		}
	}
	if _, err := NewFleet(New(Options{}), 3, Plan{Length: time.Minute}, 1); err == nil {
		t.Error("a plan without calls: no error")
	}
}

// A ledger that follows a fleet shows what the server counts, and which generator is to
// blame, while none is silent.
func TestLedgerOfAFleet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scenario := Scenarios()[0]
		for i := range scenario.Plan.Streams {
			scenario.Plan.Streams[i].Elsewhere = nil
		}
		table, err := model.Profile(model.DefaultProfile)
		if err != nil {
			t.Fatal(err)
		}
		s, ledger := New(Options{}), model.NewLedger(table, model.LedgerOptions{})
		f, err := NewFleet(s, 12, scenario.Plan, 1)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
		defer cancel()
		compared, silent := 0, 0
		observe := func(e model.Event) {
			ledger.Observe(e)
			if e.Beat == nil || e.Generator != "gen-12" || time.Until(e.At) > 0 {
				return
			}
			snap := ledger.Snapshot(e.At)
			if snap.Fleet.Generators[0].State == model.GeneratorSilent {
				silent++
				if chat := snap.Endpoints[table.Index("chat")].Limits[0]; !chat.LowerBound {
					t.Errorf("a generator is silent, and the window of chat is no lower bound")
				}
				return
			}
			to, known := snap.Fleet.To.Get()
			if !known || snap.Fleet.Generators[0].Behind || e.At.Sub(to) > 2*time.Second {
				return // the late one is waited for
			}
			for _, id := range []string{"inference", "chat", "gliner", "generate"} {
				truth, usage := s.Truth(id, to.Add(-time.Minute), to), snap.Endpoints[table.Index(id)]
				if got := usage.Limits[0].Local; got != model.Some(truth.Accepted) && usage.Limits[0].AsOf == snap.Fleet.To {
					t.Errorf("%s, %s: %v calls, the server says %d", to.Format("15:04:05"), id, got, truth.Accepted)
				}
				compared++
			}
		}
		if err := f.Run(ctx, observe); err != nil {
			t.Fatal(err)
		}
		if compared < 400 || silent < 10 {
			t.Errorf("%d figures compared, %d seconds with a silent generator", compared, silent)
		}
	})
}
