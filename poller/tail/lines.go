package tail

import (
	"bytes"
	"io"
)

const (
	// maxLine is the length of the longest line that is read, in bytes; longer
	// ones are skipped.
	maxLine = 1 << 20

	// firstBuffer is the size of the buffer while lines are short.
	firstBuffer = 64 << 10
)

// lines splits what it reads into lines. A line may arrive in pieces. Lines end
// with LF or CRLF, or with CR in a file that has no LF.
type lines struct {
	buf      []byte // the start of an incomplete line
	skip     bool   // the rest of the current line is skipped
	long     int    // number of lines that were too long
	newlines bool   // an LF has been seen
}

// read reads once and calls take with each complete line, without its newline.
// take must not retain the line.
func (l *lines) read(r io.Reader, take func(line []byte)) (n int, err error) {
	if l.buf == nil {
		l.buf = make([]byte, 0, firstBuffer)
	}
	if len(l.buf) == cap(l.buf) {
		l.buf = append(make([]byte, 0, 2*cap(l.buf)), l.buf...)
	}
	old := len(l.buf)
	n, err = r.Read(l.buf[old:cap(l.buf)])
	if old == 0 && n > 0 && l.buf[:1][0] == 0 {
		// A file that was truncated under a writer starts with a hole.
		data := l.buf[:n]
		l.buf = l.buf[:copy(data, bytes.TrimLeft(data, "\x00"))]
		l.split(0, take)
		return n, err
	}
	l.buf = l.buf[:old+n]
	l.split(old, take)
	return n, err
}

// split takes the complete lines from the buffer, whose first old bytes have
// no newline.
func (l *lines) split(old int, take func(line []byte)) {
	data := l.buf
	start, from := 0, old
	end := l.newline(data[max(old-1, 0):])
	if end == '\r' {
		from = 0 // the old part may end with one
	}
	for {
		i := bytes.IndexByte(data[from:], end)
		if i < 0 {
			break
		}
		stop := from + i
		switch line := data[start:stop]; {
		case l.skip:
			l.skip = false
		case len(bytes.TrimSuffix(line, []byte("\r"))) > maxLine:
			l.long++
		default:
			take(line)
		}
		start, from = stop+1, stop+1
	}
	rest := data[start:]
	if len(rest) > maxLine+1 && !l.skip {
		l.skip = true
		l.long++
	}
	if l.skip {
		rest = nil
	}
	l.buf = l.buf[:copy(data, rest)]
}

// newline is the byte that ends the lines of data.
func (l *lines) newline(data []byte) byte {
	if l.newlines || bytes.IndexByte(data, '\n') >= 0 {
		l.newlines = true
		return '\n'
	}
	if i := bytes.IndexByte(data, '\r'); i >= 0 && i < len(data)-1 {
		return '\r'
	}
	return '\n'
}

// flush calls take with the last line, which has no newline, at the end of the
// input.
func (l *lines) flush(take func(line []byte)) {
	if len(l.buf) > 0 && !l.skip {
		take(l.buf)
	}
	l.reset()
}

// reset drops the incomplete line.
func (l *lines) reset() { l.buf, l.skip = l.buf[:0], false }

// shrink releases the memory of a long line.
func (l *lines) shrink() {
	if cap(l.buf) > firstBuffer && len(l.buf) < firstBuffer {
		l.buf = append(make([]byte, 0, firstBuffer), l.buf...)
	}
}

// tidyLine trims what is not part of a line: spaces, the CR of a CRLF, a byte
// order mark, and the zero bytes that fill a file when it is truncated under a
// writer that keeps its offset.
func tidyLine(line []byte) []byte {
	for len(line) > 0 && line[0] == 0 {
		line = bytes.TrimLeft(line, "\x00")
	}
	for len(line) > 0 && line[len(line)-1] <= ' ' {
		line = line[:len(line)-1]
	}
	if len(line) > 0 && line[0] == 0xef {
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	return line
}
