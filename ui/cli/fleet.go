package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"quotatop/poller/config"
	"quotatop/poller/fleet"
	"quotatop/ui/words"
)

// forFleet adds the flags of the commands that show a fleet.
func (f *flags) forFleet(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.fleet, "fleet", "", "also show the load generators that publish at this NATS server, e.g. nats://broker:4222")
	f.forRun(cmd)
}

// forRun adds the flag of the commands that take part in a run.
func (f *flags) forRun(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.run, "run", "", "name of the fleet's run (default "+fleet.DefaultRun+")")
}

// forPublishing adds the flags of the commands that can publish what they see.
func (f *flags) forPublishing(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.publish, "publish", "", "publish the calls that the tap sees, or else the tails, at this NATS server for quotatop --fleet")
	cmd.Flags().StringVar(&f.generator, "generator", "", "with --publish: name of this load generator (default: the host's name and a short ID)")
	cmd.Flags().StringVar(&f.egress, "egress", "", "with --publish: name of the address that the calls leave from; generators behind one address have one name")
}

// overrideFleet applies the flags to the settings of the fleet.
func (f *flags) overrideFleet(s *config.Fleet) error {
	for _, o := range []struct {
		flag, value string
		to          *string
		check       func(string) error
	}{
		{"--fleet", f.fleet, &s.URL, func(url string) error { return s.Broker(url).CheckURL() }},
		{"--publish", f.publish, &s.Publish, func(url string) error { return s.Broker(url).CheckURL() }},
		{"--run", f.run, &s.Run, fleet.CheckName},
		{"--generator", f.generator, &s.Generator, fleet.CheckName},
		{"--egress", f.egress, &s.Egress, fleet.CheckEgress},
	} {
		if o.value == "" {
			continue
		}
		if err := o.check(o.value); err != nil {
			return fmt.Errorf("%s: %w", o.flag, err)
		}
		*o.to = o.value
	}
	return nil
}

func fleetCommand(f *flags) *cobra.Command {
	var asJSON, yes bool
	var run string
	init := f.brokerCommand("init", "make the stream on the broker, or give it the settings that it should have",
		func(cmd *cobra.Command, b fleet.Broker) error {
			did, err := fleet.Init(cmd.Context(), b)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), did)
			return err
		})
	status := f.brokerCommand("status", "show what the stream holds of each load generator",
		func(cmd *cobra.Command, b fleet.Broker) error {
			s, err := fleet.ReadStatus(cmd.Context(), b)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(s)
			}
			return printFleet(cmd.OutOrStdout(), s)
		})
	status.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	purge := f.brokerCommand("purge", "remove the calls of a run from the stream, or of all runs",
		func(cmd *cobra.Command, b fleet.Broker) error { return purgeFleet(cmd, b, run, yes) })
	purge.Flags().StringVar(&run, "run", "", "only this run (default: all)")
	purge.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return groupCommand("fleet", "set up, show or empty the stream on which load generators publish their calls", init, status, purge)
}

// brokerCommand returns a command about the broker in its argument, or else in the
// settings.
func (f *flags) brokerCommand(use, short string, run func(*cobra.Command, fleet.Broker) error) *cobra.Command {
	cmd := &cobra.Command{
		Use: use + " [URL]", Short: short,
		Example:           "  quotatop fleet " + use + " nats://broker:4222",
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("%s takes one URL", cmd.CommandPath())}
			}
			s, err := f.settings()
			if err != nil {
				return err
			}
			b := s.Fleet.Broker(s.Fleet.URL)
			if len(args) == 1 {
				b.URL = args[0]
			}
			if b.URL == "" {
				return usageError{fmt.Errorf("which broker? %s nats://broker:4222; or set url in the configuration's [fleet]", cmd.CommandPath())}
			}
			if err := b.CheckURL(); err != nil {
				return usageError{err}
			}
			return run(cmd, b)
		},
	}
	f.forFile(cmd)
	return cmd
}

// purgeFleet asks, and removes.
func purgeFleet(cmd *cobra.Command, b fleet.Broker, run string, yes bool) error {
	what := "all runs"
	if run != "" {
		if err := fleet.CheckName(run); err != nil {
			return usageError{fmt.Errorf("--run: %w", err)}
		}
		what = "run " + run
	}
	out := cmd.OutOrStdout()
	if !yes {
		if file, ok := cmd.InOrStdin().(*os.File); ok && !term.IsTerminal(file.Fd()) {
			return usageError{errors.New("standard input is not a terminal, so fleet purge cannot ask: use --yes")}
		}
		fmt.Fprintf(out, "Remove the calls of %s from %s at %s? [y/N] ", what, fleet.StreamName, b)
		answer, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
		if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
			_, err := fmt.Fprintln(out, "Nothing was removed.")
			return err
		}
	}
	n, err := fleet.Purge(cmd.Context(), b, run)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s at %s: removed %s messages of %s\n", fleet.StreamName, b, words.Count(int(n)), what)
	return err
}

// printFleet prints what a stream holds, a line a generator.
func printFleet(out io.Writer, s fleet.Status) error {
	fmt.Fprintf(out, "%s at %s: %s messages, %.1f MiB", fleet.StreamName, s.Broker, words.Count(int(s.Messages)), float64(s.Bytes)/(1<<20))
	if s.Messages > 0 {
		fmt.Fprintf(out, ", the oldest %s old", words.Duration(max(time.Since(s.First), 0)))
	}
	fmt.Fprintln(out)
	if len(s.Generators) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nACCOUNT\tRUN\tGENERATOR\tLAST\tMESSAGES\tDROPPED\tCLOCK\tEGRESS\tVERSION")
	for _, g := range s.Generators {
		last := words.Duration(words.Seconds(g.Age))
		if g.Ended {
			last += ", ended"
		}
		egress := g.Egress
		if g.EgressAssumed {
			egress += " (assumed)"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%+.1fs ±%.1fs\t%s\t%s\n", g.Account, g.Run, g.Name, last, words.Count(int(g.Messages)),
			words.Count(g.Dropped), float64(g.ClockOffsetMS)/1000, float64(g.ClockErrorMS)/1000, egress, g.Version)
	}
	return table.Flush()
}
