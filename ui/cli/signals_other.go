//go:build !unix

package cli

import "os"

// dieBy ends the process.
func dieBy(os.Signal) { os.Exit(exitFailed) }
