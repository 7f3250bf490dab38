package billing

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"quotatop/model"
	"quotatop/poller/sim"
)

// traffic is what one load run sends a minute, by path, in the proportions of
// its weights.
type traffic struct {
	perMinute int
	paths     []string
	weights   []int
	quiet     time.Duration // until the outage; long enough to use up the hour's burst for the last
}

// The table's limits are per user: the load stays below them, and comes from
// many addresses, so that it is the account's view that is measured.
var loads = []traffic{
	{200, []string{"/v1/chat/completions", "/inference"}, []int{3, 1}, 7 * time.Minute},
	{1_200, []string{"/inference", "/v1/chat/completions", "/generate/text", "/felix/training-jobs"}, []int{80, 12, 7, 1}, 7 * time.Minute},
	{15_000, []string{"/gliner-2/extract", "/inference", "/v1/chat/completions"}, []int{930, 60, 10}, 16 * time.Minute},
}

// send makes the load's calls until ctx ends, at random times.
func (l traffic) send(ctx context.Context, s *sim.Server, rng *rand.Rand) {
	addresses := make([]string, 100)
	for i := range addresses {
		addresses[i] = fmt.Sprint("10.0.0.", i)
	}
	sum := 0
	for _, n := range l.weights {
		sum += n
	}
	for i := 0; ; i++ {
		// Calls of the same few milliseconds go out together.
		const step = 20 * time.Millisecond
		select {
		case <-ctx.Done():
			return
		case <-time.After(step):
		}
		due := float64(l.perMinute) * step.Minutes()
		for n := poisson(rng, due); n > 0; n-- {
			pick := rng.IntN(sum)
			for p, weight := range l.weights {
				if pick -= weight; pick < 0 {
					name := ""
					if rng.IntN(20) == 0 && p == 0 && l.perMinute == 200 {
						name = "claude-opus-4-7" // which is judged
					}
					s.Call(sim.Call{IP: addresses[i%len(addresses)], Path: l.paths[p], Model: name})
					break
				}
			}
		}
	}
}

func poisson(rng *rand.Rand, mean float64) (n int) {
	for t := rng.ExpFloat64(); t < mean; t += rng.ExpFloat64() {
		n++
	}
	return n
}

// Every account gauge tells the truth at its own as_of: within 1 %, or where it
// is estimated, within its margin 19 times in 20. The polls keep to the budget
// all the while. Nothing is counted twice, or lost for longer than it must be,
// when the API was out of reach for some minutes.
func TestAccuracy(t *testing.T) {
	const before, outage, after = 62 * time.Minute, 4 * time.Minute, 8 * time.Minute
	for _, load := range loads {
		t.Run(fmt.Sprintf("%d a minute", load.perMinute), func(t *testing.T) {
			t.Parallel()
			bubble(t, before+load.quiet+outage+after+time.Minute, func(ctx context.Context) {
				w := newWorld(t, sim.Options{Seed: 7, CapUSD: -1})
				go load.send(ctx, w.sim, rand.New(rand.NewPCG(1, uint64(load.perMinute))))
				time.Sleep(before)
				begin := time.Now()
				feed := w.run(ctx)
				w.checkFigures(feed, "in quiet", load.quiet)
				remove := w.sim.Inject(sim.Unavailable().On("/billing/"))
				time.AfterFunc(outage, remove)
				w.checkFigures(feed, "after an outage", outage+after)
				w.checkBudget(begin)
			})
		})
	}
}

