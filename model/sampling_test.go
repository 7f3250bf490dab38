package model

import (
	"math/rand/v2"
	"testing"
	"time"
)

// truth lies within the margin in at least 95 of 100 runs: the margin is what
// stands behind an ≈. Each run is a log of which some rows are read, a page of
// neighbours at a time, as the billing source does.
func TestSampledFigureIsWithinItsMargin(t *testing.T) {
	runs := 2 * fewer(60)
	tests := map[string]struct {
		total    int     // rows in the log of 90 s
		pages    int     // pages of 100 that are read of each 30 s
		share    float64 // of the rows that are the class's
		ramp     bool    // the rate climbs from nothing
		doubles  bool    // the class's calls are logged twice
		maxRatio float64 // of the margin to the truth: a margin must also say something
	}{
		"half of the rows":          {6_000, 4, 0.5, false, false, 0.3},
		"few rows of a class":       {6_000, 4, 0.005, false, false, 2.5},
		"all rows":                  {6_000, 4, 1, false, false, 0.1},
		"ramp":                      {6_000, 4, 0.5, true, false, 0.4},
		"few rows of a class, ramp": {6_000, 4, 0.01, true, false, 2},
		"one page of many":          {12_000, 1, 0.2, false, false, 0.8},
		"double rows":               {6_000, 4, 0.4, false, true, 0.4},
		"few double rows":           {6_000, 4, 0.01, false, true, 2.5},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(7, uint64(len(name))))
			within, ratio := 0, 0.0
			for range runs {
				got, margin, truth := sampleRun(t, rng, tt.total, tt.pages, tt.share, tt.ramp, tt.doubles)
				if max(got-truth, truth-got) <= margin {
					within++
				}
				ratio += float64(margin) / float64(max(truth, 1)) / float64(runs)
			}
			t.Logf("within %.1f %%, margin %.0f %% of the truth", 100*float64(within)/float64(runs), 100*ratio)
			if within < runs*95/100 {
				t.Errorf("the truth was within the margin in %d of %d runs, want 95 %%", within, runs)
			}
			if ratio > tt.maxRatio {
				t.Errorf("the margin was %.0f %% of the truth, want at most %.0f %%", 100*ratio, 100*tt.maxRatio)
			}
		})
	}
}

// sampleRun returns the account's calls of a class in the last minute, their
// margin, and the truth.
func sampleRun(t *testing.T, rng *rand.Rand, total, pages int, share float64, ramp, doubles bool) (got, margin, truth int) {
	t.Helper()
	path := "/inference"
	id := "inference"
	if doubles {
		path, id = chatPath, "chat"
	}
	const length = 90.0
	minute := []Limit{{1_000, time.Minute}}
	l := NewLedger(mustTable(t,
		Endpoint{ID: "inference", Paths: []string{"/inference"}, Limits: minute},
		Endpoint{ID: "chat", Paths: []string{chatPath, "*_compat"}, Limits: minute},
	), LedgerOptions{})
	var log [3][]string // the rows' endpoints, by 30 s
	n := total
	if doubles {
		n = int(float64(total) / (1 + share))
	}
	// Rows come in time order, so that neighbours stand beside each other.
	second := 0.0
	for range n {
		if ramp {
			// A rate that climbs from a half to three halves of its mean.
			second += 2 * length / float64(n) / (1 + 2*min(second/length, 1)) * rng.ExpFloat64()
		} else {
			second += length / float64(n) * rng.ExpFloat64()
		}
		if second >= length {
			break
		}
		third := &log[int(second/30)]
		if rng.Float64() >= share {
			*third = append(*third, "/generate/x")
			continue
		}
		if second >= length-60 {
			truth++
		}
		*third = append(*third, path)
		if doubles {
			*third = append(*third, "openai_compat")
		}
	}
	for i, third := range log {
		r := &Reading{From: at(30 * float64(i)), To: at(30 * float64(i+1)), Sampled: true, Total: len(third)}
		const size = 100
		inLog := (len(third) + size - 1) / size
		for _, page := range rng.Perm(inLog)[:min(pages, inLog)] {
			for _, path := range third[page*size : min((page+1)*size, len(third))] {
				r.Rows = append(r.Rows, Call{Vantage: VantageAccount, Path: path, Tokens: 18})
			}
		}
		l.Observe(Event{At: r.To, Source: SourceBilling, Reading: r})
	}
	u := endpoint(t, l.Snapshot(at(length)), id).Limits[0]
	if !u.Estimated || !u.Account.Known() {
		t.Fatalf("got %s, want an estimate", show(u))
	}
	return u.Account.Or(0), u.Margin, truth
}

