package tail

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"quotatop/model"
	"quotatop/poller/events/input"
	"quotatop/poller/pioneer"
)

// A Summary says what a log that was read whole consists of.
type Summary struct {
	Lines   int            // all but empty ones
	Calls   int            // reported
	Ignored map[string]int // calls to other hosts
	// Note says what is not well with the log, such as lines that were not
	// understood and what to do. May be empty.
	Note string
}

// ReadFile reads the log at path whole, in any format and of any age, and emits
// its calls. It also reads HTTP archives (HAR). Of opts it uses Hosts and Zone. Times are taken to be right; calls
// without one get that of a call before them, or the time of the file.
//
// It is no error if nothing in the file is understood: see Summary.Note.
func ReadFile(ctx context.Context, path string, f Format, opts Options, emit func(model.Event)) (Summary, error) {
	file, err := input.Open(ctx, path)
	if err != nil {
		return Summary{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return Summary{}, err
	}
	sum, err := read(ctx, file, f, opts, info.ModTime(), failuresOf(path), emit)
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return sum, err
}

// Read is ReadFile for a stream, such as standard input. Calls without a time
// get the current one.
func Read(ctx context.Context, from io.Reader, f Format, opts Options, emit func(model.Event)) (Summary, error) {
	from, stop := cancelable(ctx, from)
	defer stop()
	return read(ctx, from, f, opts, time.Now(), nil, emit)
}

func read(ctx context.Context, from io.Reader, f Format, opts Options, near time.Time, failures func() []byte, emit func(model.Event)) (Summary, error) {
	opts.Window = 0
	r := newReader(f, opts, new(pioneer.Clock), failures, emit)
	start := bufio.NewReaderSize(from, probeSize)
	magic, _ := start.Peek(magicSize)
	text, err := decoded(start, magic)
	if err != nil {
		return Summary{}, err
	}
	s := r.newStream()
	plain := bufio.NewReaderSize(text, probeSize)
	if head, _ := plain.Peek(64); isHAR(head) {
		_, _ = plain.Discard(bytes.IndexByte(head, '{')) // a byte order mark
		if err = r.readHAR(plain); err == nil {
			err = io.EOF
		}
	}
	for err == nil {
		if err = ctx.Err(); err == nil {
			r.times.near = near
			_, err = s.lines.read(plain, func(line []byte) { r.take(s, line) })
		}
	}
	if ctx.Err() != nil {
		return Summary{}, ctx.Err()
	}
	r.finish(s)
	r.tally.long, r.tally.backlog = s.lines.long, r.tally.lines
	sum := Summary{Lines: r.tally.lines, Calls: r.tally.reported, Ignored: r.tally.ignored, Note: strings.Join(r.tally.notes(0, near), "; ")}
	if errors.Is(err, io.EOF) {
		return sum, nil
	}
	return sum, fmt.Errorf("read %d lines: %w", r.tally.lines, err)
}
