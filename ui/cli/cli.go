// Package cli is the command line: flags become settings, a session is wired to
// a screen or a printer, and errors become messages and exit codes. Each command
// has a file.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// The exit codes, a contract with scripts.
const (
	exitFailed  = 1
	exitUsage   = 2
	exitCrossed = 3
)

// A usageError is a mistake in the command line or the configuration.
type usageError struct{ error }

// Unwrap returns the mistake itself.
func (e usageError) Unwrap() error { return e.error }

// errCrossed says that a threshold was crossed. That is an answer, which has
// been printed, and not a failure.
var errCrossed = errors.New("threshold crossed")

// Main runs the process's own command line until it ends or a signal ends it,
// and returns its exit code.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), endSignals()...)
	defer stop()
	log.SetOutput(io.Discard) // net/http logs there, which would land on the screen
	return Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

// endSignals are those that ask the program to end.
func endSignals() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} }

// endAtOnce lets the next signal kill the program, for where the first has been
// obeyed and ending takes a while.
func endAtOnce() { signal.Reset(endSignals()...) }

// Run executes a command line and returns its exit code.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	_, usage := errors.AsType[usageError](err)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errCrossed):
		return exitCrossed
	}
	fmt.Fprintln(stderr, "quotatop:", err)
	if usage {
		return exitUsage
	}
	return exitFailed
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
