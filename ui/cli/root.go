package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"quotatop/model"
	"quotatop/poller"
	"quotatop/poller/billing"
	"quotatop/poller/config"
	"quotatop/poller/pioneer"
)

// flags are the flags that several commands share. They take precedence over the
// environment and the configuration file.
type flags struct {
	config, baseURL, keyFile, theme, profile, tap, interval string
	fleet, publish, run, generator, egress                  string

	tails      []string // files to follow
	tailFormat string
	tailHosts  []string
	zone       zone
	metrics    string // the address to serve them on
	record     string // the file to record to
	ascii      bool
}

// newRoot returns the command line with all its commands.
func newRoot() *cobra.Command {
	f := &flags{}
	root := dashboardCommand(f)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(flagMistake)
	root.PersistentPreRunE = refuseKeys
	root.SetHelpCommand(helpCommand())
	root.AddCommand(
		demoCommand(f), simCommand(f), tapCommand(f),
		onceCommand(f), streamCommand(f), statusCommand(f), checkCommand(f), waitCommand(f),
		replayCommand(f), reportCommand(f), fleetCommand(f),
		configCommand(f), tmuxCommand(), doctorCommand(f),
		completionCommand(), manCommand(),
	)
	return root
}

// forFile adds the flag of the commands that read the configuration.
func (f *flags) forFile(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.config, "config", "", "configuration file (default $XDG_CONFIG_HOME/quotatop/config.toml)")
}

// forTable adds the flags of the commands that use the table of limits.
func (f *flags) forTable(cmd *cobra.Command) {
	f.forFile(cmd)
	cmd.Flags().StringVar(&f.profile, "profile", "", "table of limits (default "+model.DefaultProfile+")")
}

// forAccount adds the flags of the commands that query the API.
func (f *flags) forAccount(cmd *cobra.Command) {
	f.forTable(cmd)
	cmd.Flags().StringVar(&f.baseURL, "base-url", "", "address of the API (PIONEER_BASE_URL; default "+pioneer.DefaultBaseURL+")")
	cmd.Flags().StringVar(&f.keyFile, "key-file", "", "file that contains the API key (default: PIONEER_API_KEY)")
}

// forPolling adds the flags of the commands that keep polling.
func (f *flags) forPolling(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.interval, "interval", "", "time between polls (default "+billing.DefaultInterval.String()+")")
}

// forScreen adds the flags of the commands that draw.
func (f *flags) forScreen(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.theme, "theme", "", "theme of the screen (default: by the terminal's background)")
	cmd.Flags().BoolVar(&f.ascii, "ascii", false, "draw with ASCII only (default: by the locale)")
}

// forWatching adds the flags of the commands that watch this machine's calls.
func (f *flags) forWatching(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.tap, "tap", "", "also run a tap at this address, e.g. 127.0.0.1:8429: it passes requests through and counts them")
	cmd.Flags().StringArrayVar(&f.tails, "tail", nil, "also follow this log or results file of a load run; - is standard input; repeatable")
	f.forLogs(cmd)
	f.forPublishing(cmd)
	cmd.Flags().StringVar(&f.metrics, "metrics", "", "also serve OpenMetrics to Prometheus at this address, e.g. 127.0.0.1:9429")
}

// forRecording adds the flag of the commands that can record.
func (f *flags) forRecording(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.record, "record", "", "record the run to this file (.jsonl or .jsonl.zst), for replay and report")
}

// session returns the session for the settings.
func (f *flags) session(ctx context.Context) (*poller.Session, config.Settings, error) {
	settings, err := f.settings()
	if err != nil {
		return nil, settings, err
	}
	key, err := settings.Key(ctx, f.keyFile, os.Getenv("PIONEER_API_KEY"))
	if err != nil {
		return nil, settings, usageError{err}
	}
	s, err := poller.New(settings, key)
	if err != nil {
		return nil, settings, usageError{err}
	}
	if settings.Fleet.URL != "" {
		if err := s.Fleet(); err != nil {
			return nil, settings, usageError{err}
		}
	}
	return s, settings, nil
}

// closeSession closes a session and prints what could not be kept.
func closeSession(s *poller.Session, w io.Writer) {
	if err := s.Close(); err != nil {
		fmt.Fprintln(w, "quotatop:", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
}

// joined returns a comma-separated list.
func joined[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, ", ")
}
