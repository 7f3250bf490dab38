// Command quotatop is top for API quotas: it shows each endpoint's rate against
// its limit, the daily cap with the time to its reset, and the calls that were
// denied.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"charm.land/fang/v2"
	"github.com/adrg/xdg"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"quotatop/model"
	"quotatop/poller"
	"quotatop/poller/billing"
	"quotatop/poller/config"
	"quotatop/poller/doctor"
	"quotatop/poller/eventline"
	"quotatop/poller/journal"
	"quotatop/poller/metrics"
	"quotatop/poller/recording"
	"quotatop/poller/reload"
	"quotatop/poller/sim"
	"quotatop/poller/statefile"
	"quotatop/poller/tail"
	"quotatop/poller/tap"
	"quotatop/poller/tmux"
	"quotatop/poller/warn"
	"quotatop/theme"
	"quotatop/ui"
	"quotatop/ui/report"
	"quotatop/ui/status"
)

// The exit codes, a contract with scripts.
const (
	exitFailed  = 1
	exitUsage   = 2
	exitCrossed = 3
)

// A usageError is a mistake in the command line or the configuration.
type usageError struct{ error }

// errCrossed says that a threshold was crossed. That is an answer, which has
// been printed, and no failure.
var errCrossed = errors.New("threshold crossed")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), endSignals()...)
	defer stop()
	log.SetOutput(io.Discard) // net/http says some things there, which would land on the screen
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// endSignals are those that ask the program to end.
func endSignals() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} }

// endAtOnce lets the next signal end the program as it is, for where the first
// has been obeyed and the end takes its time.
func endAtOnce() { signal.Reset(endSignals()...) }

// run is the program less its process.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	var failed error // of the command; fang is left with the mistakes of the command line
	started := false
	catch(root, func(cmd *cobra.Command, args []string, do func(*cobra.Command, []string) error) error {
		started, failed = true, do(cmd, args)
		return nil
	})
	say := func(w io.Writer, err error) { fmt.Fprintln(w, "quotatop:", err) }
	err := fang.Execute(ctx, root, fang.WithVersion(version()),
		fang.WithErrorHandler(func(w io.Writer, _ fang.Styles, err error) { say(w, err) }))
	if failed != nil {
		if err = failed; err != errCrossed {
			say(stderr, err)
		}
	}
	_, usage := errors.AsType[usageError](err)
	switch {
	case err == nil:
		return 0
	case err == errCrossed:
		return exitCrossed
	case usage || !started:
		return exitUsage
	}
	return exitFailed
}

// catch puts itself around all commands. To show an error, fang asks the
// terminal for its colours, and the answer may come when nobody reads it.
func catch(cmd *cobra.Command, around func(cmd *cobra.Command, args []string, do func(*cobra.Command, []string) error) error) {
	if do := cmd.RunE; do != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error { return around(cmd, args, do) }
	}
	for _, sub := range cmd.Commands() {
		catch(sub, around)
	}
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

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
	all.StringVar(&f.baseURL, "base-url", "", "where the API is (PIONEER_BASE_URL; default "+poller.DefaultBaseURL+")")
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

// settings joins flags, environment and file.
func (f *flags) settings() (config.Config, error) {
	c, err := config.Load(f.file(), f.config != "")
	if err != nil {
		return c, usageError{err}
	}
	f.override(&c)
	all, _ := themes()
	if err := f.checkLook(&c, all); err != nil {
		return c, usageError{err}
	}
	return c, nil
}

// override puts over the file what environment and flags say.
func (f *flags) override(c *config.Config) {
	for _, s := range []struct {
		into  *string
		value string
	}{
		{&c.BaseURL, os.Getenv("PIONEER_BASE_URL")},
		{&c.BaseURL, f.baseURL}, {&c.Profile, f.profile}, {&c.Theme, f.theme}, {&c.Tap, f.tap}, {&c.Interval, f.interval},
	} {
		if s.value != "" {
			*s.into = s.value
		}
	}
}

// table is the settings with the table of limits that they make.
func (f *flags) table() (config.Config, model.Table, error) {
	c, err := f.settings()
	if err != nil {
		return c, model.Table{}, err
	}
	table, err := c.Table()
	if err != nil {
		return c, table, usageError{err}
	}
	return c, table, nil
}

