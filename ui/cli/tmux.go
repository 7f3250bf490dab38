package cli

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"quotatop/ui/cli/tmux"
)

func tmuxCommand() *cobra.Command {
	var write bool
	install := &cobra.Command{
		Use:   "install",
		Short: "add the status line and a key for the dashboard to the tmux configuration",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return tmuxInstall(cmd, write) },
	}
	install.Flags().BoolVar(&write, "write", false, "write without asking")
	return groupCommand("tmux", "install the status line in tmux, or check it", install, &cobra.Command{
		Use:   "doctor",
		Short: "check why the status line is not shown",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := tmux.ConfigPath()
			if err != nil {
				return err
			}
			return findings(cmd.OutOrStdout(), tmux.Diagnose(cmd.Context(), tmux.Options{Config: path}))
		},
	})
}

// tmuxInstall shows what it would write and where, asks, and writes.
func tmuxInstall(cmd *cobra.Command, write bool) error {
	path, err := tmux.ConfigPath()
	if err != nil {
		return err
	}
	bin := "quotatop"
	if _, err := exec.LookPath(bin); err != nil { // then tmux would not find it either
		if bin, err = os.Executable(); err != nil {
			return fmt.Errorf("tmux install: %w", err)
		}
	}
	snippet, out := tmux.Snippet(bin), cmd.OutOrStdout()
	if !write {
		if file, ok := cmd.InOrStdin().(*os.File); ok && !term.IsTerminal(file.Fd()) {
			return usageError{errors.New("standard input is not a terminal, so tmux install cannot ask: use --write")}
		}
		fmt.Fprintf(out, "This goes into %s:\n\n%s\nWrite it? [y/N] ", path, snippet)
		answer, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
		if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
			_, err := fmt.Fprintln(out, "Nothing was written.")
			return err
		}
	}
	change, err := tmux.Install(path, snippet)
	if err != nil {
		return err
	}
	switch {
	case !change.Changed:
		_, err = fmt.Fprintf(out, "%s is up to date\n", change.Path)
	case change.Backup != "":
		_, err = fmt.Fprintf(out, "%s: written (backup: %s)\n", change.Path, change.Backup)
	default:
		_, err = fmt.Fprintf(out, "%s: written\n", change.Path)
	}
	if err == nil && change.Changed {
		_, err = fmt.Fprintf(out, "To reload a running tmux: tmux source-file %s\n", change.Path)
	}
	return err
}
