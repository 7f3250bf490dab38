package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"quotatop/poller/config"
)

func configCommand(f *flags) *cobra.Command {
	path := &cobra.Command{
		Use:   "path",
		Short: "print the path of the file",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), f.configPath())
			return err
		},
	}
	write := &cobra.Command{
		Use:   "init",
		Short: "write a file with a comment for every setting",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := config.Init(f.configPath()); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: written; every setting has its default until you uncomment it\n", f.configPath())
			return err
		},
	}
	check := &cobra.Command{
		Use:   "check",
		Short: "check the file and all theme files for mistakes",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return f.checkConfig(cmd.OutOrStdout()) },
	}
	for _, cmd := range []*cobra.Command{path, write, check} {
		f.forFile(cmd)
	}
	return groupCommand("config", "show, create or check the configuration file", path, write, check)
}

// checkConfig checks all files of the configuration, but not the environment. It
// prints each mistake on one line.
func (f *flags) checkConfig(out io.Writer) error {
	all, problems := themes()
	file, err := config.Load(f.configPath(), f.config != "")
	if err == nil {
		_, err = f.look(file, all)
	}
	if err != nil {
		problems = append([]error{err}, problems...)
	}
	if len(problems) > 0 {
		return usageError{errors.Join(problems...)}
	}
	what := f.configPath()
	if _, err := os.Stat(what); errors.Is(err, os.ErrNotExist) {
		what += " does not exist: every setting has its default"
	} else {
		what += " is fine"
	}
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.Name
	}
	_, err = fmt.Fprintf(out, "%s; themes: %s\n", what, joined(names))
	return err
}