// file is the configuration file's path.
func (f *flags) file() string {
	if f.config != "" {
		return f.config
	}
	return config.Path()
}

// themes are the built-in themes and the user's. The errors are about files
// that are not among them.
func themes() ([]theme.Theme, []error) {
	files, err := config.ThemeFiles(config.ThemesDir())
	var troubles []error
	if err != nil {
		troubles = append(troubles, err)
	}
	all := theme.BuiltIn()
	for _, file := range files {
		t, err := theme.Parse(file.Name, file.Data)
		if err != nil {
			troubles = append(troubles, fmt.Errorf("%s:%w", file.Path, err))
			continue
		}
		all = theme.Join(all, t)
	}
	return all, troubles
}

// checkLook checks what of the configuration is about the screen: the name of
// the theme, which a flag may have set, and the keys.
func (f *flags) checkLook(c *config.Config, all []theme.Theme) error {
	at := func(err error, key ...string) error {
		line, column := c.Position(key...)
		return fmt.Errorf("%s:%d:%d: %w", f.file(), line, column, err)
	}
	if c.Theme != "" {
		_, err := theme.ByName(all, c.Theme)
		switch {
		case err != nil && c.Theme == f.theme:
			return err
		case err != nil:
			return at(err, "theme")
		}
	}
	if err := ui.CheckKeys(c.Keys); err != nil {
		wrong, _ := errors.AsType[*ui.KeyError](err)
		return at(err, "keys", wrong.Action)
	}
	return nil
}

// A rig is the rooms wired together: what feeds a ledger.
type rig struct {
	config   config.Config
	key      string
	table    model.Table
	options  model.LedgerOptions
	base     *url.URL
	clock    *poller.Clock
	ledger   *model.Ledger
	billing  *billing.Source
	local    []poller.Source        // what sees this machine's calls: the tap, the tails
	seen     []func(model.Snapshot) // who else looks at every snapshot
	resume   func() *model.Ledger   // makes the ledger, if not nil
	journals []poller.Journal
}

// ledgerOptions are what the settings say to a ledger.
func ledgerOptions(c config.Config) model.LedgerOptions {
	o := model.LedgerOptions{CountDoubleRows: c.CountDoubleRows}
	if c.Cap.USDPerDay > 0 {
		o.Cap = model.Some(model.MicrosFromUSD(c.Cap.USDPerDay))
	}
	return o
}

// newRig checks all settings. key is the API key.
func newRig(c config.Config, key string) (*rig, error) {
	base, err := poller.ParseBaseURL(c.BaseURL)
	if err != nil {
		return nil, usageError{err}
	}
	table, err := c.Table()
	if err != nil {
		return nil, usageError{err}
	}
	opts := billing.Options{Base: base, Key: key, Table: table, BudgetMinute: c.Budget.PerMinute, BudgetHour: c.Budget.PerHour}
	if c.Interval != "" {
		if opts.Interval, err = config.ParseInterval(c.Interval); err != nil {
			return nil, usageError{err}
		}
	}
	r := &rig{config: c, key: key, table: table, options: ledgerOptions(c), base: base, clock: &poller.Clock{}}
	r.ledger = model.NewLedger(table, r.options)
	opts.Clock = r.clock
	r.billing = billing.New(opts)
	r.seen = append(r.seen, r.billing.Seen)
	return r, nil
}

// watch adds to a rig what sees this machine's calls: the tap of the settings,
// which it opens, and the tails of the flags.
func (f *flags) watch(r *rig, c config.Config) error {
	format, err := tail.ParseFormat(f.tailFormat)
	if err != nil {
		return usageError{err}
	}
	if c.Tap != "" {
		ln, err := tap.Listen(c.Tap)
		if err != nil {
			return err
		}
		r.addTap(ln)
	}
	var tails []*tail.Source
	for _, path := range f.tails {
		tails = append(tails, tail.New(path, format, r.clock, tail.Options{Input: os.Stdin}))
	}
	if len(tails) > 0 {
		r.local = append(r.local, tail.Join(tails...))
	}
	if f.metrics == "" {
		return nil
	}
	ln, note, err := metrics.Listen(f.metrics)
	if err != nil {
		return err
	}
	if note != "" {
		fmt.Fprintln(f.say(), "quotatop:", note)
	}
	exporter := &metrics.Exporter{}
	r.seen = append(r.seen, exporter.Seen)
	r.local = append(r.local, service{"metrics", func(ctx context.Context, _ func(model.Event)) error { return exporter.Serve(ctx, ln) }})
	return nil
}

