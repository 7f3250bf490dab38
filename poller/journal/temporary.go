package journal

import (
	"errors"
	"os"
	"path/filepath"

	"quotatop/poller/events/private"
)

// temporaryName begins the names of temporary folders; lockName is the file in one
// that its process has locked.
const (
	temporaryName = "quotatop-demo-"
	lockName      = "lock"
)

// Temporary makes a folder for journals that are not kept, and returns what removes it.
// It also removes those of processes that were killed.
func Temporary() (dir string, remove func() error, err error) {
	sweepTemporary()
	if dir, err = os.MkdirTemp("", temporaryName); err != nil {
		return "", nil, err
	}
	f, err := create(filepath.Join(dir, lockName))
	if err != nil {
		_ = os.RemoveAll(dir)
		return "", nil, err
	}
	return dir, func() error { return errors.Join(os.RemoveAll(dir), f.Close()) }, nil
}

// sweepTemporary removes the temporary folders of this user's that no process has
// locked. One without the file of the lock is just being made, or is not ours.
func sweepTemporary() {
	found, _ := filepath.Glob(filepath.Join(os.TempDir(), temporaryName+"*"))
	for _, dir := range found {
		if info, err := os.Lstat(dir); err != nil || !info.IsDir() || !private.Ours(info) || info.Mode().Perm() != 0o700 {
			continue
		}
		f, err := private.OpenFile(filepath.Join(dir, lockName))
		if err != nil {
			continue
		}
		if lock(f) {
			_ = os.RemoveAll(dir)
		}
		_ = f.Close()
	}
}
