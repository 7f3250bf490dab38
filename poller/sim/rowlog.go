package sim

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"slices"
	"sort"
)

// A row is one entry of the billing log.
type row struct {
	created  micros
	shown    micros // when it becomes visible
	seq      uint64 // determines its id
	cost     int64  // micro-dollars
	tokens   int32
	endpoint uint16 // an index of names
	model    uint16 // an index of names
	charged  bool
}

// Limits of the log's memory.
const (
	maxRows   = 3_000_000
	retention = 25 * 3600 * perSecond
	maxNames  = 4096
	maxName   = 200 // bytes
)

// rowLog holds the rows in order of created_at.
//
// Rows arrive nearly in that order and become visible within slack of their
// created_at. So all rows older than slack are visible, and only the newer ones
// have to be checked one by one.
type rowLog struct {
	rows  []row
	ahead []row  // created after now, latest first
	slack micros // the longest time from created to shown
	most  int    // rows to keep

	names []string // as JSON
	known map[string]uint16
}

// name returns the index of a text in names. Once there are too many, new ones
// become "unknown".
func (l *rowLog) name(text string) uint16 {
	text = text[:min(len(text), maxName)]
	if n, ok := l.known[text]; ok {
		return n
	}
	if len(l.names) >= maxNames {
		text = "unknown"
		if n, ok := l.known[text]; ok {
			return n
		}
	}
	n := uint16(len(l.names))
	quoted, _ := json.Marshal(text) // a string cannot fail
	l.names = append(l.names, string(quoted))
	if l.known == nil {
		l.known = map[string]uint16{}
	}
	l.known[text] = n
	return n
}

// add inserts a row. A row created later than now is kept in ahead until next
// returns it.
func (l *rowLog) add(r row, now micros) {
	if r.created > now {
		at := sort.Search(len(l.ahead), func(i int) bool { return l.ahead[i].created <= r.created })
		l.ahead = slices.Insert(l.ahead, at, r)
		return
	}
	at := len(l.rows)
	for at > 0 && l.rows[at-1].created > r.created {
		at--
	}
	l.rows = slices.Insert(l.rows, at, r)
	l.forget(now)
}

// next removes and returns the next row of ahead that is created by now.
func (l *rowLog) next(now micros) (row, bool) {
	n := len(l.ahead)
	if n == 0 || l.ahead[n-1].created > now {
		return row{}, false
	}
	r := l.ahead[n-1]
	l.ahead = l.ahead[:n-1]
	return r, true
}

// forget drops the oldest rows when there are too many or they are too old. It
// drops many at a time, because the others have to be moved.
func (l *rowLog) forget(now micros) {
	drop := 0
	if len(l.rows) > l.most {
		drop = len(l.rows) - l.most + l.most/8
	} else if l.rows[0].created < now-retention-retention/16 {
		drop = l.from(now - retention)
	}
	if drop > 0 {
		l.rows = append(l.rows[:0], l.rows[drop:]...)
	}
}

// from returns the index of the first row created at start or later.
func (l *rowLog) from(start micros) int {
	return sort.Search(len(l.rows), func(i int) bool { return l.rows[i].created >= start })
}

// page appends to dst, up to its capacity, the rows that are visible at now and
// created at start or later, newest first, after skipping some. total is the
// number of all such rows.
func (l *rowLog) page(start, now micros, skip int, dst []row) (page []row, total int) {
	first := l.from(start)
	settled := max(l.from(now-l.slack), first) // all earlier rows are visible
	for i := len(l.rows) - 1; i >= settled; i-- {
		if l.rows[i].shown > now {
			continue
		}
		if total >= skip && len(dst) < cap(dst) {
			dst = append(dst, l.rows[i])
		}
		total++
	}
	for i := settled - 1 - max(skip-total, 0); i >= first && len(dst) < cap(dst); i-- {
		dst = append(dst, l.rows[i])
	}
	return dst, total + settled - first
}

// appendUUID appends the nth UUID of a seed.
func appendUUID(dst []byte, seed, n uint64) []byte {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], scramble(seed+n))
	binary.BigEndian.PutUint64(id[8:], scramble(^seed-n))
	id[6] = id[6]&0x0f | 0x40 // version 4 and its variant, RFC 9562
	id[8] = id[8]&0x3f | 0x80
	from := 0
	for i, to := range []int{4, 6, 8, 10, 16} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, id[from:to])
		from = to
	}
	return dst
}

// scramble is the output step of SplitMix64, a bijection.
func scramble(x uint64) uint64 {
	x *= 0x9e3779b97f4a7c15
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
