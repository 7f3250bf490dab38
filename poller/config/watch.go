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

	"quotatop/poller/crash"
	"quotatop/poller/events/input"
)

// settle is how long to collect the events of one save.
const settle = 50 * time.Millisecond

// maxFile is the size of the largest file, in bytes.
const maxFile = 1 << 20

// Paths are the files to watch. They need not exist, and either may be empty.
type Paths struct {
	Config    string // a file
	ThemesDir string // its files that end in .toml
}

// Watch calls changed when the contents of the files change, or a file appears or
// disappears, until ctx ends: within 200 ms of a save, once for files that are
// saved together, and never concurrently. Watch returns once it is watching; read
// the files after that, so that no change is missed. An error means that changes
// will not be noticed.
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
	w := &watch{paths: paths, notify: notify, dirty: make(chan struct{}, 1)}
	crash.Go(w.listen)
	if err := w.update(); err != nil {
		_ = notify.Close()
		return fmt.Errorf("watching files for changes: %w", err)
	}
	before := w.sum()
	crash.Go(func() { w.run(ctx, before, changed) })
	return nil
}

// A watch watches the folders in which a change can affect the files.
type watch struct {
	paths   Paths
	notify  *fsnotify.Watcher
	dirty   chan struct{}   // one slot: an event arrived since it was last received from
	folders map[string]bool // the folders being watched, with links resolved
}

// listen receives from the channels of notify until it is closed. It has its own
// goroutine, because update and notify could otherwise wait for each other.
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
		case w.dirty <- struct{}{}:
		default:
		}
	}
}

// run calls changed whenever the checksum of the files is no longer last.
func (w *watch) run(ctx context.Context, last [sha256.Size]byte, changed func()) {
	defer w.notify.Close()
	var due <-chan time.Time // set while the events of a save are being collected
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.dirty:
			if due == nil {
				due = time.After(settle)
			}
		case <-due:
			due = nil
			_ = w.update() // what can be watched is watched
			if sum := w.sum(); sum != last && ctx.Err() == nil {
				last = sum
				changed()
			}
		}
	}
}

// update watches the folders that matter now, and no others. Call sum after it,
// to notice what changed before a folder was watched.
func (w *watch) update() error {
	old := w.folders
	w.folders = map[string]bool{}
	var files []string
	if w.paths.Config != "" {
		files = append(files, w.paths.Config)
	}
	if w.paths.ThemesDir != "" {
		// The pattern stands for files that do not exist yet.
		files = append(files, append(w.themes(), filepath.Join(w.paths.ThemesDir, "*.toml"))...)
	}
	var first error
	for _, file := range files {
		for _, folder := range folders(file) {
			if err := w.watchNearest(folder); err != nil && first == nil {
				first = err
			}
		}
	}
	for folder := range old {
		if !w.folders[folder] {
			_ = w.notify.Remove(folder) // the system may have removed it already
		}
	}
	return first
}

// watchNearest watches a folder, or its nearest existing parent. It then tries
// the folder again, which may have been created in the meantime.
func (w *watch) watchNearest(folder string) error {
	err := w.add(folder)
	parent := filepath.Dir(folder)
	if err == nil || parent == folder {
		return err
	}
	if err := w.watchNearest(parent); err != nil {
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
	// The system watches a folder, not its name: remove the old watch, in case
	// another folder has replaced the one it was for.
	_ = w.notify.Remove(folder)
	if err := w.notify.Add(folder); err != nil {
		return err
	}
	w.folders[folder] = true
	return nil
}

// folders returns the folders whose entries determine what a path refers to: its
// folder, the parent of that, and the same for each link on the way.
func folders(path string) []string {
	const maxLinks = 16 // in case of a loop
	var all []string
	for _, name := range []string{path, filepath.Dir(path)} {
		for range maxLinks {
			all = append(all, filepath.Dir(name))
			target, err := os.Readlink(name)
			if err != nil {
				break
			}
			if !filepath.IsAbs(target) {
				target = filepath.Join(filepath.Dir(name), target)
			}
			name = target
		}
	}
	return all
}

// themes returns the paths of the theme files, sorted by name.
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

// sum returns a checksum of the files. Modification times are not enough: two
// saves can have the same one.
func (w *watch) sum() (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, path := range append([]string{w.paths.Config}, w.themes()...) {
		text, err := readFile(path, maxFile)
		if err != nil {
			text = nil
		}
		for _, part := range [][]byte{[]byte(path), text} {
			h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(part)))) // keeps parts apart
			h.Write(part)
		}
		fmt.Fprint(h, err != nil)
	}
	h.Sum(sum[:0])
	return sum
}

// readFile returns the first most bytes of a regular file.
func readFile(path string, most int64) ([]byte, error) {
	f, err := input.Regular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is not a file", path)
	}
	return io.ReadAll(io.LimitReader(f, most))
}
