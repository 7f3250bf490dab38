package tail

import (
	"bytes"
	"time"

	"quotatop/poller/events"
)

// timeWithin is how far into a text a time is searched for, in bytes.
const timeWithin = 256

// times reads the times of one log, in the spellings that tools use.
type times struct {
	// zone is the zone of times that name none.
	zone *time.Location
	// near is a time close to that of the lines: a time without a date, or a
	// date without a year, is taken to be the last one that is not far ahead
	// of it.
	near time.Time
	// dayFirst is set once a date such as 25/11/2026 was seen.
	dayFirst bool

	// last is the time that was read last, and lastKey its text: many lines
	// have the same.
	last     moment
	lastKey  [40]byte
	lastSize int
}

// A moment is a time as a log has it.
type moment struct {
	time.Time
	zoned bool // it names its zone, or is a Unix time
}

// find finds the first date and time in a text, or at the start of the text a
// time of day without a date, or a Unix time.
func (t *times) find(text []byte) (m moment, ok bool) {
	text = text[:min(len(text), timeWithin)]
	dateless := clockTime{}
	for i := 1; i < len(text); i++ {
		n := bytes.IndexByte(text[i:], ':')
		if n < 0 {
			break
		}
		i += n
		c, ok := readClock(text, i)
		if !ok {
			continue
		}
		if day := c.start - len("2006-01-02T"); day >= 0 && (text[day+4] == '-' || text[day+4] == '/') && zoneOf(text[c.end:]) == nil {
			if at, n := events.ScanTime(text[day:], t.zone); n > 0 {
				rest := bytes.TrimLeft(text[c.end:day+n], ".,0123456789")
				if len(rest) > 0 || zoneOf(text[day+n:]) == nil {
					return moment{at, len(rest) > 0}, true
				}
			}
		}
		key := c.key(text)
		if len(key) > 0 && string(key) == string(t.lastKey[:t.lastSize]) {
			return t.last, true
		}
		if d, ok := t.dateBefore(text, c); ok {
			m, ok := t.join(text, d, c)
			if ok {
				t.last, t.lastSize = m, copy(t.lastKey[:], key)
			}
			return m, ok
		}
		if dateless.end == 0 && c.alone(text) {
			dateless = c
		}
	}
	if dateless.end == 0 || t.near.IsZero() {
		word, _, _ := bytes.Cut(bytes.TrimLeft(text, " [("), []byte(" "))
		return epoch(bytes.TrimRight(word, "]):,"))
	}
	return t.today(text, dateless)
}

// A clockTime is a time of day within a text.
type clockTime struct {
	start, end           int // of hh:mm:ss
	hour, minute, second int
}

// readClock reads the time of day whose first colon is at i.
func readClock(text []byte, i int) (c clockTime, ok bool) {
	if i+6 > len(text) || text[i+3] != ':' || i+7 < len(text) && text[i+6] == ':' && isDigit(text[i+7]) {
		return c, false
	}
	c = clockTime{start: i - 2, end: i + 6, minute: two(text[i+1:]), second: two(text[i+4:])}
	if i >= 2 && isDigit(text[i-2]) {
		c.hour = two(text[i-2:])
	} else if isDigit(text[i-1]) && (i < 2 || text[i-2] == ' ') {
		c.start, c.hour = i-1, int(text[i-1]-'0')
	} else {
		return c, false
	}
	return c, c.hour >= 0 && c.hour < 24 && c.minute >= 0 && c.minute < 60 && c.second >= 0 && c.second < 60
}

// key is the text around a time of day that decides what the time is; nil if
// that can be further away.
func (c clockTime) key(text []byte) []byte {
	if c.end < len(text) && (text[c.end] == '.' || text[c.end] == ',') {
		return nil
	}
	return text[max(c.start-16, 0):min(c.end+8, len(text))]
}

// hasClock reports whether there is a time of day in a text.
func hasClock(text []byte) bool {
	for i := range text[:min(len(text), timeWithin)] {
		if text[i] == ':' && i > 0 {
			if _, ok := readClock(text, i); ok {
				return true
			}
		}
	}
	return false
}

