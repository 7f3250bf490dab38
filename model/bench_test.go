package model

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// warmLedger has a stream for every vantage.
func warmLedger(t testing.TB) *Ledger {
	return newTestLedger(t, one(healthy(0, SourceTap), healthy(0, SourceTail), healthy(0, SourceBilling)), polls(1, 3),
		calls(1, 10, SourceTap, chatPath), calls(1, 10, SourceTail, "/inference"), rows(1, 10, chatPath), one(read(0, 2)),
		one(denied(2, SourceTap, chatPath, rate(time.Second))))
}

// steady gives out events of one sort, each a little later than the last.
// The event is the caller's, so that only Observe is measured.
func steady(e Event, step time.Duration) func() Event {
	c := *e.Call
	e.Call = &c
	return func() Event {
		e.At = e.At.Add(step)
		c.Tokens++
		return e
	}
}

var steadyEvents = map[string]Event{
	"local":  call(3, SourceTap, chatPath),
	"row":    row(3, chatPath, 18, 59),
	"denial": denied(3, SourceTap, chatPath, Denial{Kind: KindRate, RetryAfter: Some(7 * time.Second), Limit: Limit{200, time.Minute}}),
	"alias":  row(3, "openai_compat", 18, 59),
	"poll":   poll(3),
}

func BenchmarkObserve(b *testing.B) {
	for _, name := range []string{"local", "row", "denial"} {
		b.Run(name, func(b *testing.B) {
			l, next := warmLedger(b), steady(steadyEvents[name], time.Millisecond)
			b.ReportAllocs()
			for b.Loop() {
				e := next()
				l.now = e.At // as the polls between the rows would say
				l.Observe(e)
			}
		})
	}
}

// fewer returns how many of n repetitions a test is to run: all, but a part under the
// race detector, which slows each down tenfold and has nothing to find here: the
// package starts no goroutines.
func fewer(n int) int {
	if raceDetector {
		return (n + 3) / 4
	}
	return n
}

// Observe is called for each call of a load run: it allocates nothing.
func TestObserveAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	for _, name := range []string{"local", "row", "alias", "poll"} {
		e := steadyEvents[name]
		l, next := warmLedger(t), steady(e, time.Millisecond)
		l.Observe(next())
		if n := testing.AllocsPerRun(2_000, func() { l.Observe(next()) }); n != 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
}

func BenchmarkBusySnapshot(b *testing.B) {
	l := warmLedger(b)
	rng := rand.New(rand.NewPCG(1, 2))
	paths := []string{chatPath, "/inference", "/gliner-2/x", "/generate/y", "/felix/training-jobs", "/else"}
	for i := range 300_000 { // an hour
		second := 3 + float64(i)*3600/300_000
		path := paths[rng.IntN(len(paths))]
		l.Observe(call(second, SourceTap, path))
		l.Observe(row(second, path, int64(i), 59))
		if i%50 == 0 {
			l.Observe(denied(second, SourceTap, path, Denial{Kind: KindRate, Reason: fmt.Sprint(i % 20), RetryAfter: Some(time.Second)}))
			l.Observe(poll(second))
		}
		if i%1000 == 999 {
			l.Observe(read(second-12, second-10))
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		l.Snapshot(at(3603))
	}
}
