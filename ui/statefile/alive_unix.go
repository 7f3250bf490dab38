//go:build unix

package statefile

import (
	"errors"
	"syscall"
)

// shared is set where the folder for temporary files is that of all users.
const shared = true

// alive reports whether a process runs.
func alive(pid int) bool {
	if pid <= 0 {
		return false // a process group
	}
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
