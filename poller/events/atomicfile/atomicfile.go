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
	"fmt"
	"io/fs"
	"math/rand/v2"
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
	dir, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return replaceError(path, err)
	}
	defer dir.Close()
	if err := write(dir, filepath.Base(path), data, mode, true); err != nil {
		return replaceError(path, err)
	}
	return nil
}

// WriteIn is Write for a file in an open folder, whose loss in a power failure does
// no harm: it does not wait until the content is on the disk.
func WriteIn(dir *os.Root, name string, data []byte, mode fs.FileMode) error {
	if err := write(dir, name, data, mode, false); err != nil {
		return replaceError(filepath.Join(dir.Name(), name), err)
	}
	return nil
}

func write(dir *os.Root, name string, data []byte, mode fs.FileMode, synced bool) error {
	temp := fmt.Sprintf("%s.%016x%s", name, rand.Uint64(), suffix)
	f, err := dir.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode&0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil && mode != mode&0o600 {
		err = f.Chmod(mode)
	}
	if err == nil && synced {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = dir.Rename(temp, name)
	}
	if err != nil {
		_ = dir.Remove(temp)
	}
	return err
}

// Sweep removes the temporary files in dir that were last written before a
// time: those of processes that were killed. It takes any name that ends in
// ".tmp" for one of ours, so dir must be a folder of our own.
func Sweep(dir *os.Root, before time.Time) {
	entries, _ := fs.ReadDir(dir.FS(), ".")
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), suffix) {
			continue
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() && info.ModTime().Before(before) {
			_ = dir.Remove(entry.Name())
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
