package statefile

import (
	"bytes"
	"encoding/json"
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
)

// writeEvery is the shortest time between two writes.
const writeEvery = time.Second

// A Writer keeps the state file of this process: the newest snapshot that it
// was shown, at most once a second and only when something but the time has
// changed, or when the file would no longer pass for live. A reader always
// sees a whole file.
type Writer struct {
	path string
	wake chan struct{} // holds one token while a snapshot waits
	done chan struct{} // closed by Close
	err  chan error    // the last trouble, when the file is gone

	mu     sync.Mutex
	newest model.Snapshot
	closed bool
}

// Open starts a Writer in the first of dirs that will do; it removes what
// dashboards that have crashed left there. The Writer has to be closed.
func Open(dirs ...string) (*Writer, error) {
	dir, err := MakeDir(dirs...)
	if err != nil {
		return nil, err
	}
	sweep(dir)
	w := &Writer{
		path: filepath.Join(dir, strconv.Itoa(os.Getpid())+suffix),
		wake: make(chan struct{}, 1), done: make(chan struct{}), err: make(chan error, 1),
	}
	go w.run()
	return w, nil
}

// sweep removes the files of processes that are no more.
func sweep(dir string) {
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		name, _, _ := strings.Cut(entry.Name(), ".")
		if pid, err := strconv.Atoi(name); err == nil && !alive(pid) {
			_ = os.Remove(filepath.Join(dir, entry.Name()))
		}
	}
}

// Seen takes in a snapshot. It never waits for the disk, and may be called from
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

// Close removes the file. The error is the last write's, if that failed: then
// others have not seen this dashboard.
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
	var trouble error
	defer func() {
		if err := os.Remove(w.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			trouble = errors.Join(trouble, err)
		}
		w.err <- trouble
	}()
	started := time.Now()
	var last []byte // what was written, less its time
	var at time.Time
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		select {
		case <-w.done:
			return
		case <-rest.C:
		}
		select {
		case <-w.done:
			return
		case <-w.wake:
		}
		w.mu.Lock()
		s := w.newest
		w.mu.Unlock()
		// A snapshot moves its time by itself; that alone is no news.
		now := time.Now()
		timeless := s
		timeless.At = time.Time{}
		text, err := json.Marshal(timeless)
		if err == nil && (!bytes.Equal(text, last) || now.Sub(at) >= heartbeat) {
			if err = w.write(state{os.Getpid(), started, now, s}); err == nil {
				last, at = text, now
			}
		}
		if err != nil {
			err = fmt.Errorf("state file: %w", err)
		}
		trouble = err
		rest.Reset(writeEvery)
	}
}

// write puts a new file in the place of the old one.
func (w *Writer) write(s state) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	draft := strings.TrimSuffix(w.path, suffix) + ".new"
	data = append(data, '\n')
	err = os.WriteFile(draft, data, 0o600)
	if errors.Is(err, fs.ErrNotExist) { // runtime folders go away with the user's last login
		if err = os.Mkdir(filepath.Dir(draft), 0o700); err == nil {
			err = os.WriteFile(draft, data, 0o600)
		}
	}
	if err != nil {
		_ = os.Remove(draft)
		return err
	}
	return os.Rename(draft, w.path)
}
