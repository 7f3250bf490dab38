package tail

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"quotatop/model"
	"quotatop/poller/events"
	"quotatop/poller/pioneer"
)

// maxExcerpt bounds what is read of a denial's body, in bytes of base64.
const maxExcerpt = 8 << 10

// vegeta reads a result of vegeta's JSON encoding. It holds the response's
// headers and body, so that a denial is known in full.
func (t target) vegeta(line []byte, _ time.Time) (model.Event, bool) {
	if len(line) < 2 || line[0] != '{' || line[len(line)-1] != '}' {
		return model.Event{}, false
	}
	var (
		r result
		w = walker{line: line}
	)
	for w.open(); w.more(); w.next() {
		switch string(w.key()) {
		case "code":
			r.code = w.skip()
		case "timestamp":
			r.timestamp = w.text()
		case "latency":
			r.latency = w.skip()
		case "error":
			r.error = w.text()
		case "body":
			r.body = w.text()
		case "method":
			r.method = w.text()
		case "url":
			r.url = w.text()
		case "headers":
			r.headers = w.skip()
		default:
			w.skip()
		}
	}
	if !w.end() {
		return model.Event{}, false
	}
	return r.event(t)
}

// A result is what is wanted of vegeta's record of one request, as written.
type result struct {
	code, timestamp, latency, error, body, method, url, headers []byte
}

func (r *result) event(t target) (model.Event, bool) {
	at, n := events.ScanTime(r.timestamp, time.Local)
	status := number(r.code)
	if n == 0 || status < 0 {
		return model.Event{}, false
	}
	if status == 0 && !sentByVegeta(r.error) {
		return model.Event{}, true
	}
	e, ok := t.call(at, r.method, unescape(r.url), status)
	if ok && e.Call != nil && pioneer.MayBeDenied(status) {
		e.Call.Denial = r.denial(status, at)
	}
	return e, ok
}

// sentByVegeta reports whether a request without a response may have reached
// the API. One that did not find a connection has not.
func sentByVegeta(why []byte) bool {
	return !bytes.Contains(why, []byte("dial ")) && !bytes.Contains(why, []byte("lookup ")) && !bytes.Contains(why, []byte("tls: "))
}

func (r *result) denial(status int, at time.Time) *model.Denial {
	var headers http.Header
	if len(r.headers) > 0 && json.Unmarshal(r.headers, &headers) != nil {
		headers = nil
	}
	text := unescape(r.body)
	if len(text) > maxExcerpt {
		text = text[:maxExcerpt]
	}
	body := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	got, _ := base64.StdEncoding.Decode(body, text) // as far as it goes
	came := at
	if ns, err := strconv.ParseInt(string(r.latency), 10, 64); err == nil && ns > 0 {
		came = at.Add(time.Duration(ns))
	}
	d, ok := pioneer.ReadDenial(status, headers, body[:got], came)
	if !ok {
		return nil
	}
	tidyDenial(&d)
	return &d
}
