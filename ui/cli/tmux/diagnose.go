package tmux

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"quotatop/ui/cli/doctor"
)

// Options say what Diagnose looks at.
type Options struct {
	// Server is the arguments by which tmux finds the server ("-L", name);
	// empty for the one that this process runs in, or the user's own.
	Server []string
	Config string // the tmux configuration, as ConfigPath has it
}

const (
	askTimeout = 5 * time.Second // for a word with the server
	runTimeout = 5 * time.Second // for a status line; one is to take 20 ms
	slowLine   = time.Second
)

// Diagnose looks for the reasons why quotatop's line does not show in tmux's
// status bar, and why its bell and title do not reach the user.
func Diagnose(ctx context.Context, opts Options) []doctor.Finding {
	d := &diagnosis{ctx: ctx, server: opts.Server, config: opts.Config}
	if !d.program() || !d.running() {
		d.configured()
		return d.found
	}
	d.bar()
	if d.holds() {
		d.length()
		d.command()
	}
	d.attention()
	return d.found
}

// A diagnosis is one in the making.
type diagnosis struct {
	ctx     context.Context
	server  []string
	config  string
	version float64
	line    string // what the bar is made of, with our command in it
	found   []doctor.Finding
}

func (d *diagnosis) good(format string, args ...any) {
	d.found = append(d.found, doctor.Finding{OK: true, What: fmt.Sprintf(format, args...)})
}

// better notes what works, and could work better.
func (d *diagnosis) better(do, format string, args ...any) {
	d.found = append(d.found, doctor.Finding{OK: true, What: fmt.Sprintf(format, args...), Do: do})
}

func (d *diagnosis) bad(do, format string, args ...any) {
	d.found = append(d.found, doctor.Finding{What: fmt.Sprintf(format, args...), Do: do})
}

// tmux runs one tmux command and returns what it prints.
func (d *diagnosis) tmux(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(d.ctx, askTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, "tmux", append(append([]string{}, d.server...), args...)...).Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && len(exit.Stderr) > 0 {
		err = errors.New(strings.TrimSpace(string(exit.Stderr)))
	}
	if ctx.Err() != nil {
		err = errors.New("the tmux server does not answer")
	}
	return strings.TrimRight(string(out), "\n"), err
}

// option is the value of an option as it is in force; empty where this tmux
// has no such option.
func (d *diagnosis) option(name string) string {
	value, err := d.tmux("show-options", "-Av", name)
	if err != nil {
		return ""
	}
	return value
}

var versionNumber = regexp.MustCompile(`\d+\.\d+`)

// program looks for tmux itself.
func (d *diagnosis) program() bool {
	text, err := d.tmux("-V")
	if err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			err = errors.New("tmux is not installed")
		}
		d.bad("install tmux 3.0 or later", "%v", err)
		return false
	}
	d.version, err = strconv.ParseFloat(versionNumber.FindString(text), 64)
	switch {
	case err != nil: // a build of its own: tmux master
		d.version = 99
		d.good("%s is installed", text)
	case d.version < 3:
		d.bad("install tmux 3.0 or later", "%s is too old for the snippet", text)
	default:
		d.good("%s is installed", text)
	}
	return true
}

// running looks for a server.
func (d *diagnosis) running() bool {
	_, err := d.tmux("list-sessions")
	inside := os.Getenv("TMUX") != ""
	switch {
	case err != nil && inside:
		d.bad("start a new tmux session", "TMUX is set, and its server does not answer: %v", err)
	case err != nil:
		d.bad("start one with: tmux", "no tmux server is running: %v", err)
	case inside:
		d.good("this is a pane of tmux")
	default:
		d.good("a tmux server is running")
	}
	return err == nil
}

// bar looks whether there is a status bar, and how often it is drawn.
func (d *diagnosis) bar() {
	switch status := d.option("status"); status {
	case "off", "":
		d.bad("tmux set -g status on", "the status bar is off")
	default:
		d.good("the status bar is on")
	}
	interval, err := strconv.Atoi(d.option("status-interval"))
	const do = "tmux set -g status-interval 5"
	switch {
	case err != nil:
	case interval == 0:
		d.bad(do, "status-interval is 0: the bar is never drawn anew by itself")
	case interval > slowestInterval:
		d.bad(do, "status-interval is %d: the line is up to %d s old", interval, interval)
	default:
		d.good("the bar is drawn anew every %d s", interval)
	}
}

// configured reports whether the snippet is in the configuration, and says so.
func (d *diagnosis) configured() bool {
	if d.config == "" {
		return false
	}
	data, err := os.ReadFile(d.config)
	if err == nil && strings.Contains(string(data), beginMark) {
		d.good("the snippet is in %s", d.config)
		return true
	}
	return false
}

// ourCommand finds quotatop's command in a status line, whatever the program
// is called in the snippet.
var ourCommand = regexp.MustCompile(`#\(([^()]*(?:quotatop[^()]*\sstatus\b|\sstatus --format tmux)[^()]*)\)`)

