//go:build !unix

package statefile

import (
	"io/fs"
	"os"
)

// private says that a folder's mode keeps others out. Elsewhere the folders of
// temporary files are the user's own.
const private = false

func ours(fs.FileInfo) bool { return true }

// alive reports whether there is such a process.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	_ = p.Release()
	return true
}
