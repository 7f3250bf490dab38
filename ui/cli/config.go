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
	group := &cobra.Command{
		Use:   "config",
		Short: "the configuration file: where it is, a commented one to begin with, what is wrong with it",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	group.AddCommand(
		&cobra.Command{
			Use:   "path",
			Short: "print where the file is looked for",
			Args:  cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), f.file())
				return err
			},
		},
		&cobra.Command{
			Use:   "init",
			Short: "write a commented file of every setting",
			Args:  cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				if err := config.Init(f.file()); err != nil {
					return err
				}
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: written; every setting has its default until you uncomment it\n", f.file())
				return err
			},
		},
		&cobra.Command{
			Use:   "check",
			Short: "read the file and all theme files, and say what is wrong with them",
			Args:  cobra.NoArgs,
			RunE:  func(cmd *cobra.Command, _ []string) error { return f.check(cmd.OutOrStdout()) },
		},
	)
	return group
}

// check reads all the files of the configuration. Only what is in them counts,
// not the environment. Each mistake is one line.
func (f *flags) check(out io.Writer) error {
	c, err := config.Load(f.file(), f.config != "")
	all, troubles := themes()
	switch {
	case err != nil:
		troubles = append([]error{err}, troubles...)
	default:
		if err := f.checkLook(&c, all); err != nil {
			troubles = append([]error{err}, troubles...)
		}
	}
	if len(troubles) > 0 {
		return usageError{errors.Join(troubles...)}
	}
	what := f.file()
	if _, err := os.Stat(what); errors.Is(err, os.ErrNotExist) {
		what += " is not there: every setting has its default"
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
