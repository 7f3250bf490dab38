package cli

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"quotatop/model"
	"quotatop/poller/recording"
	"quotatop/ui/report"
)

// reportFormats are the ways in which a report can be written.
var reportFormats = map[string]func(io.Writer, []report.Named) error{"md": report.Markdown, "html": report.HTML, "json": report.JSON}

func reportCommand(f *flags) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "report FILE...",
		Short: "what a run adds up to: rates against limits, denials, waits, spend, headroom; several side by side",
		Long: "report reads recordings (--record), logs of the tap (tap --log), or any files of event lines, and prints what\n" +
			"they add up to.",
		Example: "  quotatop report run.jsonl.zst --format html > run.html\n  quotatop report before.jsonl.zst after.jsonl.zst",
		Args:    needsFile("run.jsonl"),
		RunE: func(cmd *cobra.Command, args []string) error {
			write, ok := reportFormats[format]
			if !ok {
				return usageError{fmt.Errorf("--format %s: use md, html or json", format)}
			}
			settings, table, err := f.table()
			if err != nil {
				return err
			}
			var runs []report.Named
			for _, path := range args {
				var r *model.Reporter
				lost, err := recording.Read(cmd.Context(), path, func(t model.Table, o model.LedgerOptions, ok bool) {
					if !ok {
						t, o = table, settings.Ledger()
					}
					r = model.NewReporter(t, o)
				}, func(e model.Event) { r.Observe(e) })
				if err != nil {
					return fmt.Errorf("report: %w", err)
				}
				if r.Report().Empty() {
					return fmt.Errorf("report: %s: no events are in it", path)
				}
				if lost != (recording.Unreadable{}) {
					fmt.Fprintf(cmd.ErrOrStderr(), "quotatop report: %s: %s\n", path, lost)
				}
				runs = append(runs, report.Named{Name: filepath.Base(path), Report: r.Report()})
			}
			return write(cmd.OutOrStdout(), runs)
		},
	}
	cmd.Flags().StringVar(&format, "format", "md", "md, html (one file that needs nothing else) or json")
	f.forTable(cmd)
	return cmd
}
