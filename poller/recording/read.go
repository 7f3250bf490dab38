package recording

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/sync/errgroup"

	"quotatop/model"
	"quotatop/poller/crash"
	"quotatop/poller/events"
	"quotatop/poller/events/frame"
	"quotatop/poller/events/input"
)

// Unreadable is how much of a file Read skipped.
type Unreadable struct {
	Lines  int // that are not event lines
	Frames int // corrupt zstd frames
}

// String says so in words, such as "skipped 2 unrecognized lines; 1 corrupt zstd
// frame". It is empty if everything was read.
func (u Unreadable) String() string {
	var parts []string
	switch {
	case u.Lines == 1:
		parts = append(parts, "1 unrecognized line")
	case u.Lines > 1:
		parts = append(parts, fmt.Sprintf("%d unrecognized lines", u.Lines))
	}
	switch {
	case u.Frames == 1:
		parts = append(parts, "1 corrupt zstd frame")
	case u.Frames > 1:
		parts = append(parts, fmt.Sprintf("%d corrupt zstd frames", u.Frames))
	}
	if parts == nil {
		return ""
	}
	return "skipped " + strings.Join(parts, "; ")
}

// maxFirstLine bounds what is read to recognize a file, in bytes.
const maxFirstLine = 1 << 20

// Is reports whether Read can read the file at path: whether it is compressed in
// zstd frames, or begins with the header of a recording or an event line.
func Is(path string) (bool, error) {
	file, err := input.Regular(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	first, err := bufio.NewReader(io.LimitReader(file, maxFirstLine)).ReadBytes('\n')
	if err != nil && err != io.EOF {
		return false, err
	}
	if len(first) == 0 || frame.Is(first[:min(len(first), 4)]) {
		return true, nil // Read says that it is empty
	}
	if _, err := readHeader(first); err == nil || !errors.Is(err, errNotRecording) {
		return true, nil
	}
	_, err = events.Parse(first)
	return err == nil, nil
}

// batchSize is how many events are handed over at once, from the goroutine that
// parses lines to the one that observes them.
const batchSize = 512

// Read calls observe with each event of a file, in bounded memory however long it
// is: a recording, a segment of a journal, or any file of event lines, as text
// or in zstd frames. It calls begin first, with the limits and options of the
// run, or with ok false if the file does not have them. It stops when ctx ends.
func Read(ctx context.Context, path string, begin func(t model.Table, o model.LedgerOptions, ok bool), observe func(model.Event)) (Unreadable, error) {
	lost, err := read(ctx, path, begin, observe)
	if err != nil {
		return lost, fmt.Errorf("%s: %w", path, err)
	}
	return lost, nil
}

func read(ctx context.Context, path string, begin func(model.Table, model.LedgerOptions, bool), observe func(model.Event)) (lost Unreadable, err error) {
	file, err := input.Regular(path)
	if err != nil {
		return lost, errors.Unwrap(err)
	}
	defer file.Close()
	head := make([]byte, 4)
	n, err := file.ReadAt(head, 0)
	switch {
	case errors.Is(err, io.EOF) && n == 0:
		return lost, errEmpty
	case err != nil && !errors.Is(err, io.EOF):
		return lost, errors.Unwrap(err)
	}
	c := &cursor{text: file}
	if frame.Is(head[:n]) {
		c = &cursor{frames: frame.NewReader(file, 0)}
	}
	defer c.close()
	first, _, err := c.next()
	if err == io.EOF {
		return lost, errors.New("no complete line in it")
	}
	if err != nil {
		return lost, err
	}
	h, err := readHeader(first)
	switch {
	case err == nil:
		t, o, err := h.ledger()
		if err != nil {
			return lost, err
		}
		begin(t, o, true)
		first = nil
	case errors.Is(err, errNotRecording):
		begin(model.Table{}, model.LedgerOptions{}, false)
	default:
		return lost, err
	}
	return parse(ctx, c, first, observe)
}

// parse reads all lines, beginning with first.
func parse(ctx context.Context, c *cursor, first []byte, observe func(model.Event)) (lost Unreadable, err error) {
	group, ctx := errgroup.WithContext(ctx)
	batches, used := make(chan []model.Event, 4), make(chan []model.Event, 6)
	group.Go(func() error {
		defer crash.Guard()
		defer close(batches)
		var batch []model.Event
		send := func() error {
			select {
			case batches <- batch:
			case <-ctx.Done():
				return ctx.Err()
			}
			select {
			case batch = <-used:
				batch = batch[:0]
			default:
				batch = make([]model.Event, 0, batchSize)
			}
			return nil
		}
		for line := first; ; {
			if line != nil {
				if e, err := events.Parse(line); err == nil {
					batch = append(batch, e)
				} else if _, tick := readTick(line); !tick && !isBeginning(line) {
					lost.Lines++
				}
			}
			if len(batch) >= batchSize {
				if err := send(); err != nil {
					return err
				}
			}
			var err error
			if line, _, err = c.next(); err == io.EOF {
				lost.Frames = c.corrupt()
				return send()
			} else if err != nil {
				return err
			}
		}
	})
	group.Go(func() error {
		defer crash.Guard()
		for batch := range batches {
			for _, e := range batch {
				observe(e)
			}
			select {
			case used <- batch:
			default:
			}
		}
		return nil
	})
	err = group.Wait()
	return lost, err
}
