// Package tail follows what a load run writes about its calls, a log or a
// results file, and reports each call as it is written. Rejected calls are
// among them, which billing never shows.
//
// A file is read as it grows. It may not be there yet, be renamed and made
// anew, be cut and written again, or be a link that is turned to another file.
// Of a file that is there already the calls of the last hour are reported; they
// are found by their times, not by reading all of it. Lines that have no time
// are taken to be new, and left out where they are not.
//
// Lines that are not understood are counted and otherwise do no harm. Times
// without a zone are local. The times of a log are by the local clock and are
// corrected to the server's.
package tail

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/muesli/cancelreader"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// StandardInput is the path of Options.Input.
const StandardInput = "-"

// Options are what a tail need not be told. The zero value is fit for files.
type Options struct {
	// Input is what the path "-" reads. Where it is an io.Closer and not an
	// *os.File, it is closed to end a read that waits.
	Input io.Reader
	// Window is how far back calls are of interest: the longest window of a
	// limit. If zero, an hour.
	Window time.Duration
	// Host is the host that calls have to go to, to count, in formats that
	// name it. If empty, any.
	Host string
}

// A Source follows one file. It is a runner.Source.
type Source struct {
	path   string
	format Format
	clock  *pioneer.Clock
	opts   Options
}

// New returns a source that follows the file at path, or "-" for Options.Input.
// clock corrects the times in it to the server's.
func New(path string, format Format, clock *pioneer.Clock, opts Options) *Source {
	if opts.Window == 0 {
		opts.Window = time.Hour
	}
	return &Source{path: path, format: format, clock: clock, opts: opts}
}

// Name is model.SourceTail.
func (s *Source) Name() string { return model.SourceTail }

// Vantage is model.VantageLocal.
func (s *Source) Vantage() model.Vantage { return model.VantageLocal }

// Run follows the file until ctx ends, or reads "-" until its end, and then
// returns nil. A file that cannot be read is reported and tried again.
func (s *Source) Run(ctx context.Context, emit func(model.Event)) error {
	name := filepath.Base(s.path)
	if s.path == StandardInput {
		name = "standard input"
		if s.opts.Input == nil {
			return errors.New("tail: there is no standard input to read")
		}
	}
	r := &reader{
		status: &status{name: name, window: s.opts.Window, wake: make(chan struct{}, 1)},
		target: target{host: s.opts.Host, clock: s.clock},
		clock:  s.clock, window: s.opts.Window, emit: emit,
	}
	r.setFormat(s.format)
	done := make(chan struct{})
	var reporting sync.WaitGroup
	reporting.Go(func() { r.status.report(done, s.clock.Now, emit) })
	defer reporting.Wait()
	defer close(done)
	if s.path == StandardInput {
		return r.readInput(ctx, s.opts.Input)
	}
	(&follower{reader: r, path: s.path}).follow(ctx)
	return nil
}

// readInput reads a stream to its end or until ctx ends.
func (r *reader) readInput(ctx context.Context, input io.Reader) error {
	cancel := func() {}
	if file, ok := input.(*os.File); ok {
		// It fails for regular files, whose reads do not wait.
		if c, err := cancelreader.NewReader(file); err == nil {
			defer c.Close()
			input, cancel = c, func() { c.Cancel() }
		}
	} else if c, ok := input.(io.Closer); ok {
		cancel = func() { _ = c.Close() }
	}
	defer context.AfterFunc(ctx, cancel)()
	r.status.set(model.StateOK, "", "")
	for {
		_, err := r.read(input)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, io.EOF):
			r.finish()
			r.status.set(model.StatePaused, "it has ended", "")
			return nil
		case err != nil:
			r.status.set(model.StateError, explain(err), "")
			return nil
		}
	}
}
