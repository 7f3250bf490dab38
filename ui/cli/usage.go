package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagMistake returns a one-line error for an invalid flag.
func flagMistake(cmd *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		missing *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &unknown):
		if near := nearestFlag(cmd, unknown.GetSpecifiedName()); near != "" {
			return usageError{fmt.Errorf("%w: did you mean --%s? See %s --help", err, near, cmd.CommandPath())}
		}
		return usageError{fmt.Errorf("%w: see %s --help", err, cmd.CommandPath())}
	case errors.As(err, &missing):
		return usageError{fmt.Errorf("--%s needs a value: see %s --help", missing.GetFlag().Name, cmd.CommandPath())}
	case errors.As(err, &invalid):
		why := errors.Unwrap(invalid)
		if how, ok := valueForms[invalid.GetFlag().Value.Type()]; ok {
			why = fmt.Errorf("%q: %s", invalid.GetValue(), how)
		}
		return usageError{fmt.Errorf("--%s %w", invalid.GetFlag().Name, why)}
	}
	return usageError{err}
}

// valueForms say how to write values that the standard library parses, by type.
var valueForms = map[string]string{
	"bool":     "use true or false",
	"duration": "write it like 30s or 5m",
	"float64":  "use a number like 50 or 0.5",
	"uint64":   "use a whole number",
}

// nearestFlag returns the flag of a command with the spelling closest to name, or
// "" if none is close.
func nearestFlag(cmd *cobra.Command, name string) (nearest string) {
	best := 3
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		if d := distance(name, flag.Name); d < best {
			best, nearest = d, flag.Name
		}
	})
	return nearest
}

// distance returns the Levenshtein distance of a and b, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0]++
		for j := range len(b) {
			cost := corner
			if a[i] != b[j] {
				cost++
			}
			corner = row[j+1]
			row[j+1] = min(cost, row[j]+1, corner+1)
		}
	}
	return row[len(b)]
}

// refuseKeys rejects a command line with an API key in it, where other users see it
// and a shell remembers it. The key of the simulated API is no secret.
func refuseKeys(cmd *cobra.Command, args []string) (err error) {
	const instead = "pass the key in PIONEER_API_KEY or in a file (--key-file)"
	gate := gateOut()
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		if flag.Name != "key" && gate.Holds(flag.Value.String()) {
			err = usageError{fmt.Errorf("--%s contains an API key: %s", flag.Name, instead)}
		}
	})
	for _, arg := range args {
		if gate.Holds(arg) {
			err = usageError{fmt.Errorf("an argument contains an API key: %s", instead)}
		}
	}
	return err
}

// noArgs rejects arguments. For a command with subcommands, an argument can only
// be a misspelled subcommand.
func noArgs(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.HasSubCommands():
		return unknownCommand(cmd, args[0])
	}
	return usageError{fmt.Errorf("%s takes no arguments, but got %q", cmd.CommandPath(), args[0])}
}

// needsFile rejects a command line without a file.
func needsFile(example string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usageError{fmt.Errorf("%s needs a FILE: %s %s", cmd.Name(), cmd.CommandPath(), example)}
		}
		return nil
	}
}

// unknownCommand returns the error for a command that does not exist.
func unknownCommand(cmd *cobra.Command, name string) error {
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		return usageError{fmt.Errorf("unknown command %q: did you mean %s? See %s --help", name, strings.Join(near, " or "), cmd.CommandPath())}
	}
	return usageError{fmt.Errorf("unknown command %q: see %s --help", name, cmd.CommandPath())}
}

// groupCommand returns a command that only has subcommands.
func groupCommand(use, short string, commands ...*cobra.Command) *cobra.Command {
	group := &cobra.Command{
		Use: use, Short: short, Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	group.AddCommand(commands...)
	return group
}

func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "help about a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(cmd.Root(), strings.Join(args, " "))
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

func completionCommand() *cobra.Command {
	shells := map[string]func(*cobra.Command) error{
		"bash":       func(cmd *cobra.Command) error { return cmd.Root().GenBashCompletionV2(cmd.OutOrStdout(), true) },
		"zsh":        func(cmd *cobra.Command) error { return cmd.Root().GenZshCompletion(cmd.OutOrStdout()) },
		"fish":       func(cmd *cobra.Command) error { return cmd.Root().GenFishCompletion(cmd.OutOrStdout(), true) },
		"powershell": func(cmd *cobra.Command) error { return cmd.Root().GenPowerShellCompletionWithDesc(cmd.OutOrStdout()) },
	}
	return &cobra.Command{
		Use:       "completion SHELL",
		Short:     "print the completion script of bash, zsh, fish or powershell",
		Example:   "  source <(quotatop completion bash)",
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || shells[args[0]] == nil {
				return usageError{fmt.Errorf("completion %s: use bash, zsh, fish or powershell", strings.Join(args, " "))}
			}
			return shells[args[0]](cmd)
		},
	}
}
