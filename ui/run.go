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
	In      io.Reader // if nil, standard input, or else the controlling terminal
	Out     io.Writer // if nil, standard output
	Environ []string  // if nil, the process's; TERM, COLORTERM and NO_COLOR decide the colours
}

// beatsPerSecond is how often Bubble Tea looks whether there is something to
// write. A key is answered within one beat; each beat costs about as much as
// drawing a frame.
const beatsPerSecond = 20

// Run shows the screen until the user quits, ctx ends or feed is closed, and
// leaves the terminal as it was. Only what goes wrong with the terminal is an
// error. Signals are the caller's to catch, but for the terminal's size and its
// suspension.
func Run(ctx context.Context, feed <-chan model.Snapshot, opts Options, terminal Terminal) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the command that waits for a snapshot
	if terminal.Out == nil {
		terminal.Out = os.Stdout
	}
	options := []tea.ProgramOption{tea.WithoutSignalHandler(), tea.WithFPS(beatsPerSecond), tea.WithOutput(terminal.Out)}
	if terminal.In != nil {
		options = append(options, tea.WithInput(terminal.In))
	}
	if terminal.Environ != nil {
		options = append(options, tea.WithEnvironment(terminal.Environ))
	}
	a := New(feed, opts)
	a.over = ctx.Done()
	_, err := tea.NewProgram(opening{app: a, out: terminal.Out}, options...).Run()
	if err == nil || errors.Is(err, tea.ErrInterrupted) {
		_, _ = io.WriteString(terminal.Out, giveTitleBack)
		return nil
	}
	_, _ = io.WriteString(terminal.Out, endOpening+giveTitleBack)
	return fmt.Errorf("screen: %w", err)
}
