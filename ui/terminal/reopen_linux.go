package terminal

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// reopen opens a terminal again for writing. Writing to the new file can be given up;
// its modes are not those of the file that the shell has, too.
func reopen(file *os.File) (*os.File, error) {
	return os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", file.Fd()), os.O_WRONLY|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
}
