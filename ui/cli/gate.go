package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"quotatop/model"
	"quotatop/poller"
	"quotatop/poller/config"
	"quotatop/ui"
)

// A threshold is the headroom that a command requires.
type threshold struct {
	headroom, capLeft string
	endpoint          string
}

// gate parses the threshold. flag is the name of the headroom flag.
func (t *threshold) gate(table model.Table, flag string) (model.Gate, error) {
	gate := model.Gate{Endpoint: t.endpoint}
	if t.headroom == "" && t.capLeft == "" {
		return gate, usageError{fmt.Errorf("give --%s or --cap-left, as in --%s 20%% or --cap-left 5usd", flag, flag)}
	}
	if t.headroom != "" {
		var least config.Percent
		if err := least.UnmarshalText([]byte(t.headroom)); err != nil {
			return gate, usageError{fmt.Errorf("--%s: %w", flag, err)}
		}
		gate.Headroom = model.Some(least.Fraction)
	}
	if t.capLeft != "" {
		var left config.USD
		if err := left.UnmarshalText([]byte(t.capLeft)); err != nil {
			return gate, usageError{fmt.Errorf("--cap-left: %w", err)}
		}
		gate.CapLeft = model.Some(left.Micros)
	}
	if i := table.Index(t.endpoint); t.endpoint != "" && (i < 0 || len(table.Endpoints[i].Limits) == 0) {
		return gate, usageError{fmt.Errorf("--endpoint %s: no endpoint with a limit has this ID: use one of %s", t.endpoint, limited(table))}
	}
	return gate, nil
}

// limited returns the IDs of the endpoints that have limits.
func limited(t model.Table) string {
	var ids []string
	for _, e := range t.Endpoints {
		if len(e.Limits) > 0 {
			ids = append(ids, e.ID)
		}
	}
	return strings.Join(ids, ", ")
}

// forGate adds the flags of check and wait. headroom is the name of the headroom
// flag.
func (f *flags) forGate(cmd *cobra.Command, t *threshold, headroom string) {
	cmd.Flags().StringVar(&t.headroom, headroom, "", "the percentage of each limit that must be left, e.g. 20%")
	cmd.Flags().StringVar(&t.endpoint, "endpoint", "", "check the limits of this endpoint only, e.g. chat")
	cmd.Flags().StringVar(&t.capLeft, "cap-left", "", "the amount of the daily cap that must be left, e.g. 5usd")
	f.forAccount(cmd)
	f.forFleet(cmd)
	f.forPolling(cmd)
}

// gateSession returns the session and the gate of a command.
func (f *flags) gateSession(ctx context.Context, t *threshold, headroom string) (*poller.Session, model.Gate, error) {
	s, _, err := f.session(ctx)
	if err != nil {
		return nil, model.Gate{}, err
	}
	gate, err := t.gate(s.Table(), headroom)
	return s, gate, err
}

func checkCommand(f *flags) *cobra.Command {
	var least threshold
	var span time.Duration
	cmd := &cobra.Command{
		Use:   "check",
		Short: "exit with 0 if there is enough headroom, with 3 if not",
		Long: "check polls once and prints on one line what is left. The exit code is 0 if that is enough, 3 if not, and\n" +
			"1 if it is not known. With --for it keeps polling, and exits with 3 as soon as too little is left.",
		Example: "  quotatop check --min-headroom 20% --cap-left 5usd\n  quotatop check --min-headroom 10% --endpoint chat --for 30s",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, gate, err := f.gateSession(cmd.Context(), &least, "min-headroom")
			if err != nil {
				return err
			}
			var j model.Judgment
			if span > 0 {
				j, err = watchGate(cmd.Context(), s, gate, span, model.Shut)
			} else {
				j, err = pollGate(cmd.Context(), s, gate)
			}
			if err != nil {
				return err
			}
			return answer(cmd.OutOrStdout(), gate, j)
		},
	}
	f.forGate(cmd, &least, "min-headroom")
	cmd.Flags().DurationVar(&span, "for", 0, "watch for this long instead of polling once")
	return cmd
}

func waitCommand(f *flags) *cobra.Command {
	var least threshold
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "wait",
		Short: "block until there is headroom",
		Long: "wait polls until enough is left and then exits with 0. After --timeout it exits with 3, or with 1 if the\n" +
			"figures are not known.",
		Example: "  quotatop wait --until-headroom 50% --timeout 5m && k6 run load.js",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if timeout <= 0 {
				return usageError{fmt.Errorf("--timeout %s: use a positive time, e.g. 5m", timeout)}
			}
			s, gate, err := f.gateSession(cmd.Context(), &least, "until-headroom")
			if err != nil {
				return err
			}
			j, err := watchGate(cmd.Context(), s, gate, timeout, model.Open)
			if err != nil {
				return err
			}
			return answer(cmd.OutOrStdout(), gate, j)
		},
	}
	f.forGate(cmd, &least, "until-headroom")
	cmd.Flags().DurationVar(&timeout, "timeout", 5*time.Minute, "give up after this long")
	return cmd
}

// pollGate judges the result of one poll.
func pollGate(ctx context.Context, session *poller.Session, gate model.Gate) (model.Judgment, error) {
	s, err := session.Poll(ctx)
	if err != nil {
		return model.Judgment{}, err
	}
	return gate.Judge(&s), nil
}

// watchGate judges every snapshot until the verdict is end, or for the length of
// span. It returns the last judgment.
func watchGate(ctx context.Context, session *poller.Session, gate model.Gate, span time.Duration, end model.Verdict) (j model.Judgment, err error) {
	watch, cancel := context.WithTimeout(ctx, span)
	defer cancel()
	for s := range session.Start(watch) {
		if watch.Err() != nil {
			continue // the sources are ending
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

// answer prints a judgment and returns the error for its exit code.
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
