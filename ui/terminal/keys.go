package terminal

import (
	"context"
	"fmt"
	"time"

	uv "github.com/charmbracelet/ultraviolet"

	"quotatop/poller/crash"
)

// A ReadError is why no more can be read from the terminal.
type ReadError struct{ Err error }

// Read calls pass, in a goroutine, with each thing that comes from the terminal: keys,
// pastes, the mouse, the focus, answers; they are Bubble Tea's messages. If the
// terminal cannot be read any more, the last one is a ReadError. stop ends the reading:
// what is typed after it is for others.
func (t *Terminal) Read(pass func(uv.Event)) (stop func(), err error) {
	input, err := uv.NewCancelReader(t.in)
	if err != nil {
		return nil, fmt.Errorf("cannot read the terminal: %w", err)
	}
	events, ended := make(chan uv.Event), make(chan struct{})
	crash.Go(func() {
		for e := range events {
			pass(e)
		}
	})
	crash.Go(func() {
		defer close(events)
		err := uv.NewTerminalReader(input, t.getenv("TERM")).StreamEvents(context.Background(), events)
		_ = input.Close()
		close(ended)
		if err != nil {
			events <- ReadError{err}
		}
	})
	return func() {
		input.Cancel()
		timeout := time.NewTimer(patience) // the last key may wait for the caller
		defer timeout.Stop()
		select {
		case <-ended:
		case <-timeout.C:
		}
	}, nil
}
