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
		Short: "put the status line and a key for the dashboard into the tmux configuration",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return tmuxInstall(cmd, write) },
	}
	install.Flags().BoolVar(&write, "write", false, "do not ask")
	return groupCommand("tmux", "the status line in tmux: put it there, and find out why it does not show", install, &cobra.Command{
		Use:   "doctor",
		Short: "say why the status line does not show",
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

// tmuxInstall shows what it will write and where, asks, and writes it.
func tmuxInstall(cmd *cobra.Command, write bool) error {
	path, err := tmux.ConfigPath()
	if err != nil {
		return err
	}
	bin := "quotatop"
	if _, err := exec.LookPath(bin); err != nil { // tmux would not find it either
		if bin, err = os.Executable(); err != nil {
			return fmt.Errorf("tmux install: %w", err)
		}
	}
	snippet, out := tmux.Snippet(bin), cmd.OutOrStdout()
	if !write {
		if file, ok := cmd.InOrStdin().(*os.File); ok && !term.IsTerminal(file.Fd()) {
			return usageError{errors.New("standard input is not a terminal, so there is nobody to ask: use --write")}
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
		_, err = fmt.Fprintf(out, "%s has it already\n", change.Path)
	case change.Backup != "":
		_, err = fmt.Fprintf(out, "%s: written; as it was before: %s\n", change.Path, change.Backup)
	default:
		_, err = fmt.Fprintf(out, "%s: written\n", change.Path)
	}
	if err == nil && change.Changed {
		_, err = fmt.Fprintf(out, "A tmux that runs has to read it: tmux source-file %s\n", change.Path)
	}
	return err
}
