package ui

import (
	"context"
	"errors"
	"fmt"
	"io"

	"quotatop/model"

	tea "charm.land/bubbletea/v2"
)

// A Terminal is where the screen is shown.
type Terminal struct {
	In      io.Reader // if nil, standard input, or the controlling terminal
	Out     io.Writer // if nil, standard output
	Environ []string  // if nil, the process's; TERM, COLORTERM and NO_COLOR decide the colours
}

// Run shows the screen until the user quits, ctx ends or feed is closed, and
// leaves the terminal as it was. Only what goes wrong with the terminal is an
// error. Signals other than those of the terminal's size are the caller's.
func Run(ctx context.Context, feed <-chan model.Snapshot, opts Options, terminal Terminal) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the command that waits for a snapshot
	a := New(feed, opts)
	a.over = ctx.Done()
	options := []tea.ProgramOption{tea.WithoutSignalHandler(), tea.WithFPS(framesPerSecond)}
	if terminal.In != nil {
		options = append(options, tea.WithInput(terminal.In))
	}
	if terminal.Out != nil {
		options = append(options, tea.WithOutput(terminal.Out))
	}
	if terminal.Environ != nil {
		options = append(options, tea.WithEnvironment(terminal.Environ))
	}
	if _, err := tea.NewProgram(a, options...).Run(); err != nil && !errors.Is(err, tea.ErrInterrupted) {
		return fmt.Errorf("screen: %w", err)
	}
	return nil
}

const framesPerSecond = 20
