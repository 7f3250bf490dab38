package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"quotatop/poller/sim"
)

func simCommand(f *flags) *cobra.Command {
	var at, key string
	var capUSD float64
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "a local API that enforces the limits, for trying things out",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkCap(capUSD); err != nil {
				return err
			}
			_, table, err := f.table()
			if err != nil {
				return err
			}
			ln, err := listen(cmd, "sim", at, "use the simulated API")
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "quotatop sim: listening on http://%s, profile %s, cap $%.2f a day\n", ln.Addr(), table.Profile, capUSD)
			return serve(cmd.Context(), ln, sim.New(sim.Options{Table: table, Key: key, CapUSD: capUSD}))
		},
	}
	cmd.Flags().StringVar(&at, "listen", "127.0.0.1:8430", "address to listen on")
	cmd.Flags().StringVar(&key, "key", "", "the API key to accept (default: any)")
	cmd.Flags().Float64Var(&capUSD, "cap-usd", 50, "daily cap of the account in dollars")
	f.forTable(cmd)
	return cmd
}

// serve serves until ctx ends.
func serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
