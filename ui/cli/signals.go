package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"quotatop/poller/crash"
)

// grace is how long the program may take to end after the first signal, such as to
// let requests in flight finish. It is less than what service managers and
// containers give a program before they kill it.
const grace = 5 * time.Second

// endSignals returns the signals that end the program.
func endSignals() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} }

// untilSignal returns a context that ends with the first signal. A second one ends
// the program at once, and so does the end of grace: whatever the program waits for,
// it obeys.
func untilSignal() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, endSignals()...)
	crash.Go(func() {
		s := <-signals
		cancel()
		select {
		case s = <-signals:
			crash.Undo()
		case <-time.After(grace):
			crash.Undo()
			fmt.Fprintf(os.Stderr, "quotatop: ended by %s, without waiting longer than %s\n", s, grace)
		}
		signal.Reset(s)
		dieBy(s)
	})
	return ctx
}

// endAtOnce makes the next signal end the program at once, when there is nothing to
// end in order.
func endAtOnce() { signal.Reset(endSignals()...) }
