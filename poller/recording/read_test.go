package recording

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// readAll counts the events of a file.
func readAll(t *testing.T, path string) (events int, known bool, lost Unreadable, err error) {
	t.Helper()
	lost, err = Read(t.Context(), path, func(_ model.Table, _ model.LedgerOptions, ok bool) { known = ok }, func(model.Event) { events++ })
	return events, known, lost, err
}

// recorded is a recording of n events.
func recorded(t testing.TB, name string, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	r, err := Create(path, Options{Table: testTable(t), Ledger: options, Clock: &pioneer.Clock{}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	l := model.NewLedger(testTable(t), options)
	for i := range n {
		e := event(i, now.Add(time.Duration(i)*time.Millisecond))
		l.Observe(e)
		r.Observe(e)
		if i%1000 == 999 {
			r.Checkpoint(l.AppendState)
		}
	}
	r.Checkpoint(l.AppendState)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRead(t *testing.T) {
	line := `{"at":"2026-06-17T12:04:31.2%dZ","call":{"method":"POST","path":"/inference","status":200}}` + "\n"
	var log strings.Builder
	for i := range 3 {
		fmt.Fprintf(&log, line, i)
	}
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	text, zipped := recorded(t, "run.jsonl", 5000), recorded(t, "run.jsonl.zst", 5000)
	data, err := os.ReadFile(zipped)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		path   string
		events int
		known  bool
		lost   Unreadable
	}{
		"recording":              {text, 5000, true, Unreadable{}},
		"recording, compressed":  {zipped, 5000, true, Unreadable{}},
		"log":                    {write(log.String()), 3, false, Unreadable{}},
		"log with other lines":   {write("begin\n" + log.String() + "end\n"), 3, false, Unreadable{Lines: 2}},
		"log with a half line":   {write(log.String() + `{"at":"2026`), 3, false, Unreadable{}},
		"recording, cut":         {write(string(data[:len(data)-7])), -1, true, Unreadable{}},
		"recording with bad bit": {write(badBit(data)), -1, true, Unreadable{Frames: 1}},
	} {
		events, known, lost, err := readAll(t, tt.path)
		some := tt.events == -1 && events > 0 && events < 5000
		if err != nil || events != tt.events && !some || known != tt.known || lost != tt.lost {
			t.Errorf("%s: %d events, limits known %v, lost %v, %v; want %d, %v, %v", name, events, known, lost, err, tt.events, tt.known, tt.lost)
		}
	}
	for want, path := range map[string]string{
		"empty":            write(""),
		"no such file":     filepath.Join(t.TempDir(), "missing"),
		"is a directory":   t.TempDir(),
		"no complete line": write("{"),
		"newer quotatop":   write(`{"quotatop_recording":99}` + "\n"),
	} {
		if _, _, _, err := readAll(t, path); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), path+": ") {
			t.Errorf("%v, want an error with the path and %q", err, want)
		}
	}
}

// badBit is a recording with one bad bit in the middle.
func badBit(data []byte) string {
	bad := append([]byte(nil), data...)
	bad[len(bad)/2] ^= 1
	return string(bad)
}

// A dashboard that was recovered from its journal records its state first: that
// is not an event, and not skipped either.
func TestReadAfterRecovery(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl.zst")
	r, err := Create(path, Options{Table: testTable(t), Ledger: options, Clock: &pioneer.Clock{}})
	if err != nil {
		t.Fatal(err)
	}
	l := model.NewLedger(testTable(t), options)
	l.Observe(event(0, time.Now()))
	r.Checkpoint(l.AppendState)
	r.Observe(event(1, time.Now()))
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if events, known, lost, err := readAll(t, path); err != nil || events != 1 || !known || lost != (Unreadable{}) {
		t.Errorf("%d events, limits known %v, lost %q, %v; want the one event and nothing lost", events, known, lost, err)
	}
}

func TestUnreadable(t *testing.T) {
	for want, u := range map[string]Unreadable{
		"":                             {},
		"skipped 1 unrecognized line":  {Lines: 1},
		"skipped 1 corrupt zstd frame": {Frames: 1},
		"skipped 2 unrecognized lines; 3 corrupt zstd frames": {Lines: 2, Frames: 3},
	} {
		if got := u.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestReadStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Read(ctx, recorded(t, "run.jsonl", 20*batchSize), func(model.Table, model.LedgerOptions, bool) {}, func(model.Event) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that it was cancelled", err)
	}
}

// BenchmarkReadAndReport measures a report on a recording: ten million events
// should take less than ten seconds.
func BenchmarkReadAndReport(b *testing.B) {
	const events = 200_000
	path := recorded(b, "run.jsonl.zst", events)
	b.ReportAllocs()
	for b.Loop() {
		var r *model.Reporter
		_, err := Read(b.Context(), path, func(t model.Table, o model.LedgerOptions, _ bool) { r = model.NewReporter(t, o) }, func(e model.Event) { r.Observe(e) })
		if err != nil {
			b.Fatal(err)
		}
		r.Report()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/events, "ns/event")
}
