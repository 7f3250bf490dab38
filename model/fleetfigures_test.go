package model

import (
	"fmt"
	"testing"
)

// Where no address of a fleet has as many calls as our own polls, the billing log's calls
// still do not count: they are the fleet's, from other addresses.
func TestPollsAreFullerThanTheFleet(t *testing.T) {
	l := newTestLedger(t, polls(61, 25), rows(62, 2_000, "/gliner-2/extract"))
	for i := range 40 {
		name := fmt.Sprint("gen-", i)
		for second := range 60 {
			l.Observe(beat(float64(60+second), name, Beat{To: at(float64(59 + second)), Egress: name}))
		}
		for _, e := range fleetCalls(70, 9, name, "/gliner-2/extract") {
			l.Observe(e)
		}
		l.Observe(beat(121, name, Beat{To: at(120), Egress: name}))
	}
	l.Observe(Event{At: at(121), Source: SourceBilling, Reading: &Reading{From: at(0), To: at(118)}})
	u := endpoint(t, l.Snapshot(at(121)), "all").Limits[0]
	if u.Used != Some(25) || u.UpperBound || u.Pressure() != Calm {
		t.Errorf("%s, upper bound %v: want the 25 polls", show(u), u.UpperBound)
	}
}

// When the broker is lost, the fleet's last good data is the last beat.
func TestFleetIsGoodUpToItsLastBeat(t *testing.T) {
	h := Health{State: StateError, Error: "no broker"}
	h.Vantage, _ = SourceVantage(SourceFleet)
	l := newTestLedger(t, one(healthy(0, SourceFleet)), heard(58, "gen-1"), one(Event{At: at(60), Source: SourceFleet, Health: &h}))
	for _, s := range l.Snapshot(at(80)).Sources {
		if s.Name == SourceFleet && s.AsOf != Some(at(58)) {
			t.Errorf("heard at 58 s, its last good data is of %v", s.AsOf)
		}
	}
}
