// Command measure prints what quotatop costs, beside htop and beside an empty Go
// program: go run ./.ci/measure
//
// The dashboard and htop (Debian package htop) run at the same time, each in a
// pseudo-terminal of 120x40 cells, so that whatever else the machine does weighs on
// both. The dashboard follows a file of event lines with --tail, beside a simulated
// API without traffic. It needs Linux.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	span := flag.Duration("for", 20*time.Second, "how long to measure each run")
	runs := flag.Int("runs", 3, "how many runs to take the medians of")
	before := flag.String("before", "", "another build of quotatop to measure beside this one")
	only := flag.String("load", "", "measure this load only: idle, demo or heavy; start for none of them")
	flag.Parse()
	if err := measure(*span, *runs, *before, *only); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func measure(span time.Duration, runs int, before, only string) error {
	dir, err := os.MkdirTemp("", "quotatop-measure")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary, empty, err := build(dir)
	if err != nil {
		return err
	}
	url, stop, err := simulator(binary)
	if err != nil {
		return err
	}
	defer stop()
	programs := []program{{name: "quotatop", binary: binary}}
	if before != "" {
		copied := filepath.Join(dir, "quotatop-before")
		if err := install(before, copied); err != nil {
			return err
		}
		before = copied
		programs = append(programs, program{name: "before", binary: before})
	}
	if path, err := exec.LookPath("htop"); err == nil {
		programs = append(programs, program{name: "htop", binary: path, htop: true})
	} else {
		fmt.Println("htop is not here: install it (on Debian the package htop)")
	}
	fmt.Printf("%-6s %-9s %8s %9s %8s %8s %12s\n", "load", "", "CPU %", "wakes/s", "bytes/s", "first ms", "RSS (anon)")
	for _, l := range loads {
		if only != "" && only != l.name {
			continue
		}
		results := make([][]result, len(programs))
		for n := range runs {
			if err := l.run(programs, url, filepath.Join(dir, fmt.Sprint(l.name, n)), span, results); err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
		}
		show(l, programs, results)
	}
	return starts(url, binary, before, empty, dir)
}

// build builds quotatop as it is distributed, and an empty program.
func build(dir string) (binary, empty string, err error) {
	binary, empty = filepath.Join(dir, "quotatop"), filepath.Join(dir, "empty")
	source := filepath.Join(dir, "empty.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		return "", "", err
	}
	for to, from := range map[string]string{binary: ".", empty: source} {
		linked := to + ".linked"
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", linked, from)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", "", fmt.Errorf("build: %w: %s", err, out)
		}
		if err := install(linked, to); err != nil {
			return "", "", err
		}
	}
	return binary, empty, nil
}

// install copies a program to a new file, as installing does: what the linker has
// written is in smaller pieces in the page cache, and takes longer to start.
func install(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o700)
}

// simulator starts a simulated API.
func simulator(binary string) (url string, stop func(), err error) {
	sim := exec.Command(binary, "--config", os.DevNull, "sim", "--listen", "127.0.0.1:0")
	said, err := sim.StderrPipe()
	if err != nil {
		return "", nil, err
	}
	if err := sim.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { _ = sim.Process.Kill(); _ = sim.Wait() }
	line, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("simulator: %w", err)
	}
	_, url, _ = strings.Cut(line, "listening on ")
	url, _, _ = strings.Cut(url, ",")
	return url, stop, nil
}

// A program is one that is measured.
type program struct {
	name, binary string
	htop         bool
}

func (p program) start(url, folder, log string) (*process, error) {
	if p.htop {
		cmd := exec.Command(p.binary, "-d", "10")
		cmd.Env = append(os.Environ(), "TERM=xterm-256color", "HTOPRC="+os.DevNull)
		return start(cmd, "Quit")
	}
	cmd := exec.Command(p.binary, "--config", os.DevNull, "--base-url", url, "--tail", log)
	cmd.Env = append(os.Environ(), "PIONEER_API_KEY=pio_sk_measure", "TERM=xterm-256color", "COLORTERM=truecolor", "LC_ALL=C.UTF-8",
		"TMUX=", "XDG_STATE_HOME="+folder, "XDG_RUNTIME_DIR="+folder)
	return start(cmd, "quit", "billing")
}

// A result is what a program cost in one run.
type result struct{ cpu, wakeUps, bytes, first, rss, anon float64 }

// run runs all programs at once and adds a result for each.
func (l load) run(programs []program, url, folder string, span time.Duration, results [][]result) (err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var all []*process
	for i, p := range programs {
		own := fmt.Sprint(folder, i)
		log := filepath.Join(own, "calls.log")
		if err := os.MkdirAll(own, 0o700); err != nil {
			return err
		}
		if err := l.before(log); err != nil {
			return err
		}
		writing := make(chan error, 1)
		go func() { writing <- l.write(ctx, log) }()
		defer func() { cancel(); err = errors.Join(err, <-writing) }()
		process, err := p.start(url, own, log)
		if err != nil {
			return err
		}
		defer process.end()
		all = append(all, process)
	}
	time.Sleep(l.settle)
	began := time.Now()
	var before []usage
	for _, p := range all {
		u, err := p.usage()
		if err != nil {
			return err
		}
		before = append(before, u)
	}
	time.Sleep(span)
	for i, p := range all {
		u, err := p.usage()
		if err != nil {
			return err
		}
		seconds := time.Since(began).Seconds()
		results[i] = append(results[i], result{
			cpu: 100 * (u.cpu - before[i].cpu).Seconds() / seconds, wakeUps: float64(u.wakeUps-before[i].wakeUps) / seconds,
			bytes: float64(u.bytes-before[i].bytes) / seconds, first: p.first.Seconds() * 1000, rss: u.rss, anon: u.anon,
		})
	}
	return nil
}

// show prints the medians of a load.
func show(l load, programs []program, results [][]result) {
	var first, last float64
	for i, p := range programs {
		median := func(of func(result) float64) float64 { return medianOf(results[i], of) }
		cpu := median(func(r result) float64 { return r.cpu })
		fmt.Printf("%-6s %-9s %8.2f %9.1f %8.0f %8.0f %6.1f (%.1f)\n", l.name, p.name, cpu,
			median(func(r result) float64 { return r.wakeUps }), median(func(r result) float64 { return r.bytes }),
			median(func(r result) float64 { return r.first }), median(func(r result) float64 { return r.rss }), median(func(r result) float64 { return r.anon }))
		if i == 0 {
			first = cpu
		}
		last = cpu
	}
	if len(programs) > 1 {
		fmt.Printf("%-6s CPU of quotatop to that of %s: %.2f   (%s)\n", l.name, programs[len(programs)-1].name, first/last, l.description)
	}
}

func medianOf[T any](all []T, of func(T) float64) float64 {
	values := make([]float64, len(all))
	for i, v := range all {
		values[i] = of(v)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
