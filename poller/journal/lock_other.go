//go:build !unix

package journal

import "os"

// lock reports false: there is no way to know whether another process writes the
// file.
func lock(*os.File) bool { return false }
