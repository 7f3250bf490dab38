package tail

import (
	"bytes"
	"io"
)

const (
	// markSize is how much of a file a mark remembers at each end, in bytes.
	markSize = 1 << 10
	// minMark is how much must be the same for a file to be the same.
	minMark = 64
	// maxSearch is how much of a file is searched for the tail of a mark.
	maxSearch = 8 << 20
)

// A mark remembers what was read of a file: how it starts, and what is before
// the offset. It tells whether a file still has that content, or another file
// has it.
type mark struct {
	offset     int64
	head, tail []byte
}

// add remembers what was read next.
func (m *mark) add(text []byte) {
	if int(m.offset) == len(m.head) && len(m.head) < markSize {
		m.head = append(m.head, text[:min(len(text), markSize-len(m.head))]...)
	}
	m.offset += int64(len(text))
	if len(text) >= markSize {
		m.tail = append(m.tail[:0], text[len(text)-markSize:]...)
		return
	}
	if excess := len(m.tail) + len(text) - markSize; excess > 0 {
		m.tail = m.tail[:copy(m.tail, m.tail[excess:])]
	}
	m.tail = append(m.tail, text...)
}

// markAt is the mark of a file that was read up to offset.
func markAt(f io.ReaderAt, offset int64) mark {
	n := int(min(offset, markSize))
	return mark{offset: offset, head: readAt(f, nil, 0, n), tail: readAt(f, nil, offset-int64(n), n)}
}

// readAt appends n bytes of the file at offset to dst.
func readAt(f io.ReaderAt, dst []byte, offset int64, n int) []byte {
	dst = append(dst, make([]byte, n)...)
	got, _ := f.ReadAt(dst[len(dst)-n:], offset)
	return dst[:len(dst)-n+got]
}

// holds reports whether the file still has what was read of it.
func (m *mark) holds(f io.ReaderAt) bool {
	var buf [markSize]byte
	for _, part := range []struct {
		text   []byte
		offset int64
	}{{m.tail, m.offset - int64(len(m.tail))}, {m.head, 0}} {
		n, _ := f.ReadAt(buf[:len(part.text)], part.offset)
		if !bytes.Equal(buf[:n], part.text) {
			return false
		}
	}
	return true
}

// startsLike reports whether a file of this size starts as the one of the mark,
// as far as both go.
func (m *mark) startsLike(f io.ReaderAt, size int64) bool {
	n := int(min(size, int64(len(m.head)), minMark))
	return bytes.Equal(readAt(f, nil, 0, n), m.head[:n])
}

// find returns the offset up to which another version of the file, of this
// size, has been read: lines before it may have been edited. It is -1 if the
// file is a different one.
func (m *mark) find(f io.ReaderAt, size int64) int64 {
	if size >= m.offset && m.holds(f) {
		return m.offset
	}
	if len(m.tail) < minMark {
		return -1
	}
	if size < minMark || !m.startsLike(f, size) {
		return -1
	}
	from := max(size-maxSearch, 0)
	text := readAt(f, nil, from, int(size-from))
	for _, tail := range [][]byte{m.tail, lastLineOf(m.tail)} {
		if i := bytes.LastIndex(text, tail); i >= 0 && len(tail) >= minMark {
			return from + int64(i+len(tail))
		}
	}
	return -1
}

// lastLineOf is the last line of a text, complete or not.
func lastLineOf(text []byte) []byte {
	return text[bytes.LastIndexByte(bytes.TrimRight(text, "\r\n"), '\n')+1:]
}
