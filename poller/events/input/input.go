// Package input opens the files that a user names, so that nothing hangs whatever
// they are: a pipe that nobody writes to, a terminal or another device.
package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"quotatop/poller/crash"
)

// ErrNotRegular is the error of Regular for a pipe or a device.
var ErrNotRegular = errors.New("is not a file")

// Regular opens a regular file or a folder for reading. Anything else is refused
// with ErrNotRegular, without waiting. The error is a *fs.PathError.
func Regular(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() && !info.IsDir() {
		_ = file.Close()
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	return file, nil
}

// A File is an open file. A read of a pipe or a terminal ends when the context
// does.
type File struct {
	*os.File
	ctx  context.Context
	stop func() bool
}

// Open opens a file of any kind for reading. It waits for somebody to write to a
// named pipe until ctx ends.
func Open(ctx context.Context, path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	var file *os.File
	if info.Mode()&fs.ModeNamedPipe != 0 {
		file, err = openPipe(ctx, path)
	} else {
		file, err = os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	}
	if err != nil {
		return nil, err
	}
	return &File{file, ctx, context.AfterFunc(ctx, func() { _ = file.SetReadDeadline(time.Unix(1, 0)) })}, nil
}

// openPipe opens a named pipe, which waits for a writer.
func openPipe(ctx context.Context, path string) (*os.File, error) {
	var file *os.File
	var err error
	opened := make(chan struct{})
	crash.Go(func() {
		file, err = os.Open(path)
		close(opened)
	})
	select {
	case <-opened:
		return file, err
	case <-ctx.Done():
	}
	// A writer, who may be gone at once, ends the wait.
	if writer, failed := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0); failed == nil {
		_ = writer.Close()
		if <-opened; err == nil {
			_ = file.Close()
		}
	}
	return nil, &endedError{path + " is a pipe that no program writes to", ctx.Err()}
}

// An endedError is the error of a wait that the context has ended, which is in the
// chain.
type endedError struct {
	text  string
	cause error
}

func (e *endedError) Error() string { return e.text }
func (e *endedError) Unwrap() error { return e.cause }

// Read implements io.Reader.
func (f *File) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) && f.ctx.Err() != nil {
		err = f.ctx.Err()
	}
	return n, err
}

// Close closes the file.
func (f *File) Close() error {
	f.stop()
	return f.File.Close()
}

// ReadAll reads a file of any kind up to its end. One that holds more than limit
// bytes is an error.
func ReadAll(ctx context.Context, path string, limit int64) ([]byte, error) {
	file, err := Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, limit+1))
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, &endedError{path + " does not end", ctx.Err()}
	case err != nil:
		return nil, err
	case int64(len(text)) > limit:
		return nil, fmt.Errorf("%s holds more than %d KiB", path, limit>>10)
	}
	return text, nil
}
