package sim

import "time"

// The demo's load run is sized so that the daily cap of $50 burns about $0.09 a
// minute while it is busy, and so that an hour of the whole account stays below
// the 10,000 calls that one client address may make.

const (
	demoLength  = 10 * time.Minute
	demoHistory = 30 * time.Minute
	demoUSD     = 31.27 // spent before the demo begins
)

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

// DemoPlan is the load that the demo shows, over and over: a busy minute and a
// half in which chat climbs into its limit, then some quiet minutes.
//
// Chat calls begin at 120 a minute and climb from second 10. With what
// DemoBackfill leaves, their minute reaches 200 at about second 42. None of
// these calls is a minute old before second 60, so that Retry-After begins at
// some 18 seconds and counts down.
func DemoPlan() Plan {
	elsewhere := Level(0.25)
	return Plan{
		Length: demoLength,
		Repeat: true,
		Streams: []Stream{
			{Path: "/inference", Rate: secs(0, 520, 65, 520, 85, 18), Elsewhere: elsewhere},
			{Path: chatPath, Models: chatModels(), Rate: secs(0, 120, 10, 120, 25, 400, 66, 400, 80, 60, 105, 4), Elsewhere: elsewhere},
			{Path: "/gliner-2/extract", Rate: secs(0, 20, 65, 20, 85, 1)},
			{Path: "/generate/text", Rate: secs(0, 70, 65, 70, 85, 4)},
		},
	}
}

// DemoBackfill is the half hour before DemoPlan, under a cap of so many
// dollars a day. When the cap is small, so much is spent that it is reached
// within a minute.
func DemoBackfill(capUSD float64) Backfill {
	spent := demoUSD
	if capUSD > 0 {
		spent = max(min(spent, capUSD-0.04), 0)
	}
	end := demoHistory.Seconds()
	elsewhere := Level(0.25)
	return Backfill{
		SpentUSD: spent,
		History: Plan{
			Length: demoHistory,
			Streams: []Stream{
				{Path: "/inference", Rate: secs(0, 95, end-85, 95, end-75, 520), Elsewhere: elsewhere},
				{Path: chatPath, Models: chatModels(), Rate: secs(0, 20, end-85, 20, end-75, 120, end-26, 120, end-25, 0), Elsewhere: elsewhere},
				{Path: "/gliner-2/extract", Rate: secs(0, 5, end-85, 5, end-75, 20)},
				{Path: "/generate/text", Rate: secs(0, 10, end-85, 10, end-75, 70)},
			},
		},
	}
}