// A service runs beside the sources, as one that tells nothing but what is wrong
// with it.
type service struct {
	name string
	run  func(ctx context.Context, emit func(model.Event)) error
}

// Name implements poller.Source.
func (s service) Name() string { return s.name }

// Run implements poller.Source.
func (s service) Run(ctx context.Context, emit func(model.Event)) error { return s.run(ctx, emit) }

// addTap adds a tap that serves on ln.
func (r *rig) addTap(ln net.Listener) {
	r.local = append(r.local, tap.New(r.base, r.clock, tap.Options{Listener: ln}))
}

// newRig makes the rig of the settings.
func (f *flags) newRig(ctx context.Context) (*rig, config.Config, error) {
	c, err := f.settings()
	if err != nil {
		return nil, c, err
	}
	key, err := c.Key(ctx, f.keyFile, os.Getenv("PIONEER_API_KEY"))
	if err != nil {
		return nil, c, usageError{err}
	}
	r, err := newRig(c, key)
	return r, c, err
}

// newWatch makes the rig of the settings, with what sees this machine's calls.
func (f *flags) newWatch(ctx context.Context) (*rig, error) {
	r, c, err := f.newRig(ctx)
	if err != nil {
		return nil, err
	}
	return r, f.watch(r, c)
}

// start runs the sources until ctx ends.
func (r *rig) start(ctx context.Context) <-chan model.Snapshot {
	runner := &poller.Runner{
		Sources: append([]poller.Source{r.billing}, r.local...),
		Ledger:  r.ledger, Recover: r.resume, Clock: r.clock, Seen: r.look, Journals: r.journals,
	}
	return runner.Start(ctx)
}

// look shows a snapshot to all who want to see each.
func (r *rig) look(s model.Snapshot) {
	for _, seen := range r.seen {
		seen(s)
	}
}

// trouble adds a service to the rig that tells the screen what is wrong with it:
// what it returns takes an error, or nil when that is over. It does not block.
func (r *rig) trouble(name string) (report func(error)) {
	states := make(chan model.Health, 8)
	r.local = append(r.local, service{name, func(ctx context.Context, emit func(model.Event)) error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case h := <-states:
				emit(model.Event{At: r.clock.Now(), Source: name, Health: &h})
			}
		}
	}})
	return func(err error) {
		h := model.Health{State: model.StateOK}
		if err != nil {
			h = model.Health{State: model.StateError, Error: strings.TrimPrefix(err.Error(), name+": ")} // the screen names it
		}
		select {
		case states <- h:
		default:
		}
	}
}

// journal makes the rig go on from where the dashboards before it ended, and
// keep what it sees. What it returns ends that, and says on say what could not
// be kept.
func (r *rig) journal(say io.Writer) (end func()) {
	folder := journal.Folder(stateDir(), r.base.String(), r.key)
	report := r.trouble("journal")
	j := journal.Open(folder, journal.Options{
		Keep: r.config.Journal.Retention.Duration(), MaxBytes: r.config.Journal.MaxSize.Bytes(), Report: report,
	})
	r.journals = append(r.journals, j)
	r.resume = func() *model.Ledger {
		ledger, _, err := journal.Recover(folder, r.table, r.options, r.clock.Now())
		if err != nil {
			report(err)
		}
		if offset := ledger.Snapshot(r.clock.Now()).ClockOffsetMS; r.clock.Offset() == 0 { // until the API says what it is
			r.clock.SetOffset(time.Duration(offset) * time.Millisecond)
		}
		return ledger
	}
	return func() {
		if err := j.Close(); err != nil {
			fmt.Fprintln(say, "quotatop:", err)
		}
	}
}

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
	paths := reload.Paths{Config: f.file(), ThemesDir: config.ThemesDir()}
	read(reload.Watch(ctx, paths, func() { read(nil) }))
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

