package tap

import (
	"bytes"
	"errors"
	"io"
	"sync"
)

// Sizes of a connection's buffers, in bytes.
const (
	smallBuffer = 4 << 10
	largeBuffer = 32 << 10
	maxHead     = 1 << 20 // of a request's or response's head
)

var errHeadTooLarge = errors.New("the header is larger than 1 MiB")

// A reader reads a connection through a buffer. The buffer is small while little
// arrives, so that idle connections and event streams cost little, and large while
// a large body passes. It does not grow beyond that but for a large head.
type reader struct {
	conn  io.Reader
	buf   []byte
	r, w  int // buf[r:w] has been read and not consumed
	small [smallBuffer]byte
}

// largeBuffers holds *[largeBuffer]byte.
var largeBuffers = sync.Pool{New: func() any { return new([largeBuffer]byte) }}

func (b *reader) reset(conn io.Reader) { b.conn, b.buf, b.r, b.w = conn, b.small[:], 0, 0 }

// buffered returns what has been read and not consumed. It is valid until the
// next call of fill or shrink.
func (b *reader) buffered() []byte { return b.buf[b.r:b.w] }

func (b *reader) consume(n int) { b.r += n }

// fill reads more, as much as arrives at once.
func (b *reader) fill() error {
	filled := b.w == len(b.buf)
	switch {
	case b.r == b.w && filled && len(b.buf) == smallBuffer:
		b.buf, b.r, b.w = largeBuffers.Get().(*[largeBuffer]byte)[:], 0, 0
	case b.r == b.w:
		b.r, b.w = 0, 0
	case filled && b.r > 0:
		b.w = copy(b.buf, b.buffered())
		b.r = 0
	case filled:
		grown := make([]byte, 2*len(b.buf))
		b.w = copy(grown, b.buf)
		b.buf = grown
	}
	n, err := b.conn.Read(b.buf[b.w:])
	b.w += n
	if n > 0 {
		return nil // err comes again
	}
	return err
}

// shrink gives a buffer that was needed for a large body or head back.
func (b *reader) shrink() {
	if len(b.buf) == smallBuffer || b.w-b.r > smallBuffer {
		return
	}
	n := copy(b.small[:], b.buffered())
	if len(b.buf) == largeBuffer {
		largeBuffers.Put((*[largeBuffer]byte)(b.buf))
	}
	b.buf, b.r, b.w = b.small[:], 0, n
}

// await waits until something is buffered.
func (b *reader) await() error {
	b.shrink()
	for b.r == b.w {
		if err := b.fill(); err != nil {
			return err
		}
	}
	return nil
}

// skipEmptyLines consumes the empty lines before a request (RFC 9112, section 2.2).
// It returns true if nothing else is buffered.
func (b *reader) skipEmptyLines() bool {
	for b.r < b.w && (b.buf[b.r] == '\r' || b.buf[b.r] == '\n') {
		b.r++
	}
	return b.r == b.w
}

// head returns what is buffered up to and including the first empty line, once
// that has arrived.
func (b *reader) head() ([]byte, error) {
	for from := 0; ; {
		p := b.buffered()
		if n := headLength(p, from); n > 0 {
			return p[:n], nil
		}
		if len(p) > maxHead {
			return nil, errHeadTooLarge
		}
		from = max(len(p)-2, 0) // a line end and the half of the next
		if err := b.fill(); err != nil {
			return nil, err
		}
	}
}

// responseHead is head for what must begin as a response does.
func (b *reader) responseHead() ([]byte, error) {
	const begin = "HTTP/1."
	for {
		p := b.buffered()
		if n := min(len(p), len(begin)); string(p[:n]) != begin[:n] {
			return nil, errNotHTTP
		} else if n == len(begin) {
			return b.head()
		}
		if err := b.fill(); err != nil {
			return nil, err
		}
	}
}

// headLength returns the length of the head that p begins with, or 0 if p does
// not hold all of it. No line ends before from.
func headLength(p []byte, from int) int {
	for {
		i := bytes.IndexByte(p[from:], '\n')
		if i < 0 {
			return 0
		}
		from += i + 1
		switch rest := p[from:]; {
		case len(rest) > 0 && rest[0] == '\n':
			return from + 1
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			return from + 2
		}
	}
}
