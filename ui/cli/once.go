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
		Short: "poll once and print the result",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			session, _, err := f.session(cmd.Context())
			if err != nil {
				return err
			}
			s, err := session.Poll(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(s)
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), ui.Summary(s))
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one Snapshot as JSON")
	f.forAccount(cmd)
	f.forFleet(cmd)
	return cmd
}