func demoCommand(f *flags) *cobra.Command {
	var capUSD float64
	var seed uint64
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "the dashboard on a simulated API with a simulated load run; needs no key",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needTerminal(cmd.OutOrStdout()); err != nil {
				return err
			}
			return demo(cmd.Context(), f, capUSD, seed)
		},
	}
	cmd.Flags().Float64Var(&capUSD, "cap-usd", 50, "daily cap of the simulated account; a small one is reached at once")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "of the simulated load run")
	return cmd
}

// demo runs the dashboard as it is, against a simulator on loopback and a load
// run that goes through the tap.
func demo(ctx context.Context, f *flags, capUSD float64, seed uint64) error {
	const key = "pio_sk_demo"
	if capUSD <= 0 {
		return usageError{fmt.Errorf("--cap-usd %g: use a positive amount", capUSD)}
	}
	c, table, err := f.table()
	if err != nil {
		return err
	}
	api := sim.New(sim.Options{Table: table, Key: key, CapUSD: capUSD, Seed: seed})
	if err := api.Backfill(sim.DemoBackfill(capUSD)); err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	tapped, err := tap.Listen("127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	direct := url.URL{Scheme: "http", Host: ln.Addr().String()}
	c.BaseURL = direct.String()
	r, err := newRig(c, key)
	if err != nil {
		return err
	}
	r.addTap(tapped)
	end, err := r.record(f.record, os.Stderr)
	if err != nil {
		return err
	}
	defer end()
	load := &sim.Load{BaseURL: "http://" + tapped.Addr().String(), Direct: direct.String(), Key: key, Plan: sim.DemoPlan(), Seed: seed, Obedient: 0.6}

	ctx, cancel := context.WithCancel(ctx)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return serve(ctx, ln, api) })
	group.Go(func() error { return load.Run(ctx) })
	group.Go(func() error {
		defer cancel()
		return r.show(ctx, f, "DEMO")
	})
	return group.Wait()
}

// serve serves until ctx ends.
func serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func simCommand(f *flags) *cobra.Command {
	var listen, key string
	var capUSD float64
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "a local API that enforces the limits, for trying things out",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, table, err := f.table()
			if err != nil {
				return err
			}
			ln, err := tap.Listen(listen)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "quotatop sim: listening on http://%s, profile %s, cap $%.2f a day\n", ln.Addr(), table.Profile, capUSD)
			return serve(cmd.Context(), ln, sim.New(sim.Options{Table: table, Key: key, CapUSD: capUSD}))
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8430", "address to listen on")
	cmd.Flags().StringVar(&key, "key", "", "the API key to accept (default: any)")
	cmd.Flags().Float64Var(&capUSD, "cap-usd", 50, "daily cap of the account")
	return cmd
}

func tapCommand(f *flags) *cobra.Command {
	var listen, to, log string
	cmd := &cobra.Command{
		Use:   "tap",
		Short: "pass a load run's requests through without a screen, and log each of them",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.settings()
			if err != nil {
				return err
			}
			if to == "" {
				to = c.BaseURL
			}
			upstream, err := poller.ParseBaseURL(to)
			if err != nil {
				return usageError{err}
			}
			return runTap(cmd, upstream, listen, log)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8429", "address to listen on")
	cmd.Flags().StringVar(&to, "to", "", "where to pass requests on to (default: the base URL)")
	cmd.Flags().StringVar(&log, "log", "", "file to append an event line to for each request; fit for --tail")
	return cmd
}

// runTap runs a tap until the first signal, then lets the requests in flight
// finish; a second signal ends the program at once.
func runTap(cmd *cobra.Command, upstream *url.URL, listen, log string) (failed error) {
	ctx, say := cmd.Context(), cmd.ErrOrStderr()
	ln, err := tap.Listen(listen)
	if err != nil {
		return err
	}
	observe := func(model.Event) {}
	if log != "" {
		lines, err := eventline.OpenWriter(log, func(err error) { fmt.Fprintln(say, "quotatop tap:", err) })
		if err != nil {
			return errors.Join(err, ln.Close())
		}
		defer func() { failed = errors.Join(failed, lines.Close()) }()
		observe = lines.Observe
	}
	fmt.Fprintf(say, "quotatop tap: http://%s passes requests on to %s\n", ln.Addr(), upstream)
	stop := context.AfterFunc(ctx, func() {
		endAtOnce()
		fmt.Fprintln(say, "quotatop tap: waiting for the requests in flight; interrupt again to cut them")
	})
	defer stop()
	t := tap.New(upstream, &poller.Clock{}, tap.Options{Listener: ln})
	return t.Run(ctx, func(e model.Event) {
		observe(e)
		if e.Health != nil && e.Health.Error != "" {
			fmt.Fprintln(say, "quotatop tap:", e.Health.Error)
		}
	})
}

func onceCommand(f *flags) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "once",
		Short: "poll once, print what is known, exit",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, _, err := f.newRig(cmd.Context())
			if err != nil {
				return err
			}
			if err := r.billing.Poll(cmd.Context(), r.ledger.Observe); err != nil {
				return err
			}
			s := r.ledger.Snapshot(r.clock.Now())
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(s)
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), ui.Summary(s))
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one Snapshot as JSON")
	return cmd
}

