package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"quotatop/model"
	"quotatop/poller/billing"
	"quotatop/poller/config"
	"quotatop/poller/pioneer"
	"quotatop/poller/tail"
)

// flags are the command line's settings; they beat environment and file.
type flags struct {
	config, baseURL, keyFile, theme, profile, tap, interval string

	tails      []string // files to follow
	tailFormat string
	metrics    string           // where to serve them
	record     string           // the file to record to
	say        func() io.Writer // for what is no result and no error

	ascii    bool
	asciiSet func() bool // whether the command line has it
}

func newRoot() *cobra.Command {
	f := &flags{}
	root := &cobra.Command{
		Use:   "quotatop",
		Short: "top for API quotas",
		Long: "quotatop shows the rate of each endpoint against its limit, the daily cap with the time to its reset,\n" +
			"and the calls that were denied. Run it beside a load run. The key is PIONEER_API_KEY, or --key-file.",
		Example: "  quotatop demo\n  PIONEER_API_KEY=… quotatop\n  quotatop --tap 127.0.0.1:8429",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return dashboard(cmd, f) },
	}
	all := root.PersistentFlags()
	all.StringVar(&f.config, "config", "", "configuration file (default "+config.Path()+")")
	all.StringVar(&f.baseURL, "base-url", "", "where the API is (PIONEER_BASE_URL; default "+pioneer.DefaultBaseURL+")")
	all.StringVar(&f.keyFile, "key-file", "", "file that holds the API key (default: PIONEER_API_KEY)")
	all.StringVar(&f.profile, "profile", "", "table of limits (default "+model.DefaultProfile+")")
	all.StringVar(&f.interval, "interval", "", "time between polls (default "+billing.DefaultInterval.String()+")")
	all.StringVar(&f.theme, "theme", "", "theme of the screen (default: by the terminal's background)")
	all.BoolVar(&f.ascii, "ascii", false, "draw with ASCII only (default: by the locale)")
	f.say = root.ErrOrStderr
	f.asciiSet = func() bool { return all.Changed("ascii") }
	stream := streamCommand(f)
	for _, cmd := range []*cobra.Command{root, stream} {
		cmd.Flags().StringVar(&f.tap, "tap", "", "also pass requests through at this address, and see each of them")
		cmd.Flags().StringArrayVar(&f.tails, "tail", nil, "also follow this log or results file of a load run; - is standard input; may be repeated")
		cmd.Flags().StringVar(&f.metrics, "metrics", "", "also serve OpenMetrics to Prometheus at this address, as 127.0.0.1:9429")
		cmd.Flags().StringVar(&f.tailFormat, "tail-format", "", fmt.Sprintf("how its lines are written: %s (default: recognised)", joined(tail.Formats())))
	}
	demo := demoCommand(f)
	for _, cmd := range []*cobra.Command{root, demo, stream} {
		cmd.Flags().StringVar(&f.record, "record", "", "keep the run in this file (.jsonl, .jsonl.zst), for replay and report")
	}
	root.AddCommand(demo, simCommand(f), onceCommand(f), statusCommand(f), checkCommand(f), waitCommand(f), configCommand(f), tmuxCommand(), doctorCommand(f), replayCommand(f), reportCommand(f), stream, tapCommand(f))
	return root
}

func joined[T ~string](words []T) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(w))
	}
	return b.String()
}
