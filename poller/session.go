// Package poller is the front door to everything that brings events in or keeps
// them: a Session wires the sources of one account to a ledger and publishes
// its snapshots.
package poller

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"quotatop/model"
	"quotatop/poller/billing"
	"quotatop/poller/config"
	"quotatop/poller/fleet"
	"quotatop/poller/journal"
	"quotatop/poller/pioneer"
	"quotatop/poller/recording"
	"quotatop/poller/runner"
	"quotatop/poller/tap"
)

// A Session wires the sources of one account to a ledger. Set it up with its
// methods, then call Start, once; Close it when the snapshots have ended.
type Session struct {
	settings  config.Settings
	key       string
	gate      pioneer.Gate // knows the key
	table     model.Table
	clock     pioneer.Clock // the server's
	ledger    *model.Ledger
	billing   *billing.Source
	sources   []runner.Source        // the tap, the tails, the services
	observers []func(model.Snapshot) // who else sees every snapshot
	watch     func(model.Snapshot) []model.Event
	journals  []runner.Journal
	journal   *journal.Journal     // one of them; may be nil
	restore   func() *model.Ledger // makes the ledger; nil to begin with an empty one
	closers   []func() error
	tapAt     string
	fleet     *fleet.Source // nil without one

	recorded bool            // to a file
	sum      *model.Reporter // adds up the run; nil without Summarize

	adjusting sync.Mutex // one Adjust at a time
	changes   chan func(*model.Ledger)
}

// New returns the session of an account whose API key is key. The error is about
// the settings.
func New(settings config.Settings, key string) (*Session, error) {
	table, err := settings.Table()
	if err != nil {
		return nil, err
	}
	if pioneer.Holds(settings.BaseURL.String(), key) {
		return nil, pioneer.ErrKeyInURL
	}
	s := &Session{settings: settings, key: key, gate: pioneer.NewGate(key), table: table, ledger: model.NewLedger(table, settings.Ledger()),
		changes: make(chan func(*model.Ledger), 1),
	}
	s.billing = billing.New(billing.Options{
		Base: settings.BaseURL.URL, Key: key, Table: table, Clock: &s.clock, Interval: settings.Interval.Duration,
		BudgetMinute: settings.Budget.PerMinute, BudgetHour: settings.Budget.PerHour,
	})
	s.Observe(s.billing.Seen)
	return s, nil
}

// Base is the address of the API.
func (s *Session) Base() *url.URL { return s.settings.BaseURL.URL }

// Table is the table of limits.
func (s *Session) Table() model.Table { return s.table }

// AccountID names the account: the base URL and the key. It reveals neither.
func (s *Session) AccountID() string { return pioneer.AccountID(s.Base().String(), s.key) }

// KeyEnd is the end of the API key, for the user to tell keys apart: "…9f3c"; or "set"
// for a key that is too short to show any of it.
func (s *Session) KeyEnd() string {
	const shown, least = 4, 16
	if len(s.key) < least {
		return "set"
	}
	return "…" + s.key[len(s.key)-shown:]
}

// TapAddress is where the tap listens; empty without one.
func (s *Session) TapAddress() string { return s.tapAt }

// Clock is the server's clock, as far as the session has learned it.
func (s *Session) Clock() *pioneer.Clock { return &s.clock }

// Add adds a source beside the billing log that corrects local times to the
// server's. It starts once the billing log's first request has ended, so that the
// server's time is known, or after a few seconds.
func (s *Session) Add(source runner.Source) {
	s.sources = append(s.sources, delayed{source, s.billing.Heard()})
}

// delayed is a source that waits for the server's time to be known.
type delayed struct {
	runner.Source
	heard <-chan struct{}
}

// startWithin is the longest that a delayed source waits.
const startWithin = 3 * time.Second

// Run implements runner.Source.
func (d delayed) Run(ctx context.Context, emit func(model.Event)) error {
	timer := time.NewTimer(startWithin)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return nil
	case <-d.heard:
	case <-timer.C:
	}
	return d.Source.Run(ctx, emit)
}

// Tap adds a tap that serves on ln.
func (s *Session) Tap(ln net.Listener) {
	s.tapAt = ln.Addr().String()
	s.sources = append(s.sources, tap.New(s.Base(), &s.clock, tap.Options{Listener: ln}))
}

