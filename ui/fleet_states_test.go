package ui

import (
	"fmt"
	"time"

	"quotatop/model"
)

// fleetOf is a run of n generators over the figures of a snapshot. All are live; those of
// two racks share an address each, the others have their own.
func fleetOf(s *model.Snapshot, n int) *model.Snapshot {
	s.Sources[1].Name = model.SourceFleet
	f := &model.Fleet{Run: "load-7", To: at(time.Second)}
	for i := range n {
		e := s.Endpoints[1+i%4]
		g := model.Generator{
			Name: fmt.Sprintf("gen-%d", i+1), State: model.GeneratorLive, Egress: fmt.Sprintf("nat-%d", 1+i%2), Calls: 96 / n, Worst: e.ID,
			HeardAt: now.Add(-time.Duration(i%3) * 400 * time.Millisecond), To: now.Add(-time.Second), ClockOffsetMS: int64(i%7*40 - 120), ClockErrorMS: 25, Boots: 1, Version: "1.4.0",
			Endpoints: []model.GeneratorCalls{{ID: e.ID, Calls: 96 / n}},
		}
		if i%5 == 2 {
			g.Egress, g.EgressAssumed = "host-"+fmt.Sprint(i+1), true
		}
		f.Generators = append(f.Generators, g)
	}
	s.Fleet = f
	for i := range s.Endpoints[0].Limits {
		l := &s.Endpoints[0].Limits[i]
		l.UpperBound, l.Egress, l.Egresses, l.EgressesNear = false, "nat-1", min(2+n/5, n), 0
	}
	return s
}

// fleetOf3 is a small fleet in calm.
func fleetOf3() *model.Snapshot { return fleetOf(calm(), 3) }

// fleetOf12 has one generator that is silent, so that figures are lower bounds, and one
// that is refused and ignores it.
func fleetOf12() *model.Snapshot {
	s := fleetOf(over(), 12)
	all := s.Fleet.Generators
	silent, refused := &all[4], &all[6]
	silent.State, silent.HeardAt, silent.To, silent.Missing = model.GeneratorSilent, now.Add(-41*time.Second), now.Add(-43*time.Second), 2
	silent.ClockOffsetMS, silent.ClockErrorMS, silent.Boots, silent.Dropped = 600_000, 40, 2, 1_204
	refused.Calls, refused.Rejected, refused.Early, refused.Worst = 148, 26, 11, "chat"
	refused.Endpoints = []model.GeneratorCalls{{ID: "inference", Calls: 40}, {ID: "chat", Calls: 108, Rejected: 26}}
	all[0], all[4] = all[4], all[0]
	all[1], all[6] = all[6], all[1]
	for i := range s.Endpoints {
		for j := range s.Endpoints[i].Limits {
			s.Endpoints[i].Limits[j].LowerBound = true
		}
	}
	s.Endpoints[0].Limits[0].EgressesNear = 1
	for i := range s.Denials {
		s.Denials[i].Source = model.SourceFleet
	}
	s.Denials[0].Generators = []model.GeneratorDenials{{Name: "gen-7", Count: 26, Early: 11}}
	s.Denials[1].Generators = []model.GeneratorDenials{{Name: "gen-2", Count: 40}, {Name: "gen-9", Count: 4}}
	return s
}

// fleetOf1000 is a fleet that no screen has the lines for.
func fleetOf1000() *model.Snapshot {
	s := fleetOf(busy(), 1000)
	for i := range s.Fleet.Generators {
		g := &s.Fleet.Generators[i]
		g.Calls, g.Endpoints[0].Calls = 12_345-i, 12_345-i
	}
	s.Fleet.Unlisted = 24
	return s
}
