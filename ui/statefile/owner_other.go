//go:build !unix

package statefile

import (
	"io/fs"
	"os"
)

// private is set where the mode of a folder keeps other users out. Here the
// folder for temporary files is the user's own.
const private = false

func ours(fs.FileInfo) bool    { return true }
func trusted(fs.FileInfo) bool { return true }

// alive reports whether a process runs.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	_ = p.Release()
	return true
}