// statusPatience is how long a status line waits for a poll of its own.
const statusPatience = 2 * time.Second

func statusCommand(f *flags) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "one line for a tmux status bar, from the dashboard that runs",
		Long: "status prints the limit with the least headroom and its time to the wall, what is left of the cap and the\n" +
			"time to its reset. It asks the dashboard that runs; without one it polls once, and where that gives no answer\n" +
			"it says \"quotatop: off\".",
		Example: "  quotatop status --format tmux\n  quotatop status --format '{{.Endpoint}} {{.Percent.Or 0}}%'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := status.Line(model.Snapshot{}, format); err != nil {
				return usageError{err}
			}
			s, ok := f.newest(cmd.Context())
			if !ok {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), "quotatop: off")
				return err
			}
			line, err := status.Line(s, format)
			if err != nil {
				return usageError{err}
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), line)
			return err
		},
	}
	cmd.Flags().StringVar(&format, "format", status.Plain, "plain, tmux, json, or a Go template over what json prints")
	return cmd
}

// newest is the snapshot of the dashboard that runs, else that of one poll. Status
// lines are drawn every few seconds: what one of them has polled serves them all
// for a while, and a poll that failed is not tried again at once.
func (f *flags) newest(ctx context.Context) (s model.Snapshot, ok bool) {
	if s, ok, _ := statefile.Read(time.Now(), f.dashboards()...); ok {
		return s, true
	}
	ctx, cancel := context.WithTimeout(ctx, statusPatience)
	defer cancel()
	r, _, err := f.newRig(ctx)
	if err != nil {
		return s, false
	}
	dirs := foldersOf(r.base.String(), r.key)
	if s, ok, fresh := statefile.Kept(time.Now(), dirs...); fresh {
		return s, ok
	}
	if ok = r.billing.Poll(ctx, r.ledger.Observe) == nil; ok {
		s = r.ledger.Snapshot(r.clock.Now())
	}
	_ = statefile.Keep(time.Now(), s, ok, dirs...) // else the next one polls again
	return s, ok
}

func doctorCommand(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "check key, host, clock, billing endpoints, terminal and files, and say what to do",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			file, ok := out.(*os.File)
			return findings(out, doctor.Run(cmd.Context(), doctor.Options{
				ConfigPath: f.file(), ConfigNeeded: f.config != "", Override: f.override,
				KeyFile: f.keyFile, Env: os.Environ(), Terminal: ok && term.IsTerminal(file.Fd()),
				RuntimeDirs: statefile.Dirs(), StateDir: stateDir(),
			}))
		},
	}
}

// stateDir is where the journal is kept.
func stateDir() string { return filepath.Join(xdg.StateHome, "quotatop") }

func replayCommand(f *flags) *cobra.Command {
	var speed, from, until string
	cmd := &cobra.Command{
		Use:   "replay FILE",
		Short: "play a recorded run in the same screen",
		Long: "replay plays what --record has kept. Space pauses, the arrows go 10 s back and on, with shift a minute,\n" +
			"[ and ] go to the denials, - and + change the speed.",
		Example: "  quotatop --record run.jsonl.zst\n  quotatop replay run.jsonl.zst --speed 10x --from 12:04",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := needTerminal(cmd.OutOrStdout()); err != nil {
				return err
			}
			c, err := f.settings()
			if err != nil {
				return err
			}
			run, err := recording.Open(args[0])
			if err != nil {
				return fmt.Errorf("replay: %w", err)
			}
			defer run.Close()
			player, err := openPlayer(run, speed, from, until)
			if err != nil {
				return usageError{fmt.Errorf("replay: %w", err)}
			}
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			return ui.Run(ctx, player.Start(ctx), ui.Options{
				Player: player, ASCII: f.plainCharacters(), Theme: c.Theme, Keys: c.Keys, Looks: f.looks(ctx),
			}, ui.Terminal{})
		},
	}
	cmd.Flags().StringVar(&speed, "speed", "1x", "how many times as fast as it was, from 1x to 1000x")
	cmd.Flags().StringVar(&from, "from", "", "where to begin: a time of day in UTC, as 12:04, or RFC 3339")
	cmd.Flags().StringVar(&until, "until", "", "where to end")
	return cmd
}

