package recording

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// perSecond is the rate of the busiest documented endpoint: 15,000 a minute.
const perSecond = 250

// generate records a run at perSecond of this many bytes.
func generate(b *testing.B, path string, size int64) {
	b.Helper()
	zipped, _ := compressed(path)
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	const id = "0123456789abcdef"
	index, _, err := createIndex(path+indexSuffix, id)
	if err != nil {
		b.Fatal(err)
	}
	clock := &pioneer.Clock{}
	r, err := newRecorder(id, file, index, zipped, Options{Table: testTable(b), Clock: clock, Report: func(err error) { b.Error(err) }})
	if err != nil {
		b.Fatal(err)
	}
	l := model.NewLedger(testTable(b), model.LedgerOptions{})
	for i := 0; r.output.offset < size; i++ {
		if i%(perSecond/4) == 0 {
			clock.SetOffset(clock.Offset() + frameEvery)
			r.Checkpoint(l.AppendState)
		}
		e := event(i, clock.Now())
		l.Observe(e)
		r.Observe(e)
		if i%perSecond == 0 {
			written := make(chan struct{})
			r.writer.Then(0, func() error { close(written); return nil })
			<-written
		}
	}
	if err := r.Close(); err != nil || r.output.unindexed {
		b.Fatal(err)
	}
}

// large is the length of the measured recordings, in bytes of text.
func large() int64 {
	if testing.Short() {
		return 64 << 20
	}
	return 1 << 30
}

// BenchmarkSeek opens a recording of 1 GiB, jumps to random times, and plays all
// of it as fast as possible.
func BenchmarkSeek(b *testing.B) {
	for name, size := range map[string]int64{"run.jsonl": large(), "run.jsonl.zst": large() / 12} {
		path := filepath.Join(b.TempDir(), name)
		generate(b, path, size)
		b.Run(name+"/open", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r, err := Open(path)
				if err != nil {
					b.Fatal(err)
				}
				_ = r.Close()
			}
		})
		b.Run(name+"/seek", func(b *testing.B) {
			r := mustOpen(b, path)
			p, err := r.Play(PlayOptions{})
			if err != nil {
				b.Fatal(err)
			}
			from, to := r.Span()
			rng := rand.New(rand.NewPCG(1, 2))
			var worst time.Duration
			b.ReportAllocs()
			for b.Loop() {
				p.status.At, p.seek = from.Add(time.Duration(rng.Int64N(int64(to.Sub(from))))), true
				begin := time.Now()
				at, _ := p.shownAt(b.Context(), true)
				p.ledger.Snapshot(at)
				worst = max(worst, time.Since(begin))
			}
			b.ReportMetric(float64(worst.Milliseconds()), "worst-ms")
			b.ReportMetric(float64(r.entries[len(r.entries)-1].events), "events")
		})
		b.Run(name+"/replay", func(b *testing.B) {
			r := mustOpen(b, path)
			p, err := r.Play(PlayOptions{})
			if err != nil {
				b.Fatal(err)
			}
			_, to := r.Span()
			b.ReportAllocs()
			for b.Loop() {
				p.restore(r.entries[0].at)
				p.advance(b.Context(), to, false)
			}
			b.ReportMetric(float64(r.entries[len(r.entries)-1].events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
		_ = os.Remove(path)
		_ = os.Remove(path + indexSuffix)
	}
}
