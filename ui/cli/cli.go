// Package cli is the command line: it turns flags into settings, connects a
// session to a screen or a printer, and turns errors into messages and exit
// codes. Each command has a file.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"runtime/debug"

	"quotatop/poller/pioneer"
)

// The exit codes. Scripts depend on them.
const (
	exitFailed  = 1
	exitUsage   = 2
	exitCrossed = 3
)

// A usageError is a mistake in the command line or the configuration.
type usageError struct{ error }

// Unwrap returns the mistake itself.
func (e usageError) Unwrap() error { return e.error }

// errCrossed means that a threshold was crossed. That is not a failure: the answer
// has been printed.
var errCrossed = errors.New("threshold crossed")

// Main runs the command line of the process, until a signal ends it, and returns
// the exit code.
func Main() int {
	log.SetOutput(io.Discard) // net/http logs there, which would disturb the screen
	if answerStatus(os.Args[1:], os.Stdout) {
		return 0
	}
	return execute(untilSignal(), os.Args[1:], os.Stdout, os.Stderr)
}

// Run executes a command line until ctx ends, and returns its exit code.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if answerStatus(args, stdout) {
		return 0
	}
	return execute(ctx, args, stdout, stderr)
}

// execute is Run with all the commands.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	stderr = gateOut().Writer(stderr)
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

// gateOut is what the command line's own texts pass: they may quote a flag or a line
// of the configuration in which the key was put by mistake.
func gateOut() pioneer.Gate { return pioneer.NewGate(os.Getenv("PIONEER_API_KEY")) }

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
