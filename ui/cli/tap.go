package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"quotatop/model"
	"quotatop/poller"
	"quotatop/poller/config"
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
			t := tapping{upstream: upstream, at: at, log: log}
			if settings.Fleet.Publish != "" {
				if t.key, err = settings.Key(cmd.Context(), f.keyFile, os.Getenv("PIONEER_API_KEY")); err != nil {
					return usageError{fmt.Errorf("publish: the fleet's dashboards find this tap by the account of its key: %w", err)}
				}
				t.fleet = settings.Fleet
			}
			return t.run(cmd)
		},
	}
	cmd.Flags().StringVar(&at, "listen", "127.0.0.1:8429", "address to listen on")
	cmd.Flags().StringVar(&to, "to", "", "address to forward requests to (default: PIONEER_BASE_URL, or the configuration's base_url)")
	cmd.Flags().StringVar(&log, "log", "", "append an event line for each request to this file, which --tail and report read")
	f.forFile(cmd)
	f.forPublishing(cmd)
	f.forRun(cmd)
	cmd.Flags().StringVar(&f.keyFile, "key-file", "", "with --publish: file that contains the API key (default: PIONEER_API_KEY); only a hash of it is published")
	return cmd
}

// tapping is what a tap without a screen does.
type tapping struct {
	upstream *url.URL
	at, log  string
	key      string       // if it publishes
	fleet    config.Fleet // Publish is empty if it does not
}

// run runs the tap until the first signal, then lets the requests in flight finish; a
// second signal ends the program at once.
func (o *tapping) run(cmd *cobra.Command) (failed error) {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	ln, err := listen(cmd, "tap", o.at, "call the API through it")
	if err != nil {
		return err
	}
	clock := &pioneer.Clock{}
	observers, closeAll, err := o.observers(clock, func(err error) {
		if err != nil {
			fmt.Fprintln(stderr, "quotatop tap:", err)
		}
	})
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	defer func() { failed = errors.Join(failed, closeAll()) }()
	fmt.Fprintf(stderr, "quotatop tap: http://%s forwards requests to %s\n", ln.Addr(), o.upstream)
	stop := context.AfterFunc(ctx, func() {
		endAtOnce()
		fmt.Fprintln(stderr, "quotatop tap: waiting for requests in flight; interrupt again to cancel them")
	})
	defer stop()
	t := tap.New(o.upstream, clock, tap.Options{Listener: ln})
	return t.Run(ctx, func(e model.Event) {
		for _, observe := range observers {
			observe(e)
		}
		if e.Health != nil && e.Health.Error != "" {
			fmt.Fprintln(stderr, "quotatop tap:", e.Health.Error)
		}
	})
}

// observers returns what takes in the tap's events, and what closes it. The error of
// the latter says what could not be logged. What could not be published is reported:
// that is no reason to fail.
func (o *tapping) observers(clock *pioneer.Clock, report func(error)) (all []func(model.Event), closeAll func() error, err error) {
	closeAll = func() error { return nil }
	if o.fleet.Publish != "" {
		account := poller.Publishing{Fleet: o.fleet, Account: pioneer.AccountID(o.upstream.String(), o.key), Gate: pioneer.NewGate(o.key), Clock: clock}
		p, err := account.Publisher(model.SourceTap, stateDir(), version(), []string{o.at}, report)
		if err != nil {
			return nil, nil, usageError{err}
		}
		all = append(all, p.Observe)
		closeAll = func() error { report(p.Close()); return nil }
	}
	if o.log != "" {
		lines, err := events.OpenLog(o.log, clock, report)
		if err != nil {
			return nil, nil, errors.Join(err, closeAll())
		}
		all = append(all, func(e model.Event) { lines.Observe(e) })
		closePublisher := closeAll
		closeAll = func() error { return errors.Join(lines.Close(), closePublisher()) }
	}
	return all, closeAll, nil
}
