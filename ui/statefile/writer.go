package statefile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"quotatop/model"
	"quotatop/poller/crash"
	"quotatop/poller/events/atomicfile"
	"quotatop/poller/events/private"
)

// writeEvery is the shortest time between two writes.
const writeEvery = time.Second

// slack is how much sooner or later a write may be. Snapshots come once a second, not
// to the millisecond; a write with one needs no time of its own.
const slack = 100 * time.Millisecond

// Options say what a Writer writes.
type Options struct {
	Demo bool // the dashboard shows a simulated account
	// Report is called when the file cannot be written, with what is wrong and
	// what to do, and with nil once it can be again. It must not block; nil
	// leaves it to Close.
	Report func(error)
}

// A Writer keeps the state file of this process: the newest Snapshot, written at
// most once a second, and only when something other than the time has changed in what
// the file says or it would no longer be live. Each write goes to the first of the places
// that will do, and where that is not one that every process looks in, also to
// the first that is. So it moves to another place when one goes away, and back.
type Writer struct {
	places  []Place
	account string
	name    string
	opts    Options

	wake chan struct{} // holds one token while a snapshot waits
	done chan struct{} // closed by Close
	err  chan error    // of the last write, once the file is removed

	mu     sync.Mutex
	newest model.Snapshot
	closed bool
}

// Open starts a Writer for an account, and removes the files of all dashboards
// that have crashed. The Writer has to be closed.
func Open(places []Place, account string, opts Options) *Writer {
	w := &Writer{
		places: places, account: account, name: strconv.Itoa(os.Getpid()) + suffix, opts: opts,
		wake: make(chan struct{}, 1), done: make(chan struct{}), err: make(chan error, 1),
	}
	for _, p := range places {
		p.sweep()
	}
	crash.Go(w.run)
	return w
}

// sweep removes what processes that have ended left in a place, of all accounts.
func (p Place) sweep() {
	place, err := p.open(false)
	if err != nil {
		return
	}
	defer place.Close()
	accounts, _ := fs.ReadDir(place.FS(), ".")
	for _, account := range accounts {
		dir, err := private.Enter(place, account.Name(), variable, false)
		if err != nil {
			continue
		}
		atomicfile.Sweep(dir, time.Now().Add(-time.Minute))
		entries, _ := fs.ReadDir(dir.FS(), ".")
		for _, entry := range entries {
			name, _, _ := strings.Cut(entry.Name(), ".")
			if pid, err := strconv.Atoi(name); err == nil && !alive(pid) {
				_ = dir.Remove(entry.Name())
			}
		}
		_ = dir.Close()
		_ = place.Remove(account.Name()) // fails where it is not empty
	}
}

// Seen passes in a snapshot. It never waits for the disk, and may be called from
// any goroutine; after Close it does nothing.
func (w *Writer) Seen(s model.Snapshot) {
	w.mu.Lock()
	w.newest = s
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Close removes the file. It returns the error of the last write: status lines
// have not seen this dashboard then.
func (w *Writer) Close() error {
	w.mu.Lock()
	first := !w.closed
	w.closed = true
	w.mu.Unlock()
	if !first {
		return nil
	}
	close(w.done)
	return <-w.err
}

func (w *Writer) run() {
	var failed error
	defer func() { w.err <- errors.Join(failed, w.remove()) }()
	started := time.Now()
	var last []byte      // what was written, without its time; nil if that failed
	var at time.Time     // when it was
	var looked time.Time // when the last snapshot was looked at
	for {
		select {
		case <-w.done:
			return
		case <-w.wake:
		}
		for time.Since(looked) < writeEvery-slack {
			select {
			case <-w.done:
				return
			case <-w.wake: // by a newer one
			case <-time.After(writeEvery + slack - time.Since(looked)):
			}
		}
		w.mu.Lock()
		s := w.newest
		w.mu.Unlock()
		now := time.Now()
		looked = now
		undated := s.AppendUndated(nil)
		if bytes.Equal(undated, last) && now.Sub(at) < heartbeat-slack {
			continue
		}
		last, at = undated, now
		err := w.write(&state{os.Getpid(), w.opts.Demo, started, now, s})
		if err != nil {
			last = nil // try again, news or not
		}
		w.report(failed, err)
		failed = err
	}
}

// report passes on how a write went, if that is another than before.
func (w *Writer) report(before, now error) {
	if w.opts.Report != nil && fmt.Sprint(before) != fmt.Sprint(now) {
		w.opts.Report(now)
	}
}

// write replaces the file in all places that it belongs in.
func (w *Writer) write(s *state) error {
	data := s.encode()
	written := false
	var wrong []error
	for _, p := range w.places {
		if written && !p.WellKnown {
			continue
		}
		switch err := w.writeIn(p, data); {
		case err != nil:
			wrong = p.collect(wrong, err)
		case p.WellKnown:
			return nil
		default:
			written = true
		}
	}
	if written {
		return nil
	}
	return &NoPlaceError{"state file: not written, so status lines do not see this dashboard", wrong}
}

// writeIn replaces the file in one place. It tries twice: another dashboard that
// starts or ends may remove the folder while it is empty.
func (w *Writer) writeIn(p Place, data []byte) error {
	for again := true; ; again = false {
		dir, err := p.account(w.account, true)
		if err == nil {
			err = replace(dir, w.name, data)
			_ = dir.Close()
		}
		if !again || !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
}

// remove takes the file out of all places, and its folder where that is empty.
func (w *Writer) remove() error {
	var wrong []error
	for _, p := range w.places {
		dir, err := p.account(w.account, false)
		if err != nil {
			continue // nothing of ours is there
		}
		if err := dir.Remove(w.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			wrong = append(wrong, fmt.Errorf("state file: cannot remove %s: %w", filepath.Join(dir.Name(), w.name), private.Cause(err)))
		}
		_ = dir.Close()
		if place, err := p.open(false); err == nil {
			_ = place.Remove(w.account)
			_ = place.Close()
		}
	}
	return errors.Join(wrong...)
}
