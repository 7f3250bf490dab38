package ui

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"quotatop/model"
	"quotatop/ui/terminal"

	tea "charm.land/bubbletea/v2"
)

// A Terminal is where the screen is shown.
type Terminal struct {
	In      io.Reader // if nil, standard input or the controlling terminal
	Out     io.Writer // if nil, standard output
	Environ []string  // if nil, the process's; TERM, COLORTERM and NO_COLOR decide the colours
}

// Run shows the screen until the user quits, parent ends or feed is closed, and then
// restores the terminal. Errors are the terminal's, or a panic's with its trace. Run
// handles the signals that are about the terminal: for resizing, suspending, and
// SIGQUIT; the caller handles all others.
func Run(parent context.Context, feed <-chan model.Snapshot, opts Options, at Terminal) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel() // ends the command that waits for a snapshot
	if at.Out == nil {
		at.Out = os.Stdout
	}
	if at.Environ == nil {
		at.Environ = os.Environ()
	}
	t, err := terminal.Open(at.In, at.Out, at.Environ)
	if err != nil {
		return fmt.Errorf("screen: %w", err)
	}
	defer t.Close()
	context.AfterFunc(ctx, t.GiveUp)
	d := &display{app: New(feed, opts), terminal: t, painter: painter{profile: t.Profile()}}
	d.app.done = ctx.Done()
	d.update(tea.ColorProfileMsg{Profile: t.Profile()})
	d.resize()
	if d.show(); d.err != nil {
		return fmt.Errorf("screen: %w", d.err)
	}
	d.program = tea.NewProgram(d,
		tea.WithoutRenderer(), tea.WithFPS(1), // until Init's command stops the renderer's ticker
		tea.WithoutSignalHandler(), tea.WithoutCatchPanics(), tea.WithFilter(suspends),
		tea.WithInput(strings.NewReader("")), tea.WithOutput(io.Discard), tea.WithEnvironment(at.Environ),
		tea.WithColorProfile(t.Profile()), tea.WithWindowSize(d.app.w, d.app.h))
	if err := d.read(); err != nil {
		return fmt.Errorf("screen: %w", err)
	}
	defer func() { d.stopReading() }()
	defer t.Watch(func(c terminal.Change) { d.program.Send(c) })()
	err = d.run()
	if err == nil && parent.Err() == nil { // else it was given up
		err = d.err
	}
	if err != nil {
		return fmt.Errorf("screen: %w", err)
	}
	return nil
}

// suspends leaves it to the display to suspend the process: Bubble Tea does not know
// the terminal.
func suspends(_ tea.Model, msg tea.Msg) tea.Msg {
	if _, ok := msg.(tea.SuspendMsg); ok {
		return terminal.Suspended
	}
	return msg
}

// run runs the program. A panic in it is an error, so that the caller still keeps
// what was observed.
func (d *display) run() (err error) {
	defer func() {
		if p := recover(); p != nil {
			d.program.Kill()
			err = fmt.Errorf("a bug in quotatop, please report it: %v\n%s", p, debug.Stack())
		}
	}()
	_, err = d.program.Run()
	return err
}
