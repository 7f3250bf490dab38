package tail

import (
	"bytes"
	"io"
	"time"
)

// probeSize is how much of a file is read at each step of a search, in bytes.
const probeSize = 64 << 10

// A place is where to begin to read a file.
type place struct {
	offset int64
	// middle is set when the offset may lie within a line.
	middle bool
}

// find returns where the lines from cutoff on begin in a file of this size, as
// far as its lines are in order of time. It halves the file a few times instead
// of reading it. The place may lie early, by probeSize and a long line's
// length. It lies at the last line's start when the end of the file has no
// times, and behind a stretch without times that is longer than a line can be,
// such as a hole.
func find(f io.ReaderAt, size int64, cutoff time.Time, stamp func([]byte) (time.Time, bool)) (place, error) {
	if size <= probeSize {
		return place{}, nil
	}
	buf := make([]byte, probeSize)
	start, _, err := firstDated(f, max(size-maxLine-probeSize, 0), size, buf, stamp)
	if err != nil {
		return place{}, err
	}
	if start < 0 {
		return lastLine(f, size, buf)
	}
	low, high := place{}, size
	for high-low.offset > probeSize {
		middle := low.offset + (high-low.offset)/2
		start, at, err := firstDated(f, middle, high, buf, stamp)
		switch {
		case err != nil:
			return place{}, err
		case start < 0 && high-middle <= maxLine+probeSize:
			high = middle // it may all be one line
		case start < 0:
			low = place{middle, true}
		case at.Before(cutoff):
			low = place{start, false}
		default:
			high = middle
		}
	}
	return low, nil
}

// firstDated finds the first line with a time that begins behind from, and ends
// before to, and
// returns its start, -1 if there is none within the length of a line.
func firstDated(f io.ReaderAt, from, to int64, buf []byte, stamp func([]byte) (time.Time, bool)) (start int64, at time.Time, err error) {
	var carried []byte // the beginning of a line
	begun := from == 0 // a line end has been seen
	limit := min(to, from+maxLine+probeSize)
	for pos := from; pos < limit; {
		n, err := f.ReadAt(buf[:min(int64(len(buf)), to-pos)], pos)
		if n == 0 {
			return -1, time.Time{}, ignoreEOF(err)
		}
		data := append(carried, buf[:n]...)
		base := pos + int64(n) - int64(len(data))
		pos += int64(n)
		next := 0
		for {
			i := bytes.IndexByte(data[next:], '\n')
			if i < 0 {
				break
			}
			if begun {
				if at, ok := stamp(tidyLine(data[next : next+i])); ok {
					return base + int64(next), at, nil
				}
			}
			begun = true
			next += i + 1
		}
		carried = nil
		if begun {
			carried = bytes.Clone(data[next:])
		}
	}
	return -1, time.Time{}, nil
}

// lastLine finds the start of the last line, which may not have ended yet.
func lastLine(f io.ReaderAt, size int64, buf []byte) (place, error) {
	for end := size; end > 0 && size-end <= maxLine; {
		start := max(end-int64(len(buf)), 0)
		n, err := f.ReadAt(buf[:end-start], start)
		if err := ignoreEOF(err); err != nil {
			return place{}, err
		}
		if i := bytes.LastIndexByte(buf[:n], '\n'); i >= 0 {
			return place{offset: start + int64(i) + 1}, nil
		}
		end = start
	}
	if size <= maxLine {
		return place{}, nil
	}
	return place{offset: size, middle: true}, nil
}

func ignoreEOF(err error) error {
	if err == io.EOF { // it has just been cut
		return nil
	}
	return err
}

// tidyLine takes off what is not part of a line: the CR of a CRLF, spaces, and
// the zeros that a file is filled with when it was cut under a writer that goes
// on where it was.
func tidyLine(line []byte) []byte {
	for len(line) > 0 && line[0] == 0 {
		line = bytes.TrimLeft(line, "\x00")
	}
	for len(line) > 0 && line[len(line)-1] <= ' ' {
		line = line[:len(line)-1]
	}
	return line
}
