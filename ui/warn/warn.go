// Package warn finds what is worth a warning in Snapshots, for their log, and runs
// the user's command for it. It hands each warning in the log to the screen, which
// rings the bell or shows a notification: there is no bell without a line in the log.
package warn

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
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

// A Warner adds the warnings that a watcher finds to the log of snapshots, and hands
// on those that it sees there. It runs once.
type Warner struct {
	watcher model.Watcher
	command []string
	note    func(model.Notice)
	lines   chan string
	runs    chan notice

	began time.Time        // the first snapshot
	said  map[logLine]bool // the warnings in the last log
}

// A logLine is a warning in the log.
type logLine struct {
	at   time.Time
	text string
}

// A notice is what the command reads: the warning, and its Line.
type notice struct {
	model.Warning
	Text string `json:"text"`
}

// New returns a Warner for what watcher finds. It runs command for each warning,
// with the warning as a line of JSON on its standard input. An empty command
// runs nothing. note adds the errors of the command to the log.
func New(watcher model.Watcher, command []string, note func(model.Notice)) *Warner {
	return &Warner{watcher: watcher, command: command, note: note, lines: make(chan string, queue), runs: make(chan notice, queue)}
}

// Lines brings the text of each warning in the log, the errors of the command among
// them. Lines that are not received in time are dropped.
func (w *Warner) Lines() <-chan string { return w.lines }

// Watch takes the next snapshot and returns the warnings of it for its log. It never
// blocks. Only one goroutine may call Watch and Seen at a time.
func (w *Warner) Watch(s model.Snapshot) (events []model.Event) {
	for _, found := range w.watcher.Check(&s) {
		n := notice{found, Line(found)}
		events = append(events, model.Event{At: s.At, Source: "warnings", Notice: &model.Notice{Kind: model.LogWarning, Endpoint: n.Endpoint, Text: n.Text}})
		select {
		case w.runs <- n:
		default:
		}
	}
	return events
}

// Seen takes the next snapshot, and hands on the warnings that are new in its log. It
// never blocks.
func (w *Warner) Seen(s model.Snapshot) {
	if w.began.IsZero() {
		w.began = s.At
	}
	said := make(map[logLine]bool)
	for _, e := range slices.Backward(s.Log) {
		line := logLine{e.At, e.Text}
		if e.Kind != model.LogWarning || e.At.Before(w.began) || said[line] {
			continue
		}
		if said[line] = true; !w.said[line] {
			w.say(e.Text)
		}
	}
	w.said = said
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
				w.note(model.Notice{Kind: model.LogWarning, Text: err.Error()})
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
