package ui

import (
	"testing"
	"time"

	"quotatop/model"
)

func TestWarningLine(t *testing.T) {
	now := time.Date(2026, 6, 17, 12, 4, 0, 0, time.UTC)
	reset := time.Date(2026, 6, 18, 0, 0, 0, 0, time.UTC)
	limit := model.LimitUsage{Limit: 200, PerS: 60, Used: model.Some(184), TimeToLimit: model.Some(41.7)}
	for want, w := range map[string]model.Warning{
		"chat: 92 % of 200 in 1m, limit in 41 s":                        {Endpoint: "chat", Limit: &limit},
		"cap: $18.73 left, runs out at 18:04 UTC, 5 h before its reset": {Cap: &model.Cap{Remaining: model.Some(18_730_000 * model.Micros(1)), ExhaustsAt: model.Some(now.Add(6 * time.Hour)), ResetsAt: reset}},
		"cap: $0.00 left of $50.00, reset in 11 h":                      {Cap: &model.Cap{Remaining: model.Some(model.Micros(0)), Limit: model.Some(50 * model.Dollar), ResetsAt: reset}},
		"chat: 429, rate limit: waiting clears it":                      {Endpoint: "chat", Denial: &model.DenialGroup{Status: 429, Kind: model.KindRate}},
		"quotatop's polls: 429, spending cap: only the reset clears it": {Denial: &model.DenialGroup{Status: 429, Kind: model.KindCap}},
		"inference: 402, no credits or no card: a person must act":      {Endpoint: "inference", Denial: &model.DenialGroup{Status: 402, Kind: model.KindCredits}},
	} {
		w.At = now
		if got := WarningLine(w); got != want {
			t.Errorf("WarningLine = %q, want %q", got, want)
		}
	}
}
