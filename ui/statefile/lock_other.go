//go:build !unix

package statefile

import "os"

// tryLock lets every process have the file: two that start at the same moment
// may both poll.
func tryLock(*os.File) (bool, error) { return true, nil }
