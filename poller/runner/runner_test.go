package runner

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is a source that does what a test says.
type script func(ctx context.Context, emit func(model.Event)) error

func (s script) Name() string { return model.SourceTap }

func (s script) Vantage() model.Vantage { return model.VantageLocal }

func (s script) Run(ctx context.Context, emit func(model.Event)) error { return s(ctx, emit) }

func start(ctx context.Context, t *testing.T, s script) <-chan model.Snapshot {
	t.Helper()
	table, err := model.Profile(model.DefaultProfile)
	if err != nil {
		t.Fatal(err)
	}
	r := &Runner{Sources: []Source{s}, Ledger: model.NewLedger(table, model.LedgerOptions{}), Clock: &pioneer.Clock{}}
	return r.Start(ctx)
}

func call() model.Event {
	return model.Event{At: time.Now(), Source: model.SourceTap, Call: &model.Call{
		Vantage: model.VantageLocal, Method: "POST", Path: "/inference", Status: 200,
	}}
}

// Snapshots come at most four a second however many the events, and once a
// second without any.
func TestPaceOfSnapshots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		feed := start(ctx, t, func(ctx context.Context, emit func(model.Event)) error {
			for range 1000 { // ten busy seconds
				emit(call())
				time.Sleep(10 * time.Millisecond)
			}
			<-ctx.Done()
			return nil
		})
		count := func(d time.Duration) (n int) {
			for end := time.After(d); ; n++ {
				select {
				case <-feed:
				case <-end:
					return n
				}
			}
		}
		if n := count(10 * time.Second); n < 36 || n > 42 {
			t.Errorf("%d snapshots in ten busy seconds, want 4 a second", n)
		}
		if n := count(10 * time.Second); n < 9 || n > 11 {
			t.Errorf("%d snapshots in ten idle seconds, want 1 a second", n)
		}
		cancel()
		for range feed {
		}
	})
}

// A slow reader finds the newest snapshot and blocks nobody.
func TestNewestWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := start(t.Context(), t, func(_ context.Context, emit func(model.Event)) error {
			for range 5000 {
				emit(call())
			}
			return nil
		})
		synctest.Wait()
		s := <-feed
		if got := s.Endpoints[1].Limits[0].Used.Or(0); got != 0 && got != 5000 {
			t.Errorf("used %d, want all 5000", got)
		}
		for s := range feed {
			if got := s.Endpoints[1].Calls.Or(0); got != 5000 {
				t.Errorf("used %d, want all 5000", got)
			}
		}
	})
}

// book is a Journal in memory.
type book struct {
	events []model.Event
	state  []byte
	at     int // events before state
}

func (b *book) Observe(e model.Event) { b.events = append(b.events, e) }

func (b *book) Checkpoint(state func([]byte) []byte) { b.state, b.at = state(nil), len(b.events) }

// A journal observes every event, and a checkpoint is the ledger's state after
// the events before it.
func TestJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table, err := model.Profile(model.DefaultProfile)
		if err != nil {
			t.Fatal(err)
		}
		journal := &book{}
		r := &Runner{Ledger: model.NewLedger(table, model.LedgerOptions{}), Clock: &pioneer.Clock{}, Journals: []Journal{journal}}
		r.Sources = []Source{script(func(_ context.Context, emit func(model.Event)) error {
			for range 500 {
				emit(call())
				time.Sleep(time.Millisecond)
			}
			return nil
		})}
		for range r.Start(t.Context()) {
		}
		if len(journal.events) != 500 || journal.at != 500 {
			t.Fatalf("%d events and a checkpoint at %d, want all 500", len(journal.events), journal.at)
		}
		l, err := model.RestoreLedger(table, model.LedgerOptions{}, journal.state)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.Snapshot(time.Now()).Endpoints[1].Calls; r.Ledger.Snapshot(time.Now()).Endpoints[1].Calls != got {
			t.Errorf("restored ledger has %v calls", got)
		}
	})
}

// A source that fails is reported with its error and restarted, later each
// time; the feed is closed once ctx has ended.
func TestFailedSourceIsStartedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		begin := time.Now()
		var starts []time.Duration
		feed := start(ctx, t, func(ctx context.Context, emit func(model.Event)) error {
			starts = append(starts, time.Since(begin))
			if len(starts) == 4 {
				<-ctx.Done()
				return ctx.Err()
			}
			return errors.New("the port is gone")
		})
		time.Sleep(500 * time.Millisecond)
		var s model.Snapshot
		for s = range feed {
			if len(s.Sources) > 0 {
				break
			}
		}
		if src := s.Sources[0]; src.State != model.StateError || src.Error != "the port is gone" || !src.RetryAt.Known() {
			t.Errorf("source = %+v, want its error and when it is tried again", src)
		}
		time.Sleep(10 * time.Second)
		cancel()
		for range feed {
		}
		want := []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second}
		if len(starts) != len(want) {
			t.Fatalf("started at %v, want %v", starts, want)
		}
		for i := range want {
			if starts[i] != want[i] {
				t.Errorf("start %d at %s, want %s", i, starts[i], want[i])
			}
		}
	})
}