// Observe adds a function that is called with every snapshot, before it is
// published. It must not block.
func (s *Session) Observe(f func(model.Snapshot)) { s.observers = append(s.observers, f) }

// Watch sets a function that is called with every snapshot, and whose events are
// observed before it is published. It must not block.
func (s *Session) Watch(f func(model.Snapshot) []model.Event) { s.watch = f }

// Notices returns a function that adds notices to the session's log, under the name
// of a source. The function does not block; it drops a notice when too many wait.
func (s *Session) Notices(name string) func(model.Notice) {
	send := s.sender(name)
	return func(n model.Notice) { send(model.Event{Notice: &n}) }
}

// sender adds a service to the session that has nothing to run, and returns a function
// that emits an event under its name. The function does not block; it drops an event
// when too many wait.
func (s *Session) sender(name string) func(model.Event) {
	waiting := make(chan model.Event, 8)
	s.sources = append(s.sources, service{name, func(ctx context.Context, emit func(model.Event)) error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case e := <-waiting:
				e.At, e.Source = s.clock.Now(), name
				emit(e)
			}
		}
	}})
	return func(e model.Event) {
		select {
		case waiting <- e:
		default:
		}
	}
}

// Serve adds a service, which runs beside the sources until ctx ends and reports
// only its own health.
func (s *Session) Serve(name string, run func(context.Context) error) {
	s.sources = append(s.sources, service{name, func(ctx context.Context, _ func(model.Event)) error { return run(ctx) }})
}

// Reporter adds a service to the session that has nothing to run, and returns
// a function that reports its problem: an error, or nil when it is over. The
// function does not block.
func (s *Session) Reporter(name string) (report func(error)) {
	send := s.sender(name)
	return func(err error) {
		h := model.Health{State: model.StateOK}
		if err != nil {
			text := strings.TrimPrefix(err.Error(), name+": ") // the screen names it
			h = model.Health{State: model.StateError, Error: strings.ReplaceAll(text, "\n", "; ")}
		}
		send(model.Event{Health: &h})
	}
}

// A service runs alongside the sources and reports only its own health.
type service struct {
	name string
	run  func(ctx context.Context, emit func(model.Event)) error
}

// Name implements runner.Source.
func (s service) Name() string { return s.name }

// Vantage implements runner.Source: a service sees no calls.
func (s service) Vantage() model.Vantage { return "" }

// Run implements runner.Source.
func (s service) Run(ctx context.Context, emit func(model.Event)) error { return s.run(ctx, emit) }

// recoveryShown is how long the screen shows what the journal could not recover.
const recoveryShown = time.Minute

// Journal makes the session continue from where earlier ones of the account
// ended, and keep what it observes, in a folder of the account's below dir.
func (s *Session) Journal(dir string) {
	folder := filepath.Join(dir, s.AccountID())
	report := s.Reporter("journal")
	var reported atomic.Bool // by the journal itself
	j := journal.Open(folder, journal.Options{
		Keep: s.settings.Journal.Retention.Duration, MaxBytes: s.settings.Journal.MaxSize.Bytes,
		Report: func(err error) { reported.Store(true); report(err) },
		Clock:  &s.clock,
	})
	s.journal = j
	s.journals = append(s.journals, j)
	s.closers = append(s.closers, j.Close)
	s.restore = func() *model.Ledger {
		ledger, err := j.Recover(s.table, s.settings.Ledger())
		if err != nil {
			report(err)
			time.AfterFunc(recoveryShown, func() {
				if !reported.Load() {
					report(nil)
				}
			})
		}
		s.clock.SetOffset(ledger.ClockOffset(time.Now())) // until the API says what it is
		return ledger
	}
}

// TemporaryJournal is Journal in a folder of its own, which Close removes; if the
// process is killed, the next one that has such a journal does.
func (s *Session) TemporaryJournal() error {
	dir, remove, err := journal.Temporary()
	if err != nil {
		return err
	}
	s.Journal(dir)
	s.closers = append(s.closers, remove)
	return nil
}

// Journals reports whether the session has a journal.
func (s *Session) Journals() bool { return s.journal != nil }

