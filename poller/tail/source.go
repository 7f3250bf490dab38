// Package tail follows what a load run writes about its calls, a log or a
// results file, and reports each call as it is written. Rejected calls are
// among them, which billing never shows.
//
// A file is read as it grows. It may not exist yet, be renamed and created
// again, be truncated and rewritten, or be a symlink that is repointed. Of a
// file that already exists, the calls of the last hour are reported; they are
// found by their times, without reading all of it. A line without a time gets
// the current time if it is new, and is skipped if it is not.
//
// A line is unwrapped first (Docker, containerd, journald, colours; the file may
// be compressed or in UTF-16) and then read by the first kind of line that knows
// it: one log may hold several kinds. See Format and kind.
//
// Lines that are not understood are counted and skipped. Times without a zone
// are local. The times of a log follow the local clock and are corrected to the
// server's.
package tail

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/muesli/cancelreader"

	"quotatop/model"
	"quotatop/poller/crash"
	"quotatop/poller/pioneer"
)

// StandardInput is the path of Options.Input.
const StandardInput = "-"

// Options are the optional settings of a Source. The zero value reads files.
type Options struct {
	// Input is what the path "-" reads. An io.Closer that is not an *os.File
	// is closed to end a blocked read.
	Input io.Reader
	// Window is how old a call may be to be reported: the longest window of
	// any limit. If zero, an hour.
	Window time.Duration
	// Hosts are the hosts whose calls count, as in URLs, with or without a
	// port; ":8429" is any host with that port. Calls to other hosts are
	// ignored, and counted in the source's note. In the log of a server or
	// proxy, its own local addresses count too. If empty, calls to any host
	// count, as do lines that do not name the host.
	Hosts []string
	// Zone is the time zone of times that name none. If nil, the local one.
	Zone *time.Location
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

// Run follows the file until ctx ends, or reads "-" to its end, then returns
// nil. A file that cannot be read is reported and retried.
func (s *Source) Run(ctx context.Context, emit func(model.Event)) error {
	name := filepath.Base(s.path)
	if s.path == StandardInput {
		name = "standard input"
		if s.opts.Input == nil {
			return errors.New("tail: no standard input to read")
		}
	}
	r := newReader(s.format, s.opts, s.clock, failuresOf(s.path), emit)
	r.status = &status{name: name, window: s.opts.Window, wake: make(chan struct{}, 1), counted: make(chan struct{}, 1)}
	done := make(chan struct{})
	var reporting sync.WaitGroup
	reporting.Go(crash.Guarded(func() { r.status.report(done, s.clock.Now, emit) }))
	defer reporting.Wait()
	defer close(done)
	if s.path == StandardInput {
		return r.readInput(ctx, s.opts.Input)
	}
	(&follower{reader: r, path: s.path, format: s.format}).follow(ctx)
	return nil
}

// cancelable returns a reader of the input whose reads end when ctx does, until
// stop is called. An io.Closer that is not an *os.File is closed for that.
func cancelable(ctx context.Context, input io.Reader) (from io.Reader, stop func()) {
	cancel, end := func() {}, func() {}
	if file, ok := input.(*os.File); ok {
		// It fails for regular files, whose reads never block.
		if c, err := cancelreader.NewReader(file); err == nil {
			input, cancel, end = c, func() { c.Cancel() }, func() { _ = c.Close() }
		}
	} else if c, ok := input.(io.Closer); ok {
		cancel = func() { _ = c.Close() }
	}
	unhook := context.AfterFunc(ctx, cancel)
	return input, func() { unhook(); end() }
}

// readInput reads a stream to its end or until ctx ends.
func (r *reader) readInput(ctx context.Context, input io.Reader) error {
	input, stop := cancelable(ctx, input)
	defer stop()
	r.status.set(model.StateOK, "", "")
	start := bufio.NewReaderSize(input, magicSize)
	magic, _ := start.Peek(magicSize)
	text, err := decoded(start, magic)
	if err != nil {
		r.status.set(model.StateError, explain(err), "")
		return nil
	}
	for s := r.newStream(); ; {
		_, err := r.read(s, text)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, io.EOF):
			r.finish(s)
			r.status.set(model.StatePaused, "ended", "")
			return nil
		case err != nil:
			r.finish(s)
			r.status.set(model.StateError, explain(err), "")
			return nil
		}
	}
}
