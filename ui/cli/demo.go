package cli

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"quotatop/poller/sim"
	"quotatop/poller/tap"
)

func demoCommand(f *flags) *cobra.Command {
	var capUSD float64
	var seed uint64
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "the dashboard on a simulated API with a simulated load run; needs no key",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needTerminal(cmd.OutOrStdout()); err != nil {
				return err
			}
			return demo(cmd.Context(), f, capUSD, seed)
		},
	}
	cmd.Flags().Float64Var(&capUSD, "cap-usd", 50, "daily cap of the simulated account; a small one is reached at once")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "of the simulated load run")
	return cmd
}

// demo runs the dashboard as it is, against a simulator on loopback and a load
// run that goes through the tap.
func demo(ctx context.Context, f *flags, capUSD float64, seed uint64) error {
	const key = "pio_sk_demo"
	if capUSD <= 0 {
		return usageError{fmt.Errorf("--cap-usd %g: use a positive amount", capUSD)}
	}
	c, table, err := f.table()
	if err != nil {
		return err
	}
	api := sim.New(sim.Options{Table: table, Key: key, CapUSD: capUSD, Seed: seed})
	if err := api.Backfill(sim.DemoBackfill(capUSD)); err != nil {
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
	direct := url.URL{Scheme: "http", Host: ln.Addr().String()}
	c.BaseURL = direct.String()
	r, err := newRig(c, key)
	if err != nil {
		return err
	}
	r.addTap(tapped)
	end, err := r.record(f.record, os.Stderr)
	if err != nil {
		return err
	}
	defer end()
	load := &sim.Load{BaseURL: "http://" + tapped.Addr().String(), Direct: direct.String(), Key: key, Plan: sim.DemoPlan(), Seed: seed, Obedient: 0.6}

	ctx, cancel := context.WithCancel(ctx)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return serve(ctx, ln, api) })
	group.Go(func() error { return load.Run(ctx) })
	group.Go(func() error {
		defer cancel()
		return r.show(ctx, f, "DEMO")
	})
	return group.Wait()
}