// accountScript is a script of a source that sees the account.
type accountScript struct{ script }

func (accountScript) Name() string { return model.SourceBilling }

func (accountScript) Vantage() model.Vantage { return model.VantageAccount }

// A crash of the billing source does not change what is known of the server's
// clock, and so drops no local calls.
func TestCrashKeepsTheClockOffset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		table, err := model.Profile(model.DefaultProfile)
		if err != nil {
			t.Fatal(err)
		}
		clock := &pioneer.Clock{}
		clock.SetOffset(5 * time.Second)
		var starts atomic.Int32
		billing := accountScript{func(ctx context.Context, emit func(model.Event)) error {
			emit(model.Event{At: clock.Now(), Source: model.SourceBilling, Health: &model.Health{
				State: model.StateOK, Vantage: model.VantageAccount, ClockOffset: clock.Offset(),
			}})
			if starts.Add(1) == 1 {
				time.Sleep(10 * time.Second)
				panic("crash")
			}
			<-ctx.Done()
			return nil
		}}
		tap := script(func(ctx context.Context, emit func(model.Event)) error {
			emit(model.Event{At: clock.Now(), Source: model.SourceTap, Health: &model.Health{State: model.StateOK, Vantage: model.VantageLocal, Live: true}})
			time.Sleep(time.Second)
			for range 7 {
				e := call()
				e.At = clock.Now()
				emit(e)
			}
			<-ctx.Done()
			return nil
		})
		r := &Runner{Sources: []Source{billing, tap}, Ledger: model.NewLedger(table, model.LedgerOptions{}), Clock: clock}
		feed := r.Start(ctx)
		time.Sleep(20 * time.Second)
		s := <-feed
		if got := s.Endpoints[table.Index("inference")].Limits[0].Local; got != model.Some(7) || s.ClockOffsetMS != 5000 || starts.Load() != 2 {
			t.Errorf("%v local calls, clock offset %d ms after %d starts, want 7, 5000 and 2", got, s.ClockOffsetMS, starts.Load())
		}
		cancel()
		for range feed {
		}
	})
}

// A panic in one source is reported as an error, and the others go on.
func TestFaultySource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var starts int
		feed := start(ctx, t, func(ctx context.Context, emit func(model.Event)) error {
			if starts++; starts == 1 {
				panic("index out of range")
			}
			emit(call())
			<-ctx.Done()
			return nil
		})
		time.Sleep(5 * time.Second)
		cancel()
		var s model.Snapshot
		for s = range feed {
		}
		if starts != 2 || len(s.Sources) != 1 || !strings.Contains(s.Sources[0].Error, "a bug in quotatop, please report it: index out of range") {
			t.Errorf("started %d times, sources %+v; want it restarted and its panic reported", starts, s.Sources)
		}
	})
}

// kept is a journal that counts its notices.
type kept struct{ notices atomic.Int32 }

func (k *kept) Observe(e model.Event) {
	if e.Notice != nil {
		k.notices.Add(1)
	}
}

func (k *kept) Checkpoint(func([]byte) []byte) {}

// What Watch finds in a snapshot is in the log of that snapshot, and in the journal.
func TestWatchedEventsAreInTheSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table, err := model.Profile(model.DefaultProfile)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		journal, told := &kept{}, false
		r := &Runner{
			Sources: []Source{script(func(ctx context.Context, _ func(model.Event)) error { <-ctx.Done(); return nil })},
			Ledger:  model.NewLedger(table, model.LedgerOptions{}), Clock: &pioneer.Clock{}, Journals: []Journal{journal},
			Watch: func(s model.Snapshot) []model.Event {
				if told {
					return nil
				}
				told = true
				return []model.Event{{At: s.At, Source: "warnings", Notice: &model.Notice{Kind: model.LogWarning, Text: "chat: 92%"}}}
			},
		}
		feed := r.Start(ctx)
		if s := <-feed; len(s.Log) != 1 || s.Log[0].Text != "chat: 92%" || !s.Log[0].At.Equal(s.At) {
			t.Errorf("the first snapshot has the log %v", s.Log)
		}
		cancel()
		for range feed {
		}
		if n := journal.notices.Load(); n != 1 {
			t.Errorf("%d notices in the journal, want 1", n)
		}
	})
}
