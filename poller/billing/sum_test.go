package billing

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"quotatop/model"
	"quotatop/poller/sim"
)

// sumPaths are called in turn.
var sumPaths = []string{"/inference", "/v1/chat/completions", "/generate/classification", "/gliner-2/extract", "/v1/messages"}

// What the endpoints of a report say was sent adds up to what this machine sent, when it
// alone sent anything, whatever the billing log answers: a report uses the log where it
// has more calls.
func TestReportAddsUp(t *testing.T) {
	for seed := range uint64(4) {
		bubble(t, 8*time.Minute, func(ctx context.Context) {
			w := newWorld(t, sim.Options{Seed: seed})
			report := model.NewReporter(w.table, model.LedgerOptions{})
			report.Observe(model.Event{At: time.Now(), Source: model.SourceTap, Health: &model.Health{State: model.StateOK, Vantage: model.VantageLocal}})
			random := rand.New(rand.NewPCG(seed, 2))
			faults := []sim.Fault{sim.Nulls(), sim.Unavailable(), sim.RateLimited(3 * time.Second), sim.Empty(), sim.WrongShape(), sim.Unavailable().Times(20)}
			const calls = 4_000
			for n := range calls {
				time.Sleep(100 * time.Millisecond)
				path := sumPaths[n%len(sumPaths)]
				c := &model.Call{Vantage: model.VantageLocal, Method: "POST", Path: path}
				if c.Status = w.sim.Call(sim.Call{Path: path}).Status; c.Status != 200 {
					c.Denial = &model.Denial{Kind: model.KindRate, Status: c.Status}
				}
				report.Observe(model.Event{At: w.clock.Now(), Source: model.SourceTap, Call: c})
				if n%150 == 140 {
					f := faults[random.IntN(len(faults))]
					w.sim.Inject(f.On("/billing/").Times(max(f.Count, 1)))
				}
				if n%70 == 0 {
					_ = w.source.Poll(ctx, report.Observe)
				}
			}
			sum := 0
			for _, e := range report.Report().Endpoints {
				if e.ID != "all" {
					sum += e.Sent.Or(0)
				}
			}
			if sum != calls {
				t.Errorf("seed %d: %d calls were sent, and the report has %d", seed, calls, sum)
			}
		})
	}
}
