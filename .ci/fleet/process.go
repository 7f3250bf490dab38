package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// command returns a command with the key in its environment, and folders of its own.
func (r *run) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "PIONEER_API_KEY="+key, "PIONEER_BASE_URL="+r.url,
		"HOME="+filepath.Join(r.dir, "home"), "XDG_STATE_HOME="+filepath.Join(r.dir, "state"), "XDG_RUNTIME_DIR="+r.dir, "XDG_CONFIG_HOME="+filepath.Join(r.dir, "home"))
	return cmd
}

// A process is a command that runs.
type process struct {
	cmd  *exec.Cmd
	log  string // what it says on standard error
	done chan struct{}
	err  error // how it ended
}

// launch starts a command that says what it has to say in a file of this name.
func (r *run) launch(name string, cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, log: filepath.Join(r.dir, name+".log"), done: make(chan struct{})}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.done)
		p.err = cmd.Wait()
	}()
	return p, nil
}

// said returns the end of what the process said.
func (p *process) said() string {
	text, _ := os.ReadFile(p.log)
	return string(text[max(len(text)-2000, 0):])
}

// until waits until something is so.
func (p *process) until(what string, so func() bool) error {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if so() {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("waiting for %s: it has ended: %w: %s", what, errors.Join(p.err), p.said())
		default:
		}
	}
	return fmt.Errorf("waited in vain for %s: %s", what, p.said())
}

// ended waits until the process has ended by itself, without an error.
func (p *process) ended(within time.Duration) error {
	select {
	case <-p.done:
		if p.err != nil {
			return fmt.Errorf("%w: %s", p.err, p.said())
		}
		return nil
	case <-time.After(within):
		return fmt.Errorf("it goes on %s after the signal: %s", within, p.said())
	}
}

func (p *process) kill() {
	if p != nil {
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// cpu is the processor time of a process that has ended.
func (p *process) cpu() time.Duration {
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}
