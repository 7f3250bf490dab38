package journal

import (
	"context"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"quotatop/model"
	"quotatop/poller/billing"
	"quotatop/poller/pioneer"
	"quotatop/poller/recording"
	"quotatop/poller/runner"
	"quotatop/poller/sim"
)

// load is a source that calls the API and sees what it answers.
type load struct{ api *sim.Server }

func (load) Name() string           { return model.SourceTap }
func (load) Vantage() model.Vantage { return model.VantageLocal }

func (l load) Run(ctx context.Context, emit func(model.Event)) error {
	emit(model.Event{At: time.Now(), Source: model.SourceTap, Health: &model.Health{State: model.StateOK, Vantage: model.VantageLocal, Live: true}})
	for i := 0; ctx.Err() == nil; i++ {
		time.Sleep(340*time.Millisecond + time.Duration(i%997)*time.Microsecond) // at no time of a snapshot
		call := &model.Call{Vantage: model.VantageLocal, Method: "POST", Path: "/generate/text", Status: 200}
		if answer := l.api.Call(sim.Call{Path: call.Path}); answer.Status == 429 {
			call.Status = 429
			call.Denial = &model.Denial{Kind: model.KindRate, Status: 429, RetryAfter: model.Some(3 * time.Second)}
		}
		emit(model.Event{At: time.Now(), Source: model.SourceTap, Call: call})
	}
	return nil
}

// told is a snapshot as JSON, without the sources' own health.
func told(t testing.TB, s model.Snapshot) string {
	t.Helper()
	s.Sources, s.Services = nil, nil
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A live is a dashboard with a journal on a simulated API, in a bubble.
type live struct {
	*Journal
	table model.Table
	mu    sync.Mutex
	shown map[time.Time]model.Snapshot // by its time
	end   func()
	ended time.Time
}

func (d *live) see(s model.Snapshot) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shown[s.At] = s
}

// begin starts a dashboard.
func begin(t *testing.T, dir string, api *sim.Server, table model.Table) *live {
	base, _ := url.Parse("http://localhost")
	clock := &pioneer.Clock{}
	d := &live{Journal: Open(dir, Options{Clock: clock}), table: table, shown: map[time.Time]model.Snapshot{}}
	source := billing.New(billing.Options{Base: base, Key: "pio_sk_test", Clock: clock, Table: table, Transport: local{api}})
	r := &runner.Runner{
		Sources: []runner.Source{source, load{api}}, Clock: clock, Journals: []runner.Journal{d.Journal},
		Recover: func() *model.Ledger {
			l, err := Recover(dir, table, model.LedgerOptions{}, clock.Now())
			if err != nil {
				t.Error(err)
			}
			return l
		},
		Seen: func(s model.Snapshot) { source.Seen(s); d.see(s) },
	}
	ctx, cancel := context.WithCancel(t.Context())
	feed := r.Start(ctx)
	d.end = func() {
		d.ended = time.Now()
		cancel()
		for range feed {
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
	}
	return d
}

// At any time the past shows what the screen showed then: of this run and of the one
// before it, whatever is missing of the index of the latter.
func TestPastShowsWhatWasShown(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		table := table(t, model.DefaultProfile)
		api := sim.New(sim.Options{Table: table, Key: "pio_sk_test", CapUSD: -1})
		first := begin(t, dir, api, table)
		time.Sleep(6*time.Minute + 300*time.Millisecond)
		first.end()
		time.Sleep(time.Minute)
		second := begin(t, dir, api, table)
		defer second.end()
		time.Sleep(2*time.Minute + 300*time.Millisecond)

		past, err := second.Past(table, model.LedgerOptions{})
		if err != nil {
			t.Fatal(err)
		}
		from, to := past.Span()
		if age := to.Sub(from); age < 9*time.Minute || age > 10*time.Minute || len(past.Denials()) < 20 || !slices.IsSortedFunc(past.Denials(), time.Time.Compare) {
			t.Errorf("the past is of %s, with %d denials", age, len(past.Denials()))
		}
		last := first.ended.Add(-50 * time.Second) // after the last mark
		if !slices.ContainsFunc(past.Denials(), func(at time.Time) bool { return at.After(last) && at.Before(first.ended) }) {
			t.Error("the denials before the end of the first run are missing")
		}
		p := recording.PlayPast(past)
		ctx, cancel := context.WithCancel(t.Context())
		feed := p.Start(ctx)
		defer func() {
			cancel()
			for range feed {
			}
		}()
		compare := func(d *live, n int) {
			d.mu.Lock()
			shown := maps.Clone(d.shown)
			d.mu.Unlock()
			times := slices.SortedFunc(maps.Keys(shown), time.Time.Compare)
			times = times[:len(times)-5] // what is not yet written
			rand.New(rand.NewPCG(1, 2)).Shuffle(len(times), func(i, j int) { times[i], times[j] = times[j], times[i] })
			for _, at := range times[:n] {
				p.SeekTo(at)
				for s := range feed {
					if s.At.Equal(at) {
						if diff := cmp.Diff(told(t, shown[at]), told(t, s)); diff != "" {
							t.Fatalf("at %s (-shown then +shown in the past):\n%s", at, diff)
						}
						break
					}
				}
			}
		}
		compare(second, 15)
		compare(first, 15)
		denials := past.Denials()
		p.SeekTo(denials[5].Add(time.Millisecond))
		if !p.PrevDenial() || !p.Status().At.Equal(denials[5]) || !p.NextDenial() || !p.Status().At.Equal(denials[6]) {
			t.Errorf("the jumps between denials end at %s", p.Status().At)
		}
		p.SeekBy(time.Hour)
		if s := p.Status(); !s.Ended || time.Since(s.At) > time.Second {
			t.Errorf("an hour later it is %s", s.At)
		}
	})
}

