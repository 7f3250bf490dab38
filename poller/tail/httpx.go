package tail

import (
	"bytes"
	"time"

	"quotatop/model"
	"quotatop/poller/events"
)

// httpx reads a line of a Python program's log. httpx, which the OpenAI and
// Anthropic SDKs use, logs each response at INFO:
//
//	HTTP Request: POST https://api.pioneer.ai/v1/chat/completions "HTTP/1.1 429 Too Many Requests"
//
// behind whatever the program's log format puts there. The time is found
// wherever it stands. All other lines are the program's own.
func (t target) httpx(line []byte, now time.Time) (model.Event, bool) {
	const marker = "HTTP Request: "
	i := bytes.Index(line, []byte(marker))
	if i < 0 {
		return model.Event{}, bytes.IndexByte(line, 0) < 0
	}
	method, rest, _ := bytes.Cut(line[i+len(marker):], []byte(" "))
	url, rest, _ := bytes.Cut(rest, []byte(" "))
	rest = bytes.TrimPrefix(rest, []byte(`\`)) // the line may be a text of JSON
	if !bytes.HasPrefix(rest, []byte(`"HTTP/`)) {
		return model.Event{}, false
	}
	_, rest, _ = bytes.Cut(rest, []byte(" "))
	if len(rest) < 3 {
		return model.Event{}, false
	}
	status := number(rest[:3])
	if status < 100 {
		return model.Event{}, false
	}
	at, ok := findTime(line[:i])
	if !ok {
		at, ok = findTime(rest)
	}
	if !ok {
		at = now
	}
	return t.call(at, method, url, status)
}

// timeWithin is how far into a text its time is looked for, in bytes.
const timeWithin = 256

// findTime finds the first date and time of a text.
func findTime(text []byte) (time.Time, bool) {
	for i := 0; i+19 <= len(text) && i < timeWithin; i++ {
		if text[i]-'0' > 9 || text[i+4] != '-' && text[i+4] != '/' {
			continue
		}
		if t, n := events.ScanTime(text[i:], time.Local); n > 0 {
			return t, true
		}
	}
	return time.Time{}, false
}
