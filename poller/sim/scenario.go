package sim

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// A Scenario is what the demo shows: traffic of the recent past, a load run that
// repeats, and perhaps an outage of the billing endpoints.
type Scenario struct {
	Name  string
	Shows string // in one line, for help
	Plan  Plan
	// Past is the load of the half hour before the plan begins.
	Past Plan
	// ToCap is the dollars left of the daily cap when the plan begins; 0 for
	// whatever Backfill's usual spending leaves.
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
// They are sized so that an hour of the whole account stays below the 10,000
// calls that one client address may make.
func Scenarios() []Scenario {
	wall := Scenario{
		Name: "wall", Shows: "chat climbs into its limit, is refused, and recovers",
		Plan: wallPlan(), Past: wallPast(),
	}
	calm := Scenario{
		Name: "calm", Shows: "a steady load well below every limit",
		Plan: steadyPlan(0.25), Past: pastPlan(Level(70)),
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

// Backfill returns the half hour before the scenario, under a cap of so many
// dollars a day; 0 for no cap.
func (s Scenario) Backfill(capUSD float64) Backfill {
	spent := pastUSD
	if capUSD > 0 {
		if s.ToCap > 0 {
			spent = capUSD - s.ToCap
		}
		spent = max(min(spent, capUSD-0.008), 0) // a cap below the usual spending is reached within a minute
	}
	return Backfill{SpentUSD: spent, History: s.Past}
}

// Disturb makes the billing endpoints of api fail when the scenario says so,
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

// chatModels is the mix of chat: with their judges, the few calls to Opus cost
// about as much as all the others.
func chatModels() []Share {
	return []Share{{modelHaiku, 77}, {modelDeepSeek, 22.4}, {modelOpus, 0.6}}
}

// secs makes points of pairs of a second and a value.
func secs(pairs ...float64) []Point {
	points := make([]Point, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		points = append(points, Point{time.Duration(pairs[i] * float64(time.Second)), pairs[i+1]})
	}
	return points
}

// wallPlan is a round in which chat reaches its limit of 200 a minute.
//
// A batch half a minute before the round fills 55 % of the limit. From second 1
// on chat climbs by 225 a minute, so that its minute reaches 200 at about second
// 26; the batch leaves the minute from second 34 on, so that Retry-After begins
// at some 8 seconds and counts down, and calls are accepted again. The batch of
// the next round comes at its end.
func wallPlan() Plan {
	p := steadyPlan(0.25)
	p.Streams[1].Rate = secs(0, 20, 0.5, 20, 1.5, 225, 34, 225, 36, 30, 143.5, 20, 144, 800, 151, 800, 151.5, 20)
	p.Streams[1].Elsewhere = Level(0.1)
	return p
}

// steadyPlan is a round of level load; a share of it comes from elsewhere.
func steadyPlan(elsewhere float64) Plan {
	return Plan{Length: roundLength, Repeat: true, Streams: streams(elsewhere, Level(70))}
}

// wallPast ends as a round of wallPlan does, with the batch.
func wallPast() Plan {
	end := pastLength.Seconds()
	return pastPlan(secs(0, 20, end-26.5, 20, end-26, 800, end-19, 800, end-18.5, 20))
}

// pastPlan is half an hour of the level load, with a rate of chat's own.
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
