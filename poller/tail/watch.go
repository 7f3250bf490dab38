package tail

import (
	"context"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// gather is how long a first change waits for others, so that a busy file
	// is read in pieces of some size.
	gather = 20 * time.Millisecond

	// pollSlow is how often the file is looked at where its file system tells
	// of changes, pollFast where it does not.
	pollSlow = time.Second
	pollFast = 200 * time.Millisecond
)

// A watch wakes its reader when a file may have changed. It watches the file's
// directory, since the file itself may be replaced, and looks by itself from
// time to time: not all file systems tell, and not all of them say that they
// do not.
type watch struct {
	notify *fsnotify.Watcher // nil when there is none
	dirs   map[string]bool
	names  map[string]bool // of the file, without the directory
	silent int             // changes that came without word, in a row
}

// newWatch watches path. Where that is not possible, it only polls.
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

// add watches path, and where it is a link, the file that it leads to.
func (w *watch) add(path string) {
	w.addDir(path)
	if target, err := filepath.EvalSymlinks(path); err == nil && target != path {
		w.addDir(target)
	}
}

// maxDirs bounds what a link that keeps changing can add.
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

// polls reports whether no word of changes is to be expected.
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

// found tells the watch whether there was a change when it last woke its
// reader, and whether it had word of it.
func (w *watch) found(change, told bool) {
	switch {
	case told:
		w.silent = 0
	case change:
		w.silent++
	}
}

// wait waits for word of a change (told), or until it is time to look. It
// reports false when ctx has ended.
func (w *watch) wait(ctx context.Context) (told, ok bool) {
	pause := pollSlow
	if w.polls() {
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
			return told, true
		case <-errors: // words were lost: look
			told = true
		case e := <-events:
			if told || !w.names[filepath.Base(e.Name)] {
				continue
			}
			told = true
		}
		timer.Reset(gather)
	}
}
