package tmux

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"quotatop/ui/cli/doctor"
)

// Options say what Diagnose looks at.
type Options struct {
	// Server holds tmux's arguments that name the server ("-L", name); empty
	// for the one that this process runs in, or the default one.
	Server []string
	Config string // the tmux configuration file, see ConfigPath
}

const (
	askTimeout = 5 * time.Second // for one tmux command
	runTimeout = 5 * time.Second // for the status line
	slowLine   = time.Second
)

// Diagnose finds out why quotatop's line does not show in tmux's status bar, and
// why its bell and title do not reach the user.
func Diagnose(ctx context.Context, opts Options) []doctor.Finding {
	d := &diagnosis{ctx: ctx, server: opts.Server, config: opts.Config}
	if !d.program() || !d.running() {
		d.configured()
		return d.found
	}
	d.bar()
	if d.runsOurs() {
		d.length()
		d.command()
	}
	d.attention()
	return d.found
}

// A diagnosis collects the findings of one Diagnose.
type diagnosis struct {
	ctx     context.Context
	server  []string
	config  string
	version float64
	line    string // the option that holds our command
	found   []doctor.Finding
}

func (d *diagnosis) ok(format string, args ...any) { d.add(doctor.OK, "", format, args) }

func (d *diagnosis) warn(do, format string, args ...any) { d.add(doctor.Warn, do, format, args) }

func (d *diagnosis) fail(do, format string, args ...any) { d.add(doctor.Fail, do, format, args) }

func (d *diagnosis) add(level doctor.Level, do, format string, args []any) {
	d.found = append(d.found, doctor.Finding{Level: level, What: fmt.Sprintf(format, args...), Do: do})
}

// tmux runs one tmux command and returns its output.
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

// option returns the value of an option in effect; empty where this tmux has no
// such option.
func (d *diagnosis) option(name string) string {
	value, err := d.tmux("show-options", "-Av", name)
	if err != nil {
		return ""
	}
	return value
}

var versionNumber = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\d+\.\d+`)
})

// program checks that tmux is installed.
func (d *diagnosis) program() bool {
	text, err := d.tmux("-V")
	if err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			err = errors.New("tmux is not installed")
		}
		d.fail("install tmux 3.0 or later", "%v", err)
		return false
	}
	d.version, err = strconv.ParseFloat(versionNumber().FindString(text), 64)
	switch {
	case err != nil: // built from source, e.g. "tmux master"
		d.version = 99
		d.ok("%s is installed", text)
	case d.version < 3:
		d.fail("install tmux 3.0 or later", "%s is too old for the snippet", text)
	default:
		d.ok("%s is installed", text)
	}
	return true
}

// running checks that a server runs.
func (d *diagnosis) running() bool {
	_, err := d.tmux("list-sessions")
	inside := os.Getenv("TMUX") != ""
	switch {
	case err != nil && inside:
		d.fail("start a new tmux session", "TMUX is set, but its server does not answer: %v", err)
	case err != nil:
		d.fail("start one with: tmux", "no tmux server is running: %v", err)
	case inside:
		d.ok("running in a tmux pane")
	default:
		d.ok("a tmux server is running")
	}
	return err == nil
}

// bar checks that the status bar is on, and how often it is drawn.
func (d *diagnosis) bar() {
	switch status := d.option("status"); status {
	case "off", "":
		d.fail("tmux set -g status on", "the status bar is off")
	default:
		d.ok("the status bar is on")
	}
	interval, err := strconv.Atoi(d.option("status-interval"))
	const do = "tmux set -g status-interval 5"
	switch {
	case err != nil:
	case interval == 0:
		d.fail(do, "status-interval is 0: the bar is not redrawn by itself")
	case interval > slowestInterval:
		d.fail(do, "status-interval is %d: the line is up to %d s old", interval, interval)
	default:
		d.ok("the bar is redrawn every %d s", interval)
	}
}

// configured reports whether the snippet is in the configuration file, with a
// finding where it is.
func (d *diagnosis) configured() bool {
	if d.config == "" {
		return false
	}
	data, err := os.ReadFile(d.config)
	if err == nil && strings.Contains(string(data), beginMark) {
		d.ok("the snippet is in %s", d.config)
		return true
	}
	return false
}

// ourCommand matches quotatop's command in a status line, whatever name or path
// the program has there.
var ourCommand = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`#\(([^()]*(?:quotatop[^()]*\sstatus\b|\sstatus --format tmux)[^()]*)\)`)
})

