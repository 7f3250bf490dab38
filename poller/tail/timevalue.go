package tail

import (
	"bytes"
	"strconv"
	"time"

	"quotatop/poller/events"
)

// epoch reads a Unix time in seconds, milliseconds, microseconds or
// nanoseconds, which its size tells apart.
func epoch(text []byte) (moment, bool) {
	whole, fraction, _ := bytes.Cut(text, []byte("."))
	if len(whole) < 9 || len(whole) > 19 {
		return moment{}, false
	}
	for _, c := range whole {
		if !isDigit(c) {
			return moment{}, false
		}
	}
	n, err := strconv.ParseInt(string(whole), 10, 64)
	if err != nil {
		return moment{}, false
	}
	unit := int64(time.Second)
	for limit := int64(1e11); n >= limit && unit > 1; limit *= 1000 {
		unit /= 1000
	}
	perSecond := int64(time.Second) / unit
	at := time.Unix(n/perSecond, n%perSecond*unit)
	scale := unit / 10
	for _, c := range fraction {
		if !isDigit(c) {
			if c|0x20 == 'e' {
				return moment{}, false
			}
			break
		}
		at = at.Add(time.Duration(int64(c-'0') * scale))
		scale /= 10
	}
	return moment{at.UTC(), true}, true
}

// read reads a value that is nothing but a time.
func (t *times) read(value []byte) (moment, bool) {
	if m, ok := epoch(value); ok {
		return m, true
	}
	if at, n := events.ScanTime(value, t.zone); n > 0 && n == len(value) {
		zoned := len(value) > 19 && !isDigit(value[19]) && value[19] != '.' && value[19] != ',' || len(zoneOf(bytes.TrimLeft(value[19:], ".,0123456789"))) > 0
		return moment{at, zoned}, true
	}
	return t.find(value)
}

// timeKeys are the keys under which lines of JSON have their time.
var timeKeys = [][]byte{
	[]byte(`"at":`), []byte(`"ts":`), []byte(`"time":`), []byte(`"timestamp":`), []byte(`"@timestamp":`), []byte(`"time_iso8601":`),
	[]byte(`"asctime":`), []byte(`"created":`), []byte(`"datetime":`), []byte(`"date":`), []byte(`"start_time":`), []byte(`"StartUTC":`),
	[]byte(`"time_local":`), []byte(`"msec":`), []byte(`"eventTime":`), []byte(`"StartLocal":`),
}

// inJSON finds the time of a line of JSON.
func (t *times) inJSON(line []byte) (moment, bool) {
	for _, key := range timeKeys {
		i := bytes.Index(line, key)
		if i < 0 {
			continue
		}
		value := bytes.TrimLeft(line[i+len(key):min(i+len(key)+64, len(line))], " ")
		end := ",} "
		if len(value) > 0 && value[0] == '"' {
			value, end = value[1:], `"`
		}
		if n := bytes.IndexAny(value, end); n >= 0 {
			value = value[:n]
		}
		if m, ok := t.read(value); ok {
			return m, true
		}
	}
	return moment{}, false
}

// two reads two digits at the start of a text, or returns -1.
func two(text []byte) int {
	if len(text) < 2 || !isDigit(text[0]) || !isDigit(text[1]) {
		return -1
	}
	return 10*int(text[0]-'0') + int(text[1]-'0')
}

// number reads a short decimal number, or returns -1.
func number(text []byte) int {
	if len(text) == 0 || len(text) > 9 {
		return -1
	}
	n := 0
	for _, c := range text {
		if !isDigit(c) {
			return -1
		}
		n = 10*n + int(c-'0')
	}
	return n
}

func isDigit(c byte) bool { return c-'0' <= 9 }

func isAlphanumeric(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' }
