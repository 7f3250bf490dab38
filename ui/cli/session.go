package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"quotatop/model"
	"quotatop/poller/billing"
	"quotatop/poller/config"
	"quotatop/poller/journal"
	"quotatop/poller/pioneer"
	"quotatop/poller/recording"
	"quotatop/poller/runner"
	"quotatop/poller/tail"
	"quotatop/poller/tap"
	"quotatop/ui/metrics"
)

// A rig is the rooms wired together: what feeds a ledger.
type rig struct {
	config   config.Config
	key      string
	table    model.Table
	options  model.LedgerOptions
	base     *url.URL
	clock    *pioneer.Clock
	ledger   *model.Ledger
	billing  *billing.Source
	local    []runner.Source        // what sees this machine's calls: the tap, the tails
	seen     []func(model.Snapshot) // who else looks at every snapshot
	resume   func() *model.Ledger   // makes the ledger, if not nil
	journals []runner.Journal
}

// newRig checks all settings. key is the API key.
func newRig(c config.Config, key string) (*rig, error) {
	base, err := pioneer.ParseBaseURL(c.BaseURL)
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
	r := &rig{config: c, key: key, table: table, options: ledgerOptions(c), base: base, clock: &pioneer.Clock{}}
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

// Name implements runner.Source.
func (s service) Name() string { return s.name }

// Run implements runner.Source.
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
	runner := &runner.Runner{
		Sources: append([]runner.Source{r.billing}, r.local...),
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
	folder := filepath.Join(stateDir(), pioneer.AccountID(r.base.String(), r.key))
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
