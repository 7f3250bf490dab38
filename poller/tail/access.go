package tail

import (
	"bytes"
	"strings"
	"time"

	"quotatop/model"
	"quotatop/poller/events"
)

// access reads a line of an access log in the common or combined format of web
// servers and proxies:
//
//	127.0.0.1 - - [17/Jun/2026:12:04:31 +0000] "POST /v1/chat/completions HTTP/1.1" 429 52 "-" "k6/0.5"
//
// What stands before the time and after the status does not matter.
func (t target) access(line []byte, _ time.Time) (model.Event, bool) {
	at, rest, ok := accessTime(line)
	if !ok || !bytes.HasPrefix(rest, []byte(`] "`)) {
		return model.Event{}, false
	}
	method, rest, _ := bytes.Cut(rest[len(`] "`):], []byte(" "))
	url, rest, _ := bytes.Cut(rest, []byte(" "))
	if !bytes.HasPrefix(rest, []byte("HTTP/")) {
		return model.Event{}, false
	}
	_, rest, _ = bytes.Cut(rest, []byte(`" `))
	status, _, _ := bytes.Cut(rest, []byte(" "))
	code := number(status)
	if code < 100 {
		return model.Event{}, false
	}
	return t.call(at, method, url, code)
}

// accessTime finds [17/Jun/2026:12:04:31 +0000, and returns what comes behind
// it.
func accessTime(line []byte) (at time.Time, rest []byte, ok bool) {
	const shape = "02/Jan/2006:15:04:05"
	for rest = line; ; {
		i := bytes.IndexByte(rest, '[')
		if i < 0 || len(rest)-i <= len(shape) {
			return time.Time{}, nil, false
		}
		rest = rest[i+1:]
		if rest[2] != '/' || rest[6] != '/' || rest[11] != ':' {
			continue
		}
		month := monthOf(rest[3:6])
		if month == 0 {
			return time.Time{}, nil, false
		}
		// The same in the order of RFC 3339.
		var text [len("2006-01-02T15:04:05+00:00")]byte
		s := append(text[:0], rest[7:11]...)
		s = append(s, '-', '0'+byte(month/10), '0'+byte(month%10), '-')
		s = append(s, rest[:2]...)
		s = append(s, 'T')
		s = append(s, rest[12:20]...)
		rest = rest[len(shape):]
		if len(rest) >= len(" +0000") && rest[0] == ' ' {
			s = append(s, rest[1:6]...)
			rest = rest[6:]
		}
		at, n := events.ScanTime(s, time.Local)
		return at, rest, n == len(s)
	}
}

// monthOf is the month with this name, 0 for none.
func monthOf(name []byte) int {
	i := strings.Index("JanFebMarAprMayJunJulAugSepOctNovDec", string(name))
	if i%3 != 0 {
		return 0
	}
	return i/3 + 1
}
