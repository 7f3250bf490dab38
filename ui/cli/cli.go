// Package cli is the command line: flags become settings, sources and screens are
// wired together, and errors become messages and exit codes. Each command has a
// file.
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

	"charm.land/fang/v2"
	"github.com/spf13/cobra"
)

// The exit codes, a contract with scripts.
const (
	exitFailed  = 1
	exitUsage   = 2
	exitCrossed = 3
)

// A usageError is a mistake in the command line or the configuration.
type usageError struct{ error }

// errCrossed says that a threshold was crossed. That is an answer, which has
// been printed, and no failure.
var errCrossed = errors.New("threshold crossed")

// endSignals are those that ask the program to end.
func endSignals() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} }

// endAtOnce lets the next signal end the program as it is, for where the first
// has been obeyed and the end takes its time.
func endAtOnce() { signal.Reset(endSignals()...) }

// Main runs the program's own command line until it ends or is told to end, and
// returns its exit code.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), endSignals()...)
	defer stop()
	log.SetOutput(io.Discard) // net/http says some things there, which would land on the screen
	return Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

// Run executes a command line and returns its exit code.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	var failed error // of the command; fang is left with the mistakes of the command line
	started := false
	catch(root, func(cmd *cobra.Command, args []string, do func(*cobra.Command, []string) error) error {
		started, failed = true, do(cmd, args)
		return nil
	})
	say := func(w io.Writer, err error) { fmt.Fprintln(w, "quotatop:", err) }
	err := fang.Execute(ctx, root, fang.WithVersion(version()),
		fang.WithErrorHandler(func(w io.Writer, _ fang.Styles, err error) { say(w, err) }))
	if failed != nil {
		if err = failed; err != errCrossed {
			say(stderr, err)
		}
	}
	_, usage := errors.AsType[usageError](err)
	switch {
	case err == nil:
		return 0
	case err == errCrossed:
		return exitCrossed
	case usage || !started:
		return exitUsage
	}
	return exitFailed
}

// catch puts itself around all commands. To show an error, fang asks the
// terminal for its colours, and the answer may come when nobody reads it.
func catch(cmd *cobra.Command, around func(cmd *cobra.Command, args []string, do func(*cobra.Command, []string) error) error) {
	if do := cmd.RunE; do != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error { return around(cmd, args, do) }
	}
	for _, sub := range cmd.Commands() {
		catch(sub, around)
	}
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