// holds looks whether the bar runs quotatop.
func (d *diagnosis) holds() bool {
	format := d.option("status-format[0]")
	for _, name := range []string{"status-right", "status-left", "status-format[0]", "status-format[1]"} {
		text := d.option(name)
		if !ourCommand.MatchString(text) {
			continue
		}
		if side := strings.HasPrefix(name, "status-format"); !side && format != "" && !strings.Contains(format, name) {
			d.bad("tmux set -gu status-format", "%s runs quotatop, and status-format[0] does not show %s", name, name)
			return false
		}
		d.line = text
		d.good("%s runs quotatop", name)
		return true
	}
	if d.configured() {
		d.bad("tmux source-file "+shellWord(d.config)+" (if it stays so, a later line sets status-right: move the block to the end of the file)",
			"the server's status-right does not run quotatop: the file has not been read again, or status-right is set after it")
		return false
	}
	d.bad("quotatop tmux install", "status-right does not run quotatop")
	return false
}

var styles = regexp.MustCompile(`#\[[^]]*\]`)

// length looks whether the line has room on the right.
func (d *diagnosis) length() {
	if d.line != d.option("status-right") {
		return
	}
	room, err := strconv.Atoi(d.option("status-right-length"))
	if err != nil {
		return
	}
	rest, err := d.tmux("display-message", "-p", ourCommand.ReplaceAllString(d.line, ""))
	if err != nil {
		return
	}
	need := utf8.RuneCountInString(styles.ReplaceAllString(rest, "")) + lineLength
	if room < need {
		d.bad(fmt.Sprintf("tmux set -g status-right-length %d", max(roomyLength, need)),
			"status-right-length is %d and about %d cells are needed: the line is cut", room, need)
		return
	}
	d.good("the line has room: status-right-length is %d", room)
}

// command runs what the bar runs, in the server's environment.
func (d *diagnosis) command() {
	sh := strings.NewReplacer("##", "#", "%%", "%").Replace(ourCommand.FindStringSubmatch(d.line)[1])
	ctx, cancel := context.WithTimeout(d.ctx, runTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", sh)
	cmd.WaitDelay = time.Second // what the command has started may hold its output open
	cmd.Env = d.environment()
	var said strings.Builder
	cmd.Stderr = &said
	began := time.Now()
	out, err := cmd.Output()
	took := time.Since(began)
	first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	wrong, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
	exit, _ := errors.AsType[*exec.ExitError](err)
	switch {
	case ctx.Err() != nil:
		d.bad("run it by hand: "+sh, "%s does not end within %s", sh, runTimeout)
	case exit != nil && (exit.ExitCode() == 127 || exit.ExitCode() == 126):
		d.bad("quotatop tmux install, which writes the whole path; or add its folder to PATH and restart the tmux server",
			"the tmux server cannot run %s: it is not in its PATH", sh)
	case err != nil && wrong != "":
		d.bad("run it by hand: "+sh, "%s fails: %s", sh, wrong)
	case err != nil:
		d.bad("run it by hand: "+sh, "%s fails: %v", sh, err)
	case first == "":
		d.bad("run it by hand: "+sh, "%s prints nothing", sh)
	case took > slowLine:
		d.better("start the dashboard: its state file spares the poll", "%s took %s and says: %s", sh, took.Round(100*time.Millisecond), bare(first))
	default:
		d.good("the command runs, and says: %s", bare(first))
	}
}

// bare is a status line without tmux's styles.
func bare(line string) string {
	return strings.ReplaceAll(styles.ReplaceAllString(line, ""), "##", "#")
}

// environment is what the server gives to the commands of its status bar.
func (d *diagnosis) environment() []string {
	text, err := d.tmux("show-environment", "-g")
	if err != nil {
		return os.Environ()
	}
	local, _ := d.tmux("show-environment")
	var env []string
	for line := range strings.SplitSeq(text+"\n"+local, "\n") {
		if name, _, ok := strings.Cut(line, "="); ok && name != "" {
			env = append(env, line) // of two, the last counts
		}
	}
	return env
}

// attention looks whether title, bell and notifications get out of tmux.
func (d *diagnosis) attention() {
	for _, o := range []struct {
		option, wrong string
		since         float64
		what, do      string
	}{
		{"set-titles", "off", 0, "set-titles is off: the terminal's title does not show the worst figure", "tmux set -g set-titles on"},
		{"monitor-bell", "off", 0, "monitor-bell is off: a warning does not mark the window", "tmux set -g monitor-bell on"},
		{"bell-action", "none", 0, "bell-action is none: a warning does not ring", "tmux set -g bell-action any"},
		{"visual-bell", "on", 0, "visual-bell is on: a warning is a message, not a sound", "tmux set -g visual-bell off"},
		{"allow-passthrough", "off", 3.3, "allow-passthrough is off: copying and desktop notifications end in tmux", "tmux set -g allow-passthrough on"},
	} {
		if d.version >= o.since && d.option(o.option) == o.wrong {
			d.better(o.do, "%s", o.what)
		}
	}
}
