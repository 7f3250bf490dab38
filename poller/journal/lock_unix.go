//go:build unix

package journal

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// lock locks the file until it is closed, and reports whether it could: false if
// another process has it locked. The locks of a killed process are gone.
func lock(f *os.File) bool {
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
}

// ours refuses a folder of another user, who could read or change its contents.
func ours(dir string, info fs.FileInfo) error {
	if s, ok := info.Sys().(*syscall.Stat_t); ok && int(s.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to another user: use a folder of your own (XDG_STATE_HOME)", dir)
	}
	return nil
}
