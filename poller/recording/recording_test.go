package recording

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func testTable(t testing.TB) model.Table {
	t.Helper()
	table, err := model.Profile(model.DefaultProfile)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func inJSON(t testing.TB, s model.Snapshot) string {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var options = model.LedgerOptions{Cap: model.Some(20 * model.Dollar)}

// event returns the i-th event of a run.
func event(i int, now time.Time) model.Event {
	c := &model.Call{Vantage: model.VantageLocal, Method: "POST", Path: []string{"/inference", "/v1/chat/completions", "/gliner-2/x"}[i%3], Status: 200, Tokens: int64(i % 400), Model: "m"}
	e := model.Event{At: now.Add(-time.Duration(i%7) * 10 * time.Millisecond), Source: model.SourceTap, Call: c}
	switch {
	case i%10 == 9:
		e.Source = model.SourceBilling
		e.At = now.Add(-12 * time.Second)
		e.Call = &model.Call{Vantage: model.VantageAccount, Path: "/inference", Cost: 900, Tokens: int64(i)}
	case i%100 == 50:
		e.Source, e.Call = model.SourceBilling, nil
		e.Reading = &model.Reading{From: now.Add(-20 * time.Second), To: now.Add(-10 * time.Second)}
	case i%1000 == 501:
		e.Call.Status = 429
		e.Call.Denial = &model.Denial{Kind: model.KindRate, Status: 429, RetryAfter: model.Some(2 * time.Second), Limit: model.Limit{Max: 1200, Per: time.Minute}}
	case i%500 == 2:
		e.Call = nil
		e.Health = &model.Health{State: model.StateOK, Vantage: model.VantageLocal}
	}
	return e
}

// record records a run of this many seconds and n events between two ticks,
// and returns what was shown at each tick. It must run in a bubble.
func record(t *testing.T, path string, seconds, n int) map[time.Time]string {
	t.Helper()
	r, err := Create(path, Options{Table: testTable(t), Ledger: options, Clock: &pioneer.Clock{}, Report: func(err error) { t.Errorf("report: %v", err) }})
	if err != nil {
		t.Fatal(err)
	}
	l := model.NewLedger(testTable(t), options)
	for i := range 400 { // before the recording
		l.Observe(event(i, time.Now().UTC().Add(-30*time.Second)))
	}
	r.Checkpoint(l.AppendState)
	shown := map[time.Time]string{}
	for tick := range 4 * seconds {
		for i := range n {
			e := event(tick*n+i, time.Now().UTC())
			l.Observe(e)
			r.Observe(e)
		}
		r.Checkpoint(l.AppendState)
		if tick%5 == 0 {
			now := time.Now().UTC()
			shown[now] = inJSON(t, l.Snapshot(now))
		}
		time.Sleep(frameEvery)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	return shown
}

func mustOpen(t testing.TB, path string) *Recording {
	t.Helper()
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// check seeks to times all over the recording and compares what is shown with
// what was shown then.
func check(t *testing.T, path string, shown map[time.Time]string) {
	t.Helper()
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p, err := r.Play(PlayOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p.Pause()
	ctx, cancel := context.WithCancel(t.Context())
	feed := p.Start(ctx)
	times := slices.SortedFunc(maps.Keys(shown), time.Time.Compare)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(times), func(i, j int) { times[i], times[j] = times[j], times[i] })
	for _, at := range times[:min(len(times), 25)] {
		p.SeekTo(at)
		for s := range feed {
			if s.At.Equal(at) {
				if diff := cmp.Diff(shown[at], inJSON(t, s)); diff != "" {
					t.Fatalf("at %s (-run +replay):\n%s", at, diff)
				}
				break
			}
		}
	}
	cancel()
	for range feed {
	}
}

// At any time a replay shows what the run showed, however one got there, and
// with or without the index that was made while recording.
func TestReplayShowsWhatTheRunShowed(t *testing.T) {
	for _, name := range []string{"run.jsonl", "run.jsonl.zst"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			var shown map[time.Time]string
			synctest.Test(t, func(t *testing.T) { shown = record(t, path, 250, 10) })
			check(t, path, shown)
			index, err := os.ReadFile(path + indexSuffix)
			if err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(3, 4))
			for change, text := range map[string][]byte{
				"gone": nil, "cut": index[:len(index)/2], "of another recording": []byte(indexMagic + "0123456789abcdef\n" + string(index[30:])),
				"with a flipped bit": flipped(index, rng), "with another": flipped(index, rng), "no index": []byte("hello"),
				"longer": append(bytes.Clone(index), "and more"...),
			} {
				if err := os.WriteFile(path+indexSuffix, text, 0o600); err != nil {
					t.Fatal(err)
				}
				t.Log(change)
				check(t, path, shown)
			}
			again, err := os.ReadFile(path + indexSuffix)
			if err != nil || len(again) < len(index)*9/10 {
				t.Errorf("the index was made again with %d bytes of %d, %v", len(again), len(index), err)
			}
			if err := errors.Join(os.Remove(path+indexSuffix), os.Mkdir(path+indexSuffix, 0o700)); err != nil {
				t.Fatal(err)
			}
			check(t, path, shown) // it cannot be written
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v, want a file that is the owner's only", info.Mode(), err)
			}
		})
	}
}

