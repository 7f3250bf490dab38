//go:build unix

package cli

import (
	"os"
	"syscall"
)

// dieBy ends the process by a signal that is not caught, so that its parent sees
// which.
func dieBy(s os.Signal) { _ = syscall.Kill(os.Getpid(), s.(syscall.Signal)) }
