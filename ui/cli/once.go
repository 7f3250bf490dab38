package cli

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"quotatop/ui"
)

func onceCommand(f *flags) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "once",
		Short: "poll once, print what is known, exit",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, _, err := f.newRig(cmd.Context())
			if err != nil {
				return err
			}
			if err := r.billing.Poll(cmd.Context(), r.ledger.Observe); err != nil {
				return err
			}
			s := r.ledger.Snapshot(r.clock.Now())
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(s)
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), ui.Summary(s))
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one Snapshot as JSON")
	return cmd
}
