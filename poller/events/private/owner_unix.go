//go:build unix

package private

import (
	"io/fs"
	"os"
	"syscall"
)

// enforced is set where the mode of a folder keeps other users out.
const enforced = true

// noFollow are the flags to open what is at a path itself, without waiting.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

func owner(info fs.FileInfo) (uid int, ok bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}

// Ours reports whether a file belongs to this user.
func Ours(info fs.FileInfo) bool {
	uid, ok := owner(info)
	return ok && uid == os.Geteuid()
}

// trusted reports whether a file belongs to this user or to root: to whoever has
// the root folder, which in a container may look like another user.
func trusted(info fs.FileInfo) bool {
	if Ours(info) {
		return true
	}
	uid, ok := owner(info)
	top, err := os.Stat("/")
	if err != nil {
		return false
	}
	root, _ := owner(top)
	return ok && (uid == 0 || uid == root)
}

// ownGroup reports whether a file belongs to this user's private group, of which
// nobody else is a member: Linux distributions give it the user's number, and let
// it write to all that the user makes.
func ownGroup(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Gid) == os.Geteuid()
}

// alone reports whether a file has no other name.
func alone(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Nlink == 1
}