// What is missing or corrupt in an index cannot be gone back to, and nothing else is
// lost; old journals have none.
func TestPastOfBrokenIndexes(t *testing.T) {
	for name, damage := range map[string]func(text []byte) []byte{
		"gone": nil, "empty": func([]byte) []byte { return nil }, "cut": func(text []byte) []byte { return text[:len(text)*2/3] },
		"foreign": func([]byte) []byte { return []byte("hello") }, "flipped": func(text []byte) []byte { text[len(text)/2] ^= 4; return text },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				table := table(t, model.DefaultProfile)
				api := sim.New(sim.Options{Table: table, Key: "pio_sk_test", CapUSD: -1})
				first := begin(t, dir, api, table)
				time.Sleep(65 * time.Second)
				first.end()
				indexes, err := filepath.Glob(filepath.Join(dir, "*"+indexSuffix))
				if err != nil || len(indexes) != 1 {
					t.Fatalf("indexes %v: %v", indexes, err)
				}
				if text, err := os.ReadFile(indexes[0]); err != nil || damage == nil {
					_ = os.Remove(indexes[0])
				} else if err := os.WriteFile(indexes[0], damage(text), 0o600); err != nil {
					t.Fatal(err)
				}
				second := begin(t, dir, api, table)
				defer second.end()
				time.Sleep(5 * time.Second)
				past, err := second.Past(table, model.LedgerOptions{})
				if err != nil {
					t.Fatal(err)
				}
				from, to := past.Span()
				for at := from; at.Before(to); at = at.Add(5 * time.Second) {
					l, kept, next, close := past.Open(at)
					if l == nil || kept.After(at) {
						t.Errorf("at %s the state of %s", at, kept)
					}
					for err := error(nil); err == nil; {
						_, _, err = next(nil)
					}
					close()
				}
			})
		})
	}
}

func TestFollowingSegment(t *testing.T) {
	for path, want := range map[string]string{
		"/a/20260617T120000Z-1-0a0b.0001.jsonl.zst": "/a/20260617T120000Z-1-0a0b.0002.jsonl.zst",
		"/a/20260617T120000Z-1-0a0b.9999.jsonl.zst": "/a/20260617T120000Z-1-0a0b.10000.jsonl.zst",
		"/a/x.jsonl": "", "": "", ".jsonl.zst": "",
	} {
		if got := following(path); got != want {
			t.Errorf("after %q comes %q, want %q", path, got, want)
		}
	}
}
