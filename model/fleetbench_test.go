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
	names        []string
	perSecond    int // of one generator
	second, g, i int
	event        Event
	call         Call
	beat         Beat
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

// The same, with every call refused.
func BenchmarkFleetRefused(b *testing.B) {
	l, f := newTestLedger(b), newFleetLoad(1000, 250)
	denial := Denial{Kind: KindRate, Status: 429, RetryAfter: Some(7 * time.Second), Limit: Limit{200, time.Minute}}
	f.call.Denial = &denial
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

// A thousand generators, each at an address of its own, that call three endpoints and
// are refused, one in ten by a limit of its address, take less than 50 MB.
func TestFleetMemory(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector needs memory itself")
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	l, f := newTestLedger(t), newFleetLoad(1000, 3)
	for i := range 4 * 1000 * 4 {
		e := f.next()
		l.Observe(e)
		if e.Call != nil && f.second > 2 {
			call := *e.Call
			call.Denial = &Denial{Kind: KindRate, Status: 429, RetryAfter: Some(time.Second), Limit: Limit{200, time.Minute}}
			if f.g%10 == 0 {
				call.Denial.Limit = [...]Limit{{1000, time.Minute}, {10_000, time.Hour}}[i%2]
			}
			e.Call = &call
			l.Observe(e)
		}
	}
	if got := float64(heap()-before) / 1e6; got > 50 {
		t.Errorf("%.1f MB", got)
	} else {
		t.Logf("%.1f MB", got)
	}
	checkSnapshot(t, l.Snapshot(l.now))
}
