package tail

import (
	"bytes"
	"io"
	"time"
)

// probeSize is how much is read at each step of a search, in bytes.
const probeSize = 64 << 10

// A place is where to start reading a file.
type place struct {
	offset  int64
	midLine bool // the offset may be within a line
}

// find returns the place of the first line at or after cutoff in a file of this
// size, by binary search, assuming that its lines are in order of time. The
// place may be early, by at most probeSize and the length of a line. It is the
// start of the last line if the end of the file has no times (dated is false),
// and it is past any stretch without times that is longer than maxLine, such as a hole.
func find(f io.ReaderAt, size int64, cutoff time.Time, stamp func([]byte) (time.Time, bool)) (start place, dated bool, err error) {
	if size <= probeSize {
		return place{}, true, nil
	}
	buf := make([]byte, probeSize)
	at, _, err := firstDated(f, max(size-maxLine-probeSize, 0), size, buf, stamp)
	if err != nil {
		return place{}, false, err
	}
	if at < 0 {
		start, err = lastLine(f, size, buf)
		return start, false, err
	}
	low, high := place{}, size
	for high-low.offset > probeSize {
		middle := low.offset + (high-low.offset)/2
		start, at, err := firstDated(f, middle, high, buf, stamp)
		switch {
		case err != nil:
			return place{}, false, err
		case start < 0 && high-middle <= maxLine+probeSize:
			high = middle // it may be a single line
		case start < 0:
			low = place{middle, true}
		case at.Before(cutoff):
			low = place{start, false}
		default:
			high = middle
		}
	}
	return low, true, nil
}

// firstDated finds the first line with a time that starts after from and ends
// before to. It returns its start, or -1 if there is none within maxLine bytes.
func firstDated(f io.ReaderAt, from, to int64, buf []byte, stamp func([]byte) (time.Time, bool)) (start int64, at time.Time, err error) {
	var carried []byte // the start of a line
	begun := from == 0 // a newline has been seen
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

// lastLine finds the start of the last line, which may be incomplete.
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
	return place{offset: size, midLine: true}, nil
}

func ignoreEOF(err error) error {
	if err == io.EOF { // it has just been truncated
		return nil
	}
	return err
}
