package tap

import (
	"errors"
	"math"
)

// A framing says how a message's body ends.
type framing int

const (
	none    framing = iota // there is no body
	counted                // after a Content-Length
	chunked                // after a last chunk and trailers
	open                   // with the connection
)

// A body follows a message's body as it passes, to find its end.
type body struct {
	framing framing
	left    int64 // of a counted body, or of a chunk
	state   chunkState
	trailer int // bytes of trailers so far
}

// A chunkState is what comes next in a chunked body (RFC 9112, section 7.1).
type chunkState int

const (
	sizeStart    chunkState = iota // the first digit of a size
	size                           // more of its digits, or what ends it
	extension                      // until the line's end
	sizeLF                         // the LF of a size's line
	chunkData                      //
	dataCR                         // the line end of data
	dataLF                         //
	trailerStart                   // a trailer, or the empty line
	trailerLine                    // the rest of a trailer
	trailerLF                      // the LF of a trailer
	endLF                          // the LF of the empty line
)

var errChunk = errors.New("malformed chunked encoding")

// take returns how many bytes of p, which come next, belong to the body, and
// whether it ends with them. Content, without its framing, is passed to keep if
// that is not nil.
func (b *body) take(p []byte, keep *excerpt) (n int, done bool, err error) {
	switch b.framing {
	case none:
		return 0, true, nil
	case counted:
		n = int(min(b.left, int64(len(p))))
		b.left -= int64(n)
		keep.add(p[:n])
		return n, b.left == 0, nil
	case open:
		keep.add(p)
		return len(p), false, nil
	}
	for n < len(p) {
		if b.state == chunkData {
			m := int(min(b.left, int64(len(p)-n)))
			keep.add(p[n : n+m])
			n += m
			if b.left -= int64(m); b.left == 0 {
				b.state = dataCR
			}
			continue
		}
		if !b.step(p[n]) {
			return n, false, errChunk
		}
		n++
		if b.framing == none {
			return n, true, nil
		}
	}
	return n, false, nil
}

// step takes one byte of a chunked body's framing, and returns false if it does
// not belong there. After the last one there is no framing.
func (b *body) step(c byte) bool {
	switch b.state {
	case sizeStart, size:
		return b.stepSize(c)
	case extension:
		if c == '\r' {
			b.state = sizeLF
		}
		return c == '\r' || c == '\t' || c >= ' ' && c != 0x7f
	case sizeLF:
		b.state = chunkData
		if b.left == 0 {
			b.state = trailerStart
		}
		return c == '\n'
	case dataCR:
		b.state = dataLF
		return c == '\r'
	case dataLF:
		b.state = sizeStart
		return c == '\n'
	case trailerLF:
		b.state = trailerStart
		return c == '\n'
	case endLF:
		*b = body{}
		return c == '\n'
	}
	return b.stepTrailer(c)
}

// stepSize takes a byte of a chunk's size.
func (b *body) stepSize(c byte) bool {
	digit := int64(-1)
	switch {
	case c >= '0' && c <= '9':
		digit = int64(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		digit = int64(c|0x20-'a') + 10
	}
	switch {
	case digit >= 0:
		b.state = size
		if b.left > math.MaxInt64>>8 {
			return false
		}
		b.left = b.left<<4 | digit
		return true
	case b.state == sizeStart:
		return false
	case c == '\r':
		b.state = sizeLF
	case c == ';', c == ' ', c == '\t':
		b.state = extension
	default:
		return false
	}
	return true
}

// stepTrailer takes a byte of the trailers.
func (b *body) stepTrailer(c byte) bool {
	b.trailer++
	switch {
	case c == '\r' && b.state == trailerStart:
		b.state = endLF
	case c == '\r':
		b.state = trailerLF
	case c == '\n', c == 0, b.trailer > maxHead:
		return false
	case b.state == trailerStart && !isTokenByte(c):
		return false
	default:
		b.state = trailerLine
	}
	return true
}
