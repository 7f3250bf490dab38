// Package private opens folders and files in which no other user of the machine
// has a hand: nobody but this user and root can write to them, replace them, or
// put a link in their place, at any level of their path.
package private

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxLinks bounds the symbolic links on a path, in case of a loop.
const maxLinks = 16

// Folder opens a folder of this user's that is closed to all others. With create
// set it makes what is missing, with mode 0700. The errors name the environment
// variable that can be set to another folder.
func Folder(path, variable string, create bool) (*os.Root, error) {
	parent, err := Parent(filepath.Dir(path), variable, create)
	if err != nil {
		return nil, err
	}
	defer parent.Close()
	return Enter(parent, filepath.Base(path), variable, create)
}

// Parent is Folder for a folder to have private ones in: it may be root's, and
// others may read it, or even write to it if it is sticky, as /tmp is.
func Parent(path, variable string, create bool) (*os.Root, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if !enforced {
		if create {
			err = os.MkdirAll(path, 0o700)
		}
		if err != nil {
			return nil, err
		}
		return os.OpenRoot(path)
	}
	for range maxLinks {
		link, err := reach(path, variable, create)
		if err != nil {
			return nil, err
		}
		if link == "" {
			return os.OpenRoot(path)
		}
		path = link
	}
	return nil, fmt.Errorf("%s: too many links", path)
}

// reach goes down a path from the root folder and checks each level: as nobody
// else can change the one above, nobody can change it afterwards. If there is a
// link on the way, it returns the path with the link's target in its place.
func reach(path, variable string, create bool) (link string, err error) {
	closed := false // others get no further than here, so that modes below do not matter
	names := strings.Split(path, "/")
	for i := range names {
		level := "/" + filepath.Join(names[:i+1]...)
		info, err := os.Lstat(level)
		if errors.Is(err, fs.ErrNotExist) && create {
			if err := os.Mkdir(level, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
				return "", fmt.Errorf("cannot make %s: %w", level, Cause(err))
			}
			info, err = os.Lstat(level)
		}
		if err != nil {
			return "", fmt.Errorf("cannot read %s: %w", level, Cause(err))
		}
		mode, last := info.Mode(), i == len(names)-1
		shared := mode.Perm()&0o002 != 0 || mode.Perm()&0o020 != 0 && (last || !ownGroup(info))
		switch {
		case !trusted(info):
			return "", foreign(level, variable)
		case mode&fs.ModeSymlink != 0:
			target, err := os.Readlink(level)
			if err == nil && !filepath.IsAbs(target) {
				target = filepath.Join(filepath.Dir(level), target)
			}
			return filepath.Join(append([]string{target}, names[i+1:]...)...), err
		case !info.IsDir():
			return "", fmt.Errorf("%s is not a folder: remove it", level)
		case shared && mode&fs.ModeSticky == 0 && (last || !closed):
			return "", fmt.Errorf("others can write to %s: chmod go-w %[1]s", level)
		}
		closed = closed || mode.Perm()&0o011 == 0
	}
	return "", nil
}

// Enter opens a folder of this user's that is closed to all others, in a folder
// that Parent or Enter has opened. It follows no symbolic link.
func Enter(parent *os.Root, name, variable string, create bool) (*os.Root, error) {
	path := filepath.Join(parent.Name(), name)
	if create {
		if err := parent.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("cannot make %s: %w", path, Cause(err))
		}
	}
	info, err := parent.Lstat(name)
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot read %s: %w", path, Cause(err))
	case !info.IsDir():
		return nil, fmt.Errorf("%s is not a folder: remove it", path)
	case !Ours(info):
		return nil, foreign(path, variable)
	case enforced && info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("%s is open to others: chmod 700 %[1]s", path)
	}
	dir, err := parent.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("cannot open %s: %w", path, Cause(err))
	}
	if opened, err := dir.Stat("."); err != nil || !os.SameFile(info, opened) {
		_ = dir.Close()
		return nil, fmt.Errorf("%s was replaced while it was opened: try again", path)
	}
	return dir, nil
}

func foreign(path, variable string) error {
	return fmt.Errorf("%s belongs to another user: set %s to a folder of your own", path, variable)
}

// OpenFile opens an existing file of this user's for writing. It follows no
// link, symbolic or hard, and does not wait at a named pipe.
func OpenFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|noFollow, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !(info.Mode().IsRegular() && Ours(info) && alone(info)) {
		err = fmt.Errorf("%s is not a file of your own: remove it", path)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// Cause is an error without the operation and the paths of the system call.
func Cause(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	if failed, ok := errors.AsType[*os.LinkError](err); ok {
		return failed.Err
	}
	return err
}
