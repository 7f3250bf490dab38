package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"quotatop/ui/cli/doctor"
	"quotatop/ui/statefile"
)

func doctorCommand(f *flags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "check key, host, clock, billing endpoints, terminal and files, and say what to do",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			file, ok := out.(*os.File)
			return findings(out, doctor.Run(cmd.Context(), doctor.Options{
				ConfigPath: f.configPath(), ConfigNeeded: f.config != "", Override: f.override,
				KeyFile: f.keyFile, Env: os.Environ(), Terminal: ok && term.IsTerminal(file.Fd()),
				Places: statefile.Places(), StateDir: stateDir(),
			}))
		},
	}
	f.forAccount(cmd)
	return cmd
}

// findings prints what a doctor found, and fails when something is wrong.
func findings(out io.Writer, all []doctor.Finding) error {
	wrong := 0
	for _, f := range all {
		sign := "ok "
		if !f.OK {
			sign = "no "
			wrong++
		}
		fmt.Fprintf(out, "%s %s\n", sign, f.What)
		if f.Do != "" {
			fmt.Fprintf(out, "    %s\n", f.Do)
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d checks found something wrong", wrong, len(all))
	}
	return nil
}
