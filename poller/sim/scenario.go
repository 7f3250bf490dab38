package sim

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// A Scenario is what the demo shows: recent traffic, a load run that repeats, and
// optionally an outage of the billing endpoints.
type Scenario struct {
	Name  string
	Shows string // one line for the help text
	Plan  Plan
	// Past is the load of the half hour before the plan begins.
	Past Plan
	// ToCap is the dollars left of the daily cap when the plan begins; 0 for
	// what is left after pastUSD.
	ToCap float64
	// Outage, if not zero, is when the billing endpoints answer 503, in every
	// round of the plan.
	Outage struct{ From, To time.Duration }
}

const (
	roundLength = 170 * time.Second // of a plan
	pastLength  = 30 * time.Minute
	pastUSD     = 31.27 // spent before the demo begins
)

// Scenarios returns all scenarios, the default first.
//
// They stay below the limit of 10,000 calls an hour from one client address.
func Scenarios() []Scenario {
	wall := Scenario{
		Name: "wall", Shows: "chat climbs into its limit, is refused, and recovers",
		Plan: wallPlan(), Past: wallPast(),
	}
	calm := Scenario{
		Name: "calm", Shows: "a steady load well below every limit",
		Plan: steadyPlan(0.25), Past: pastPlan(Level(70)),
		ToCap: 42, // which lasts at any time of day
	}
	spent := Scenario{
		Name: "cap", Shows: "the daily cap is reached, and every call is refused until the reset",
		Plan: steadyPlan(0.25), Past: pastPlan(Level(70)), ToCap: 0.008,
	}
	outage := Scenario{
		Name: "outage", Shows: "the billing endpoints fail for a while",
		Plan: steadyPlan(0.25), Past: pastPlan(Level(70)),
	}
	outage.Outage.From, outage.Outage.To = 15*time.Second, 75*time.Second
	others := Scenario{
		Name: "others", Shows: "other machines on the key use most of chat's limit",
		Plan: steadyPlan(0.25), Past: pastPlan(Level(70)),
	}
	others.Plan.Streams[1].Rate = secs(0, 90, 20, 90, 50, 215, 100, 215, 120, 90)
	others.Plan.Streams[1].Elsewhere = Level(0.75)
	return []Scenario{wall, calm, spent, outage, others}
}

// ScenarioNamed returns the scenario with a name.
func ScenarioNamed(name string) (Scenario, error) {
	var names []string
	for _, s := range Scenarios() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Scenario{}, fmt.Errorf("unknown scenario %q: use one of %s", name, strings.Join(names, ", "))
}

// Backfill returns the half hour before the scenario. capUSD is the daily cap; 0
// for none.
func (s Scenario) Backfill(capUSD float64) Backfill {
	spent := pastUSD
	if capUSD > 0 {
		if s.ToCap > 0 {
			spent = capUSD - s.ToCap
		}
		spent = max(min(spent, capUSD-0.008), 0) // a smaller cap is reached within a minute
	}
	return Backfill{SpentUSD: spent, History: s.Past}
}

// Disturb makes the billing endpoints of api fail during the scenario's outages,
// until ctx ends.
func (s Scenario) Disturb(ctx context.Context, api *Server) {
	if s.Outage.To == 0 {
		return
	}
	for begin := time.Now(); ; begin = begin.Add(s.Plan.Length) {
		if !sleep(ctx, time.Until(begin.Add(s.Outage.From))) {
			return
		}
		remove := api.Inject(Unavailable().On("/billing/"))
		ended := !sleep(ctx, time.Until(begin.Add(s.Outage.To)))
		remove()
		if ended {
			return
		}
	}
}

// chatModels returns the models of chat: including their judges, the few calls
// to Opus cost about as much as all the others.
func chatModels() []Share {
	return []Share{{modelHaiku, 77}, {modelDeepSeek, 22.4}, {modelOpus, 0.6}}
}

// secs returns points from pairs of a second and a value.
func secs(pairs ...float64) []Point {
	points := make([]Point, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		points = append(points, Point{time.Duration(pairs[i] * float64(time.Second)), pairs[i+1]})
	}
	return points
}

// wallPlan returns a round in which chat reaches its limit of 200 a minute.
//
// A batch half a minute before the round uses 55% of the limit. From second 1 on,
// chat calls come at 225 a minute, so that the window reaches 200 at about second
// 26. The batch leaves the window from second 34 on, so that Retry-After starts at
// about 8 seconds and counts down, and calls are accepted again. The round ends
// with the batch of the next one.
func wallPlan() Plan {
	p := steadyPlan(0.25)
	p.Streams[1].Rate = secs(0, 20, 0.5, 20, 1.5, 225, 34, 225, 36, 30, 143.5, 20, 144, 800, 151, 800, 151.5, 20)
	p.Streams[1].Elsewhere = Level(0.1)
	return p
}

// steadyPlan returns a round of constant load, a share of it from elsewhere.
func steadyPlan(elsewhere float64) Plan {
	return Plan{Length: roundLength, Repeat: true, Streams: streams(elsewhere, Level(70))}
}

// wallPast returns a past that ends with the batch, as a round of wallPlan does.
func wallPast() Plan {
	end := pastLength.Seconds()
	return pastPlan(secs(0, 20, end-26.5, 20, end-26, 800, end-19, 800, end-18.5, 20))
}

// pastPlan returns half an hour of constant load, except for the rate of chat.
func pastPlan(chat []Point) Plan {
	return Plan{Length: pastLength, Streams: streams(0.25, chat)}
}

func streams(elsewhere float64, chat []Point) []Stream {
	return []Stream{
		{Path: "/inference", Rate: Level(60), Elsewhere: Level(elsewhere)},
		{Path: chatPath, Models: chatModels(), Rate: chat, Elsewhere: Level(elsewhere)},
		{Path: "/gliner-2/extract", Rate: Level(6)},
		{Path: "/generate/text", Rate: Level(12)},
	}
}
