package fleet

import (
	"errors"
	"fmt"
	"time"

	"quotatop/model"
	"quotatop/poller/events"
	"quotatop/poller/events/frame"
	"quotatop/poller/pioneer"
)

const (
	// maxMessage bounds a message's body, maxLines what it holds uncompressed: more
	// than any batch of ours.
	maxMessage = 128 << 10
	maxLines   = 1 << 20
)

// What can be wrong with a message.
var (
	errTooLarge = errors.New("larger than any batch")
	errNoBeat   = errors.New("does not end with a beat")
	errFuture   = errors.New("is from the future")
)

// A decoder reads batches.
type decoder struct {
	frames *frame.Decoder
	calls  []model.Event
}

func newDecoder() *decoder { return &decoder{frames: frame.NewDecoder(maxLines)} }

func (d *decoder) close() { d.frames.Close() }

// A batch is what a message holds.
type batch struct {
	calls []model.Event // valid until the next is decoded
	beat  model.Event
	// bad is how many lines were left out, why for the first of them.
	bad int
	why error
}

// decode reads the message of a generator. It believes nothing that does not belong
// there: neither lines of other generators, nor in other than the server's time, nor
// anything but local calls and a beat at the end.
func (d *decoder) decode(n name, body []byte) (b batch, err error) {
	if len(body) > maxMessage {
		return b, errTooLarge
	}
	lines, err := d.frames.Decode(body)
	if err != nil {
		return b, fmt.Errorf("cannot be decompressed: %w", err)
	}
	b.calls = d.calls[:0]
	frame.Lines(lines, func(line []byte) {
		e, err := readLine(n, line)
		switch {
		case err != nil:
			if b.bad++; b.why == nil {
				b.why = err
			}
		case e.Beat != nil:
			b.beat = e
		default:
			b.calls = append(b.calls, e)
		}
	})
	d.calls = b.calls
	if b.beat.Beat == nil {
		return b, errNoBeat
	}
	return b, nil
}

// readLine reads a line of a generator.
func readLine(n name, line []byte) (e model.Event, err error) {
	e, server, err := events.ParseClock(line)
	switch {
	case err != nil:
		return e, err
	case e.Generator != n.generator:
		return e, fmt.Errorf("names the generator %q", e.Generator)
	case !server && (e.Beat == nil || !e.Beat.To.IsZero()):
		return e, errors.New("is not in the server's time")
	case e.Beat != nil && (e.Beat.Run != n.run || CheckEgress(e.Beat.Egress) != nil):
		return e, errors.New("is a beat of another run, or without an egress")
	case e.Beat == nil && (e.Call == nil || e.Call.Vantage != model.VantageLocal):
		return e, errors.New("is neither a local call nor a beat")
	}
	e.Generator = n.generator // one copy for all
	return e, nil
}

// An encoder makes batches.
type encoder struct {
	frames *frame.Writer
	gate   pioneer.Gate
	from   name
	lines  []byte
	calls  int
}

// add adds a call to the lines of the next batch, which takes more while it reports
// true.
func (c *encoder) add(e model.Event) (more bool) {
	e.Generator = c.from.generator
	c.lines = events.AppendServer(c.lines, c.gate.Event(e))
	c.calls++
	return len(c.lines) < maxBatch-maxLine
}

// maxLine is more than the longest line that is made of an event, in bytes.
const maxLine = 4 << 10

// batch returns the batch that ends with a beat, and how many calls it holds.
func (c *encoder) batch(beat model.Event) (body []byte, calls int) {
	c.lines = events.AppendServer(c.lines, beat)
	body, calls = c.frames.Append(nil, c.lines), c.calls
	c.lines, c.calls = c.lines[:0], 0
	return body, calls
}

// tooNew reports whether a time is so far ahead of the server's that no clock's error
// explains it.
func tooNew(at, now time.Time) bool { return at.After(now.Add(time.Minute)) }
