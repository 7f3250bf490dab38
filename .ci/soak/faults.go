package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"quotatop/poller/sim"
)

// An api is the simulated API, with a clock that can be wrong for a few answers.
type api struct {
	*sim.Server
	wrong  atomic.Int32 // answers that are still to have the wrong time
	offset atomic.Int64 // by how much, in nanoseconds
}

// ServeHTTP implements http.Handler.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.wrong.Add(-1) >= 0 {
		w.Header().Set("Date", time.Now().Add(time.Duration(a.offset.Load())).UTC().Format(http.TimeFormat))
	}
	a.Server.ServeHTTP(w, r)
}

// faults are what can happen.
var faults = []struct {
	name string
	do   func(*run) error
}{
	{"the API is slow", inject(sim.Slow(2 * time.Second))},
	{"the API cuts answers off", inject(sim.Cut())},
	{"the API answers 503", inject(sim.Unavailable())},
	{"the API answers 500", inject(sim.ServerError())},
	{"the API answers with a page", inject(sim.HTML())},
	{"the API answers nothing", inject(sim.Empty())},
	{"the API answers nonsense", inject(sim.WrongShape())},
	{"the API answers nulls", inject(sim.Nulls())},
	{"the API answers without end", inject(sim.Endless())},
	{"the API refuses our polls", inject(sim.RateLimited(3 * time.Second))},
	{"one answer is 5 h ahead", wrongClock(5 * time.Hour)},
	{"one answer is 5 h behind", wrongClock(-5 * time.Hour)},
	{"one answer is 3 min ahead", wrongClock(3 * time.Minute)},
	{"the disk is full", (*run).fillDisk},
	{"SIGTERM", end("TERM")},
	{"SIGINT", end("INT")},
	{"SIGHUP", end("HUP")},
	{"SIGQUIT", end("QUIT")},
	{"SIGKILL", end("KILL")},
	{"SIGTSTP, and back", (*run).suspend},
}

// inject makes the next answers about billing go wrong.
func inject(f sim.Fault) func(*run) error {
	return func(r *run) error {
		r.api.Inject(f.On("/billing/").Times(1 + r.random.IntN(4)))
		return nil
	}
}

// wrongClock makes one answer bear the wrong time.
func wrongClock(by time.Duration) func(*run) error {
	return func(r *run) error {
		r.api.offset.Store(int64(by))
		r.api.wrong.Store(1)
		return nil
	}
}

// fillDisk leaves no room for the journal for a few seconds.
func (r *run) fillDisk() error {
	if !r.own {
		return nil
	}
	path := filepath.Join(r.disk, "filler")
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("fill the disk: %w", err)
	}
	for chunk := make([]byte, 64<<10); err == nil; {
		_, err = file.Write(chunk)
	}
	_ = file.Close()
	time.Sleep(3 * time.Second)
	return os.Remove(path)
}

// end ends the second dashboard by a signal, and starts it again.
func end(signal string) func(*run) error {
	return func(r *run) error {
		r.note()
		if err := r.other.kill(signal); err != nil {
			return err
		}
		r.note() // with the traces after SIGQUIT
		return r.startOther()
	}
}

// suspend stops the second dashboard from outside, as kill -TSTP does, and brings it
// back.
func (r *run) suspend() error {
	if err := r.other.signal("TSTP"); err != nil {
		return err
	}
	if err := r.other.whole("SIGTSTP"); err != nil {
		return err
	}
	r.other.press("fg", "Enter")
	return r.other.until("the dashboard after fg", func() bool {
		return r.other.tmux("display-message", "-p", "-t", r.other.name, "#{alternate_on}") == "1\n"
	})
}