// A replay keeps the index that it began with, even if the file is recorded
// again under the same name.
func TestIndexIsReplacedWhileItIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	synctest.Test(t, func(t *testing.T) { record(t, path, 150, 5) })
	r := mustOpen(t, path)
	f, end, err := createIndex(path+indexSuffix, "0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if entries, whole := readIndex(f, "0123456789abcdef", 1<<20); len(entries) != 0 || whole != end {
		t.Errorf("the new index has %d entries and %d bytes of %d", len(entries), whole, end)
	}
	if len(r.entries) < 3 {
		t.Fatalf("%d entries, want more", len(r.entries))
	}
	for _, e := range r.entries {
		if _, err := e.load(r.index, r.table, r.options); err != nil {
			t.Errorf("the entry at %s: %v", e.at, err)
		}
	}
}

func flipped(text []byte, rng *rand.Rand) []byte {
	text = bytes.Clone(text)
	text[rng.IntN(len(text))] ^= 1 << rng.IntN(8)
	return text
}

// Time passes at the given speed, with four snapshots a second; it stands still
// while paused and at the end.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "run.jsonl.zst")
		record(t, path, 100, 2)
		r, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		p, err := r.Play(PlayOptions{Speed: 10})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		feed := p.Start(ctx)
		begin := p.Status().From
		watch := func(d time.Duration) (n int, last time.Duration) {
			for end := time.After(d); ; {
				select {
				case s := <-feed:
					n, last = n+1, s.At.Sub(begin)
				case <-end:
					return n, last
				}
			}
		}
		if n, at := watch(3*time.Second + 10*time.Millisecond); n != 13 || at != 30*time.Second {
			t.Errorf("after 3 s at 10x: %d snapshots, at %s", n, at)
		}
		p.Toggle()
		if n, at := watch(3 * time.Second); n != 1 || at != 30*time.Second {
			t.Errorf("paused: %d snapshots, at %s", n, at)
		}
		p.SeekBy(-10 * time.Second)
		if n, at := watch(time.Second); n != 1 || at != 20*time.Second {
			t.Errorf("back: %d snapshots, at %s", n, at)
		}
		p.Toggle()
		p.SetSpeed(1e9)
		if _, at := watch(2 * time.Second); at != 99750*time.Millisecond || !p.Status().Ended || p.Status().Speed != MaxSpeed {
			t.Errorf("at the end: %s, %+v", at, p.Status())
		}
		p.SetSpeed(1)
		p.SeekTo(begin.Add(-time.Hour))
		if _, at := watch(time.Second); at != time.Second || p.Status().Ended {
			t.Errorf("from the beginning again: %s", at)
		}
		cancel()
		for range feed {
		}
	})
}

func TestJumpsBetweenDenials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "run.jsonl")
		record(t, path, 200, 20) // a denial every 50 ticks
		r, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		p, err := r.Play(PlayOptions{})
		if err != nil {
			t.Fatal(err)
		}
		p.Pause()
		begin := p.Status().From
		var at []time.Duration
		for p.NextDenial() {
			at = append(at, p.Status().At.Sub(begin))
		}
		if len(at) != 16 || at[0] != 6250*time.Millisecond || at[1] != 18750*time.Millisecond {
			t.Errorf("denials at %v, want 16, from 6.25 s on every 12.5 s", at)
		}
		if !p.PrevDenial() || p.Status().At.Sub(begin) != at[len(at)-2] {
			t.Errorf("the one before is at %s", p.Status().At.Sub(begin))
		}
		p.SeekTo(begin)
		if p.PrevDenial() || !p.Status().At.Equal(begin) {
			t.Error("there is no denial before the beginning")
		}
	})
}

