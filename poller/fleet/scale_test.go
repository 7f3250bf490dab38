//go:build unix

package fleet

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"quotatop/model"
	"quotatop/poller/events/frame"
)

// The fleet that one dashboard must keep up with.
const (
	scaleGenerators = 1000
	scalePerSecond  = 250 // calls of each: 15,000 a minute
)

// A scaleGenerator makes the batches of one generator: one a second.
type scaleGenerator struct {
	name name
	enc  encoder
}

func newScaleGenerator(frames *frame.Writer, i int) *scaleGenerator {
	n := name{"account", "run", fmt.Sprintf("load-%d", i)}
	return &scaleGenerator{n, encoder{frames: frames, from: n}}
}

// batch returns the calls of a second, of which some are denied.
func (g *scaleGenerator) batch(second time.Time) []byte {
	for i := range scalePerSecond {
		call := model.Call{Vantage: model.VantageLocal, Method: "POST", Path: "/gliner-2/extract", Status: 200, Tokens: int64(40 + i), Model: "fastino/gliner2-base-v1"}
		if i%50 == 49 {
			call = model.Call{Vantage: model.VantageLocal, Method: "POST", Path: "/v1/chat/completions", Status: 429, Denial: &model.Denial{
				Kind: model.KindRate, Status: 429, RetryAfter: model.Some(7 * time.Second),
				Detail: "Rate limit exceeded: 200 per 1 minute", Limit: model.Limit{Max: 200, Per: time.Minute},
			}}
		}
		g.enc.add(model.Event{At: second.Add(time.Duration(i) * time.Second / scalePerSecond), Source: model.SourceTap, Call: &call})
	}
	to := second.Add(time.Second)
	body, _ := g.enc.batch(model.Event{At: to, Source: model.SourceTap, Generator: g.name.generator, Beat: &model.Beat{
		Run: g.name.run, Version: "1", Boot: "b1", To: to, Egress: g.name.generator, ClockError: 40 * time.Millisecond,
	}})
	return body
}

// BenchmarkScale takes what 1,000 generators at 15,000 calls a minute send in a second,
// and four Snapshots: what it takes of a second is the load of one core. Its times are
// of the processor. Run it for a minute of the fleet with -benchtime 60x.
func BenchmarkScale(b *testing.B) {
	table, err := model.Profile(model.DefaultProfile)
	if err != nil {
		b.Fatal(err)
	}
	var generators []*scaleGenerator
	frames := frame.NewWriter()
	for i := range scaleGenerators {
		generators = append(generators, newScaleGenerator(frames, i))
	}
	second := time.Date(2026, 6, 17, 12, 0, 0, 0, time.UTC)
	bodies := make([][]byte, scaleGenerators)
	before := heap()
	ledger := model.NewLedger(table, model.LedgerOptions{})
	d := newDecoder()
	defer d.close()
	var took, snapshots, worst time.Duration
	bytes := 0
	for b.Loop() {
		b.StopTimer()
		for i, g := range generators {
			bodies[i] = g.batch(second)
			bytes += len(bodies[i])
		}
		second = second.Add(time.Second)
		runtime.GC() // of what made the batches
		began := processor()
		b.StartTimer()
		for i, g := range generators {
			batch, err := d.decode(g.name, bodies[i])
			if err != nil || len(batch.calls) != scalePerSecond {
				b.Fatalf("%d calls: %v", len(batch.calls), err)
			}
			for _, e := range append(batch.calls, batch.beat) {
				e.Source = model.SourceFleet
				ledger.Observe(e)
			}
			if i%(scaleGenerators/4) == 0 {
				at := processor()
				ledger.Snapshot(second)
				snapshots += processor() - at
			}
		}
		this := processor() - began
		took, worst = took+this, max(worst, this)
	}
	clear(bodies)
	n := float64(b.N * scaleGenerators * scalePerSecond)
	b.ReportMetric(float64(took.Nanoseconds())/n, "ns/event")
	b.ReportMetric(float64(bytes)/n, "B/event")
	b.ReportMetric(float64(took.Milliseconds())/float64(b.N), "ms/second")
	b.ReportMetric(float64(worst.Milliseconds()), "ms/worst")
	b.ReportMetric(float64(snapshots.Microseconds())/1e3/float64(4*b.N), "ms/snapshot")
	b.ReportMetric(float64(heap()-before)/1e6, "MB")
	runtime.KeepAlive(ledger)
}

// processor returns the processor time that the process has used.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// heap returns the bytes of live objects.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
