package ui

import (
	"testing"
	"time"

	"quotatop/model"
)

// check and wait say what the walls say.
func TestGateLine(t *testing.T) {
	gate := model.Gate{Headroom: model.Some(0.2), Endpoint: "chat"}
	for name, tt := range map[string]struct {
		snap *model.Snapshot
		want string
	}{
		"room":    {calm(), "chat has 69% headroom (30% used: 61 of 200 in 1m)"},
		"refused": {over(), "chat has 0% headroom (99% used: 198 of 200 in 1m, 26 rejected, refused, retry in 00:07), less than 20%"},
		"the cap": {capReached(), "the cap is reached, calls are refused; it resets in 11:55:29"},
		"old figures": {func() *model.Snapshot {
			s := calm()
			s.Endpoints[2].Limits[0].AsOf = at(2 * time.Minute)
			return s
		}(), "unknown: the figures are too old to be taken for live"},
	} {
		s := walled(*tt.snap)
		if got := GateLine(gate, gate.Judge(&s)); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
