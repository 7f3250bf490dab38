package tail

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// maxExcerpt is how much of the headers or body of a denial is read, in bytes of
// base64.
const maxExcerpt = 8 << 10

// readVegeta reads a result in vegeta's JSON encoding. It holds the response headers
// and body, so a denial is complete.
func (t *times) readVegeta(line []byte, r *record) verdict {
	line, ok := objectIn(line)
	if !ok || !bytes.Contains(line, []byte(`"code":`)) || !bytes.Contains(line, []byte(`"timestamp":`)) {
		return notMine
	}
	var (
		hit result
		w   = walker{line: line}
	)
	for w.open(); w.more(); w.next() {
		switch string(w.key()) {
		case "code":
			hit.code = w.skip()
		case "timestamp":
			hit.timestamp = w.text()
		case "latency":
			hit.latency = w.skip()
		case "error":
			hit.error = w.text()
		case "body":
			hit.body = w.text()
		case "method":
			hit.method = w.text()
		case "url":
			hit.url = w.text()
		case "headers":
			hit.headers = w.skip()
		default:
			w.skip()
		}
	}
	if !w.end() {
		return notMine
	}
	hit.url, hit.body = unescape(hit.url), unescape(hit.body)
	return hit.record(t, r)
}

// A result is vegeta's record of one request, as written.
type result struct {
	code, timestamp, latency, error, body, method, url, headers []byte
	mime                                                        bool // the headers are as in HTTP, in base64, instead of JSON
}

func (h *result) record(t *times, r *record) verdict {
	var ok bool
	r.method, r.url, r.status = h.method, h.url, number(h.code)
	if r.at, ok = t.read(h.timestamp); !ok || !r.valid() || len(r.method) == 0 {
		return notMine
	}
	if r.status == 0 && !sentByVegeta(h.error) {
		return noCall
	}
	if pioneer.MayBeDenied(r.status) {
		r.denial = h.denial(r.status, r.at.Time)
	}
	return isCall
}

// sentByVegeta reports whether a request without a response may have reached
// the API. Without a connection it has not.
func sentByVegeta(why []byte) bool {
	return !bytes.Contains(why, []byte("dial ")) && !bytes.Contains(why, []byte("lookup ")) && !bytes.Contains(why, []byte("tls: "))
}

func (h *result) denial(status int, at time.Time) *model.Denial {
	var headers http.Header
	if h.mime {
		headers = mimeHeaders(decodeBase64(h.headers))
	} else if len(h.headers) > 0 && json.Unmarshal(h.headers, &headers) != nil {
		headers = nil
	}
	came := at
	if ns, err := strconv.ParseInt(string(h.latency), 10, 64); err == nil && ns > 0 {
		came = at.Add(time.Duration(ns))
	}
	return explained(status, headers, decodeBase64(h.body), came)
}

// decodeBase64 decodes the start of a text, as much as is valid.
func decodeBase64(text []byte) []byte {
	text = text[:min(len(text), maxExcerpt)]
	data := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, _ := base64.StdEncoding.Decode(data, text)
	return data[:n]
}

// mimeHeaders reads headers as HTTP/1.1 writes them.
func mimeHeaders(text []byte) http.Header {
	headers := http.Header{}
	for line := range bytes.Lines(text) {
		if name, value, ok := bytes.Cut(line, []byte(":")); ok {
			headers.Add(string(bytes.TrimSpace(name)), string(bytes.TrimSpace(value)))
		}
	}
	return headers
}

// readVegetaCSV reads a result in vegeta's CSV encoding, which has no header
// row: time in nanoseconds, status, latency, bytes out and in, error, body,
// attack, number, method, URL and response headers.
func (t *times) readVegetaCSV(line []byte, r *record) verdict {
	if len(line) < 20 || line[19] != ',' || !isDigit(line[0]) || !isDigit(line[18]) {
		return notMine
	}
	var row [13][]byte
	n := splitRow(line, row[:])
	if n < 11 || n > 12 || number(row[1]) < 0 {
		return notMine
	}
	hit := result{
		timestamp: row[0], code: row[1], latency: row[2], error: row[5], body: row[6], method: row[9], url: row[10], headers: row[11], mime: true,
	}
	return hit.record(t, r)
}