// newFile writes a recording by hand.
func newFile(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.jsonl")
	first, err := json.Marshal(newHeader("0123456789abcdef", testTable(t), options))
	if err != nil {
		t.Fatal(err)
	}
	text := string(first) + "\n" + strings.Join(lines, "\n") + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What is not a recording is refused with the reason.
func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	file := func(text string) string {
		path := filepath.Join(dir, fmt.Sprint(rand.Uint64(), ".jsonl"))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, c := range map[string]struct{ path, want string }{
		"empty":         {file(""), "the recording is empty"},
		"not there":     {filepath.Join(dir, "none.jsonl"), "no such file"},
		"a folder":      {dir, "is a folder"},
		"event lines":   {file(`{"at":1781697871.2,"call":{"path":"/inference"}}` + "\n"), "not a quotatop recording"},
		"no text":       {file("\x00\x01\x02"), "not a quotatop recording"},
		"a newer one":   {file(`{"quotatop_recording":2,"id":[]}` + "\n"), "by a newer quotatop (format 2, this one reads up to 1): update quotatop"},
		"bad limits":    {file(`{"quotatop_recording":1,"endpoints":[{"id":"a","covers":"paths","limits":[{"max":0,"per_s":60}]}]}` + "\n"), "limit 0"},
		"only a header": {newFile(t), "ends before its first second"},
	} {
		if _, err := Open(c.path); err == nil || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), c.path) != 1 {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	there := file("mine")
	for path, want := range map[string]string{there: "already exists", filepath.Join(dir, "run.txt"): "end the name in .jsonl", filepath.Join(dir, "no", "run.jsonl"): "no such file"} {
		if _, err := Create(path, Options{Table: testTable(t), Clock: &pioneer.Clock{}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("create %s: %v, want %q", path, err, want)
		}
	}
	if text, _ := os.ReadFile(there); string(text) != "mine" {
		t.Error("a file was overwritten")
	}
}

// Events may come in any order and with any zone, lines may be corrupt, and the
// clock may be set back: a replay shows what the run showed.
func TestOddLines(t *testing.T) {
	path := newFile(t,
		`{"at":"2026-06-17T12:00:00Z","source":"tap","health":{"state":"ok"}}`,
		`{"tick":"2026-06-17T12:00:00Z"}`,
		`{"at":"2026-06-17T14:00:01.5+02:00","source":"tap","call":{"method":"POST","path":"/inference","status":200}}`,
		`{"at":"2026-06-17T07:00:01.2-05:00","source":"tap","call":{"method":"POST","path":"/inference","status":200}}`,
		`{"at":1781697600.9,"source":"tap","call":{"method":"POST","path":"/inference","status":200}}`,
		`{"at":"2126-06-17`, `null`, strings.Repeat("x", 3*blockSize),
		`{"tick":"2026-06-17T12:00:02Z"}`,
		`{"tick":"yesterday"}`, `{"tick":"2026-06-17T11:00:00Z"}`,
		`{"at":"2026-06-17T12:00:02.5Z","source":"tap","call":{"method":"POST","path":"/inference","status":200}}`,
		`{"tick":"2026-06-17T12:00:03Z"}`,
		`{"at":"2026-06-17T12:00:03.5Z","source":"tap","call":{"meth`)
	r := mustOpen(t, path)
	from, to := r.Span()
	if from.Format(time.TimeOnly) != "12:00:00" || to.Format(time.TimeOnly) != "12:00:03" {
		t.Errorf("from %s to %s", from, to)
	}
	for second, want := range []int{0, 0, 3, 4} {
		p, err := r.Play(PlayOptions{From: from.Add(time.Duration(second) * time.Second)})
		if err != nil {
			t.Fatal(err)
		}
		p.Pause()
		ctx, cancel := context.WithCancel(t.Context())
		feed := p.Start(ctx)
		s := <-feed
		cancel()
		for range feed {
		}
		if got := s.Endpoints[1].Limits[0].Local.Or(-1); got != want {
			t.Errorf("after %d s: %d calls, want %d", second, got, want)
		}
	}
}

// Whatever a bad disk or a cut does to a recording, it is refused with the reason
// or played.
func TestBrokenRecordings(t *testing.T) {
	for _, name := range []string{"run.jsonl", "run.jsonl.zst"} {
		path := filepath.Join(t.TempDir(), name)
		synctest.Test(t, func(t *testing.T) { record(t, path, 150, 5) })
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		played := 0
		for i := range 60 {
			broken := flipped(text, rng)
			if i%2 == 0 {
				broken = text[:rng.IntN(len(text))]
			}
			if err := os.WriteFile(path, broken, 0o600); err != nil {
				t.Fatal(err)
			}
			if i%3 == 0 {
				_ = os.Remove(path + indexSuffix)
			}
			r, err := Open(path)
			if err != nil {
				continue
			}
			played++
			_, to := r.Span()
			p, err := r.Play(PlayOptions{From: to})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			feed := p.Start(ctx)
			inJSON(t, <-feed)
			cancel()
			for range feed {
			}
			_ = r.Close()
		}
		if played < 40 {
			t.Errorf("%s: only %d of 60 could be played", name, played)
		}
	}
}

// fullDisk is a file on a disk with room for this many bytes.
type fullDisk struct {
	*os.File
	room int
}

func (f *fullDisk) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		n, _ := f.File.Write(p[:max(len(p)+f.room, 0)])
		f.room = 0
		return n, syscall.ENOSPC
	}
	return f.File.Write(p)
}

