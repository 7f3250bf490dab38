//go:build !unix

package statefile

import "os"

// shared is set where the folder for temporary files is that of all users.
const shared = false

// alive reports whether a process runs.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	_ = p.Release()
	return true
}
