package events

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"quotatop/model"
)

func call(path string) model.Event {
	return model.Event{At: at, Source: model.SourceTap, Call: &model.Call{Vantage: model.VantageLocal, Method: "POST", Path: path, Status: 200}}
}

func open(t *testing.T, path string, report func(error)) *Writer {
	t.Helper()
	w, err := OpenWriter(path, report)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func count(t *testing.T, path string) (lines int) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		if _, err := Parse(line); err != nil {
			t.Errorf("line %q: %v", line, err)
		}
		lines++
	}
	return lines
}

// What was observed is in the file within a quarter of a second.
func TestWriterFlushes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "run.log")
		w := open(t, path, nil)
		for range 3 {
			w.Observe(call("/inference"))
		}
		time.Sleep(250 * time.Millisecond)
		synctest.Wait()
		if n := count(t, path); n != 3 {
			t.Errorf("%d lines after 250 ms, want 3", n)
		}
		w.Observe(call("/inference"))
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if n := count(t, path); n != 4 {
			t.Errorf("%d lines after Close, want 4", n)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
		}
		w.Observe(call("/inference"))
		if err := w.Close(); w.Lost() != 1 || err == nil {
			t.Errorf("after Close: lost %d, %v, want it counted", w.Lost(), err)
		}
	})
}

// Several writers may append to one file: no line is cut by another.
func TestWritersShareAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.log")
	const writers, events = 4, 5000
	var running sync.WaitGroup
	for range writers {
		w := open(t, path, nil)
		running.Go(func() {
			for i := range events {
				w.Observe(call("/" + strings.Repeat("x", i%200)))
				if i%500 == 0 {
					time.Sleep(time.Millisecond) // so that the writes interleave
				}
			}
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	if n := count(t, path); n != writers*events {
		t.Errorf("%d lines, want %d", n, writers*events)
	}
}

// A full disk is told once; nobody waits for it and the events are counted.
func TestWriterOnAFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no device that is always full")
	}
	synctest.Test(t, func(t *testing.T) {
		var told []error
		w := open(t, "/dev/full", func(err error) { told = append(told, err) })
		for range 5 {
			w.Observe(call("/inference"))
			time.Sleep(time.Second)
		}
		err := w.Close()
		if len(told) != 1 || !strings.Contains(told[0].Error(), "no space left") {
			t.Errorf("told %v, want the full disk once", told)
		}
		if err == nil || !strings.Contains(err.Error(), "5 events are not in it") || w.Lost() != 5 {
			t.Errorf("Close: %v, lost %d, want 5 events lost", err, w.Lost())
		}
	})
}

// A disk that stalls costs events, not memory.
func TestWriterIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in which no time passes
		w := open(t, filepath.Join(t.TempDir(), "run.log"), nil)
		for range 2 * maxPending / 256 {
			w.Observe(call("/" + strings.Repeat("x", 200)))
		}
		if len(w.pending) > maxPending+1000 || w.Lost() == 0 {
			t.Errorf("%d bytes pending and %d lost, want a bound", len(w.pending), w.Lost())
		}
		if err := w.Close(); err == nil || !strings.Contains(err.Error(), "faster than the disk") {
			t.Errorf("Close: %v, want what is missing", err)
		}
	})
}

func TestOpenWriterRefuses(t *testing.T) {
	for _, path := range []string{t.TempDir(), filepath.Join(t.TempDir(), "no", "such", "dir", "run.log")} {
		if w, err := OpenWriter(path, nil); err == nil || !strings.HasPrefix(err.Error(), "event log: ") {
			t.Errorf("OpenWriter(%q) = %v, %v, want an error", path, w, err)
		}
	}
}
