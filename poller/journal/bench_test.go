package journal

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"quotatop/model"
	"quotatop/poller/events"
	"quotatop/poller/events/frame"
)

// perSecond is the rate of the busiest documented endpoint: 15,000 a minute.
const perSecond = 250

// traffic returns a func that returns what a tap observes next at perSecond.
func traffic(begin time.Time) func() model.Event {
	rng := rand.New(rand.NewPCG(1, 2))
	paths := []string{"/gliner-2/extract", "/gliner-2/extract", "/gliner-2/extract", "/v1/chat/completions", "/inference"}
	at := begin
	calls := 0
	return func() model.Event {
		at = at.Add(time.Duration(rng.ExpFloat64() * float64(time.Second) / perSecond))
		calls++
		c := &model.Call{Vantage: model.VantageLocal, Method: "POST", Path: paths[rng.IntN(len(paths))], Status: 200}
		if calls%200 == 0 {
			c.Status = 429
			c.Denial = &model.Denial{Kind: model.KindRate, Status: 429, RetryAfter: model.Some(7 * time.Second), Detail: "Rate limit exceeded: 15000 per 1 minute", Limit: model.Limit{Max: 15000, Per: time.Minute}}
		}
		return model.Event{At: at, Source: model.SourceTap, Call: c}
	}
}

// BenchmarkJournal measures the whole cost of an event: taking it in, a frame a
// second, a checkpoint every 30 s.
func BenchmarkJournal(b *testing.B) {
	j := Open(b.TempDir(), Options{Report: func(err error) { b.Error(err) }})
	l := model.NewLedger(table(b, model.DefaultProfile), model.LedgerOptions{})
	next := traffic(time.Now())
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		e := next()
		j.Observe(e)
		if n%perSecond == 0 {
			if n%(30*perSecond) == 0 {
				l.Observe(e)
				j.saved = time.Time{}
				j.Checkpoint(l.AppendState)
			}
			flush(j)
		}
	}
	if err := j.Close(); err != nil {
		b.Error(err)
	}
	b.ReportMetric(float64(j.segments.offset)/float64(b.N), "bytes/event")
	b.ReportMetric(perSecond*float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e9*100, "%cpu-at-15k/min")
}

// BenchmarkRecover measures a restart after a full day at 15,000 a minute, half a
// minute after the last checkpoint; and one without any.
func BenchmarkRecover(b *testing.B) {
	dir := b.TempDir()
	begin := time.Now().Add(-24 * time.Hour)
	next := traffic(begin)
	l := model.NewLedger(table(b, model.DefaultProfile), model.LedgerOptions{})
	s := newSegments(dir, Options{})
	frames, lines := frame.NewWriter(), []byte(nil)
	seconds := 24 * 3600
	if testing.Short() {
		seconds = 3600
	}
	for second := range seconds {
		// Compressing a whole day takes long: but for the last hour, each
		// minute's frames are those of its first second.
		if fresh := seconds-second < 3600; fresh || second%60 == 0 || lines == nil {
			lines = lines[:0]
			for range perSecond {
				e := next()
				e.At = begin.Add(time.Duration(second)*time.Second + time.Duration(e.At.Nanosecond()))
				l.Observe(e)
				lines = events.Append(lines, e)
			}
			s.frame = frames.Append(s.frame[:0], lines)
		}
		if err := s.open(time.Now()); err != nil {
			b.Fatal(err)
		}
		if _, err := s.file.WriteAt(s.frame, s.offset); err != nil {
			b.Fatal(err)
		}
		s.offset += int64(len(s.frame))
		if second == seconds-30 {
			if err := s.save(l.AppendState(nil)); err != nil {
				b.Fatal(err)
			}
		}
	}
	_ = s.file.Close()
	var size int64
	runs, _ := list(dir)
	for _, old := range runs[0].segments {
		size += old.size
	}
	recover := func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Recover(dir, table(b, model.DefaultProfile), model.LedgerOptions{}, time.Now()); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(size)/(1<<20), "MiB")
	}
	b.Run("checkpoint", recover)
	if err := os.Remove(filepath.Join(dir, s.run+checkpointSuffix)); err != nil {
		b.Fatal(err)
	}
	b.Run("events", recover)
}
