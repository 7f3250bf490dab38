package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"quotatop/model"
)

// A dashboard is a quotatop that watches the fleet and prints Snapshots.
type dashboard struct {
	process *process
	run     *run

	mu       sync.Mutex
	last     model.Snapshot
	compared compared
	bad      error // its output could not be read
	read     chan struct{}
}

func (r *run) newDashboard(name, command string, args ...string) (*dashboard, error) {
	args = append([]string{command, "--fleet", r.broker.url, "--run", fleetName}, args...)
	cmd := r.command(r.program, args...)
	home := filepath.Join(r.dir, name)
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, err
	}
	cmd.Env = append(cmd.Env, "XDG_STATE_HOME="+home, "XDG_RUNTIME_DIR="+home)
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	cmd.Stdout = in
	d := &dashboard{run: r, read: make(chan struct{})}
	if d.process, err = r.launch(name, cmd); err != nil {
		return nil, err
	}
	go d.follow(out)
	return d, nil
}

// follow reads and compares what the dashboard prints.
func (d *dashboard) follow(out io.ReadCloser) {
	defer close(d.read)
	defer out.Close()
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var s model.Snapshot
		err = json.Unmarshal(line, &s)
		d.mu.Lock()
		if err != nil {
			d.bad = err
		}
		d.last = s
		d.compared.add(d.run, &s)
		d.mu.Unlock()
	}
}

// until waits until the dashboard has heard that all generators ended, and has all
// of their calls up to a time.
func (d *dashboard) until(to time.Time) error {
	err := d.process.until("the end of all generators", func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.last.Fleet == nil || len(d.last.Fleet.Generators) != len(d.run.generators) {
			return false
		}
		for _, g := range d.last.Fleet.Generators {
			if g.State != model.GeneratorEnded || g.To.Before(to.Add(-time.Second)) {
				return false
			}
		}
		return true
	})
	if err != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		return fmt.Errorf("%w; the fleet is %+v, the sources are %+v", err, d.last.Fleet, d.last.Sources)
	}
	return nil
}

// end ends the dashboard as a user does.
func (d *dashboard) end() error {
	_ = d.process.cmd.Process.Signal(syscall.SIGTERM)
	if err := d.process.ended(20 * time.Second); err != nil {
		return fmt.Errorf("dashboard: %w", err)
	}
	<-d.read
	return d.bad
}
