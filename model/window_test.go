package model

import (
	"math/rand/v2"
	"testing"
	"time"
)

var t0 = time.Date(2026, 6, 17, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return t0.Add(time.Duration(seconds * float64(time.Second))) }

func TestWindowSlides(t *testing.T) {
	type step struct {
		at        float64
		add, want int // events added at that second, then counted over the last minute
	}
	tests := map[string][]step{
		"empty":      {{0, 0, 0}, {100, 0, 0}},
		"slides":     {{0, 3, 3}, {30, 2, 5}, {59.9, 0, 5}, {60.2, 0, 2}, {90.2, 0, 0}},
		"late":       {{50, 1, 1}, {20, 2, 2}, {50, 0, 3}, {81, 0, 1}},
		"too old":    {{200, 1, 1}, {0, 5, 0}, {200, 0, 1}},
		"long pause": {{0, 7, 7}, {86400, 1, 1}},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			w := newLimitWindow(time.Minute, time.Minute)
			for _, s := range steps {
				w.Add(at(s.at), s.add)
				// Count just past the event's own bucket, so that it is whole.
				to := at(s.at + 0.1)
				if got := w.Count(to.Add(-time.Minute), to); got != s.want {
					t.Errorf("at %v s: Count = %d, want %d", s.at, got, s.want)
				}
			}
		})
	}
}

// A count over any span, ending anywhere, is within 1 % of the truth.
func TestWindowErrorBelowOnePercent(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, span := range []time.Duration{time.Second, time.Minute, time.Hour, 24 * time.Hour} {
		w := newLimitWindow(span, span/2)
		var events []time.Time
		for now := t0; now.Before(t0.Add(2 * span)); {
			now = now.Add(time.Duration(rng.ExpFloat64() * float64(span) / 5000))
			events = append(events, now)
			w.Add(now, 1)
		}
		for range 100 {
			to := events[len(events)-1].Add(-time.Duration(rng.Float64() * float64(span) / 2))
			from := to.Add(-span)
			truth := 0
			for _, e := range events {
				if e.After(from) && !e.After(to) {
					truth++
				}
			}
			if got := w.Count(from, to); 100*max(got-truth, truth-got) > truth {
				t.Errorf("span %s: Count = %d, want %d within 1 %%", span, got, truth)
			}
		}
	}
}

func TestWindowSpread(t *testing.T) {
	w := newLimitWindow(time.Minute, time.Minute)
	w.Spread(at(0), at(20), 1000)
	for _, tt := range []struct {
		from, to float64
		want     int
	}{{0, 20, 1000}, {0, 10, 500}, {5, 15, 500}, {20, 40, 0}, {0, 0.1, 5}} {
		if got := w.Count(at(tt.from), at(tt.to)); got != tt.want {
			t.Errorf("Count(%v, %v) = %d, want %d", tt.from, tt.to, got, tt.want)
		}
	}
	// An interval that is longer than the memory counts only its newest part.
	w.Spread(at(100), at(10100), 100_000)
	if got := w.Count(at(10040), at(10100)); got != 600 {
		t.Errorf("after a long interval: Count = %d, want 600", got)
	}
}

// Order cannot matter while all events are within the memory.
func TestWindowOrderDoesNotMatter(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var events []time.Time
	for range 500 {
		events = append(events, at(rng.Float64()*60))
	}
	count := func() int {
		w := newLimitWindow(time.Minute, time.Minute)
		for _, e := range events {
			w.Add(e, 1)
		}
		return w.Count(at(0), at(60))
	}
	want := count()
	rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	if got := count(); got != want {
		t.Errorf("shuffled: Count = %d, want %d", got, want)
	}
}

func FuzzWindow(f *testing.F) {
	f.Add(int64(0), int64(60), int64(30), 3)
	f.Add(int64(1<<40), int64(-5), int64(1<<62), 1<<30)
	f.Fuzz(func(t *testing.T, a, b, c int64, n int) {
		n = max(n, 0) % 1_000_000
		w := newLimitWindow(time.Minute, time.Minute)
		for _, nanos := range []int64{a, b, c} {
			w.Add(time.Unix(0, nanos), n)
		}
		to := time.Unix(0, b)
		if got := w.Count(to.Add(-time.Minute), to); got < 0 || got > 3*n {
			t.Errorf("Count = %d of %d events", got, 3*n)
		}
	})
}
