package metrics

import (
	"quotatop/model"
)

// fleetFamilies are the metrics of a fleet, by generator. A fleet lists at most a
// thousand.
type fleetFamilies struct {
	generators, generatorUp, sent, refused, early, heard, generatorOffset, missing, dropped, near metric
}

// newFleetFamilies describes the metrics of a fleet.
func newFleetFamilies() fleetFamilies {
	const by = "generator"
	return fleetFamilies{
		generators:      gauge("fleet_generators", "Load generators of the fleet, by state: live, silent, ended, gone.", "state"),
		generatorUp:     gauge("generator_up", "1 if a load generator is heard and has reported its calls, else 0.", by),
		sent:            gauge("generator_requests", "Accepted requests of a load generator in the last minute.", by),
		refused:         gauge("generator_rejected_requests", "Requests of a load generator that were denied in the last minute.", by),
		early:           metric{"quotatop_generator_early_requests_total", "Requests of a load generator that ignored its own Retry-After, or came after it met the cap.", "counter", []string{by}},
		heard:           gauge("generator_age_seconds", "Time since a load generator was last heard.", by),
		generatorOffset: gauge("generator_clock_offset_seconds", "Server clock minus the clock of a load generator.", by),
		missing:         gauge("generator_missing_batches", "Batches of a load generator that were sent and have not arrived.", by),
		dropped:         metric{"quotatop_generator_dropped_requests_total", "Requests that a load generator could not keep while it could not send.", "counter", []string{by}},
		near:            gauge("window_near_egresses", "Addresses of the fleet that use 90% or more of a limit by client IP.", "endpoint", "window"),
	}
}

func (f *fleetFamilies) all() []metric {
	return []metric{f.generators, f.generatorUp, f.sent, f.refused, f.early, f.heard, f.generatorOffset, f.missing, f.dropped, f.near}
}

// fleet collects the metrics of the fleet of a snapshot, if it has one.
func (c *collection) fleet(s *model.Snapshot) {
	if s.Fleet == nil {
		return
	}
	states := map[model.GeneratorState]int{model.GeneratorLive: 0, model.GeneratorSilent: 0, model.GeneratorEnded: 0, model.GeneratorGone: 0}
	for i := range s.Fleet.Generators {
		g := &s.Fleet.Generators[i]
		states[g.State]++
		c.put(c.generatorUp, flag(g.State == model.GeneratorLive && !g.Behind), g.Name)
		c.put(c.sent, float64(g.Calls), g.Name)
		c.put(c.refused, float64(g.Rejected), g.Name)
		c.put(c.early, float64(g.Early), g.Name)
		c.some(c.heard, age(s.At, model.Some(g.HeardAt)), g.Name)
		c.put(c.generatorOffset, g.ClockOffset().Seconds(), g.Name)
		c.put(c.missing, float64(g.Missing), g.Name)
		c.put(c.dropped, float64(g.Dropped), g.Name)
	}
	for state, n := range states {
		c.put(c.generators, float64(n), string(state))
	}
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		for j := range e.Limits {
			if u := &e.Limits[j]; u.Egresses > 0 {
				c.put(c.near, float64(u.EgressesNear), e.ID, span(u.Per()))
			}
		}
	}
}
