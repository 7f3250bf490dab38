package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/spf13/cobra"

	"quotatop/model"
	"quotatop/poller/events"
	"quotatop/poller/pioneer"
	"quotatop/poller/tap"
)

func tapCommand(f *flags) *cobra.Command {
	var at, to, log string
	cmd := &cobra.Command{
		Use:   "tap",
		Short: "pass a load run's requests through to the API and log them, without a screen",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := f.settings()
			if err != nil {
				return err
			}
			upstream := settings.BaseURL.URL
			if to != "" {
				if upstream, err = pioneer.ParseBaseURL(to); err != nil {
					return usageError{fmt.Errorf("--to: %w", err)}
				}
			}
			return runTap(cmd, upstream, at, log)
		},
	}
	cmd.Flags().StringVar(&at, "listen", "127.0.0.1:8429", "address to listen on")
	cmd.Flags().StringVar(&to, "to", "", "address to forward requests to (default: PIONEER_BASE_URL, or the configuration's base_url)")
	cmd.Flags().StringVar(&log, "log", "", "append an event line for each request to this file, which --tail and report read")
	f.forFile(cmd)
	return cmd
}

// runTap runs a tap until the first signal, then lets the requests in flight
// finish; a second signal ends the program at once.
func runTap(cmd *cobra.Command, upstream *url.URL, at, log string) (failed error) {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	ln, err := listen(cmd, "tap", at, "call the API through it")
	if err != nil {
		return err
	}
	clock := &pioneer.Clock{}
	observe := func(model.Event) {}
	if log != "" {
		lines, err := events.OpenLog(log, clock, func(err error) {
			if err != nil {
				fmt.Fprintln(stderr, "quotatop tap:", err)
			}
		})
		if err != nil {
			return errors.Join(err, ln.Close())
		}
		defer func() { failed = errors.Join(failed, lines.Close()) }()
		observe = func(e model.Event) { lines.Observe(e) }
	}
	fmt.Fprintf(stderr, "quotatop tap: http://%s forwards requests to %s\n", ln.Addr(), upstream)
	stop := context.AfterFunc(ctx, func() {
		endAtOnce()
		fmt.Fprintln(stderr, "quotatop tap: waiting for requests in flight; interrupt again to cancel them")
	})
	defer stop()
	t := tap.New(upstream, clock, tap.Options{Listener: ln})
	return t.Run(ctx, func(e model.Event) {
		observe(e)
		if e.Health != nil && e.Health.Error != "" {
			fmt.Fprintln(stderr, "quotatop tap:", e.Health.Error)
		}
	})
}
