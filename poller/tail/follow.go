package tail

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"quotatop/model"
)

// A follower reads a file as it grows, whatever is done to it.
type follower struct {
	*reader
	path   string
	file   *os.File // nil while there is none
	info   fs.FileInfo
	offset int64 // of what was read
	opened bool  // there has been a file
}

// follow reads the file until ctx ends.
func (f *follower) follow(ctx context.Context) {
	w := newWatch(f.path)
	defer w.close()
	defer f.close()
	for {
		w.add(f.path)
		f.catchUp(ctx)
		told, ok := w.wait(ctx)
		if !ok {
			return
		}
		w.found(f.changed(), told)
	}
}

// changed reports whether there is anything to read.
func (f *follower) changed() bool {
	info, err := os.Stat(f.path)
	if f.file == nil {
		return err == nil && info.Mode().IsRegular()
	}
	return err == nil && (info.Size() != f.offset || !os.SameFile(info, f.info))
}

// catchUp reads all that there is, through any change of the file.
func (f *follower) catchUp(ctx context.Context) {
	for ctx.Err() == nil {
		if f.file == nil && !f.open() {
			return
		}
		if f.info.Mode()&fs.ModeNamedPipe != 0 {
			f.readPipe(ctx)
			return
		}
		if !f.drain(ctx) || !f.moved(ctx) {
			return
		}
	}
}

// open opens the file and finds the place to begin.
func (f *follower) open() bool {
	info, err := os.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.status.set(model.StatePaused, "waiting for the file: it is not there yet", "")
		f.opened = true // when it comes, all of it is new
		return false
	case err != nil:
		return f.failed(err)
	case info.IsDir():
		return f.failed(errors.New("is a directory: name the file that the load run writes"))
	case info.Mode()&(fs.ModeDevice|fs.ModeSocket|fs.ModeIrregular) != 0:
		return f.failed(errors.New("is not a file: name the file that the load run writes"))
	}
	// A pipe is opened at once, without waiting for someone to write to it.
	file, err := os.OpenFile(f.path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return f.failed(err)
	}
	if info, err = file.Stat(); err != nil {
		_ = file.Close()
		return f.failed(err)
	}
	f.file, f.info, f.offset = file, info, 0
	f.lines.reset()
	if info.Mode().IsRegular() {
		if err := f.begin(); err != nil {
			f.close()
			return f.failed(err)
		}
	}
	f.opened = true
	if f.backlog == 0 {
		f.status.set(model.StateOK, "", "")
	}
	return true
}

// failed notes why the file cannot be read. It is tried again.
func (f *follower) failed(err error) bool {
	f.status.set(model.StateError, explain(err), "")
	return false
}

// explain says in a few words what is wrong with a file.
func explain(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return "permission denied: make it readable for this user"
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err.Error() // the name is said already
	}
	return err.Error()
}

// begin finds where the calls of the window begin in the file that was just
// opened, and goes there.
func (f *follower) begin() error {
	size := f.info.Size()
	var head [2]byte
	if n, _ := f.file.ReadAt(head[:], 0); n == 2 && head == [2]byte{0x1f, 0x8b} {
		return errors.New("is compressed: let the load run write plain text")
	}
	f.recogniseFile(f.file, size)
	cutoff := time.Now().Add(-f.window)
	from, err := f.start(size, cutoff)
	if err != nil {
		return err
	}
	if _, err := f.file.Seek(from.offset, io.SeekStart); err != nil {
		return err
	}
	f.offset, f.lines.skip = from.offset, from.middle
	f.backlog = 0
	if !f.opened {
		f.backlog = size
		if from.offset > 0 && f.format != FormatAuto {
			f.first = cutoff
		}
	}
	return nil
}

// start is the place to begin in the file.
func (f *follower) start(size int64, cutoff time.Time) (place, error) {
	switch {
	case f.opened && size <= maxLine: // it took the place of another: all is new
		return place{}, nil
	case f.format == FormatAuto:
		return lastLine(f.file, size, make([]byte, probeSize))
	}
	return find(f.file, size, cutoff, f.format.stamp)
}

// drain reads to the end of the file.
func (f *follower) drain(ctx context.Context) bool {
	for ctx.Err() == nil {
		if f.backlog > 0 && f.offset >= f.backlog {
			f.caughtUp()
		}
		n, err := f.read(f.file)
		f.offset += int64(n)
		switch {
		case errors.Is(err, io.EOF):
			if f.backlog > 0 {
				f.caughtUp()
			}
			f.lines.rest()
			return true
		case err != nil:
			f.close()
			return f.failed(err)
		}
	}
	return false
}

// moved reports whether there is more to read: the file was cut, or there is
// another one in its place.
func (f *follower) moved(ctx context.Context) bool {
	own, err := f.file.Stat()
	if err != nil {
		f.close()
		return f.failed(err)
	}
	if own.Size() < f.offset {
		if _, err := f.file.Seek(0, io.SeekStart); err != nil {
			f.close()
			return f.failed(err)
		}
		f.offset = 0
		f.lines.reset()
		return true
	}
	switch info, err := os.Stat(f.path); {
	case errors.Is(err, fs.ErrNotExist):
		f.status.set(model.StateOK, "", "it was moved away; waiting for a new one")
		return false
	case err != nil || os.SameFile(info, f.info):
		f.status.set(model.StateOK, "", "")
		return false
	}
	// The last lines of the old one may have come just now.
	if !f.drain(ctx) {
		return false
	}
	f.finish()
	f.close()
	return true
}

func (f *follower) close() {
	if f.file != nil {
		_ = f.file.Close()
		f.file = nil
	}
}

// readPipe reads a named pipe until ctx ends or nobody has it open for writing;
// somebody may again.
func (f *follower) readPipe(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { _ = f.file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	for ctx.Err() == nil {
		n, err := f.read(f.file)
		if n == 0 && err != nil {
			if info, gone := os.Stat(f.path); gone != nil || !os.SameFile(info, f.info) {
				f.finish()
				f.close()
			}
			return
		}
	}
}
