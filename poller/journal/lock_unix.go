//go:build unix

package journal

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock locks the file until it is closed, and reports whether it could: false if
// another process has it locked. The locks of a killed process are gone.
func lock(f *os.File) bool {
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
}
