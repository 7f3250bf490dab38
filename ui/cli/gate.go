package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"quotatop/model"
	"quotatop/poller/config"
	"quotatop/ui"
)

// gateFlags are what a command asks to be left.
type gateFlags struct{ headroom, endpoint, capLeft string }

// gate reads them. headroom is the flag's name.
func (g *gateFlags) gate(t model.Table, headroom string) (model.Gate, error) {
	gate := model.Gate{Endpoint: g.endpoint}
	if g.headroom == "" && g.capLeft == "" {
		return gate, usageError{fmt.Errorf("nothing is asked for: use --%s 20%% or --cap-left 5usd", headroom)}
	}
	if g.headroom != "" {
		part, err := config.ParsePercent(g.headroom)
		if err != nil {
			return gate, usageError{fmt.Errorf("--%s: %w", headroom, err)}
		}
		gate.Headroom = model.Some(part)
	}
	if g.capLeft != "" {
		left, err := config.ParseUSD(g.capLeft)
		if err != nil {
			return gate, usageError{fmt.Errorf("--cap-left: %w", err)}
		}
		gate.CapLeft = model.Some(left)
	}
	if i := t.Index(g.endpoint); g.endpoint != "" && (i < 0 || len(t.Endpoints[i].Limits) == 0) {
		return gate, usageError{fmt.Errorf("--endpoint %s: no endpoint with a limit has this ID: use one of %s", g.endpoint, limited(t))}
	}
	return gate, nil
}

// limited names the endpoints that have limits.
func limited(t model.Table) string {
	var ids []string
	for _, e := range t.Endpoints {
		if len(e.Limits) > 0 {
			ids = append(ids, e.ID)
		}
	}
	return joined(ids)
}

// newGate makes the rig and the gate of a command.
func (f *flags) newGate(ctx context.Context, g *gateFlags, headroom string) (*rig, model.Gate, error) {
	r, c, err := f.newRig(ctx)
	if err != nil {
		return nil, model.Gate{}, err
	}
	table, err := c.Table()
	if err != nil {
		return nil, model.Gate{}, usageError{err}
	}
	gate, err := g.gate(table, headroom)
	return r, gate, err
}

func checkCommand(f *flags) *cobra.Command {
	var g gateFlags
	var span time.Duration
	cmd := &cobra.Command{
		Use:   "check",
		Short: "exit with 0 when there is enough headroom, with 3 when there is not",
		Long: "check polls once and says in one line what is left: exit code 0 when it is enough, 3 when it is not,\n" +
			"1 when that is not known. With --for it keeps watching: 3 at the first sight of too little.",
		Example: "  quotatop check --min-headroom 20% --cap-left 5usd\n  quotatop check --min-headroom 10% --endpoint chat --for 30s",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, gate, err := f.newGate(cmd.Context(), &g, "min-headroom")
			if err != nil {
				return err
			}
			var j model.Judgment
			if span > 0 {
				j, err = r.watchGate(cmd.Context(), gate, span, model.Shut)
			} else {
				j, err = r.pollGate(cmd.Context(), gate)
			}
			if err != nil {
				return err
			}
			return answer(cmd.OutOrStdout(), gate, j)
		},
	}
	cmd.Flags().StringVar(&g.headroom, "min-headroom", "", "the part of each limit that must be left, in percent with its sign")
	cmd.Flags().StringVar(&g.endpoint, "endpoint", "", "look at the limits of this endpoint only, as chat")
	cmd.Flags().StringVar(&g.capLeft, "cap-left", "", "what must be left of the daily cap, as 5usd")
	cmd.Flags().DurationVar(&span, "for", 0, "watch for this long instead of polling once")
	return cmd
}

func waitCommand(f *flags) *cobra.Command {
	var g gateFlags
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "wait",
		Short: "block until there is headroom",
		Long: "wait watches until what is asked for is left and then exits with 0. After --timeout it exits with 3,\n" +
			"or with 1 when the figures are not known.",
		Example: "  quotatop wait --until-headroom 50% --timeout 5m && k6 run load.js",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if timeout <= 0 {
				return usageError{fmt.Errorf("--timeout %s: use a positive time, as 5m", timeout)}
			}
			r, gate, err := f.newGate(cmd.Context(), &g, "until-headroom")
			if err != nil {
				return err
			}
			j, err := r.watchGate(cmd.Context(), gate, timeout, model.Open)
			if err != nil {
				return err
			}
			return answer(cmd.OutOrStdout(), gate, j)
		},
	}
	cmd.Flags().StringVar(&g.headroom, "until-headroom", "", "the part of each limit that must be left, in percent with its sign")
	cmd.Flags().StringVar(&g.endpoint, "endpoint", "", "look at the limits of this endpoint only, as chat")
	cmd.Flags().StringVar(&g.capLeft, "cap-left", "", "what must be left of the daily cap, as 5usd")
	cmd.Flags().DurationVar(&timeout, "timeout", 5*time.Minute, "give up after this long")
	return cmd
}

// pollGate judges what one poll says.
func (r *rig) pollGate(ctx context.Context, gate model.Gate) (model.Judgment, error) {
	if err := r.billing.Poll(ctx, r.ledger.Observe); err != nil {
		return model.Judgment{}, err
	}
	s := r.ledger.Snapshot(r.clock.Now())
	return gate.Judge(&s), nil
}

// watchGate judges snapshot after snapshot until the verdict is the one that
// ends the watch, or the time is over. It returns the last judgment.
func (r *rig) watchGate(ctx context.Context, gate model.Gate, span time.Duration, end model.Verdict) (j model.Judgment, err error) {
	watch, cancel := context.WithTimeout(ctx, span)
	defer cancel()
	for s := range r.start(watch) {
		if watch.Err() != nil {
			continue // the sources take their leave
		}
		if j = gate.Judge(&s); j.Verdict == end {
			cancel()
		}
	}
	if ctx.Err() != nil && j.Verdict != end {
		return j, errors.New("interrupted before there was an answer")
	}
	return j, nil
}

// answer prints a judgment and makes it the exit code.
func answer(out io.Writer, gate model.Gate, j model.Judgment) error {
	line := ui.GateLine(gate, j)
	switch j.Verdict {
	case model.Open:
		_, err := fmt.Fprintln(out, line)
		return err
	case model.Shut:
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
		return errCrossed
	}
	return errors.New(line)
}
