package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"quotatop/poller/recording"
	"quotatop/ui"
	"quotatop/ui/report"
)

func replayCommand(f *flags) *cobra.Command {
	var speed, from, until string
	cmd := &cobra.Command{
		Use:   "replay FILE",
		Short: "play back a recorded run on the same screen",
		Long: "replay plays back a recording made with --record. Space pauses, the arrows skip 10 s back or forward, with\n" +
			"shift a minute, [ and ] jump to the previous or next denial, :12:04 to a time, home and end to the ends,\n" +
			"- and + change the speed.",
		Example: "  quotatop --record run.jsonl.zst\n  quotatop replay run.jsonl.zst --speed 10x --from 12:04",
		Args:    needsFile("run.jsonl"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{errors.New("replay plays one FILE at a time")}
			}
			_, look, err := f.screen()
			if err != nil {
				return err
			}
			if err := needTerminal(cmd.OutOrStdout()); err != nil {
				return err
			}
			run, err := recording.Open(args[0])
			if err != nil {
				return fmt.Errorf("replay: %w", err)
			}
			defer run.Close()
			player, err := openPlayer(run, speed, from, until)
			if err != nil {
				return usageError{fmt.Errorf("replay: %w", err)}
			}
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			err = ui.Run(ctx, player.Start(ctx), ui.Options{
				Player: player, ASCII: f.plainCharacters(cmd), Theme: look.Theme, Keys: look.Keys, Looks: f.looks(ctx, look, nil, nil),
			}, ui.Terminal{})
			if err == nil {
				fmt.Fprintln(cmd.OutOrStdout(), report.More(args[0]))
			}
			return err
		},
	}
	cmd.Flags().StringVar(&speed, "speed", "1x", "speed of the playback, from 1x to 1000x")
	cmd.Flags().StringVar(&from, "from", "", "where to start: a time of day in UTC, e.g. 12:04, or RFC 3339")
	cmd.Flags().StringVar(&until, "until", "", "where to end: a time like --from")
	f.forFile(cmd)
	f.forScreen(cmd)
	return cmd
}

// A player adapts a recording's player to the screen.
type player struct{ *recording.Player }

// Status implements ui.Player.
func (p player) Status() ui.Replay { return ui.Replay(p.Player.Status()) }

// openPlayer returns a player for the part of a recording that the flags select.
func openPlayer(run *recording.Recording, speed, from, until string) (player, error) {
	var opts recording.PlayOptions
	var err error
	if opts.Speed, err = strconv.ParseFloat(strings.TrimSuffix(speed, "x"), 64); err != nil || !(opts.Speed >= recording.MinSpeed && opts.Speed <= recording.MaxSpeed) {
		return player{}, fmt.Errorf("speed %q: write it like 10x, from %dx to %dx", speed, recording.MinSpeed, recording.MaxSpeed)
	}
	for _, end := range []struct {
		text string
		into *time.Time
	}{{from, &opts.From}, {until, &opts.Until}} {
		if end.text == "" {
			continue
		}
		if *end.into, err = run.ParseTime(end.text); err != nil {
			return player{}, err
		}
	}
	if from != "" && until != "" && !opts.Until.After(opts.From) {
		return player{}, fmt.Errorf("--until %s is not after --from %s", until, from)
	}
	p, err := run.Play(opts)
	return player{p}, err
}