// An interval that was cut by the window's edge adds its own error.
func TestSampledIntervalCutByTheWindow(t *testing.T) {
	whole := newTestLedger(t, one(sampledReading(0, 60, 6_000, map[string]int{"/inference": 300, chatPath: 300})))
	cut := newTestLedger(t, one(sampledReading(-60, 60, 12_000, map[string]int{"/inference": 300, chatPath: 300})))
	w, c := endpoint(t, whole.Snapshot(at(60)), "inference").Limits[0], endpoint(t, cut.Snapshot(at(60)), "inference").Limits[0]
	if w.Account != Some(3_000) || c.Account != Some(3_000) || c.Margin < w.Margin*3/2 {
		t.Errorf("whole %v ± %d, cut %v ± %d, want 3000 both, the cut one with much more", w.Account, w.Margin, c.Account, c.Margin)
	}
}

func TestSampledWhollyRead(t *testing.T) {
	l := newTestLedger(t, one(sampledReading(0, 60, 500, map[string]int{"/inference": 200, "/generate/x": 300})))
	if u := endpoint(t, l.Snapshot(at(60)), "inference").Limits[0]; u.Account != Some(200) || u.Margin != 0 {
		t.Errorf("account %v ± %d, want 200 ± 0: all rows were read", u.Account, u.Margin)
	}
}

// A class of which no row was read may still have some.
func TestSampledNoneFound(t *testing.T) {
	l := newTestLedger(t, one(sampledReading(0, 60, 6_000, map[string]int{"/inference": 500})))
	if u := endpoint(t, l.Snapshot(at(60)), "chat").Limits[0]; u.Account != Some(0) || u.Margin < 20 || u.Margin > 200 {
		t.Errorf("account %v ± %d, want 0 ± 20 to 200", u.Account, u.Margin)
	}
	none := newTestLedger(t, one(sampledReading(0, 60, 6_000, nil)))
	if u := endpoint(t, none.Snapshot(at(60)), "chat").Limits[0]; u.Margin < 3_000 {
		t.Errorf("no row was read: ± %d of 6000, want most of them", u.Margin)
	}
}

// TotalMargin says how far the count of the rows itself may be off.
func TestSampledTotalMargin(t *testing.T) {
	e := sampledReading(0, 60, 500, map[string]int{"/inference": 500})
	e.Reading.TotalMargin = 40
	u := endpoint(t, newTestLedger(t, one(e)).Snapshot(at(60)), "inference").Limits[0]
	if u.Margin != 40 {
		t.Errorf("± %d, want 40", u.Margin)
	}
}

func TestSamplingIsBounded(t *testing.T) {
	l := newTestLedger(t)
	for i := range 5 * sampleMemory {
		l.Observe(sampledReading(float64(i), float64(i+1), 10, map[string]int{"/inference": 5}))
	}
	if n := len(l.sampling.intervals); n != sampleMemory {
		t.Errorf("%d intervals are kept, want %d", n, sampleMemory)
	}
	now := t0.Add(5 * sampleMemory * time.Second)
	if u := endpoint(t, l.Snapshot(now), "inference").Limits[0]; u.Account != Some(600) {
		t.Errorf("account %v, want 600", u.Account)
	}
}
