// Package warn finds what is worth a warning in Snapshots. It hands each warning
// to the screen, which rings the bell or shows a notification, and runs the
// user's command for it.
package warn

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"quotatop/model"
)

const (
	// queue is how many warnings may wait for the command; further ones are
	// dropped.
	queue = 16

	// commandLimit is how long one command may run. They run one at a time.
	commandLimit = 10 * time.Second
)

// A Warner hands on the warnings that a watcher finds in snapshots. It runs once.
type Warner struct {
	watcher model.Watcher
	command []string
	lines   chan string
	runs    chan notice
}

// A notice is what the command reads: the warning, and its Line.
type notice struct {
	model.Warning
	Text string `json:"text"`
}

// New returns a Warner for what watcher finds. It runs command for each warning,
// with the warning as a line of JSON on its standard input. An empty command
// runs nothing.
func New(watcher model.Watcher, command []string) *Warner {
	return &Warner{watcher: watcher, command: command, lines: make(chan string, queue), runs: make(chan notice, queue)}
}

// Lines brings the Line of each warning, and the errors of the command. Lines
// that are not received in time are dropped.
func (w *Warner) Lines() <-chan string { return w.lines }

// Seen takes the next snapshot. It never blocks. Only one goroutine may call it
// at a time.
func (w *Warner) Seen(s model.Snapshot) {
	for _, found := range w.watcher.Check(&s) {
		n := notice{found, Line(found)}
		w.say(n.Text)
		select {
		case w.runs <- n:
		default:
		}
	}
}

func (w *Warner) say(line string) {
	select {
	case w.lines <- line:
	default:
	}
}

// Run runs the command for each warning until ctx ends.
func (w *Warner) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case n := <-w.runs:
			if len(w.command) == 0 {
				continue
			}
			if err := run(ctx, w.command, n); err != nil && ctx.Err() == nil {
				w.say(err.Error())
			}
		}
	}
}

// run runs a command with the notice on its standard input. An error has the first
// line that the command wrote to its standard error.
func run(ctx context.Context, command []string, n notice) error {
	text, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("alerts command: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin = bytes.NewReader(append(text, '\n'))
	cmd.WaitDelay = time.Second // its children may keep the pipe open
	var stderr bytes.Buffer
	cmd.Stderr = &limited{&stderr}
	switch err := cmd.Run(); {
	case err == nil:
		return nil
	case ctx.Err() == context.DeadlineExceeded:
		return fmt.Errorf("alerts command %s: stopped after %s: make it return sooner", command[0], commandLimit)
	default:
		line, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
		if line != "" {
			return fmt.Errorf("alerts command %s: %w: %s", command[0], err, line)
		}
		return fmt.Errorf("alerts command %s: %w", command[0], err)
	}
}

// limited keeps only the beginning of what is written to it.
type limited struct{ kept *bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	const most = 1 << 10
	l.kept.Write(p[:min(len(p), most-min(l.kept.Len(), most))])
	return len(p), nil
}
