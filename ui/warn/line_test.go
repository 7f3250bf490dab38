package warn

import (
	"testing"
	"time"

	"quotatop/model"
)

func TestLine(t *testing.T) {
	at := time.Date(2026, 6, 17, 12, 4, 0, 0, time.UTC)
	reset := time.Date(2026, 6, 18, 0, 0, 0, 0, time.UTC)
	limit := model.LimitUsage{Limit: 200, PerS: 60, Used: model.Some(184), TimeToLimit: model.Some(41.7)}
	estimate, upper, lower := limit, limit, limit
	estimate.Estimated, upper.UpperBound, lower.LowerBound = true, true, true
	met := model.LimitUsage{Limit: 200, PerS: 60, Used: model.Some(210), TimeToLimit: model.Some(0.0)}
	left := model.Cap{Remaining: model.Some(18_730_000 * model.Micros(1)), ExhaustsAt: model.Some(at.Add(6 * time.Hour)), ResetsAt: reset}
	about := left
	about.Estimated = true
	for want, w := range map[string]model.Warning{
		"chat: 92% of 200 in 1m, limit in 41s":                                   {Endpoint: "chat", Limit: &limit},
		"chat: ≈92% of 200 in 1m, limit in 41s":                                  {Endpoint: "chat", Limit: &estimate},
		"chat: ≤92% of 200 in 1m, limit in 41s":                                  {Endpoint: "chat", Limit: &upper},
		"chat: ≥92% of 200 in 1m, limit in 41s":                                  {Endpoint: "chat", Limit: &lower},
		"chat: 105% of 200 in 1m":                                                {Endpoint: "chat", Limit: &met},
		"cap: $18.73 left, runs out at 18:04 UTC, 5h before the reset":           {Cap: &left},
		"cap: ≈$18.73 left, runs out at 18:04 UTC, 5h before the reset":          {Cap: &about},
		"cap: $0.00 left of $50.00, resets in 11:56":                             {Cap: &model.Cap{Remaining: model.Some(model.Micros(0)), Limit: model.Some(50 * model.Dollar), ResetsAt: reset}},
		"chat: 429, rate limit: clears by waiting":                               {Endpoint: "chat", Denial: &model.DenialGroup{Status: 429, Kind: model.KindRate}},
		"own polls: 429, spending cap: clears only at the reset":                 {Denial: &model.DenialGroup{Status: 429, Kind: model.KindCap}},
		"inference: 402, no credits, no card, or a spend limit: action required": {Endpoint: "inference", Denial: &model.DenialGroup{Status: 402, Kind: model.KindCredits}},
	} {
		w.At = at
		if got := Line(w); got != want {
			t.Errorf("Line = %q, want %q", got, want)
		}
	}
}
