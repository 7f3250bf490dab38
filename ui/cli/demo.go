package cli

import (
	"context"
	"fmt"
	"net"
	"net/url"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"quotatop/poller"
	"quotatop/poller/config"
	"quotatop/poller/sim"
	"quotatop/poller/tap"
)

func demoCommand(f *flags) *cobra.Command {
	var capUSD float64
	var seed uint64
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "the dashboard on a simulated API with a simulated load run; needs no key",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return f.demo(cmd, capUSD, seed) },
	}
	cmd.Flags().Float64Var(&capUSD, "cap-usd", 50, "daily cap of the simulated account; a small one is reached at once")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "seed of the simulated load run")
	f.forTable(cmd)
	f.forPolling(cmd)
	f.forRecording(cmd)
	f.forScreen(cmd)
	return cmd
}

// demo runs the dashboard as it is, against a simulator on loopback and a load
// run that goes through the tap.
func (f *flags) demo(cmd *cobra.Command, capUSD float64, seed uint64) error {
	const key = "pio_sk_demo"
	if err := checkCap(capUSD); err != nil {
		return err
	}
	settings, look, err := f.screen()
	if err != nil {
		return err
	}
	if err := needTerminal(cmd.OutOrStdout()); err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	tapped, err := tap.Listen("127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	direct := &url.URL{Scheme: "http", Host: ln.Addr().String()}
	settings.BaseURL = config.URL{URL: direct}
	s, err := poller.New(settings, key)
	if err != nil {
		return usageError{err}
	}
	api := sim.New(sim.Options{Table: s.Table(), Key: key, CapUSD: capUSD, Seed: seed})
	if err := api.Backfill(sim.DemoBackfill(capUSD)); err != nil {
		return err
	}
	s.Tap(tapped)
	if f.record != "" {
		if err := s.Record(f.record); err != nil {
			return err
		}
	}
	defer closeSession(s, cmd.ErrOrStderr())
	load := &sim.Load{BaseURL: "http://" + tapped.Addr().String(), Direct: direct.String(), Key: key, Plan: sim.DemoPlan(), Seed: seed, Obedient: 0.6}

	ctx, cancel := context.WithCancel(cmd.Context())
	group, ctx := errgroup.WithContext(ctx)
	cmd.SetContext(ctx)
	group.Go(func() error { return serve(ctx, ln, api) })
	group.Go(func() error { return load.Run(ctx) })
	group.Go(func() error {
		defer cancel()
		return f.show(cmd, s, settings, look, "DEMO")
	})
	return group.Wait()
}

// checkCap refuses a daily cap that is no amount of money.
func checkCap(usd float64) error {
	if !(usd > 0 && usd <= 1e9) {
		return usageError{fmt.Errorf("--cap-usd %g: use a positive amount of dollars, up to a billion", usd)}
	}
	return nil
}
