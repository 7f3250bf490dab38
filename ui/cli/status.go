package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"quotatop/model"
	"quotatop/poller"
	"quotatop/poller/pioneer"
	"quotatop/ui/statefile"
	"quotatop/ui/status"
)

// statusTimeout is how long a status line waits for a poll.
const statusTimeout = 2 * time.Second

func statusCommand(f *flags) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "one line for a tmux status bar, from the running dashboard",
		Long: "status prints what stops the run next, such as a limit and the time until it is reached, then what is left of the cap\n" +
			"and the time to its reset. They come from the running dashboard, or a running demo (marked DEMO). If none is running, it\n" +
			"polls, at most once a minute for all status lines together. If that fails, it prints \"quotatop: off\", and the\n" +
			"reason on standard error.\n\n" +
			"A template has the fields of json by their Go names, and the texts of the line: Demo Next NextKind NextPressure NextIn\n" +
			"Endpoint PerS Used Limit Percent Rejected Estimated UpperBound LowerBound Pressure TimeToLimit AsOf Stale CapLeft\n" +
			"CapPercent CapEstimated CapAsOf CapStale ResetsAt ExhaustsAt Denial DeniedUntil At; First Figure Wall Age Left Reset\n" +
			"Refused; with a fleet Run Generators GeneratorsSilent GeneratorsRefused Fleet (\"fleet 11/12\"). Values that can be unknown have the methods Known and Or.",
		Example: "  quotatop status --format tmux\n  quotatop status --format '{{.Endpoint}} {{.Percent.Or 0}}%'",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkFormat(format); err != nil {
				return err
			}
			d, ok, err := f.newest(cmd.Context())
			if err != nil {
				fmt.Fprintln(cmd.ErrOrStderr(), "quotatop:", strings.ReplaceAll(err.Error(), "\n", "; "))
			}
			if !ok {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), statusOff)
				return err
			}
			return printStatus(cmd.OutOrStdout(), d, format)
		},
	}
	f.forAccount(cmd)
	cmd.Flags().StringVar(&format, "format", status.Plain, "plain, tmux, json, or a Go template")
	return cmd
}

// answerStatus runs quotatop status where there is nothing to do but to print what
// a running dashboard has written, as in a status bar every few seconds: it does
// not make the other commands and does not catch signals. Otherwise, also for a
// mistake, it returns false and prints nothing.
func answerStatus(args []string, stdout io.Writer) bool {
	if len(args) == 0 || args[0] != "status" {
		return false
	}
	f := &flags{}
	cmd := statusCommand(f)
	if cmd.Flags().Parse(args[1:]) != nil || cmd.Flags().NArg() > 0 || refuseKeys(cmd, nil) != nil {
		return false
	}
	format := cmd.Flag("format").Value.String()
	if checkFormat(format) != nil {
		return false
	}
	d, ok, err := statefile.Read(time.Now(), statefile.Places(), f.accounts()...)
	return ok && err == nil && printStatus(stdout, d, format) == nil
}

// checkFormat rejects a format that is wrong for some line or for all.
func checkFormat(format string) error {
	if _, err := status.Format(model.Snapshot{}, format); err != nil {
		return usageError{err}
	}
	return nil
}

// printStatus prints the line of a dashboard.
func printStatus(out io.Writer, d statefile.Dashboard, format string) error {
	line := status.Of(d.Snapshot)
	line.Demo = d.Demo
	text, err := line.Format(format)
	if err != nil {
		return usageError{err}
	}
	_, err = fmt.Fprintln(out, text)
	return err
}

// statusOff is the line when nothing is known.
const statusOff = "quotatop: off"

// newest returns the running dashboard, or the result of a poll if none is
// running. The error says why there is neither (ok is false then), or which state
// files could not be read.
func (f *flags) newest(ctx context.Context) (d statefile.Dashboard, ok bool, err error) {
	places := statefile.Places()
	d, ok, unread := statefile.Read(time.Now(), places, f.accounts()...)
	if ok {
		return d, true, nil
	}
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	s, _, err := f.session(ctx)
	if err == nil {
		d.Snapshot, err = statefile.Poll(ctx, places, s.AccountID(), func(ctx context.Context) (model.Snapshot, error) {
			snapshot, err := s.Poll(ctx)
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				err = fmt.Errorf("%s did not answer within %s", s.Base().Host, statusTimeout)
			}
			return snapshot, err
		})
	}
	if err == nil {
		return d, true, unread
	}
	if _, ok := errors.AsType[*statefile.NoPlaceError](err); ok || unread == nil { // which names the same folders
		unread = errors.New("no dashboard is running")
	}
	return d, false, fmt.Errorf("%w; %w", unread, err)
}

// accounts returns the accounts whose dashboards a status line reads: the one at
// the base URL in the flag or the environment, otherwise nil for all. The key does
// not matter, because finding it may require running a command.
func (f *flags) accounts() []string {
	named := f.baseURL
	if named == "" {
		named = os.Getenv("PIONEER_BASE_URL")
	}
	if base, err := pioneer.ParseBaseURL(named); named != "" && err == nil {
		return []string{dashboardAccount(base.String())}
	}
	return nil
}

// dashboardAccount returns the account ID of dashboards at a base URL.
func dashboardAccount(base string) string { return pioneer.AccountID(base, "") }

// publish writes the snapshots of a session for status lines, until end is called.
// The screen shows problems with that.
func publish(s *poller.Session, places []statefile.Place, opts statefile.Options) (end func()) {
	opts.Report = s.Reporter("state file")
	w := statefile.Open(places, dashboardAccount(s.Base().String()), opts)
	s.Observe(w.Seen)
	return func() { _ = w.Close() } // the screen has shown the problem
}
