package config

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long the events of one save are gathered.
const settle = 50 * time.Millisecond

// maxFile bounds what is compared of a file, in bytes.
const maxFile = 1 << 20

// Paths are what is watched. Neither needs to be there; either may be empty.
type Paths struct {
	Config    string // a file
	ThemesDir string // its files that end in .toml
}

// Watch calls changed soon after what the files hold, or which there are, has
// become another, until ctx ends: within 200 ms of a save, once for what is
// saved together, and never twice at a time. It returns when it watches; read
// the files after that, so that no change is missed. The error says that
// changes cannot be seen here.
func Watch(ctx context.Context, paths Paths, changed func()) error {
	for _, path := range []*string{&paths.Config, &paths.ThemesDir} {
		if *path == "" {
			continue
		}
		whole, err := filepath.Abs(*path)
		if err != nil {
			return fmt.Errorf("watching %s for changes: %w", *path, err)
		}
		*path = whole
	}
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watching files for changes: %w", err)
	}
	w := &watch{paths: paths, notify: notify, stirred: make(chan struct{}, 1)}
	go w.listen()
	if err := w.aim(); err != nil {
		_ = notify.Close()
		return fmt.Errorf("watching files for changes: %w", err)
	}
	go w.run(ctx, w.sum(), changed)
	return nil
}

// A watch is the folders where something about the files may happen.
type watch struct {
	paths   Paths
	notify  *fsnotify.Watcher
	stirred chan struct{}   // one slot: something happened since it was emptied
	folders map[string]bool // those that are watched, without links
}

// listen empties the channels of notify until it is closed. It must not stop
// while aim changes what notify watches: each could wait for the other.
func (w *watch) listen() {
	for {
		var ok bool
		select {
		case _, ok = <-w.notify.Events:
		case _, ok = <-w.notify.Errors: // events were lost
		}
		if !ok {
			return
		}
		select {
		case w.stirred <- struct{}{}:
		default:
		}
	}
}

// run calls changed when the sum of the files is no longer last.
func (w *watch) run(ctx context.Context, last [sha256.Size]byte, changed func()) {
	defer w.notify.Close()
	var due <-chan time.Time // set while the events of a save are gathered
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.stirred:
			if due == nil {
				due = time.After(settle)
			}
		case <-due:
			due = nil
			_ = w.aim() // what can be watched is
			if sum := w.sum(); sum != last && ctx.Err() == nil {
				last = sum
				changed()
			}
		}
	}
}

// aim watches the folders that matter now, and no others. A sum must follow it,
// for what happened before a folder was watched.
func (w *watch) aim() error {
	was := w.folders
	w.folders = map[string]bool{}
	var files []string
	if w.paths.Config != "" {
		files = append(files, w.paths.Config)
	}
	if w.paths.ThemesDir != "" {
		// The last is for the folder, in which a file of any name may appear.
		files = append(files, append(w.themes(), filepath.Join(w.paths.ThemesDir, "*.toml"))...)
	}
	var first error
	for _, file := range files {
		for _, folder := range folders(file) {
			if err := w.follow(folder); err != nil && first == nil {
				first = err
			}
		}
	}
	for folder := range was {
		if !w.folders[folder] {
			_ = w.notify.Remove(folder) // which the system may have done
		}
	}
	return first
}

// follow watches a folder, or where there is none the nearest above it. Once
// that is watched it tries again, for the folder may have been made meanwhile.
func (w *watch) follow(folder string) error {
	err := w.add(folder)
	above := filepath.Dir(folder)
	if err == nil || above == folder {
		return err
	}
	if err := w.follow(above); err != nil {
		return err
	}
	_ = w.add(folder)
	return nil
}

// add watches a folder.
func (w *watch) add(folder string) error {
	folder, err := filepath.EvalSymlinks(folder)
	if err != nil || w.folders[folder] {
		return err
	}
	// The system watches the folder itself and not its name: should another be
	// in its place by now, it takes a watch of its own.
	_ = w.notify.Remove(folder)
	if err := w.notify.Add(folder); err != nil {
		return err
	}
	w.folders[folder] = true
	return nil
}

// folders are those whose entries decide what a path leads to: its own, that
// which its own is in, and so on along links.
func folders(path string) []string {
	const maxLinks = 16 // a loop has no end
	var all []string
	for _, follow := range []string{path, filepath.Dir(path)} {
		for range maxLinks {
			all = append(all, filepath.Dir(follow))
			target, err := os.Readlink(follow)
			if err != nil {
				break
			}
			if !filepath.IsAbs(target) {
				target = filepath.Join(filepath.Dir(follow), target)
			}
			follow = target
		}
	}
	return all
}

// themes are the theme files, by name.
func (w *watch) themes() []string {
	entries, _ := os.ReadDir(w.paths.ThemesDir)
	var files []string
	for _, entry := range entries {
		if filepath.Ext(entry.Name()) == ".toml" {
			files = append(files, filepath.Join(w.paths.ThemesDir, entry.Name()))
		}
	}
	return files
}

// sum is one for each state that the files can be in. The times of files would
// not do: two saves can have the same.
func (w *watch) sum() (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, path := range append([]string{w.paths.Config}, w.themes()...) {
		text, err := read(path)
		if err != nil {
			text = nil
		}
		for _, part := range [][]byte{[]byte(path), text} {
			h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(part)))) // so that no part runs into the next
			h.Write(part)
		}
		fmt.Fprint(h, err != nil)
	}
	h.Sum(sum[:0])
	return sum
}

// read is the beginning of a file.
func read(path string) ([]byte, error) {
	info, err := os.Stat(path) // before it is opened: a pipe would wait for a writer
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile))
}