// On a full disk the recording ends, which is reported once, and can be played up
// to there.
func TestFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "run.jsonl.zst")
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		var reports []error
		r, err := newRecorder("0123456789abcdef", &fullDisk{file, 20_000}, struct {
			io.Writer
			io.Closer
		}{io.Discard, io.NopCloser(nil)}, true, Options{
			Table: testTable(t), Clock: &pioneer.Clock{}, Report: func(err error) { reports = append(reports, err) },
		})
		if err != nil {
			t.Fatal(err)
		}
		l := model.NewLedger(testTable(t), options)
		for tick := range 400 {
			for i := range 50 {
				e := event(tick*50+i, time.Now())
				l.Observe(e)
				r.Observe(e)
			}
			r.Checkpoint(func(dst []byte) []byte {
				time.Sleep(2 * flushEvery) // the lines are written before the entry for the index comes
				return l.AppendState(dst)
			})
			time.Sleep(frameEvery)
		}
		if err := r.Close(); len(reports) != 1 || !errors.Is(reports[0], syscall.ENOSPC) || !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("reports %v, closing says %v, want the full disk, once", reports, err)
		} else if want := "the recording ends here: "; !strings.HasPrefix(reports[0].Error(), "record: "+want) || !strings.Contains(err.Error(), " events dropped: "+want) {
			t.Errorf("report %q, closing says %q, want that the recording ends and how much is missing", reports[0], err)
		}
		again := mustOpen(t, path)
		if from, to := again.Span(); to.Sub(from) < time.Second {
			t.Errorf("only %s can be played", to.Sub(from))
		}
	})
}

func TestParseTime(t *testing.T) {
	path := newFile(t, `{"tick":"2026-06-17T22:30:20Z"}`, `{"tick":"2026-06-18T03:00:00Z"}`)
	r := mustOpen(t, path)
	for text, want := range map[string]string{
		"22:45": "2026-06-17T22:45:00Z", "22:45:07": "2026-06-17T22:45:07Z", "22:30": "2026-06-17T22:30:20Z",
		"00:10": "2026-06-18T00:10:00Z", "12:00": "2026-06-17T12:00:00Z", "2026-06-18T01:00:00+02:00": "2026-06-17T23:00:00Z",
	} {
		if at, err := r.ParseTime(text); err != nil || at.Format(time.RFC3339) != want {
			t.Errorf("%s: %s, %v, want %s", text, at.Format(time.RFC3339), err, want)
		}
	}
	for _, text := range []string{"", "noon", "25:00", "12:61", "12", "2026-06-18"} {
		if at, err := r.ParseTime(text); err == nil {
			t.Errorf("%q: %s, want an error", text, at)
		}
	}
	for name, o := range map[string]PlayOptions{
		"before it": {From: time.Date(2026, 6, 17, 12, 0, 0, 0, time.UTC)}, "too fast": {Speed: 1001}, "too slow": {Speed: 0.5},
		"backwards": {From: time.Date(2026, 6, 18, 1, 0, 0, 0, time.UTC), Until: time.Date(2026, 6, 17, 23, 0, 0, 0, time.UTC)},
	} {
		if _, err := r.Play(o); err == nil || strings.HasPrefix(err.Error(), "replay: ") {
			t.Errorf("%s: %v, want an error that leaves it to the command to name itself", name, err)
		}
	}
}

// A long recording takes no more memory than a short one.
func TestMemoryIsFlat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	synctest.Test(t, func(t *testing.T) { record(t, path, 400, 60) })
	info, err := os.Stat(path)
	if err != nil || info.Size() < 8<<20 {
		t.Fatalf("%v, %v", info.Size(), err)
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	_ = os.Remove(path + indexSuffix)
	before := heap()
	r := mustOpen(t, path)
	if after := heap(); after > before+4<<20 {
		t.Errorf("an open recording of %d MiB takes %d KiB", info.Size()>>20, (after-before)>>10)
	}
	runtime.KeepAlive(r)
}
