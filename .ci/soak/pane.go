package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A pane is a shell in a window of tmux, which runs a dashboard.
type pane struct {
	run          *run
	socket, name string
	url          string
	runs         int
}

// newPane opens a window with a shell, where the key is in the environment.
func (r *run) newPane(socket, name, url string) (*pane, error) {
	p := &pane{run: r, socket: socket, name: name, url: url}
	home := filepath.Join(r.dir, "home-"+name)
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, err
	}
	cmd := exec.Command("tmux", "-L", socket, "-f", os.DevNull, "new-session", "-d", "-s", name, "-x", "120", "-y", "40", "env 'PS1=ready$ ' bash --norc --noprofile")
	cmd.Env = append(os.Environ(), "PIONEER_API_KEY="+key, "HOME="+home, "XDG_STATE_HOME="+r.disk, "XDG_RUNTIME_DIR="+r.dir, "XDG_CONFIG_HOME="+home,
		"HISTFILE=", "LC_ALL=C.UTF-8")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("tmux: %w: %s", err, out)
	}
	return p, p.until("a shell", func() bool { return strings.Contains(p.screen(), "ready$") })
}

func (p *pane) tmux(args ...string) string {
	out, _ := exec.Command("tmux", append([]string{"-L", p.socket}, args...)...).CombinedOutput()
	return string(out)
}

func (p *pane) screen() string { return p.tmux("capture-pane", "-p", "-t", p.name) }

func (p *pane) press(keys ...string) { p.tmux(append([]string{"send-keys", "-t", p.name}, keys...)...) }

// until waits until something is so.
func (p *pane) until(what string, so func() bool) error {
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if so() {
			return nil
		}
	}
	return fmt.Errorf("%s pane: waited in vain for %s; the screen was:\n%s", p.name, what, p.screen())
}

// start starts a dashboard and waits until it shows a text. The shell writes the
// dashboard's process ID to a file.
func (p *pane) start(flags, shows string) error {
	p.runs++
	_ = os.Remove(p.pidFile())
	p.press("clear; stty sane; bash -c 'echo $$ > "+p.pidFile()+"; exec "+p.run.program+" --config /dev/null --base-url "+p.url+" "+flags+"' 2>> "+
		filepath.Join(p.run.dir, "stderr")+"; echo ended $?", "Enter")
	return p.until(shows, func() bool { return p.pid() > 0 && strings.Contains(p.screen(), shows) })
}

func (p *pane) pidFile() string { return filepath.Join(p.run.dir, "pid-"+p.name) }

func (p *pane) pid() int {
	text, _ := os.ReadFile(p.pidFile())
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return pid
}

// kill sends a signal to the dashboard and waits until it has ended.
func (p *pane) kill(signal string) error {
	if err := p.signal(signal); err != nil {
		return err
	}
	return p.ended(signal)
}

func (p *pane) signal(name string) error {
	return exec.Command("kill", "-"+name, strconv.Itoa(p.pid())).Run()
}

// ended waits for the shell, and checks that the terminal is as the shell had it:
// after kill -9, where nobody could put it back, a new start does.
func (p *pane) ended(by string) error {
	if err := p.until("the end after "+by, func() bool { return p.gone() }); err != nil || by == "KILL" {
		return err
	}
	return p.whole(by)
}

// gone reports whether the dashboard has ended, or is a zombie.
func (p *pane) gone() bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid()))
	return err != nil || strings.Contains(string(status), "State:\tZ")
}

// whole waits until the terminal is as a shell wants it.
func (p *pane) whole(by string) error {
	return p.until("the terminal as it was, after "+by, func() bool {
		return strings.TrimSpace(p.tmux("display-message", "-p", "-t", p.name, "#{alternate_on} #{mouse_any_flag} #{cursor_flag} #{pane_current_command}")) == "0 0 1 bash"
	})
}

// alive checks that the clock on the screen goes on.
func (p *pane) alive() error {
	before := p.screen()
	return p.until("a new frame", func() bool { return p.screen() != before })
}

// leave ends the dashboard by its key.
func (p *pane) leave() error {
	p.press("q")
	return p.ended("q")
}

// memory returns the resident memory of the dashboard in kB.
func (p *pane) memory() int {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid()))
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kb, _ := strconv.Atoi(fields[0])
	return kb
}
