package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"quotatop/model"

	tea "charm.land/bubbletea/v2"
)

// A Terminal is where the screen is shown.
type Terminal struct {
	In      io.Reader // if nil, standard input or the controlling terminal
	Out     io.Writer // if nil, standard output
	Environ []string  // if nil, the process's; TERM, COLORTERM and NO_COLOR decide the colours
}

// ticksPerSecond is how often Bubble Tea checks for output. A key takes effect within
// one tick; a tick costs about as much as drawing a frame.
const ticksPerSecond = 20

// Run shows the screen until the user quits, ctx ends or feed is closed, and then
// restores the terminal. Errors are the terminal's. Run handles the signals for
// resizing and suspending; the caller handles all others.
func Run(ctx context.Context, feed <-chan model.Snapshot, opts Options, terminal Terminal) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the command that waits for a snapshot
	if terminal.Out == nil {
		terminal.Out = os.Stdout
	}
	options := []tea.ProgramOption{tea.WithoutSignalHandler(), tea.WithFPS(ticksPerSecond), tea.WithOutput(terminal.Out)}
	if terminal.In != nil {
		options = append(options, tea.WithInput(terminal.In))
	}
	if terminal.Environ != nil {
		options = append(options, tea.WithEnvironment(terminal.Environ))
	}
	a := New(feed, opts)
	a.done = ctx.Done()
	_, _ = io.WriteString(terminal.Out, saveTitle) // before Bubble Tea's first tick, which sets the title
	_, err := tea.NewProgram(opening{app: a, out: terminal.Out}, options...).Run()
	if err == nil || errors.Is(err, tea.ErrInterrupted) {
		_, _ = io.WriteString(terminal.Out, restoreTitle)
		return nil
	}
	_, _ = io.WriteString(terminal.Out, endOpening+restoreTitle)
	return fmt.Errorf("screen: %w", err)
}