// Past returns a player of what the session's journal holds, up to now. It reads the
// journal's folder, so it may block.
func (s *Session) Past() (*recording.Player, error) {
	past, err := s.journal.Past(s.table, s.settings.Ledger())
	if err != nil {
		return nil, err
	}
	return recording.PlayPast(past), nil
}

// Record makes the session keep the run in a file, for replay and report.
func (s *Session) Record(path string) error {
	recorder, err := recording.Create(path, recording.Options{
		Table: s.table, Ledger: s.settings.Ledger(), Clock: &s.clock, Report: s.Reporter("record"),
	})
	if err != nil {
		return err
	}
	s.journals = append(s.journals, recorder)
	s.closers = append(s.closers, recorder.Close)
	s.recorded = true
	return nil
}

// Summarize makes the session add up its run. The function returns the report of it;
// call it once the snapshots have ended. Of a run that is recorded it is the report of
// the recording, which keeps the limits that it began with.
func (s *Session) Summarize() func() model.Report {
	s.sum = model.NewReporter(s.table, s.settings.Ledger())
	s.journals = append(s.journals, observer(s.sum.Observe))
	return s.sum.Report
}

// An observer is a runner.Journal that takes the events alone.
type observer func(model.Event)

// Observe implements runner.Journal.
func (o observer) Observe(e model.Event) { o(e) }

// Checkpoint implements runner.Journal.
func (observer) Checkpoint(func([]byte) []byte) {}

// Start runs the sources until ctx ends. The channel holds the newest snapshot;
// it is closed once every source has returned.
func (s *Session) Start(ctx context.Context) <-chan model.Snapshot {
	if s.fleet != nil && s.restore != nil {
		restore, goOn := s.restore, s.fleet.GoOn()
		s.restore = func() *model.Ledger {
			ledger := restore()
			goOn(ledger.FleetPlace(s.settings.Fleet.Run))
			return ledger
		}
	}
	r := &runner.Runner{
		Sources: append([]runner.Source{s.billing}, s.sources...), Gate: s.gate,
		Ledger: s.ledger, Recover: s.restore, Clock: &s.clock, Journals: s.journals, Watch: s.watch, Changes: s.changes,
		Seen: func(snapshot model.Snapshot) {
			for _, observe := range s.observers {
				observe(snapshot)
			}
		},
	}
	return r.Start(ctx)
}

// PollNow asks for a poll of the plan and the billing log at once. It does not
// wait for it: the text says, for the user, what happens.
func (s *Session) PollNow() string { return s.billing.PollNow() }

// Poll polls the account once, without Start, and returns what is known then. With a
// fleet it also reads what that has published, and listens to it for a second.
func (s *Session) Poll(ctx context.Context) (model.Snapshot, error) {
	observe := func(e model.Event) { s.ledger.Observe(s.gate.Event(e)) }
	if err := s.billing.Poll(ctx, observe); err != nil {
		return model.Snapshot{}, s.gate.Error(err)
	}
	if s.fleet != nil {
		if err := s.fleet.Poll(ctx, observe); err != nil {
			return model.Snapshot{}, s.gate.Error(fmt.Errorf("fleet: %w", err))
		}
	}
	snapshot := s.ledger.Snapshot(s.clock.Now())
	snapshot.ClockInDoubt = snapshot.ClockInDoubt || s.clock.InDoubt()
	return snapshot, nil
}

// Adjust takes over the settings that can change during a run: the interval, the cap
// and how many calls each limit allows; it ignores the others. It does not block, and
// may be called at any time.
func (s *Session) Adjust(settings config.Settings) error {
	table, err := settings.Table()
	if err != nil {
		return err
	}
	s.billing.SetInterval(settings.Interval.Duration)
	s.adjusting.Lock()
	defer s.adjusting.Unlock()
	select {
	case <-s.changes: // one that the ledger has not seen
	default:
	}
	s.changes <- func(l *model.Ledger) {
		l.Adjust(table, settings.Ledger())
		if s.sum != nil && !s.recorded {
			s.sum.Adjust(table, settings.Ledger())
		}
	}
	return nil
}

// Close ends the journal and the recording. The error says what could not be
// kept.
func (s *Session) Close() error {
	var errs []error
	for _, end := range s.closers {
		errs = append(errs, end())
	}
	return errors.Join(errs...)
}