// checkFigures compares the figures of the snapshots with the truth for a while.
func (w *world) checkFigures(feed <-chan model.Snapshot, when string, during time.Duration) {
	begin := time.Now()
	var exact, estimated, outside int
	seen := map[string]time.Time{} // one look at each as_of
	for s := range feed {
		for _, e := range s.Endpoints {
			for i, l := range e.Limits {
				asOf, ok := l.AsOf.Get()
				key := fmt.Sprint(e.ID, i)
				account, known := l.Account.Get()
				local := e.ID == "all" && !l.UpperBound // Used and its time are this machine's
				if !ok || !known || local || l.LowerBound || seen[key].Equal(asOf) {
					continue
				}
				seen[key] = asOf
				truth := w.sim.Truth(e.ID, asOf.Add(-l.Per()), asOf)
				want := truth.Accepted
				if e.ID == "all" {
					want += w.sim.Polls(asOf.Add(-l.Per()), asOf) // our own, those that failed too
				}
				off := max(account-want, want-account)
				switch {
				case !l.Estimated && off > max(want/100, 1):
					w.Errorf("%s: %s %s at %s: account %d, truth %d: off by more than 1 %%", when, e.ID, l.Per(), asOf.Sub(begin), account, want)
				case !l.Estimated:
					exact++
				case off <= max(l.Margin, 1):
					estimated++
				default:
					estimated++
					outside++
					w.Logf("%s: %s %s at %s: account %d ± %d, truth %d", when, e.ID, l.Per(), asOf.Sub(begin), account, l.Margin, want)
				}
			}
		}
		if s.At.Sub(begin) > during-time.Second {
			if src := source(s); src.State != model.StateOK {
				w.Errorf("%s: at the end the source is %s: %s", when, src.State, src.Error)
			}
			break
		}
	}
	if outside*20 > estimated {
		w.Errorf("%s: %d of %d estimates missed their margin, want 1 in 20 at most", when, outside, estimated)
	}
	if exact+estimated < 100 {
		w.Errorf("%s: only %d figures were shown", when, exact+estimated)
	}
	w.Logf("%s: %d exact, %d estimated, %d of them outside the margin", when, exact, estimated, outside)
}

// checkBudget checks the polls since a time, less than an hour ago.
func (w *world) checkBudget(begin time.Time) {
	for at := begin; at.Before(time.Now()); at = at.Add(time.Second) {
		if n := w.sim.Polls(at, at.Add(time.Minute)); n > 50 {
			w.Fatalf("%d polls in the minute from %s, want 50 at most", n, at.Sub(begin))
		}
	}
	polls := w.sim.Polls(begin, time.Now())
	if polls > 500 {
		w.Errorf("%d polls in less than an hour, want 500 at most", polls)
	}
	w.Logf("%d polls", polls)
}

// A burst just before the start says nothing of the pace of the hour before it:
// the hour is told all the same.
func TestPastBeforeABurst(t *testing.T) {
	for name, tt := range map[string]struct{ days, hour int }{"a short log": {0, 1_500}, "a long log": {60_000, 1_500}, "a quiet hour": {60_000, 0}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 48*time.Hour, func(ctx context.Context) {
				w := newWorld(t, sim.Options{Seed: 7, CapUSD: -1})
				send := func(n int, over time.Duration) {
					for i := range n {
						time.Sleep(over / time.Duration(n))
						w.sim.Call(sim.Call{IP: fmt.Sprint("10.0.0.", i%100), Path: "/gliner-2/extract"})
					}
					if n == 0 {
						time.Sleep(over)
					}
				}
				send(tt.days, 20*time.Hour)
				send(tt.hour, 50*time.Minute)
				send(500, time.Second)
				time.Sleep(3 * time.Minute)
				if err := w.source.Poll(ctx, w.ledger.Observe); err != nil {
					t.Fatal(err)
				}
				s := w.ledger.Snapshot(w.clock.Now())
				l := limit(s, "all", 1)
				asOf := l.AsOf.Or(s.At)
				truth := w.sim.Truth("all", asOf.Add(-time.Hour), asOf).Accepted
				if got := l.Account.Or(-1); max(got-truth, truth-got) > l.Margin+truth/100+5 && !l.LowerBound {
					t.Errorf("%d ± %d calls in the hour, truth %d", got, l.Margin, truth)
				}
			})
		})
	}
}
