package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"quotatop/poller/pioneer"
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

// maxFinding is how much of a finding's text is printed, in bytes: enough for
// several paths.
const maxFinding = 1000

// findings prints the results of checks, cleaned because parts of them come from
// the server, its certificate or the environment. It returns an error if a check
// failed.
func findings(out io.Writer, all []doctor.Finding) error {
	var gate pioneer.Gate
	failed := 0
	for _, f := range all {
		if f.Level == doctor.Fail {
			failed++
		}
		fmt.Fprintf(out, "%-4s %s\n", f.Level, gate.Text(f.What, maxFinding))
		if f.Do != "" {
			fmt.Fprintf(out, "     %s\n", gate.Text(f.Do, maxFinding))
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d checks failed", failed, len(all))
	}
	return nil
}
