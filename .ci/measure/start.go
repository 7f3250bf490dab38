package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// starts prints the CPU time of quotatop status beside a running dashboard, and that
// of an empty program. The programs run in turn, so that whatever else the machine
// does weighs on all of them.
func starts(url, binary, before, empty, dir string) error {
	programs := []*starter{{name: "empty", args: []string{empty}}, {name: "status", args: []string{binary, "status", "--base-url", url}}}
	if before != "" {
		programs = append(programs, &starter{name: "before", args: []string{before, "status", "--base-url", url}})
	}
	for _, p := range programs[1:] { // a dashboard each: another build may write its state in another way
		p.folder = filepath.Join(dir, p.name)
		log := filepath.Join(p.folder, "calls.log")
		if err := errors.Join(os.MkdirAll(p.folder, 0o700), loads[0].before(log)); err != nil {
			return err
		}
		dashboard, err := program{binary: p.args[0]}.start(url, p.folder, log)
		if err != nil {
			return err
		}
		defer dashboard.end()
	}
	time.Sleep(2 * time.Second) // until they have written their state
	for range 201 {
		for _, p := range programs {
			if err := p.run(); err != nil {
				return err
			}
		}
	}
	fmt.Printf("\n%-9s %8s %8s %8s\n", "start", "CPU ms", "ratio", "size MB")
	for _, p := range programs {
		info, err := os.Stat(p.args[0])
		if err != nil {
			return err
		}
		fmt.Printf("%-9s %8.2f %8.1f %8.1f\n", p.name, p.median(), p.median()/programs[0].median(), float64(info.Size())/1e6)
	}
	return nil
}

// A starter is a program that ends by itself.
type starter struct {
	name   string
	args   []string
	folder string // of its dashboard
	ms     []float64
}

// run runs the program once and notes the CPU time it took.
func (s *starter) run() error {
	cmd := exec.Command(s.args[0], s.args[1:]...)
	cmd.Env = append(os.Environ(), "PIONEER_API_KEY=", "XDG_STATE_HOME="+s.folder, "XDG_RUNTIME_DIR="+s.folder, "XDG_CONFIG_HOME="+s.folder)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), "quotatop:") {
		return fmt.Errorf("%s: %w: %s", s.name, err, out)
	}
	s.ms = append(s.ms, (cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()).Seconds()*1000)
	return nil
}

func (s *starter) median() float64 { return medianOf(s.ms, func(ms float64) float64 { return ms }) }
