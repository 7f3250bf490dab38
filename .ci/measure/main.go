// Command measure runs the dashboard in a pseudo-terminal of 120x40 cells and
// prints its cost: the time to the first frame, CPU, memory and output. It needs
// Linux. Run it on a quiet machine: go run ./.ci/measure
//
// Each load is a file of event lines that the dashboard follows with --tail,
// beside a simulated API without traffic. The targets: a first frame within 30 ms,
// 0.5% of a core and 2 kB/s when idle at 1 Hz, 25 MB after an hour of 15,000
// calls a minute.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
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

func main() {
	span := flag.Duration("for", 30*time.Second, "how long to measure each load")
	flag.Parse()
	if err := measure(*span); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

// A load is the calls a minute while measuring and in the hour before.
type load struct {
	name        string
	perMinute   int
	hourBefore  int
	settle      time.Duration
	description string
}

var loads = []load{
	{"idle", 0, 0, 6 * time.Second, "no calls"},
	{"demo", 600, 0, 6 * time.Second, "600 calls a minute"},
	{"heavy", 15_000, 15_000, 12 * time.Second, "15,000 calls a minute, after an hour of them"},
}

func measure(span time.Duration) error {
	dir, err := os.MkdirTemp("", "quotatop-measure")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "quotatop")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w: %s", err, out)
	}
	sim := exec.Command(binary, "--config", os.DevNull, "sim", "--listen", "127.0.0.1:0")
	said, err := sim.StderrPipe()
	if err != nil {
		return err
	}
	if err := sim.Start(); err != nil {
		return err
	}
	defer func() { _ = sim.Process.Kill(); _ = sim.Wait() }()
	line, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		return fmt.Errorf("simulator: %w", err)
	}
	_, url, _ := strings.Cut(line, "listening on ")
	url, _, _ = strings.Cut(url, ",")
	fmt.Printf("%-6s %10s %8s %8s %10s %10s\n", "load", "first ms", "CPU %", "RSS MiB", "bytes/s", "writes/s")
	for _, l := range loads {
		r, err := l.run(binary, url, filepath.Join(dir, l.name+".log"), span)
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		fmt.Printf("%-6s %10.0f %8.2f %8.1f %10.0f %10.2f   %s\n", l.name, r.first.Seconds()*1000, r.cpu, r.rss, r.bytes, r.writes, l.description)
	}
	return nil
}

// A result is the cost of a load.
type result struct {
	first         time.Duration
	cpu           float64 // percent of a core
	rss           float64 // MiB
	bytes, writes float64 // a second
}

func (l load) run(binary, url, log string, span time.Duration) (r result, err error) {
	if err := l.before(log); err != nil {
		return r, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	writing := make(chan error, 1)
	go func() { writing <- l.write(ctx, log) }()
	defer func() { cancel(); err = errors.Join(err, <-writing) }()

	keys, tty, err := openTerminal(40, 120)
	if err != nil {
		return r, err
	}
	defer keys.Close()
	cmd := exec.Command(binary, "--config", os.DevNull, "--base-url", url, "--tail", log)
	cmd.Env = append(os.Environ(), "PIONEER_API_KEY=pio_sk_measure", "TERM=xterm-256color", "COLORTERM=truecolor", "TMUX=", "XDG_STATE_HOME="+filepath.Dir(log), "XDG_RUNTIME_DIR="+filepath.Dir(log))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return r, err
	}
	tty.Close()
	defer func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() }()
	screen := &screen{began: began, keys: keys, first: make(chan time.Duration, 1)}
	go screen.read()
	select {
	case r.first = <-screen.first:
	case <-time.After(30 * time.Second):
		return r, errors.New("no frame within 30 s")
	}
	time.Sleep(l.settle)
	pid := cmd.Process.Pid
	before, err := usageOf(pid)
	if err != nil {
		return r, err
	}
	bytesBefore, start := screen.bytes.Load(), time.Now()
	time.Sleep(span)
	after, err := usageOf(pid)
	if err != nil {
		return r, err
	}
	seconds := time.Since(start).Seconds()
	r.cpu = 100 * (after.cpu - before.cpu).Seconds() / seconds
	r.rss = after.rss
	r.bytes = float64(screen.bytes.Load()-bytesBefore) / seconds
	r.writes = float64(after.writes-before.writes) / seconds
	return r, nil
}

// before writes the calls of the hour before the dashboard starts.
func (l load) before(log string) error {
	file, err := os.Create(log)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	if n := l.hourBefore * 60; n > 0 {
		step := time.Hour / time.Duration(n)
		for at := time.Now().Add(-time.Hour); n > 0; n-- {
			at = at.Add(step)
			l.line(out, at)
		}
	}
	return errors.Join(out.Flush(), file.Close())
}

// write appends calls at the rate of the load, ten times a second, until ctx ends.
func (l load) write(ctx context.Context, log string) error {
	file, err := os.OpenFile(log, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	began, sent := time.Now(), 0
	for tick := time.NewTicker(100 * time.Millisecond); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return nil
		case now := <-tick.C:
			var batch bytes.Buffer
			for due := int(now.Sub(began).Minutes() * float64(l.perMinute)); sent < due; sent++ {
				l.line(&batch, now)
			}
			if _, err := file.Write(batch.Bytes()); err != nil {
				return err
			}
		}
	}
}

func (l load) line(out io.Writer, at time.Time) {
	fmt.Fprintf(out, `{"at":"%s","call":{"method":"POST","path":"/gliner-2/extract","status":200,"tokens":120}}`+"\n", at.UTC().Format(time.RFC3339Nano))
}

// A screen reads what the dashboard draws.
type screen struct {
	began time.Time
	keys  *os.File
	first chan time.Duration // receives the time to the first frame
	bytes atomic.Int64
}

func (s *screen) read() {
	buf := make([]byte, 64<<10)
	for seen := false; ; {
		n, err := s.keys.Read(buf)
		if err != nil {
			return
		}
		s.bytes.Add(int64(n))
		if !seen && bytes.Contains(buf[:n], []byte("quotatop")) {
			seen = true
			s.first <- time.Since(s.began)
		}
		if bytes.Contains(buf[:n], []byte("\x1b]11;?")) { // answer as a terminal does
			_, _ = s.keys.WriteString("\x1b]11;rgb:1515/1818/1d1d\x1b\\")
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
	cpu    time.Duration
	rss    float64 // MiB
	writes int     // calls of write
}

// usageOf reads the usage of a process from the proc file system, see proc(5).
func usageOf(pid int) (u usage, err error) {
	folder := "/proc/" + strconv.Itoa(pid)
	stat, err := os.ReadFile(folder + "/stat")
	if err != nil {
		return u, err
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const tick = 10 * time.Millisecond    // USER_HZ is 100
	for _, field := range fields[11:13] { // utime, stime
		n, _ := strconv.Atoi(field)
		u.cpu += time.Duration(n) * tick
	}
	pages, _ := strconv.Atoi(fields[21])
	u.rss = float64(pages*os.Getpagesize()) / (1 << 20)
	io, err := os.ReadFile(folder + "/io")
	if err != nil {
		return u, err
	}
	for line := range strings.Lines(string(io)) {
		if n, ok := strings.CutPrefix(line, "syscw: "); ok {
			u.writes, _ = strconv.Atoi(strings.TrimSpace(n))
		}
	}
	return u, nil
}
