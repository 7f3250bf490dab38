package events

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"quotatop/poller/pioneer"
)

// logEvery is the longest that an event waits to be written to a log.
const logEvery = 100 * time.Millisecond

// OpenLog returns a Writer that appends events to a file, which is created
// readable by its owner only if it does not exist. What comes within 100 ms is
// one write that begins and ends with a line, so that several processes may
// append to one file and others may follow it.
//
// The events are in the time of clock; once it knows the server's, the lines say
// so. report is as in NewWriter.
func OpenLog(path string, clock *pioneer.Clock, report func(error)) (*Writer, error) {
	file, err := openLog(path)
	if err != nil {
		return nil, fmt.Errorf("event log: %w", err)
	}
	w := NewWriter("event log", &log{File: file}, logEvery, report)
	w.clock = clock
	return w, nil
}

// openLog opens a log. It does not wait for a reader of a named pipe.
func openLog(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|syscall.O_NONBLOCK, 0o600)
	if errors.Is(err, syscall.ENXIO) {
		return nil, fmt.Errorf("%s is a pipe that no program reads", path)
	}
	return file, err
}

// A log is a file of lines to which others may append as well.
type log struct {
	*os.File
	torn bool // the file ends within a line of ours
}

func (l *log) Write(lines []byte) (int, error) {
	text := lines
	if l.torn { // what was written of the last line is a line of its own
		text = append([]byte{'\n'}, lines...)
	}
	n, err := l.File.Write(text)
	if n > 0 {
		l.torn = text[n-1] != '\n'
	}
	if _, missing := os.Stat(l.Name()); err != nil && errors.Is(missing, fs.ErrNotExist) {
		if next, err := openLog(l.Name()); err == nil { // it was removed, perhaps to make room
			_ = l.Close()
			l.File, l.torn = next, false
		}
	}
	return max(n-len(text)+len(lines), 0), err
}
