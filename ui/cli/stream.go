package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"quotatop/model"
)

func streamCommand(f *flags) *cobra.Command {
	var every time.Duration
	cmd := &cobra.Command{
		Use:   "stream",
		Short: "print a Snapshot a second as JSON Lines, until interrupted",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if every < 100*time.Millisecond {
				return usageError{fmt.Errorf("--every %s: use 100ms or more", every)}
			}
			s, _, err := f.watchingSession(cmd)
			if err != nil {
				return err
			}
			defer closeSession(s, cmd.ErrOrStderr())
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			return stream(s.Start(ctx), every, cmd.OutOrStdout())
		},
	}
	cmd.Flags().DurationVar(&every, "every", time.Second, "time between snapshots")
	f.forAccount(cmd)
	f.forFleet(cmd)
	f.forPolling(cmd)
	f.forWatching(cmd)
	f.forRecording(cmd)
	return cmd
}

// stream writes the newest snapshot at every tick, unless it has been written
// already, until feed is closed.
func stream(feed <-chan model.Snapshot, every time.Duration, out io.Writer) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	enc := json.NewEncoder(out)
	for newest, fresh := (model.Snapshot{}), false; ; {
		select {
		case s, ok := <-feed:
			if !ok {
				return nil
			}
			newest, fresh = s, true
		case <-tick.C:
			if !fresh {
				continue
			}
			if err := enc.Encode(newest); err != nil {
				if errors.Is(err, syscall.EPIPE) {
					return nil // the reader has closed the pipe
				}
				return fmt.Errorf("stream: %w", err)
			}
			fresh = false
		}
	}
}
