package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"quotatop/model"
	"quotatop/poller/config"
	"quotatop/poller/crash"
	"quotatop/poller/recording"
	"quotatop/poller/tail"
	"quotatop/ui/report"
)

// reportFormats are the functions that write a report, by format.
var reportFormats = map[string]func(io.Writer, []report.Named) error{"md": report.Markdown, "html": report.HTML, "json": report.JSON}

func reportCommand(f *flags) *cobra.Command {
	var format string
	var merge bool
	cmd := &cobra.Command{
		Use:   "report FILE...",
		Short: "summarize a run: rates against limits, denials, waits, spend, headroom; compare several",
		Long: "report summarizes recordings (--record), logs of the tap (tap --log) and every log that --tail reads.\n" +
			"FILE:FORMAT gives the format of a log; - is standard input.",
		Example: "  quotatop report run.jsonl.zst --format html > run.html\n  quotatop report before.jsonl.zst after.jsonl.zst\n  quotatop report --merge worker-*.log",
		Args:    needsFile("run.jsonl"),
		RunE: func(cmd *cobra.Command, args []string) error {
			endAtOnce() // opening a FIFO may take for ever
			write, ok := reportFormats[format]
			if !ok {
				return usageError{fmt.Errorf("--format %s: use md, html or json", format)}
			}
			runs, err := f.readRuns(cmd, args, merge)
			if err != nil {
				return err
			}
			return write(cmd.OutOrStdout(), runs)
		},
	}
	cmd.Flags().StringVar(&format, "format", "md", "md, html (a single self-contained file) or json")
	cmd.Flags().BoolVar(&merge, "merge", false, "report several files of one run as one")
	f.forTable(cmd)
	f.forLogs(cmd)
	return cmd
}

// readRuns reads the runs of a report: one for each file, or with merge one for
// all of them.
func (f *flags) readRuns(cmd *cobra.Command, paths []string, merge bool) (runs []report.Named, err error) {
	settings, table, err := f.table()
	if err != nil {
		return nil, err
	}
	var r *model.Reporter
	for i, path := range paths {
		if i == 0 || !merge {
			r = model.NewReporter(table, settings.Ledger())
		}
		name := filepath.Base(path)
		if path == tail.StandardInput {
			name = "standard input"
		}
		note, err := f.readRun(cmd, path, settings, &r, merge)
		switch {
		case err != nil:
			return nil, fmt.Errorf("report: %w", err)
		case r.Report().Empty() && note != "":
			return nil, fmt.Errorf("report: %s: %s", path, note)
		case r.Report().Empty():
			return nil, fmt.Errorf("report: %s: no events in it", path)
		case note != "":
			fmt.Fprintf(cmd.ErrOrStderr(), "quotatop report: %s: %s\n", path, note)
		}
		if merge && i > 0 {
			runs[0].Name += ", " + name
		} else {
			runs = append(runs, report.Named{Name: name})
		}
		runs[len(runs)-1].Report = r.Report()
	}
	return runs, nil
}

// readRun observes the events of one file. A recording contains the limits of its
// run, so it gets its own reporter, unless files are merged: then the calls that
// each machine saw are added up. The note says what was skipped, if anything.
func (f *flags) readRun(cmd *cobra.Command, path string, settings config.Settings, r **model.Reporter, merge bool) (note string, err error) {
	observe := func(e model.Event) {
		if merge && e.Call != nil && e.Call.Vantage == model.VantageLocal {
			e.Source = model.SourceTail // calls of the same source are added up
		}
		(*r).Observe(e)
	}
	isRecording, err := isRecording(path)
	if err != nil {
		return "", err
	}
	if isRecording {
		lost, err := recording.Read(cmd.Context(), path, func(t model.Table, o model.LedgerOptions, ok bool) {
			if ok && !merge {
				*r = model.NewReporter(t, o)
			}
		}, observe)
		return lost.String(), err
	}
	path, format, err := f.splitTail(path)
	if err != nil {
		return "", err
	}
	opts := tail.Options{Input: cmd.InOrStdin(), Hosts: f.hosts(settings), Zone: f.zone.Location}
	return readLog(cmd.Context(), path, format, opts, observe)
}

// isRecording reports whether a file is a recording or has event lines. A file
// that cannot be read twice, such as a pipe, is read as a log.
func isRecording(path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false, nil // reading it as a log gives the error
	}
	return recording.Is(path)
}

// readLog reads all of a load run's log.
func readLog(ctx context.Context, path string, format tail.Format, opts tail.Options, observe func(model.Event)) (note string, err error) {
	var s tail.Summary
	observe, end := beside(observe)
	defer end()
	if path == tail.StandardInput {
		s, err = tail.Read(ctx, opts.Input, format, opts, observe)
	} else {
		s, err = tail.ReadFile(ctx, path, format, opts, observe)
	}
	return s.Note, err
}

// beside returns a function that has events observed by another goroutine, in their
// order, while the caller reads on. end waits until all are.
func beside(observe func(model.Event)) (take func(model.Event), end func()) {
	const size = 512 // events that are handed over at once
	full, empty := make(chan []model.Event, 4), make(chan []model.Event, 4)
	ended := make(chan struct{})
	crash.Go(func() {
		defer close(ended)
		for batch := range full {
			for _, e := range batch {
				observe(e)
			}
			select {
			case empty <- batch[:0]:
			default:
			}
		}
	})
	batch := make([]model.Event, 0, size)
	take = func(e model.Event) {
		if batch = append(batch, e); len(batch) < size {
			return
		}
		full <- batch
		select {
		case batch = <-empty:
		default:
			batch = make([]model.Event, 0, size)
		}
	}
	return take, func() {
		full <- batch
		close(full)
		<-ended
	}
}