// alone reports whether a time of day stands where a log has the time of a
// line: near its start, and apart from other text.
func (c clockTime) alone(text []byte) bool {
	if c.start > 40 || c.end < len(text) && (text[c.end] == '<' || isDigit(text[c.end])) {
		return false
	}
	return c.start == 0 || bytes.IndexByte([]byte(" [(\"|\t"), text[c.start-1]) >= 0
}

// A date is a day of the calendar. A year of 0 is not known.
type date struct{ year, month, day int }

// dateBefore reads the date that ends where the time of day starts, whatever
// the order of its parts.
func (t *times) dateBefore(text []byte, c clockTime) (d date, ok bool) {
	end := c.start
	for end > 0 && c.start-end < 2 && isDateEnd(text[end-1]) {
		end--
	}
	if end == c.start {
		return d, false
	}
	var parts [3][]byte // the last one first
	for i := range parts {
		start := end
		for start > 0 && end-start < 9 && isAlphanumeric(text[start-1]) {
			start--
		}
		parts[i] = text[start:end]
		for end = start; end > 0 && start-end < 2 && isDateMark(text[end-1]); {
			end--
		}
		if end == start {
			break
		}
	}
	d, ok = t.dateOf(parts[2], parts[1], parts[0])
	if ok && d.year == 0 { // Wed Nov 25 22:11:39 2026
		if rest := text[c.end:]; len(rest) >= 5 && rest[0] == ' ' && number(rest[1:5]) > 1900 && (len(rest) == 5 || !isAlphanumeric(rest[5])) {
			d.year = number(rest[1:5])
		}
	}
	return d, ok
}

// isDateEnd reports whether c can be between a date and a time of day.
func isDateEnd(c byte) bool {
	return c == ' ' || c == 'T' || c == 't' || c == ':' || c == '_' || c == ','
}

// isDateMark reports whether c can be between the parts of a date.
func isDateMark(c byte) bool {
	return c == '-' || c == '/' || c == '.' || c == ' ' || c == ','
}

// dateOf reads a date whose last three parts are a, b and c; a and b may belong
// to something else.
func (t *times) dateOf(a, b, c []byte) (date, bool) {
	x, y, z := number(a), number(b), number(c)
	switch month := monthOf(b); {
	case month > 0 && len(c) == 4: // 25/Nov/2026
		return date{z, month, x}, x > 0 && x < 32 && z > 0
	case month > 0: // Nov 25
		return date{0, month, z}, z > 0 && z < 32
	case monthOf(a) > 0 && len(c) == 4: // Nov 25, 2026
		return date{z, monthOf(a), y}, y > 0 && z > 0
	}
	switch {
	case len(a) == 4 && x > 0 && len(b) <= 2 && len(c) <= 2: // 2026-11-25
		return date{x, y, z}.check()
	case len(c) == 4 && z > 0 && len(a) <= 2 && len(b) <= 2: // 11/25/2026, 25.11.2026
		return t.dayAndMonth(x, y, z)
	case len(a) == 2 && len(b) == 2 && len(c) == 2 && x >= 0 && y >= 0 && z >= 0:
		if century := 100 * (t.year() / 100); x == t.year()%100 && z != x { // 26/11/25
			return date{century + x, y, z}.check()
		} else {
			return t.dayAndMonth(x, y, century+z)
		}
	case len(c) == 8 && z > 0: // 20261125
		return date{z / 10000, z / 100 % 100, z % 100}.check()
	case len(c) == 5 && bytes.IndexByte([]byte("IWEFDC"), c[0]) >= 0: // I1125
		if n := number(c[1:]); n > 0 {
			return date{0, n / 100, n % 100}.check()
		}
	}
	return date{}, false
}

// dayAndMonth tells the day from the month: months come first unless this log
// has shown otherwise.
func (t *times) dayAndMonth(x, y, year int) (date, bool) {
	t.dayFirst = t.dayFirst || x > 12
	if t.dayFirst && y <= 12 {
		return date{year, y, x}.check()
	}
	return date{year, x, y}.check()
}

func (d date) check() (date, bool) {
	return d, d.month > 0 && d.month < 13 && d.day > 0 && d.day < 32
}

func (t *times) year() int {
	if t.near.IsZero() {
		return 2000
	}
	return t.near.Year()
}

