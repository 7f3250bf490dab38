package tail

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"quotatop/model"
)

// A follower reads a file as it grows, and survives rotation, replacement and
// truncation.
type follower struct {
	*reader
	path   string
	format Format

	file    *openFile     // nil if not open
	rotated []*openFile   // files before it, which may still be written to
	beside  []fs.FileInfo // the files that rotation has left beside it
	opened  bool          // a file has been opened before
}

// follow reads the file until ctx ends.
func (f *follower) follow(ctx context.Context) {
	w := newWatch(f.path)
	defer w.close()
	defer f.close()
	for {
		f.catchUp(ctx)
		notified, ok := w.wait(ctx, f.clock, len(f.rotated) > 0 || f.file != nil && f.file.before != nil)
		if !ok {
			return
		}
		changed := f.changed()
		w.found(changed, notified)
		if changed || f.file == nil { // the path may lead elsewhere now
			w.add(f.path)
		}
	}
}

// changed reports whether there may be something to read.
func (f *follower) changed() bool {
	info, err := os.Stat(f.path)
	if f.file == nil {
		return err == nil && info.Mode().IsRegular()
	}
	return err == nil && (info.Size() != f.file.offset || !os.SameFile(info, f.file.info))
}

// catchUp reads everything available, across changes of the file.
func (f *follower) catchUp(ctx context.Context) {
	f.drainRotated(ctx)
	for ctx.Err() == nil {
		if f.file == nil && !f.open() {
			return
		}
		if f.file.info.Mode()&fs.ModeNamedPipe != 0 {
			f.readPipe(ctx)
			return
		}
		err := f.restartRewritten()
		if err == nil {
			err = f.resume(time.Now())
		}
		if err != nil {
			f.failed(err)
			return
		}
		if f.file.before == nil {
			err = f.drain(ctx)
		}
		switch {
		case errors.Is(err, errRewritten):
		case err != nil:
			f.failed(err)
			return
		case !f.replaced(ctx):
			return
		}
	}
}

// open opens the file and seeks to where to start.
func (f *follower) open() bool {
	file, err := openLog(f.path, f.newStream())
	if errors.Is(err, fs.ErrNotExist) {
		f.status.set(model.StatePaused, "waiting for the file", "")
		f.opened = true // all of it will be new
		return false
	}
	if err != nil {
		return f.failed(err)
	}
	f.file = file
	if file.info.Mode().IsRegular() {
		f.beside = f.filesBeside()
		if err := f.begin(); err != nil {
			return f.failed(err)
		}
	}
	f.opened = true
	if f.backlog == 0 {
		f.status.set(model.StateOK, "", "")
	}
	return true
}

// failed reports why the file cannot be read. It is opened again later.
func (f *follower) failed(err error) bool {
	if f.file != nil {
		_ = f.file.Close()
		f.file = nil
	}
	f.status.set(model.StateError, explain(err), "")
	return false
}

// drain reads to the end of the file.
func (f *follower) drain(ctx context.Context) error {
	for ctx.Err() == nil {
		if f.backlog > 0 && f.file.offset >= f.backlog {
			f.caughtUp(f.file.info.ModTime())
		}
		err := f.file.readMore(f.reader)
		if errors.Is(err, io.EOF) {
			if f.backlog > 0 {
				f.caughtUp(f.file.info.ModTime())
			}
			f.file.lines.shrink()
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// restartRewritten starts again if the file was truncated or rewritten in place.
func (f *follower) restartRewritten() error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() >= f.file.offset && f.file.mark.holds(f.file) {
		return nil
	}
	var before *version
	if f.dated() {
		before = versionOf(f.file)
	}
	f.beside = f.filesBeside() // it may have been copied before
	f.file.before = before
	return f.file.seek(0)
}

// dated reports whether lines have times, so that no two pieces of the log are
// alike.
func (f *follower) dated() bool { return !f.recent.IsZero() }

// replaced reports whether there is another file in the place of the open one,
// and opens it.
func (f *follower) replaced(ctx context.Context) bool {
	switch info, err := os.Stat(f.path); {
	case errors.Is(err, fs.ErrNotExist):
		f.status.set(model.StateOK, "", "moved away; waiting for a new file")
		return false
	case err != nil || os.SameFile(info, f.file.info):
		f.status.set(model.StateOK, "", "")
		return false
	}
	// The last lines of the old file may be new.
	if f.file.before == nil {
		if err := f.drain(ctx); err != nil {
			return errors.Is(err, errRewritten) || f.failed(err)
		}
	}
	next, err := openLog(f.path, f.newStream())
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist) && f.failed(err)
	}
	if f.file.before != nil { // nothing of the file was read yet
		next.before = f.file.before
		_ = f.file.Close()
		f.file = next
		return true
	}
	if f.dated() || !f.renamed(f.file) {
		next.before = versionOf(f.file)
	}
	f.rotate(ctx, next)
	return f.file != nil
}

func (f *follower) close() {
	if f.file != nil {
		_ = f.file.Close()
		f.file = nil
	}
	for _, old := range f.rotated {
		_ = old.Close()
	}
}

// readPipe reads a named pipe until ctx ends or it has no writer. It may get
// another.
func (f *follower) readPipe(ctx context.Context) {
	file := f.file
	stop := context.AfterFunc(ctx, func() { _ = file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	for ctx.Err() == nil {
		n, err := f.read(f.file.stream, f.file)
		if n == 0 && err != nil {
			if info, gone := os.Stat(f.path); gone != nil || !os.SameFile(info, f.file.info) {
				f.finish(f.file.stream)
				_ = f.file.Close()
				f.file = nil
			}
			return
		}
	}
}
