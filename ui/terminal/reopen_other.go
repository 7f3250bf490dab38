//go:build !linux

package terminal

import (
	"errors"
	"os"
)

// reopen opens a terminal again for writing that can be given up; here it cannot.
func reopen(*os.File) (*os.File, error) { return nil, errors.ErrUnsupported }
