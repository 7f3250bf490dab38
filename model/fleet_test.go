package model

import "testing"

// Events of load generators, written short.

func fleetCall(second float64, generator, path string) Event {
	e := call(second, SourceFleet, path)
	e.Generator = generator
	return e
}

func fleetCalls(from float64, n int, generator, path string) (events []Event) {
	for i := range n {
		events = append(events, fleetCall(from+0.5*float64(i)/float64(n), generator, path))
	}
	return events
}

func fleetDenied(second float64, generator, path string, d Denial) Event {
	e := denied(second, SourceFleet, path, d)
	e.Generator = generator
	return e
}

func beat(second float64, generator string, b Beat) Event {
	if b.Boot == "" {
		b.Boot = "1"
	}
	return Event{At: at(second), Source: SourceFleet, Generator: generator, Beat: &b}
}

// heard is a beat whose generator has reported up to a second before.
func heard(second float64, generator string) Event {
	return beat(second, generator, Beat{Run: "default", To: at(second - 1), Egress: "nat"})
}

func generatorNamed(t *testing.T, s Snapshot, name string) Generator {
	t.Helper()
	if s.Fleet != nil {
		for _, g := range s.Fleet.Generators {
			if g.Name == name {
				return g
			}
		}
	}
	t.Fatalf("%s is not in the fleet %+v", name, s.Fleet)
	return Generator{}
}

// The calls of different generators add up, and end where the slowest live one has
// reported.
func TestFleetAddsUp(t *testing.T) {
	l := newTestLedger(t, one(beat(0, "gen-1", Beat{To: at(0), Egress: "a"})), fleetCalls(1, 10, "gen-1", chatPath), fleetCalls(1, 5, "gen-2", chatPath), fleetCalls(1, 5, "gen-2", "/inference"),
		fleetCalls(3.1, 4, "gen-1", chatPath),
		one(beat(4, "gen-1", Beat{To: at(4), Egress: "a"}), beat(4, "gen-2", Beat{To: at(3), Egress: "b"})))
	s := l.Snapshot(at(4.5))
	if chat := endpoint(t, s, "chat"); chat.Limits[0].Used != Some(15) || chat.Limits[0].AsOf != Some(at(3)) || chat.Calls != Some(15) {
		t.Errorf("chat: %s as of %v, %v calls", show(chat.Limits[0]), chat.Limits[0].AsOf, chat.Calls)
	}
	if g := generatorNamed(t, s, "gen-2"); g.Calls != 10 || len(g.Endpoints) != 2 || g.State != GeneratorLive || s.Fleet.To != Some(at(3)) {
		t.Errorf("gen-2: %+v, in a fleet to %v", g, s.Fleet.To)
	}
}
