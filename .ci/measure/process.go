package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A process runs in a pseudo-terminal of 120x40 cells.
type process struct {
	cmd    *exec.Cmd
	screen *screen
	first  time.Duration // until its first full frame
}

// start starts a command in a terminal and waits for its first full frame: the one
// with these texts.
func start(cmd *exec.Cmd, full ...string) (*process, error) {
	keys, tty, err := openTerminal(40, 120)
	if err != nil {
		return nil, err
	}
	defer tty.Close()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	p := &process{cmd: cmd, screen: &screen{began: time.Now(), keys: keys, full: full, first: make(chan time.Duration, 1)}}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, keys.Close())
	}
	go p.screen.read()
	select {
	case p.first = <-p.screen.first:
		return p, nil
	case <-time.After(30 * time.Second):
		p.end()
		return nil, fmt.Errorf("%s: no full frame within 30 s", cmd.Path)
	}
}

func (p *process) end() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
	_ = p.screen.keys.Close()
}

// A screen reads what a process draws.
type screen struct {
	began time.Time
	keys  *os.File
	full  []string
	first chan time.Duration // receives the time to the first full frame
	bytes atomic.Int64
}

func (s *screen) read() {
	buf := make([]byte, 64<<10)
	var begin []byte
	for seen := false; ; {
		n, err := s.keys.Read(buf)
		if err != nil {
			return
		}
		s.bytes.Add(int64(n))
		if !seen {
			begin = append(begin, buf[:n]...)
			seen = true
			for _, text := range s.full {
				seen = seen && bytes.Contains(begin, []byte(text))
			}
			if seen {
				s.first <- time.Since(s.began)
				begin = nil
			}
		}
		for question, answer := range map[string]string{ // as a terminal does
			"\x1b]11;?":    "\x1b]11;rgb:1515/1818/1d1d\x1b\\",
			"\x1b[?2026$p": "\x1b[?2026;2$y",
		} {
			if bytes.Contains(buf[:n], []byte(question)) {
				_, _ = s.keys.WriteString(answer)
			}
		}
	}
}

// openTerminal opens a pseudo-terminal of this size.
func openTerminal(rows, columns uint16) (keys, tty *os.File, err error) {
	if keys, err = os.OpenFile("/dev/ptmx", os.O_RDWR, 0); err != nil {
		return nil, nil, err
	}
	fd := int(keys.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return nil, nil, err
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		return nil, nil, err
	}
	if tty, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		return nil, nil, err
	}
	return keys, tty, unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: columns})
}

// usage is what a process has used so far.
type usage struct {
	cpu       time.Duration
	wakeUps   int     // times that a thread of it had waited
	rss, anon float64 // MiB
	bytes     int64   // drawn
}

// usage reads what a process has used from the proc file system, see proc(5).
func (p *process) usage() (u usage, err error) {
	folder := "/proc/" + strconv.Itoa(p.cmd.Process.Pid)
	tasks, err := filepath.Glob(folder + "/task/*")
	if err != nil {
		return u, err
	}
	for _, task := range tasks {
		schedule, err := os.ReadFile(task + "/schedstat")
		if err != nil {
			continue // it has ended
		}
		on, _, _ := strings.Cut(string(schedule), " ")
		n, _ := strconv.ParseInt(on, 10, 64)
		u.cpu += time.Duration(n)
		status, _ := os.ReadFile(task + "/status")
		u.wakeUps += int(field(string(status), "voluntary_ctxt_switches"))
	}
	status, err := os.ReadFile(folder + "/status")
	u.rss, u.anon = field(string(status), "VmRSS")/1024, field(string(status), "RssAnon")/1024
	u.bytes = p.screen.bytes.Load()
	return u, err
}

// field returns a number of a status file.
func field(status, name string) float64 {
	for line := range strings.Lines(status) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			n, _ := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return n
		}
	}
	return 0
}
