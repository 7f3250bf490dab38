package model

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
)

// A codec writes values to bytes or reads them back. The same code does both, so
// that the two cannot differ. Writing changes no value: others may read a snapshot at
// the same time. After the first read error, which err keeps, everything reads as zero.
type codec struct {
	reading bool
	visit   func(*Window) // called with each window instead of writing it; nil to write them
	version int           // of the bytes
	now     time.Time     // is written as no time; zero to write all times
	buf     []byte        // what has been written, or what is left to read
	err     error
}

var errTruncated = errors.New("the state is truncated")

// fail keeps the first error and ends reading.
func (c *codec) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.buf = nil
}

// count writes or reads an unsigned number.
func (c *codec) count(n *uint64) {
	if !c.reading {
		c.buf = binary.AppendUvarint(c.buf, *n)
		return
	}
	v, size := binary.Uvarint(c.buf)
	if size <= 0 {
		c.fail(errTruncated)
		*n = 0
		return
	}
	*n, c.buf = v, c.buf[size:]
}

// number writes or reads a signed integer.
func number[T ~int | ~int64](c *codec, p *T) {
	n := uint64(int64(*p)<<1) ^ uint64(int64(*p)>>63) // zigzag: small ones are short
	c.count(&n)
	if c.reading {
		*p = T(int64(n>>1) ^ -int64(n&1))
	}
}

// below writes or reads an integer in [low, high).
func below(c *codec, p *int, low, high int) {
	number(c, p)
	if c.reading && (*p < low || *p >= high) {
		c.fail(fmt.Errorf("%d is not within %d to %d", *p, low, high-1))
		*p = low
	}
}

func (c *codec) flag(p *bool) {
	n := 0
	if *p {
		n = 1
	}
	if below(c, &n, 0, 2); c.reading {
		*p = n == 1
	}
}

// float writes or reads a finite number.
func (c *codec) float(p *float64) {
	n := math.Float64bits(*p)
	c.count(&n)
	if f := math.Float64frombits(n); c.reading {
		if *p = f; math.IsNaN(f) || math.IsInf(f, 0) {
			c.fail(errors.New("a number is not finite"))
			*p = 0
		}
	}
}

func text[T ~string](c *codec, p *T) {
	n := uint64(len(*p))
	c.count(&n)
	if !c.reading {
		c.buf = append(c.buf, *p...)
		return
	}
	if n > uint64(len(c.buf)) {
		c.fail(errTruncated)
		n = 0
	}
	*p, c.buf = T(c.buf[:n]), c.buf[n:]
}

// The Unix times of the first and the last second that JSON can write.
const (
	firstSecond = -62135596800 // of the year 1
	lastSecond  = 253402300799 // of the year 9999
)

// time writes or reads a time, to the nanosecond. It is read as UTC.
func (c *codec) time(p *time.Time) {
	at := *p
	if at.Equal(c.now) {
		at = time.Time{}
	}
	second, nano := at.Unix(), at.Nanosecond()
	number(c, &second)
	below(c, &nano, 0, int(time.Second))
	if !c.reading {
		return
	}
	if second < firstSecond || second > lastSecond {
		c.fail(errors.New("a time is outside the years 1 to 9999"))
	}
	if *p = (time.Time{}); c.err == nil {
		*p = time.Unix(second, int64(nano)).UTC()
	}
}

// opt writes or reads a value that may be unknown.
func opt[T any](c *codec, p *Opt[T], value func(*codec, *T)) {
	if c.flag(&p.known); p.known {
		value(c, &p.value)
	}
}

// list writes or reads a slice of at most this many elements.
func list[T any](c *codec, p *[]T, most int, element func(*T)) {
	n := len(*p)
	below(c, &n, 0, most+1)
	for i := 0; i < n && c.err == nil; i++ {
		if c.reading {
			*p = append(*p, *new(T))
		}
		element(&(*p)[i])
	}
}

// window writes or reads the counts of a window, as runs of zeros and of others.
// The window that it reads into must have the same shape.
func (c *codec) window(w *Window) {
	if c.visit != nil {
		c.visit(w)
		return
	}
	width, size := w.width, int(w.size)
	number(c, &width)
	number(c, &size)
	if width != w.width || size != int(w.size) {
		c.fail(errors.New("a window has a different shape"))
		return
	}
	number(c, &w.newest)
	if w.newest < -1 {
		c.fail(errors.New("a window ends before 1970"))
		w.newest = -1
	}
	if w.newest < 0 {
		return
	}
	if c.reading {
		w.reset()
	}
	for i := 0; i < size && c.err == nil; {
		zeros, others := run(w.counts[i:])
		below(c, &zeros, 0, size-i+1)
		below(c, &others, 0, size-i-zeros+1)
		i += zeros
		for _, end := 0, i+others; i < end; i++ {
			number(c, &w.counts[i])
			if n := w.counts[i]; c.reading && (n < 0 || n > maxBucket) {
				c.fail(errors.New("a window holds an impossible count"))
				w.counts[i] = 0
			}
		}
		if zeros+others == 0 {
			c.fail(errors.New("a window does not end"))
		}
	}
}

// run returns the number of zeros at the start of counts, and of the others that
// follow.
func run(counts []int64) (zeros, others int) {
	for zeros < len(counts) && counts[zeros] == 0 {
		zeros++
	}
	for zeros+others < len(counts) && counts[zeros+others] != 0 {
		others++
	}
	return zeros, others
}
