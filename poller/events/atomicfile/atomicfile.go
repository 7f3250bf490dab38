// Package atomicfile replaces files in one step: a reader, and a machine that
// comes up after a power failure, finds the old content or the new, never a
// part. The new content is written to a temporary file beside the old one, put
// on the disk and renamed.
//
// Each write has a temporary file of its own, so that several processes may
// replace the same file. The last one wins.
package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// suffix ends the name of a temporary file, which begins with the name of the
// file that it is to replace.
const suffix = ".tmp"

// Write replaces the file at path with data, or creates it. The file has
// exactly this mode afterwards, whatever the umask and its mode before. A
// symbolic link at path is replaced, not followed.
//
// The error is a *fs.PathError that names path. The old file is then untouched
// and nothing is left beside it.
func Write(path string, data []byte, mode fs.FileMode) error {
	f, err := Create(path, mode)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := f.Write(data); err != nil {
		return replaceError(path, err)
	}
	return f.Commit()
}

// A File is the new content of a file, which replaces the old one at Commit.
// It must be committed or discarded.
type File struct {
	*os.File
	path string
	done bool // committed or discarded
}

// Create begins the new content of the file at path, which has exactly this
// mode after Commit.
func Create(path string, mode fs.FileMode) (*File, error) {
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*"+suffix)
	if err != nil {
		return nil, replaceError(path, err)
	}
	f := &File{File: temp, path: path}
	if mode == 0o600 { // as os.CreateTemp makes it
		return f, nil
	}
	if err := temp.Chmod(mode); err != nil {
		f.Discard()
		return nil, replaceError(path, err)
	}
	return f, nil
}

// Commit puts the content on the disk, closes the File and gives it its name.
// If that fails the old file is untouched.
func (f *File) Commit() error {
	err := errors.Join(f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), f.path)
	}
	if err != nil {
		f.Discard()
		return replaceError(f.path, err)
	}
	f.done = true
	return nil
}

// Discard closes and removes the File; the old file stays. After Commit it does
// nothing, so that it can be deferred.
func (f *File) Discard() {
	if f.done {
		return
	}
	f.done = true
	_ = f.Close()
	_ = os.Remove(f.Name())
}

// Sweep removes the temporary files in dir that were last written before a
// time: those of processes that were killed. It takes any name that ends in
// ".tmp" for one of ours, so dir must be a folder of our own.
func Sweep(dir string, before time.Time) {
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), suffix) {
			continue
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() && info.ModTime().Before(before) {
			_ = os.Remove(filepath.Join(dir, entry.Name()))
		}
	}
}

// replaceError names the file that was to be replaced in place of the temporary
// one, which the user has never heard of.
func replaceError(path string, err error) error {
	if cause, ok := errors.AsType[*fs.PathError](err); ok {
		err = cause.Err
	} else if cause, ok := errors.AsType[*os.LinkError](err); ok {
		err = cause.Err
	}
	return &fs.PathError{Op: "replace", Path: path, Err: err}
}
