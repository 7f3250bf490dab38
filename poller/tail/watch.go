package tail

import (
	"context"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"quotatop/poller/pioneer"
)

const (
	// settle is how long to wait for more changes after the first, so that a
	// busy file is read in larger pieces.
	settle = 20 * time.Millisecond

	// pollFast is how often the file is checked if its file system does not report
	// changes. If it does, the file is checked once a second.
	pollFast = 200 * time.Millisecond
)

// A watch wakes its reader when a file may have changed. It watches the
// directory, since the file may be replaced, and also polls: not every file
// system reports changes, and some do not say so.
type watch struct {
	notify *fsnotify.Watcher // nil if not available
	dirs   map[string]bool
	names  map[string]bool // of the file, without the directory
	silent int             // consecutive changes without a notification
}

// newWatch watches path. If that is not possible, it only polls.
func newWatch(path string) *watch {
	w := &watch{dirs: map[string]bool{}, names: map[string]bool{}}
	w.notify, _ = fsnotify.NewWatcher()
	w.add(path)
	return w
}

func (w *watch) close() {
	if w.notify != nil {
		_ = w.notify.Close()
	}
}

// add watches path and, if it is a symlink, its target.
func (w *watch) add(path string) {
	w.addDir(path)
	if target, err := filepath.EvalSymlinks(path); err == nil && target != path {
		w.addDir(target)
	}
}

// maxDirs bounds the directories that a changing symlink can add.
const maxDirs = 16

func (w *watch) addDir(path string) {
	if w.notify == nil {
		return
	}
	dir := filepath.Dir(path)
	if len(w.dirs) >= maxDirs {
		for old := range w.dirs {
			_ = w.notify.Remove(old)
		}
		clear(w.dirs)
		clear(w.names)
	}
	w.names[filepath.Base(path)] = true
	if !w.dirs[dir] {
		w.dirs[dir] = w.notify.Add(dir) == nil
	}
}

// polls reports whether changes must be found by polling.
func (w *watch) polls() bool {
	if w.notify == nil || w.silent >= 2 {
		return true
	}
	for _, watched := range w.dirs {
		if !watched {
			return true
		}
	}
	return false
}

// found records whether there was a change when the reader last woke, and
// whether it had been notified of it.
func (w *watch) found(change, notified bool) {
	switch {
	case notified:
		w.silent = 0
	case change:
		w.silent++
	}
}

// wait waits until it is notified of a change, or until it is time to poll, which
// is soon if other files are read as well. ok is false if ctx has ended.
func (w *watch) wait(ctx context.Context, clock *pioneer.Clock, soon bool) (notified, ok bool) {
	pause := clock.UntilTick()
	if soon || w.polls() {
		pause = pollFast
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	var (
		events <-chan fsnotify.Event
		errors <-chan error
	)
	if w.notify != nil {
		events, errors = w.notify.Events, w.notify.Errors
	}
	for {
		select {
		case <-ctx.Done():
			return false, false
		case <-timer.C:
			return notified, true
		case <-errors: // notifications were lost
			notified = true
		case e := <-events:
			if notified || !w.names[filepath.Base(e.Name)] {
				continue
			}
			notified = true
		}
		timer.Reset(settle)
	}
}
