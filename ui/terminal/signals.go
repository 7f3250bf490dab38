package terminal

import (
	"quotatop/poller/crash"
)

// A Change is something that happened to the terminal or to the process.
type Change int

// The changes.
const (
	Resized   Change = iota
	Suspended        // the process is asked to stop: Hide the terminal, then Stop
	Continued        // the process goes on after a stop that nobody announced
)

// Watch calls do with each change since Open, in a goroutine, until stop is called, which waits
// for it to end. A SIGQUIT closes the terminal and then ends the process with the
// traces of its goroutines.
func (t *Terminal) Watch(do func(Change)) (stop func()) {
	stopped, ended := make(chan struct{}), make(chan struct{})
	crash.Go(func() {
		defer close(ended)
		for {
			select {
			case <-stopped:
				return
			case s := <-t.signals:
				if quits(s) {
					_ = t.Close()
					die(s)
				}
				if c, ok := change(s); ok {
					do(c)
				}
			}
		}
	})
	return func() {
		close(stopped)
		<-ended
	}
}
