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
	shown    micros // when the log begins to show it
	seq      uint64 // its id is made from this
	cost     int64  // micro-dollars
	tokens   int32
	endpoint uint16 // a name
	model    uint16 // a name
	charged  bool
}

// Bounds of the log's memory.
const (
	maxRows   = 3_000_000
	retention = 25 * 3600 * perSecond
	maxNames  = 4096
	maxName   = 200 // bytes
)

// rowLog holds the rows in order of created_at.
//
// Rows come nearly in that order and become visible within slack of their
// created_at. So all rows before the last slack are visible, and only the tail
// has to be looked at one by one.
type rowLog struct {
	rows  []row
	ahead []row  // created after now: latest first
	slack micros // the longest time from created to shown
	most  int    // rows to keep

	names []string // as JSON
	known map[string]uint16
}

// name returns the number of a text. When there are too many, all further ones
// are "unknown".
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
	quoted, _ := json.Marshal(text) // a string always can
	l.names = append(l.names, string(quoted))
	if l.known == nil {
		l.known = map[string]uint16{}
	}
	l.known[text] = n
	return n
}

// add puts a row in its place. A row that is created later than now waits for
// that; settle brings it in.
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

// next returns the next row whose time has come, and takes it out of those
// that wait.
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
// drops many at a time, since the others move up.
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

// from is the place of the first row that was created at start or later.
func (l *rowLog) from(start micros) int {
	return sort.Search(len(l.rows), func(i int) bool { return l.rows[i].created >= start })
}

// page returns the rows that are visible at now and created at start or later,
// newest first, without the first skip, into dst up to its capacity; and how
// many there are in all.
func (l *rowLog) page(start, now micros, skip int, dst []row) (page []row, total int) {
	first := l.from(start)
	settled := max(l.from(now-l.slack), first) // all rows before it are visible
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

// appendUUID appends the UUID with this number; the same one for the same seed.
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

// scramble is the output step of SplitMix64: one to one, and it looks random.
func scramble(x uint64) uint64 {
	x *= 0x9e3779b97f4a7c15
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
