//go:build unix

package journal

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// lock takes the file for this process until it is closed, and reports whether
// no other process has it. A process that was killed has none.
func lock(f *os.File) bool {
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
}

// ours refuses a folder of another user, who could read or change what is in it.
func ours(dir string, info fs.FileInfo) error {
	if s, ok := info.Sys().(*syscall.Stat_t); ok && int(s.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to another user: use a folder of your own (XDG_STATE_HOME)", dir)
	}
	return nil
}