// join is the moment of a date and a time of day, with the fraction, AM or PM
// and zone that follow.
func (t *times) join(text []byte, d date, c clockTime) (moment, bool) {
	if d.year == 0 {
		if t.near.IsZero() {
			return moment{}, false
		}
		d.year = t.near.Year() + 1
		m, ok := t.spell(text, d, c)
		for range 2 {
			if ok && !m.After(t.near.Add(48*time.Hour)) {
				break
			}
			d.year--
			m, ok = t.spell(text, d, c)
		}
		return m, ok
	}
	return t.spell(text, d, c)
}

// today is the moment of a time of day without a date.
func (t *times) today(text []byte, c clockTime) (moment, bool) {
	day := t.near.In(t.zone).AddDate(0, 0, 1)
	for range 2 {
		m, ok := t.spell(text, date{day.Year(), int(day.Month()), day.Day()}, c)
		if ok && !m.After(t.near.Add(6*time.Hour)) {
			return m, true
		}
		day = day.AddDate(0, 0, -1)
	}
	return t.spell(text, date{day.Year(), int(day.Month()), day.Day()}, c)
}

// spell rewrites a time in the order of RFC 3339 and reads it.
func (t *times) spell(text []byte, d date, c clockTime) (moment, bool) {
	rest := text[c.end:]
	var buf [64]byte
	s := append(buf[:0], '0'+byte(d.year/1000%10), '0'+byte(d.year/100%10), '0'+byte(d.year/10%10), '0'+byte(d.year%10), '-',
		'0'+byte(d.month/10), '0'+byte(d.month%10), '-', '0'+byte(d.day/10), '0'+byte(d.day%10), 'T')
	fraction := 0
	if len(rest) > 1 && (rest[0] == '.' || rest[0] == ',') {
		for fraction = 1; fraction < len(rest) && fraction < 10 && isDigit(rest[fraction]); {
			fraction++
		}
	}
	after := bytes.TrimLeft(rest[fraction:], "0123456789")
	hour, after := twelveHours(c.hour, after)
	s = append(s, '0'+byte(hour/10), '0'+byte(hour%10), ':', '0'+byte(c.minute/10), '0'+byte(c.minute%10), ':', '0'+byte(c.second/10), '0'+byte(c.second%10))
	if fraction > 1 {
		s = append(s, rest[:fraction]...)
	}
	zone := zoneOf(after)
	s = append(s, zone...)
	at, n := events.ScanTime(s, t.zone)
	return moment{at, len(zone) > 0}, n == len(s)
}

// twelveHours applies an AM or PM to the hour.
func twelveHours(hour int, rest []byte) (int, []byte) {
	half := bytes.TrimPrefix(rest, []byte(" "))
	if len(half) < 2 || half[1]|0x20 != 'm' || len(half) > 2 && isAlphanumeric(half[2]) || hour > 12 {
		return hour, rest
	}
	switch half[0] | 0x20 {
	case 'a':
		return hour % 12, half[2:]
	case 'p':
		return hour%12 + 12, half[2:]
	}
	return hour, rest
}

// zoneOf is the zone that a text begins with, as RFC 3339 or ISO 8601 has it.
func zoneOf(text []byte) []byte {
	spaced := len(text) > 0 && text[0] == ' '
	if spaced {
		text = text[1:]
	}
	switch {
	case len(text) == 0 || isDigit(text[0]):
		return nil
	case text[0] == 'Z' || text[0] == 'z':
		if len(text) == 1 || !isAlphanumeric(text[1]) {
			return []byte("Z")
		}
	case bytes.HasPrefix(text, []byte("UTC")), bytes.HasPrefix(text, []byte("GMT")):
		return []byte("Z")
	case (text[0] == '+' || text[0] == '-') && two(text[1:]) >= 0 && two(text[1:]) < 24:
		n := 3
		if rest := bytes.TrimPrefix(text[3:], []byte(":")); two(rest) >= 0 {
			n = len(text) - len(rest) + 2
		}
		if (n > 3 || !spaced) && (len(text) == n || !isAlphanumeric(text[n])) {
			return text[:n]
		}
	}
	return nil
}

// monthOf is the number of the month with this English name, or 0.
func monthOf(name []byte) int {
	if len(name) != 3 {
		return 0
	}
	i := bytes.Index([]byte("JanFebMarAprMayJunJulAugSepOctNovDec"), name)
	if i%3 != 0 {
		return 0
	}
	return i/3 + 1
}
