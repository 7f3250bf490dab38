// Package journal keeps what the dashboard sees, so that nothing is lost when
// it is restarted, and one can go back in time: every event in a folder of event
// lines and, every 30 s, everything the ledger knows.
//
// Each run of quotatop writes files of its own, so that several can share the
// folder. Whatever goes wrong is reported; the dashboard goes on without.
package journal

import (
	"errors"
	"time"

	"quotatop/model"
	"quotatop/poller/events"
	"quotatop/poller/pioneer"
)

const (
	// flushEvery is the longest that an event waits to be written: what a crash
	// can lose.
	flushEvery = time.Second
	// checkpointEvery bounds the events that a restart has to read.
	checkpointEvery = 30 * time.Second
)

// What is kept unless Options say otherwise.
const (
	DefaultKeep     = 14 * 24 * time.Hour
	DefaultMaxBytes = 2 << 30
)

// Options are optional. The zero value uses the defaults.
type Options struct {
	Keep     time.Duration // how long files are kept; DefaultKeep if 0
	MaxBytes int64         // how much all files may take; DefaultMaxBytes if 0
	// Report, if not nil, is called with an error when the journal cannot be
	// written, and with nil once it can again. It must not block.
	Report func(error)
	// Clock is the server's; the local one if nil.
	Clock *pioneer.Clock
}

// A Journal writes events to a folder. It is a runner.Journal: Observe and
// Checkpoint are called by one goroutine, and never wait for the disk. It must
// be closed.
type Journal struct {
	writer   *events.Writer
	segments *segments
	clock    *pioneer.Clock
	marker   marker
	unread   bool                    // rows of the billing log came, but not yet their Reading
	watching map[string]model.Health // what the sources of this machine last said of themselves
	latest   time.Time               // of the events
	saved    time.Time               // when the last checkpoint was taken
}

// Open begins a journal in a folder, which is created if it does not exist. A
// folder that cannot be used is reported once there is something to write.
func Open(dir string, opts Options) *Journal {
	j := start(newSegments(dir, opts), opts.Report)
	if opts.Clock != nil {
		j.clock = opts.Clock
	}
	return j
}

func start(s *segments, report func(error)) *Journal {
	return &Journal{clock: &pioneer.Clock{}, writer: events.NewWriter("journal", s, flushEvery, report), segments: s, watching: map[string]model.Health{}}
}

// Observe takes in an event to be written. One that comes while too much is
// pending is dropped.
func (j *Journal) Observe(e model.Event) {
	if e.Call != nil && e.Call.Vantage == model.VantageAccount {
		j.unread = true
	} else if e.Reading != nil {
		j.unread = false
	}
	if e.Call == nil || e.Call.Vantage != model.VantageAccount {
		j.note(&e)
	}
	at := j.marker.observe(&e)
	if j.writer.Observe(e) && denied(&e) && j.segments.own.deny(at) {
		j.marker.denials = append(j.marker.denials, at)
	}
}

// maxWatching bounds the sources of this machine that are told apart.
const maxWatching = 32

// note keeps what watch writes again.
func (j *Journal) note(e *model.Event) {
	if e.At.After(j.latest) {
		j.latest = e.At
	}
	if h := e.Health; h != nil && h.Vantage == model.VantageLocal {
		if _, known := j.watching[e.Source]; known || len(j.watching) < maxWatching {
			j.watching[e.Source] = *h
		}
	}
}

// watch writes again who watches this machine's calls: a run that ran beside this one
// may have read up to here, and go on from here.
func (j *Journal) watch() {
	for source, h := range j.watching {
		j.writer.Observe(model.Event{At: j.latest, Source: source, Health: &h})
	}
}

// Checkpoint takes the state of the ledger if that is due: the state after all
// events observed so far.
//
// The next run reads rows of the billing log again unless a Reading said that
// they are complete, so no checkpoint is taken between the two.
func (j *Journal) Checkpoint(state func(dst []byte) []byte) {
	now := time.Now()
	if j.unread || now.Sub(j.saved) < checkpointEvery {
		return
	}
	j.saved = now
	text := state(nil)
	k, due := j.marker.next(now, j.clock.Now().UTC().Round(0))
	j.writer.Then(len(text), func() error {
		if !due {
			return j.segments.save(text)
		}
		return errors.Join(j.segments.mark(k, text), j.segments.save(text))
	})
	j.watch()
}

// Close writes what is pending. The error says how many events were dropped over
// the Journal's life, and why.
func (j *Journal) Close() error { return j.writer.Close() }