// runsOurs checks that the bar runs quotatop.
func (d *diagnosis) runsOurs() bool {
	format := d.option("status-format[0]")
	for _, name := range []string{"status-right", "status-left", "status-format[0]", "status-format[1]"} {
		text := d.option(name)
		if !ourCommand().MatchString(text) {
			continue
		}
		if side := strings.HasPrefix(name, "status-format"); !side && format != "" && !strings.Contains(format, name) {
			d.fail("tmux set -gu status-format", "%s runs quotatop, but status-format[0] does not show %s", name, name)
			return false
		}
		d.line = text
		d.ok("%s runs quotatop", name)
		return true
	}
	if d.configured() {
		d.fail("tmux source-file "+shellWord(d.config)+" (if that does not help, a later line sets status-right: move the block to the end of the file)",
			"the server's status-right does not run quotatop: the file was not reloaded, or status-right is set after the block")
		return false
	}
	d.fail("quotatop tmux install", "status-right does not run quotatop")
	return false
}

var styles = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`#\[[^]]*\]`)
})

// length checks that the line fits on the right.
func (d *diagnosis) length() {
	if d.line != d.option("status-right") {
		return
	}
	room, err := strconv.Atoi(d.option("status-right-length"))
	if err != nil {
		return
	}
	rest, err := d.tmux("display-message", "-p", ourCommand().ReplaceAllString(d.line, ""))
	if err != nil {
		return
	}
	need := utf8.RuneCountInString(styles().ReplaceAllString(rest, "")) + lineLength
	if room < need {
		d.fail(fmt.Sprintf("tmux set -g status-right-length %d", max(roomyLength, need)),
			"status-right-length is %d, but about %d cells are needed: the line is cut off", room, need)
		return
	}
	d.ok("the line fits: status-right-length is %d", room)
}

// command runs what the bar runs, in the server's environment, and checks what it
// prints.
func (d *diagnosis) command() {
	sh := strings.NewReplacer("##", "#", "%%", "%").Replace(ourCommand().FindStringSubmatch(d.line)[1])
	ctx, cancel := context.WithTimeout(d.ctx, runTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", sh)
	cmd.WaitDelay = time.Second // a process that it started may keep the output open
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
		d.fail("run it by hand: "+sh, "%s did not finish within %s", sh, runTimeout)
	case exit != nil && (exit.ExitCode() == 127 || exit.ExitCode() == 126):
		d.fail("run quotatop tmux install, which writes the full path; or add its folder to PATH and restart the tmux server",
			"the tmux server cannot run %s: it is not in its PATH", sh)
	case err != nil && wrong != "":
		d.fail("run it by hand: "+sh, "%s fails: %s", sh, wrong)
	case err != nil:
		d.fail("run it by hand: "+sh, "%s fails: %v", sh, err)
	case first == "":
		d.fail("run it by hand: "+sh, "%s prints nothing", sh)
	case strings.Contains(first, "quotatop: off"):
		d.fail("start the dashboard, or fix that; a tmux server without PIONEER_API_KEY takes the key from key_file or key_command in the configuration",
			"the line is off: %s", cmp.Or(strings.TrimPrefix(wrong, "quotatop: "), "it does not say why"))
	case wrong != "":
		d.warn("run it by hand: "+sh, "%s prints %s, and a warning: %s", sh, bare(first), wrong)
	case took > slowLine:
		d.warn("start the dashboard: then the line needs no poll", "%s took %s and prints: %s", sh, took.Round(100*time.Millisecond), bare(first))
	default:
		d.ok("the command works and prints: %s", bare(first))
	}
}

// bare returns a status line without tmux's styles.
func bare(line string) string {
	return strings.ReplaceAll(styles().ReplaceAllString(line, ""), "##", "#")
}

// environment returns the environment in which the server runs the commands of its
// status bar.
func (d *diagnosis) environment() []string {
	text, err := d.tmux("show-environment", "-g")
	if err != nil {
		return os.Environ()
	}
	local, _ := d.tmux("show-environment")
	var env []string
	for line := range strings.SplitSeq(text+"\n"+local, "\n") {
		if name, _, ok := strings.Cut(line, "="); ok && name != "" {
			env = append(env, line) // of several with one name, the last counts
		}
	}
	return env
}

// attention checks that title, bell and notifications reach the user.
func (d *diagnosis) attention() {
	for _, o := range []struct {
		option, wrong string
		since         float64
		what, do      string
	}{
		{"set-titles", "off", 0, "set-titles is off: the terminal's title does not show the worst figure", "tmux set -g set-titles on"},
		{"monitor-bell", "off", 0, "monitor-bell is off: a warning does not mark the window", "tmux set -g monitor-bell on"},
		{"bell-action", "none", 0, "bell-action is none: a warning does not ring", "tmux set -g bell-action any"},
		{"visual-bell", "on", 0, "visual-bell is on: a warning shows a message instead of ringing", "tmux set -g visual-bell off"},
		{"allow-passthrough", "off", 3.3, "allow-passthrough is off: copying and desktop notifications do not leave tmux", "tmux set -g allow-passthrough on"},
	} {
		if d.version >= o.since && d.option(o.option) == o.wrong {
			d.warn(o.do, "%s", o.what)
		}
	}
}
