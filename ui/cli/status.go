package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"quotatop/model"
	"quotatop/poller/pioneer"
	"quotatop/ui/statefile"
	"quotatop/ui/status"
)

// statusPatience is how long a status line waits for a poll of its own.
const statusPatience = 2 * time.Second

func statusCommand(f *flags) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "one line for a tmux status bar, from the dashboard that runs",
		Long: "status prints the limit with the least headroom and its time to the wall, what is left of the cap and the\n" +
			"time to its reset. It asks the dashboard that runs; without one it polls once, and where that gives no answer\n" +
			"it says \"quotatop: off\".",
		Example: "  quotatop status --format tmux\n  quotatop status --format '{{.Endpoint}} {{.Percent.Or 0}}%'",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := status.Format(model.Snapshot{}, format); err != nil {
				return usageError{err}
			}
			s, ok := f.newest(cmd.Context())
			if !ok {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), "quotatop: off")
				return err
			}
			line, err := status.Format(s, format)
			if err != nil {
				return usageError{err}
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), line)
			return err
		},
	}
	f.forAccount(cmd)
	cmd.Flags().StringVar(&format, "format", status.Plain, "plain, tmux, json, or a Go template over what json prints")
	return cmd
}

// newest is the snapshot of the dashboard that runs, else that of one poll. Status
// lines are drawn every few seconds: what one of them has polled serves them all
// for a while, and a poll that failed is not tried again at once.
func (f *flags) newest(ctx context.Context) (s model.Snapshot, ok bool) {
	if s, ok, _ := statefile.Read(time.Now(), f.dashboards()...); ok {
		return s, true
	}
	ctx, cancel := context.WithTimeout(ctx, statusPatience)
	defer cancel()
	session, _, err := f.session(ctx)
	if err != nil {
		return s, false
	}
	dirs := statefileDirs(session.AccountID())
	if s, ok, fresh := statefile.Kept(time.Now(), dirs...); fresh {
		return s, ok
	}
	s, err = session.Poll(ctx)
	ok = err == nil
	_ = statefile.Keep(time.Now(), s, ok, dirs...) // else the next one polls again
	return s, ok
}

// statefileDirs are the folders for the state of an account.
func statefileDirs(account string) []string {
	dirs := statefile.Dirs()
	for i := range dirs {
		dirs[i] = filepath.Join(dirs[i], account)
	}
	return dirs
}

// dashboards are the folders in which a dashboard's state is looked for: those of
// the base URL that flag or environment name, else all. The key is not asked for:
// to find it may take a command.
func (f *flags) dashboards() (dirs []string) {
	named := f.baseURL
	if named == "" {
		named = os.Getenv("PIONEER_BASE_URL")
	}
	if base, err := pioneer.ParseBaseURL(named); named != "" && err == nil {
		return statefileDirs(pioneer.AccountID(base.String(), ""))
	}
	for _, dir := range statefile.Dirs() {
		found, _ := filepath.Glob(filepath.Join(dir, "*")) // the pattern is well formed
		dirs = append(dirs, found...)
	}
	return dirs
}
