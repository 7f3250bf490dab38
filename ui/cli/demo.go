package cli

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"quotatop/poller"
	"quotatop/poller/config"
	"quotatop/poller/crash"
	"quotatop/poller/sim"
	"quotatop/poller/tap"
	"quotatop/ui/statefile"
)

// demoOptions are the flags that only the demo has.
type demoOptions struct {
	capUSD   float64
	seed     uint64
	scenario string
	fleet    int // how many load generators; 0 for none
}

func demoCommand(f *flags) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "the dashboard on a simulated API with a simulated load run; needs no key",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return f.demo(cmd, o) },
	}
	cmd.Flags().Float64Var(&o.capUSD, "cap-usd", 50, "daily cap of the simulated account in dollars; a small one is reached at once")
	cmd.Flags().StringVar(&o.scenario, "scenario", sim.Scenarios()[0].Name, "what to show: "+scenarioList())
	cmd.Flags().Uint64Var(&o.seed, "seed", 1, "seed of the simulated load run")
	cmd.Flags().IntVar(&o.fleet, "fleet", 0, "let so many load generators share the load run, 1 to 1000, without a broker")
	f.forTable(cmd)
	f.forPolling(cmd)
	f.forRecording(cmd)
	f.forScreen(cmd)
	return cmd
}

// scenarioList returns the names of the scenarios, each with what it shows.
func scenarioList() string {
	var texts []string
	for _, s := range sim.Scenarios() {
		texts = append(texts, s.Name+" ("+s.Shows+")")
	}
	return strings.Join(texts, ", ")
}

// demo runs the dashboard against a simulator on loopback, with a load run
// through the tap.
func (f *flags) demo(cmd *cobra.Command, o demoOptions) error {
	const key = "pio_sk_demo"
	if err := checkCap(o.capUSD); err != nil {
		return err
	}
	if n := o.fleet; cmd.Flags().Changed("fleet") && (n < 1 || n > sim.MaxGenerators) {
		return usageError{fmt.Errorf("--fleet %d: use 1 to %d generators", n, sim.MaxGenerators)}
	}
	scenario, err := sim.ScenarioNamed(o.scenario)
	if err != nil {
		return usageError{fmt.Errorf("--scenario: %w", err)}
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
	direct := &url.URL{Scheme: "http", Host: ln.Addr().String()}
	settings.BaseURL = config.URL{URL: direct}
	s, err := poller.New(settings, key)
	if err != nil {
		return usageError{err}
	}
	api := sim.New(sim.Options{Table: s.Table(), Key: key, CapUSD: o.capUSD, Seed: o.seed})
	if err := api.Backfill(scenario.Backfill(o.capUSD)); err != nil {
		return err
	}
	load, err := o.load(s, api, scenario, direct.String(), key)
	if err != nil {
		return err
	}
	defer publish(s, statefile.Places(), statefile.Options{Demo: true})()
	if f.record != "" {
		if err := s.Record(f.record); err != nil {
			return err
		}
	}
	_ = s.TemporaryJournal() // without a folder for it there is no past
	defer closeSession(s, cmd.ErrOrStderr())
	ctx, cancel := context.WithCancel(cmd.Context())
	group, ctx := errgroup.WithContext(ctx)
	cmd.SetContext(ctx)
	start(group,
		func() error { return serve(ctx, ln, api) },
		func() error { return load(ctx) },
		func() error { scenario.Disturb(ctx, api); return nil },
		func() error {
			defer cancel()
			return f.show(cmd, s, settings, look, screenOf{label: "DEMO"})
		})
	return group.Wait()
}

// load adds the source that sees the load run to a session, and returns the function that
// runs it: through a tap, or a fleet that is its own source.
func (o demoOptions) load(s *poller.Session, api *sim.Server, scenario sim.Scenario, direct, key string) (func(context.Context) error, error) {
	if o.fleet != 0 {
		fleet, err := sim.NewFleet(api, o.fleet, scenario.Plan, o.seed)
		if err != nil {
			return nil, fmt.Errorf("demo: %w", err)
		}
		s.Add(fleet)
		return func(context.Context) error { return nil }, nil
	}
	tapped, err := tap.Listen("127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	s.Tap(tapped)
	load := &sim.Load{BaseURL: "http://" + tapped.Addr().String(), Direct: direct, Key: key, Plan: scenario.Plan, Seed: o.seed, Obedient: 0.6}
	return load.Run, nil
}

// start starts functions in a group.
func start(group *errgroup.Group, functions ...func() error) {
	for _, f := range functions {
		group.Go(func() error {
			defer crash.Guard()
			return f()
		})
	}
}

// checkCap returns an error if a daily cap is out of range.
func checkCap(usd float64) error {
	if !(usd > 0 && usd <= 1e9) {
		return usageError{fmt.Errorf("--cap-usd %g: use a positive amount of dollars, up to a billion", usd)}
	}
	return nil
}
