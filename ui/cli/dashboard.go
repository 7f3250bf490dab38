package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"quotatop/model"
	"quotatop/poller/config"
	"quotatop/ui"
	"quotatop/ui/statefile"
	"quotatop/ui/warn"
)

// show runs the screen until the user quits or ctx ends, and waits for the
// sources to be done.
func (r *rig) show(ctx context.Context, f *flags, label string) error {
	ctx, cancel := context.WithCancel(ctx)
	alerts := r.config.Alerts
	warner := warn.New(warn.Options{
		Watcher: model.Watcher{Within: alerts.TimeToLimit.Duration(), Quiet: alerts.Debounce.Duration()},
		Words:   ui.WarningLine, Command: alerts.Command,
	})
	r.seen = append(r.seen, warner.Seen)
	var running sync.WaitGroup
	running.Go(func() { warner.Run(ctx) })
	defer running.Wait()
	looks := f.looks(ctx)
	feed := r.start(ctx)
	err := ui.Run(ctx, feed, ui.Options{
		Label: label, PollNow: r.billing.PollNow, ASCII: f.plainCharacters(),
		Theme: r.config.Theme, Keys: r.config.Keys, Looks: looks,
		Warnings: warner.Lines(), Bell: alerts.Bell, Notify: string(alerts.Notify),
	}, ui.Terminal{})
	cancel()
	endAtOnce()
	slow := time.AfterFunc(time.Second, func() {
		fmt.Fprintln(os.Stderr, "quotatop: the tap waits for the requests in flight; interrupt to cut them")
	})
	defer slow.Stop()
	for range feed {
	}
	return err
}

// looks brings what the settings say of the screen: at once, and whenever a file
// has changed. While one is wrong the last that was right stays.
func (f *flags) looks(ctx context.Context) <-chan ui.Look {
	looks := make(chan ui.Look, 1)
	var (
		mu    sync.Mutex
		began *config.Config
		last  ui.Look
	)
	read := func(trouble error) {
		mu.Lock()
		defer mu.Unlock()
		c, err := f.settings()
		all, troubles := themes()
		last.Themes = all
		switch {
		case err != nil:
			troubles = append(troubles, err)
		case began == nil:
			began = &c
		case c.NeedsRestart(*began):
			troubles = append(troubles, errors.New("the configuration has changed: all but theme and keys counts from the next start"))
		}
		if err == nil {
			last.Theme, last.Keys = c.Theme, c.Keys
		}
		look := last
		if err := errors.Join(append(troubles, trouble)...); err != nil {
			look.Trouble = strings.ReplaceAll(err.Error(), "\n", "; ")
		}
		select {
		case <-looks: // one that nobody took
		default:
		}
		looks <- look
	}
	paths := config.Paths{Config: f.file(), ThemesDir: config.ThemesDir()}
	read(config.Watch(ctx, paths, func() { read(nil) }))
	return looks
}

// plainCharacters reports whether to draw in ASCII: as the flag says, else on the
// console of Linux, whose fonts have 512 characters at most and neither eighths
// of a block nor braille, and where the locale has no UTF-8, see locale(7).
func (f *flags) plainCharacters() bool {
	if f.asciiSet() {
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

// needTerminal refuses to draw where nobody could see it.
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

func dashboard(cmd *cobra.Command, f *flags) error {
	if err := needTerminal(cmd.OutOrStdout()); err != nil {
		return err
	}
	r, err := f.newWatch(cmd.Context())
	if err != nil {
		return err
	}
	// Without the file there is only no status line, which says so itself.
	if state, err := statefile.Open(foldersOf(r.base.String(), "")...); err == nil {
		defer state.Close()
		r.seen = append(r.seen, state.Seen)
	}
	end, err := r.record(f.record, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer end()
	if r.config.Journal.Enabled {
		defer r.journal(cmd.ErrOrStderr())()
	}
	return r.show(cmd.Context(), f, "")
}