// A player is a recording's player as the screen wants it.
type player struct{ *recording.Player }

// Status implements ui.Player.
func (p player) Status() ui.Replay { return ui.Replay(p.Player.Status()) }

// openPlayer readies the part of a recording that the flags ask for.
func openPlayer(run *recording.Recording, speed, from, until string) (player, error) {
	var opts recording.PlayOptions
	var err error
	if opts.Speed, err = strconv.ParseFloat(strings.TrimSuffix(speed, "x"), 64); err != nil || !(opts.Speed >= recording.MinSpeed && opts.Speed <= recording.MaxSpeed) {
		return player{}, fmt.Errorf("speed %q: write it like 10x, from %dx to %dx", speed, recording.MinSpeed, recording.MaxSpeed)
	}
	for _, end := range []struct {
		text string
		into *time.Time
	}{{from, &opts.From}, {until, &opts.Until}} {
		if end.text == "" {
			continue
		}
		if *end.into, err = run.ParseTime(end.text); err != nil {
			return player{}, err
		}
	}
	if from != "" && until != "" && !opts.Until.After(opts.From) {
		return player{}, fmt.Errorf("--until %s is not after --from %s", until, from)
	}
	p, err := run.Play(opts)
	return player{p}, err
}

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
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			write, ok := reportFormats[format]
			if !ok {
				return usageError{fmt.Errorf("--format %s: use md, html or json", format)}
			}
			c, table, err := f.table()
			if err != nil {
				return err
			}
			var runs []report.Named
			for _, path := range args {
				var r *model.Reporter
				lost, err := recording.Read(cmd.Context(), path, func(t model.Table, o model.LedgerOptions, ok bool) {
					if !ok {
						t, o = table, ledgerOptions(c)
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
	return cmd
}

// record makes the rig keep what it sees in a file, if one is named. What it
// returns ends that.
func (r *rig) record(path string, say io.Writer) (end func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	recorder, err := recording.Create(path, recording.Options{Table: r.table, Ledger: r.options, Clock: r.clock, Report: r.trouble("record")})
	if err != nil {
		return nil, err
	}
	r.journals = append(r.journals, recorder)
	return func() {
		if err := recorder.Close(); err != nil {
			fmt.Fprintln(say, "quotatop:", err)
		}
	}, nil
}

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

func tmuxCommand() *cobra.Command {
	group := &cobra.Command{
		Use:   "tmux",
		Short: "the status line in tmux: put it there, and find out why it does not show",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var write bool
	install := &cobra.Command{
		Use:   "install",
		Short: "put the status line and a key for the dashboard into the tmux configuration",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return tmuxInstall(cmd, write) },
	}
	install.Flags().BoolVar(&write, "write", false, "do not ask")
	group.AddCommand(install, &cobra.Command{
		Use:   "doctor",
		Short: "say why the status line does not show",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := tmux.ConfigPath()
			if err != nil {
				return err
			}
			return findings(cmd.OutOrStdout(), tmux.Diagnose(cmd.Context(), tmux.Options{Config: path}))
		},
	})
	return group
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

// findings prints what a doctor found, and fails when something is wrong.
func findings(out io.Writer, all []doctor.Finding) error {
	wrong := 0
	for _, f := range all {
		sign := "ok "
		if !f.OK {
			sign = "no "
			wrong++
		}
		fmt.Fprintf(out, "%s %s\n", sign, f.What)
		if f.Do != "" {
			fmt.Fprintf(out, "    %s\n", f.Do)
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d checks found something wrong", wrong, len(all))
	}
	return nil
}

// foldersOf are the folders for the state of dashboards at a base URL, or of the
// polls with a key.
func foldersOf(base, key string) []string {
	dirs := statefile.Dirs()
	for i := range dirs {
		dirs[i] = journal.Folder(dirs[i], base, key)
	}
	return dirs
}

// dashboards are the folders in which a dashboard's state is looked for: those of
// the base URL that flag or environment name, else all. The key is not asked for:
// to find it may take a command.
func (f *flags) dashboards() (dirs []string) {
	named := f.baseURL
	if named == "" {
		named = os.Getenv("PIONEER_BASE_URL")
	}
	if base, err := poller.ParseBaseURL(named); named != "" && err == nil {
		return foldersOf(base.String(), "")
	}
	for _, dir := range statefile.Dirs() {
		found, _ := filepath.Glob(filepath.Join(dir, "*")) // the pattern is well formed
		dirs = append(dirs, found...)
	}
	return dirs
}

// gateFlags are what a command asks to be left.
type gateFlags struct{ headroom, endpoint, capLeft string }

// gate reads them. headroom is the flag's name.
func (g *gateFlags) gate(t model.Table, headroom string) (model.Gate, error) {
	gate := model.Gate{Endpoint: g.endpoint}
	if g.headroom == "" && g.capLeft == "" {
		return gate, usageError{fmt.Errorf("nothing is asked for: use --%s 20%% or --cap-left 5usd", headroom)}
	}
	if g.headroom != "" {
		part, err := config.ParsePercent(g.headroom)
		if err != nil {
			return gate, usageError{fmt.Errorf("--%s: %w", headroom, err)}
		}
		gate.Headroom = model.Some(part)
	}
	if g.capLeft != "" {
		left, err := config.ParseUSD(g.capLeft)
		if err != nil {
			return gate, usageError{fmt.Errorf("--cap-left: %w", err)}
		}
		gate.CapLeft = model.Some(left)
	}
	if i := t.Index(g.endpoint); g.endpoint != "" && (i < 0 || len(t.Endpoints[i].Limits) == 0) {
		return gate, usageError{fmt.Errorf("--endpoint %s: no endpoint with a limit has this ID: use one of %s", g.endpoint, limited(t))}
	}
	return gate, nil
}

// limited names the endpoints that have limits.
func limited(t model.Table) string {
	var ids []string
	for _, e := range t.Endpoints {
		if len(e.Limits) > 0 {
			ids = append(ids, e.ID)
		}
	}
	return joined(ids)
}

// newGate makes the rig and the gate of a command.
func (f *flags) newGate(ctx context.Context, g *gateFlags, headroom string) (*rig, model.Gate, error) {
	r, c, err := f.newRig(ctx)
	if err != nil {
		return nil, model.Gate{}, err
	}
	table, err := c.Table()
	if err != nil {
		return nil, model.Gate{}, usageError{err}
	}
	gate, err := g.gate(table, headroom)
	return r, gate, err
}

func checkCommand(f *flags) *cobra.Command {
	var g gateFlags
	var span time.Duration
	cmd := &cobra.Command{
		Use:   "check",
		Short: "exit with 0 when there is enough headroom, with 3 when there is not",
		Long: "check polls once and says in one line what is left: exit code 0 when it is enough, 3 when it is not,\n" +
			"1 when that is not known. With --for it keeps watching: 3 at the first sight of too little.",
		Example: "  quotatop check --min-headroom 20% --cap-left 5usd\n  quotatop check --min-headroom 10% --endpoint chat --for 30s",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, gate, err := f.newGate(cmd.Context(), &g, "min-headroom")
			if err != nil {
				return err
			}
			var j model.Judgment
			if span > 0 {
				j, err = r.watchGate(cmd.Context(), gate, span, model.Shut)
			} else {
				j, err = r.pollGate(cmd.Context(), gate)
			}
			if err != nil {
				return err
			}
			return answer(cmd.OutOrStdout(), gate, j)
		},
	}
	cmd.Flags().StringVar(&g.headroom, "min-headroom", "", "the part of each limit that must be left, in percent with its sign")
	cmd.Flags().StringVar(&g.endpoint, "endpoint", "", "look at the limits of this endpoint only, as chat")
	cmd.Flags().StringVar(&g.capLeft, "cap-left", "", "what must be left of the daily cap, as 5usd")
	cmd.Flags().DurationVar(&span, "for", 0, "watch for this long instead of polling once")
	return cmd
}

func waitCommand(f *flags) *cobra.Command {
	var g gateFlags
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "wait",
		Short: "block until there is headroom",
		Long: "wait watches until what is asked for is left and then exits with 0. After --timeout it exits with 3,\n" +
			"or with 1 when the figures are not known.",
		Example: "  quotatop wait --until-headroom 50% --timeout 5m && k6 run load.js",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if timeout <= 0 {
				return usageError{fmt.Errorf("--timeout %s: use a positive time, as 5m", timeout)}
			}
			r, gate, err := f.newGate(cmd.Context(), &g, "until-headroom")
			if err != nil {
				return err
			}
			j, err := r.watchGate(cmd.Context(), gate, timeout, model.Open)
			if err != nil {
				return err
			}
			return answer(cmd.OutOrStdout(), gate, j)
		},
	}
	cmd.Flags().StringVar(&g.headroom, "until-headroom", "", "the part of each limit that must be left, in percent with its sign")
	cmd.Flags().StringVar(&g.endpoint, "endpoint", "", "look at the limits of this endpoint only, as chat")
	cmd.Flags().StringVar(&g.capLeft, "cap-left", "", "what must be left of the daily cap, as 5usd")
	cmd.Flags().DurationVar(&timeout, "timeout", 5*time.Minute, "give up after this long")
	return cmd
}

// pollGate judges what one poll says.
func (r *rig) pollGate(ctx context.Context, gate model.Gate) (model.Judgment, error) {
	if err := r.billing.Poll(ctx, r.ledger.Observe); err != nil {
		return model.Judgment{}, err
	}
	s := r.ledger.Snapshot(r.clock.Now())
	return gate.Judge(&s), nil
}

// watchGate judges snapshot after snapshot until the verdict is the one that
// ends the watch, or the time is over. It returns the last judgment.
func (r *rig) watchGate(ctx context.Context, gate model.Gate, span time.Duration, end model.Verdict) (j model.Judgment, err error) {
	watch, cancel := context.WithTimeout(ctx, span)
	defer cancel()
	for s := range r.start(watch) {
		if watch.Err() != nil {
			continue // the sources take their leave
		}
		if j = gate.Judge(&s); j.Verdict == end {
			cancel()
		}
	}
	if ctx.Err() != nil && j.Verdict != end {
		return j, errors.New("interrupted before there was an answer")
	}
	return j, nil
}

// answer prints a judgment and makes it the exit code.
func answer(out io.Writer, gate model.Gate, j model.Judgment) error {
	line := ui.GateLine(gate, j)
	switch j.Verdict {
	case model.Open:
		_, err := fmt.Fprintln(out, line)
		return err
	case model.Shut:
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
		return errCrossed
	}
	return errors.New(line)
}

func streamCommand(f *flags) *cobra.Command {
	var every time.Duration
	cmd := &cobra.Command{
		Use:   "stream",
		Short: "no screen: a Snapshot a second as JSON Lines, until interrupted",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if every < 100*time.Millisecond {
				return usageError{fmt.Errorf("--every %s: use 100ms or more", every)}
			}
			r, err := f.newWatch(cmd.Context())
			if err != nil {
				return err
			}
			end, err := r.record(f.record, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer end()
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			return stream(r.start(ctx), every, cmd.OutOrStdout())
		},
	}
	cmd.Flags().DurationVar(&every, "every", time.Second, "time between snapshots")
	return cmd
}

// stream writes the newest snapshot at every tick, until feed is closed.
func stream(feed <-chan model.Snapshot, every time.Duration, out io.Writer) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	enc := json.NewEncoder(out)
	for newest, fresh := (model.Snapshot{}), false; ; {
		select {
		case s, ok := <-feed:
			if !ok {
				return nil
			}
			newest, fresh = s, true
		case <-tick.C:
			if !fresh {
				continue
			}
			if err := enc.Encode(newest); err != nil {
				if errors.Is(err, syscall.EPIPE) {
					return nil // the reader has seen enough
				}
				return fmt.Errorf("stream: %w", err)
			}
			fresh = false
		}
	}
}
