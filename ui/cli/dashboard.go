package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"quotatop/model"
	"quotatop/poller"
	"quotatop/poller/config"
	"quotatop/poller/crash"
	"quotatop/ui"
	"quotatop/ui/report"
	"quotatop/ui/statefile"
	"quotatop/ui/warn"
)

func dashboardCommand(f *flags) *cobra.Command {
	var printVersion bool // with a flag of our own: Cobra's needs a template to print just this
	cmd := &cobra.Command{
		Use:   "quotatop",
		Short: "top for API quotas",
		Long: "quotatop shows the rate of each endpoint against its limit, the daily cap with the time to its reset,\n" +
			"and the calls that were denied. Run it beside a load run. The key is PIONEER_API_KEY, or --key-file.",
		Example: "  quotatop demo\n  PIONEER_API_KEY=… quotatop\n  quotatop --tap 127.0.0.1:8429",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if printVersion {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), "quotatop", version())
				return err
			}
			return f.dashboard(cmd)
		},
	}
	cmd.Flags().BoolVarP(&printVersion, "version", "v", false, "version for quotatop")
	f.forAccount(cmd)
	f.forFleet(cmd)
	f.forPolling(cmd)
	f.forWatching(cmd)
	f.forRecording(cmd)
	f.forScreen(cmd)
	return cmd
}

func (f *flags) dashboard(cmd *cobra.Command) error {
	_, look, err := f.screen()
	if err != nil {
		return err
	}
	if err := needTerminal(cmd.OutOrStdout()); err != nil {
		return err
	}
	s, settings, err := f.watchingSession(cmd)
	if err != nil {
		return err
	}
	if os.Getenv("GOMAXPROCS") == "" && settings.Tap == "" && settings.Fleet.URL == "" {
		runtime.GOMAXPROCS(1) // polls and followed files are little work: one thread wakes up for it, not three
	}
	defer closeSession(s, cmd.ErrOrStderr())
	defer publish(s, statefile.Places(), statefile.Options{})()
	journal := ""
	if settings.Journal.Enabled {
		s.Journal(stateDir())
		journal = filepath.Join(stateDir(), s.AccountID())
	}
	return f.show(cmd, s, settings, look, screenOf{journal: journal})
}

// screenOf is what a screen is of.
type screenOf struct {
	label   string // marks a screen that is not live; may be empty
	journal string // the folder of the journal; empty without one
}

// show runs the screen until the user quits or the context ends, then waits for
// the sources to end.
func (f *flags) show(cmd *cobra.Command, s *poller.Session, settings config.Settings, look config.Look, of screenOf) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50) // of a few MB: it is left open all day, and collects in no time
	}
	ctx, cancel := context.WithCancel(cmd.Context())
	alerts := settings.Alerts
	warner := warn.New(model.Watcher{Within: alerts.TimeToLimit.Duration, Quiet: alerts.Debounce.Duration}, alerts.Command, s.Notices("warnings"))
	s.Watch(warner.Watch)
	s.Observe(warner.Seen)
	var running sync.WaitGroup
	running.Go(crash.Guarded(func() { warner.Run(ctx) }))
	defer running.Wait()
	adjust := f.newAdjuster(s, settings)
	adjust.demo, adjust.journal = of.label != "", of.journal
	looks := f.looks(ctx, look, s.Notices("config"), adjust)
	run := s.Summarize()
	feed := s.Start(ctx)
	err := ui.Run(ctx, feed, ui.Options{
		Label: of.label, PollNow: s.PollNow, ASCII: f.plainCharacters(cmd),
		Theme: look.Theme, Keys: look.Keys, Looks: looks, Settings: adjust,
		Past: pastOf(ctx, s), NoPast: noPast,
		Warnings: warner.Lines(), Bell: alerts.Bell, Notify: string(alerts.Notify),
	}, ui.Terminal{})
	cancel()
	endAtOnce()
	slow := time.AfterFunc(time.Second, func() {
		fmt.Fprintln(cmd.ErrOrStderr(), "quotatop: the tap is waiting for requests in flight; interrupt to cancel them")
	})
	defer slow.Stop()
	for range feed {
	}
	if err == nil && cmd.Context().Err() == nil { // a signal may mean that nobody reads the terminal
		f.leave(cmd, run(), of)
	}
	return err
}

// leave prints what a run added up to, where the screen was.
func (f *flags) leave(cmd *cobra.Command, run model.Report, of screenOf) {
	name := "quotatop"
	if of.label != "" {
		name += " " + strings.ToLower(of.label)
	}
	for _, line := range report.Brief(name, run, f.record) {
		fmt.Fprintln(cmd.OutOrStdout(), line)
	}
}

// looks returns a channel with the current look of the screen, and a new one
// whenever a file changes. While a file has a mistake, the last valid look stays.
// note, if not nil, adds to the log that the files were read again. adjust, if not nil,
// takes over the settings that can change during a run.
func (f *flags) looks(ctx context.Context, look config.Look, note func(model.Notice), adjust *adjuster) <-chan ui.Look {
	looks := make(chan ui.Look, 1)
	var mu sync.Mutex
	last, again := ui.Look{Theme: look.Theme, Keys: look.Keys}, false
	publish := func(problem error) {
		mu.Lock()
		defer mu.Unlock()
		all, problems := themes()
		file, err := f.load()
		if err == nil {
			look, err = f.look(file, all)
		}
		if err != nil {
			problems = append(problems, err)
		} else {
			last.Theme, last.Keys = look.Theme, look.Keys
			if adjust != nil {
				var restart bool
				if restart, last.Bell = adjust.reread(file.Settings); restart {
					problems = append(problems, errors.New("config saved; restart to apply all of it"))
				}
			}
		}
		shown := last
		shown.Themes = all
		if err := errors.Join(append(problems, problem)...); err != nil {
			shown.Problem = gateOut().Text(strings.ReplaceAll(err.Error(), "\n", "; "), maxFinding)
		}
		select {
		case <-looks: // one that nobody received
		default:
		}
		looks <- shown
		if again && note != nil {
			note(model.Notice{Kind: model.LogReloaded, Text: shown.Problem})
		}
		again = true
	}
	paths := config.Paths{Config: f.configPath(), ThemesDir: config.ThemesDir()}
	publish(config.Watch(ctx, paths, func() { publish(nil) }))
	return looks
}

// plainCharacters reports whether to draw in ASCII: as the flag says; otherwise on
// the Linux console, whose fonts have at most 512 characters and no block or
// braille characters, and if the locale is not UTF-8, see locale(7).
func (f *flags) plainCharacters(cmd *cobra.Command) bool {
	if cmd.Flags().Changed("ascii") {
		return f.ascii
	}
	if os.Getenv("TERM") == "linux" {
		return true
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToLower(os.Getenv(name)); value != "" {
			return !strings.Contains(value, "utf-8") && !strings.Contains(value, "utf8")
		}
	}
	return true // the C locale
}

// needTerminal returns an error if out is not a terminal that can show the screen.
func needTerminal(out io.Writer) error {
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(file.Fd()) {
		return usageError{errors.New("standard output is not a terminal: use quotatop once, or quotatop stream")}
	}
	if os.Getenv("TERM") == "dumb" {
		return usageError{errors.New("this terminal (TERM=dumb) cannot be drawn on: use quotatop once, or quotatop stream")}
	}
	return nil
}
