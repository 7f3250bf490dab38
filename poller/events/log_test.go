package events

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

func call(path string) model.Event {
	return model.Event{At: at, Source: model.SourceTap, Call: &model.Call{Vantage: model.VantageLocal, Method: "POST", Path: path, Status: 200}}
}

func open(t *testing.T, path string, report func(error)) *Writer {
	t.Helper()
	w, err := OpenLog(path, nil, report)
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
func TestLogFlushes(t *testing.T) {
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
		if w.Observe(call("/inference")) {
			t.Error("an event is taken in after Close")
		}
		if err := w.Close(); err == nil || !strings.Contains(err.Error(), "event log: 1 event dropped") {
			t.Errorf("after Close: %v, want it counted", err)
		}
	})
}

// Several processes may append to one file: no line is cut by another.
func TestLogsShareAFile(t *testing.T) {
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

// A full disk is reported once; nobody waits for it and the events are counted.
func TestLogOnAFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no device that is always full")
	}
	synctest.Test(t, func(t *testing.T) {
		var reports []error
		w := open(t, "/dev/full", func(err error) { reports = append(reports, err) })
		for range 5 {
			w.Observe(call("/inference"))
			time.Sleep(time.Second)
		}
		err := w.Close()
		if len(reports) != 1 || !errors.Is(reports[0], syscall.ENOSPC) || !strings.HasPrefix(reports[0].Error(), "event log: ") {
			t.Errorf("reports %v, want the full disk once", reports)
		}
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "event log: 5 events dropped") {
			t.Errorf("Close: %v, want 5 events dropped", err)
		}
	})
}

func TestOpenLogRefuses(t *testing.T) {
	for _, path := range []string{t.TempDir(), filepath.Join(t.TempDir(), "no", "such", "dir", "run.log")} {
		if w, err := OpenLog(path, nil, nil); err == nil || !strings.HasPrefix(err.Error(), "event log: ") {
			t.Errorf("OpenLog(%q) = %v, %v, want an error", path, w, err)
		}
	}
}

// Once the server's clock is known, the lines say that they are by it, and read as
// they did.
func TestLogSaysWhoseClock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tap.jsonl")
	var clock pioneer.Clock
	w, err := OpenLog(path, &clock, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 6, 17, 12, 4, 31, 0, time.UTC)
	want := []model.Event{
		{At: at, Source: model.SourceTap, Call: &model.Call{Vantage: model.VantageLocal, Method: "POST", Path: "/inference", Status: 200}},
		{At: at, Source: model.SourceTap, Call: &model.Call{Vantage: model.VantageLocal, Method: "POST", Path: "/inference", Status: 500}},
		{At: at, Source: model.SourceTap, Health: &model.Health{State: model.StateOK, Vantage: model.VantageLocal, Live: true}},
	}
	w.Observe(want[0])
	for range 2 { // it is far from the local clock
		clock.Learn(http.Header{"Date": {at.Format(http.TimeFormat)}}, time.Now(), time.Now())
	}
	w.Observe(want[1])
	w.Observe(want[2])
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
		e, server, err := ParseClock(line)
		if diff := cmp.Diff(want[i], e); diff != "" || err != nil || server != (i > 0) {
			t.Errorf("line %d, %s: server's clock %t, %v, %s", i, line, server, err, diff)
		}
	}
}

// A log that is removed while it cannot be written is given up, and the next
// events are in a new one.
func TestLogRemovedOnAFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.log")
	file, err := os.Open(os.DevNull) // which cannot be written
	if err != nil {
		t.Fatal(err)
	}
	l := &log{File: os.NewFile(file.Fd(), path)}
	if n, err := l.Write([]byte("{}\n")); n != 0 || err == nil {
		t.Errorf("wrote %d, %v", n, err)
	}
	if n, err := l.Write([]byte("{}\n")); n != 3 || err != nil {
		t.Errorf("wrote %d, %v, want it in a new file", n, err)
	}
	if text, err := os.ReadFile(path); string(text) != "{}\n" || err != nil {
		t.Errorf("the log has %q, %v", text, err)
	}
	_ = l.Close()
}

// A pipe that nobody reads is not waited for.
func TestLogToAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.log")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	if _, err := OpenLog(path, nil, nil); err == nil || !strings.Contains(err.Error(), "is a pipe that no program reads") {
		t.Errorf("got %v", err)
	}
}
