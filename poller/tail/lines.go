package tail

import (
	"bytes"
	"io"
)

const (
	// maxLine is the longest line that is read, in bytes; longer ones are
	// passed by.
	maxLine = 1 << 20

	// firstBuffer is the memory of a reader of lines while lines are short.
	firstBuffer = 64 << 10
)

// lines cuts what a reader gives into lines. A line may come in pieces.
type lines struct {
	buf  []byte // the beginning of a line that has not ended
	skip bool   // the line is too long: the rest of it is passed by
	long int    // lines that were too long
}

// read reads once and hands each line that is complete to take, without its
// end. take must not keep it.
func (l *lines) read(r io.Reader, take func(line []byte)) (n int, err error) {
	if l.buf == nil {
		l.buf = make([]byte, 0, firstBuffer)
	}
	if len(l.buf) == cap(l.buf) {
		l.buf = append(make([]byte, 0, 2*cap(l.buf)), l.buf...)
	}
	old := len(l.buf)
	n, err = r.Read(l.buf[old:cap(l.buf)])
	data := l.buf[:old+n]
	start, from := 0, old // what is old has no line end
	for {
		i := bytes.IndexByte(data[from:], '\n')
		if i < 0 {
			break
		}
		end := from + i
		switch line := data[start:end]; {
		case l.skip:
			l.skip = false
		case len(bytes.TrimSuffix(line, []byte("\r"))) > maxLine:
			l.long++
		default:
			take(line)
		}
		start, from = end+1, end+1
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
	return n, err
}

// flush hands out what stands behind the last line end, when there will be no
// more.
func (l *lines) flush(take func(line []byte)) {
	if len(l.buf) > 0 && !l.skip {
		take(l.buf)
	}
	l.reset()
}

// reset forgets the line that has begun.
func (l *lines) reset() { l.buf, l.skip = l.buf[:0], false }

// rest gives back memory that a long line took, while nothing is being read.
func (l *lines) rest() {
	if cap(l.buf) > firstBuffer && len(l.buf) < firstBuffer {
		l.buf = append(make([]byte, 0, firstBuffer), l.buf...)
	}
}
