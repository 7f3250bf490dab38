// Package warn tells people of warnings who do not look at the screen: it hands
// each to the screen, which rings, and runs the user's own command for it.
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
	// queue is how many warnings may wait for the command. More than that at
	// once say nothing that the first of them do not.
	queue = 16

	// commandLimit is the longest that a command may take. They run one at a
	// time.
	commandLimit = 10 * time.Second
)

// Options are what a Warner is made of.
type Options struct {
	Watcher model.Watcher
	// Words is a warning in one line.
	Words func(model.Warning) string
	// Command is run for each warning, with the warning as a line of JSON on
	// its standard input. May be empty.
	Command []string
}

// A Warner looks at snapshots. It is used once.
type Warner struct {
	opts  Options
	lines chan string
	runs  chan notice
}

// A notice is what the command reads: the warning, and the same in words.
type notice struct {
	model.Warning
	Text string `json:"text"`
}

// New returns a Warner that has not looked at anything yet.
func New(opts Options) *Warner {
	return &Warner{opts: opts, lines: make(chan string, queue), runs: make(chan notice, queue)}
}

// Lines brings the warnings, and what went wrong with the command, in words.
// Those that nobody takes in time are dropped.
func (w *Warner) Lines() <-chan string { return w.lines }

// Seen takes the next snapshot. It does not block, and is called from one
// goroutine at a time.
func (w *Warner) Seen(s model.Snapshot) {
	for _, found := range w.opts.Watcher.Look(&s) {
		n := notice{found, w.opts.Words(found)}
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
			if len(w.opts.Command) == 0 {
				continue
			}
			if err := run(ctx, w.opts.Command, n); err != nil && ctx.Err() == nil {
				w.say(err.Error())
			}
		}
	}
}

// run runs a command with the notice on its standard input.
func run(ctx context.Context, command []string, n notice) error {
	text, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("alerts command: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin = bytes.NewReader(append(text, '\n'))
	cmd.WaitDelay = time.Second // its children may hold the pipe
	var said bytes.Buffer
	cmd.Stderr = &limited{&said}
	switch err := cmd.Run(); {
	case err == nil:
		return nil
	case ctx.Err() == context.DeadlineExceeded:
		return fmt.Errorf("alerts command %s: ended after %s: let it return sooner", command[0], commandLimit)
	default:
		line, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
		if line != "" {
			return fmt.Errorf("alerts command %s: %w: %s", command[0], err, line)
		}
		return fmt.Errorf("alerts command %s: %w", command[0], err)
	}
}

// limited keeps the beginning of what is written to it.
type limited struct{ kept *bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	const most = 1 << 10
	l.kept.Write(p[:min(len(p), most-min(l.kept.Len(), most))])
	return len(p), nil
}
