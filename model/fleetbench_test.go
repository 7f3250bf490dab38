package model

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// fleetLoad gives out the calls of a fleet at a rate, in batches of a second of one
// generator after another, each with its beat.
type fleetLoad struct {
	names         []string
	perSecond     int // of one generator
	second, g, i  int
	event         Event
	call          Call
	denial        *Call
	denyEvery, no int
	beat          Beat
}

func newFleetLoad(generators, perSecond int) *fleetLoad {
	f := &fleetLoad{perSecond: perSecond, second: 1}
	for i := range generators {
		f.names = append(f.names, fmt.Sprintf("load-generator-%04d", i))
	}
	f.call = Call{Vantage: VantageLocal, Method: "POST", Status: 200, Model: "m"}
	return f
}

func (f *fleetLoad) next() Event {
	if f.i == f.perSecond {
		e := Event{At: at(float64(f.second) + 1), Source: SourceFleet, Generator: f.names[f.g]}
		f.beat = Beat{Run: "default", Version: "1", Boot: "1", To: e.At, Egress: f.names[f.g], EgressAssumed: true}
		e.Beat = &f.beat
		if f.i, f.g = 0, f.g+1; f.g == len(f.names) {
			f.g, f.second = 0, f.second+1
		}
		return e
	}
	f.event = Event{At: t0.Add(time.Duration(f.second)*time.Second + time.Duration(f.i)*time.Second/time.Duration(f.perSecond)), Source: SourceFleet, Generator: f.names[f.g], Call: &f.call}
	f.call.Path = [...]string{chatPath, "/inference", "/gliner-2/x"}[f.i%3]
	f.i++
	return f.event
}

// A thousand generators with 250 calls a second each.
func BenchmarkFleetObserve(b *testing.B) {
	l, f := newTestLedger(b), newFleetLoad(1000, 250)
	for range 251_000 { // a second
		l.Observe(f.next())
	}
	b.ReportAllocs()
	for b.Loop() {
		l.Observe(f.next())
	}
}

// busyFleet is a ledger of a thousand generators that have called for some minutes.
func busyFleet(t testing.TB) *Ledger {
	l, f := newTestLedger(t), newFleetLoad(1000, 3)
	for range 300 * 4 * 1000 {
		l.Observe(f.next())
	}
	return l
}

func BenchmarkFleetSnapshot(b *testing.B) {
	l := busyFleet(b)
	now := l.now
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Millisecond)
		l.Snapshot(now)
	}
}

func BenchmarkFleetState(b *testing.B) {
	l := busyFleet(b)
	state := l.AppendState(nil)
	b.ReportAllocs()
	for b.Loop() {
		state = l.AppendState(state[:0])
	}
	b.ReportMetric(float64(len(state)), "bytes")
}

func BenchmarkFleetMemory(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		l := busyFleet(b)
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
		runtime.KeepAlive(l)
	}
}
