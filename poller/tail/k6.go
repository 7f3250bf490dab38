package tail

import (
	"bytes"
)

// readK6 reads a line of k6's JSON output. A point of the metric http_reqs is a
// call; points of other metrics and declarations are not. k6 writes neither
// headers nor body, so a denial has only a status.
func (t *times) readK6(line []byte, r *record) verdict {
	line, ok := objectIn(line)
	if !ok {
		return notMine
	}
	if !bytes.Contains(line, []byte(`"http_reqs"`)) {
		if bytes.Contains(line, []byte(`"metric":`)) && bytes.Contains(line, []byte(`"data":`)) {
			return noCall
		}
		return notMine
	}
	var p point
	w := walker{line: line}
	for w.open(); w.more(); w.next() {
		switch string(w.key()) {
		case "type":
			p.kind = w.text()
		case "metric":
			p.metric = w.text()
		case "data":
			p.readData(&w)
		default:
			w.skip()
		}
	}
	if !w.end() || p.metric == nil {
		return notMine
	}
	if string(p.metric) != "http_reqs" || string(p.kind) != "Point" {
		return noCall
	}
	return p.record(t, r)
}

// A point is one point of a metric, as written.
type point struct {
	kind, metric, time        []byte
	method, url, name, status []byte
	errorCode                 []byte
}

func (p *point) readData(w *walker) {
	for w.open(); w.more(); w.next() {
		switch string(w.key()) {
		case "time":
			p.time = w.text()
		case "tags":
			p.readTags(w)
		default:
			w.skip()
		}
	}
}

func (p *point) readTags(w *walker) {
	for w.open(); w.more(); w.next() {
		switch string(w.key()) {
		case "method":
			p.method = w.text()
		case "url":
			p.url = w.text()
		case "name":
			p.name = w.text()
		case "status":
			p.status = w.text()
		case "error_code":
			p.errorCode = w.text()
		default:
			w.skip()
		}
	}
}

func (p *point) record(t *times, r *record) verdict {
	if len(p.status) > 0 {
		if r.status = number(p.status); r.status < 0 {
			return notMine
		}
	}
	if r.url = unescape(p.url); len(r.url) == 0 { // the system tag may be disabled
		r.url = unescape(p.name)
	}
	r.method = p.method
	var ok bool
	if r.at, ok = t.read(p.time); !ok || !r.valid() {
		return notMine
	}
	if r.status == 0 && !sentByK6(string(p.errorCode)) {
		return noCall
	}
	return isCall
}

// sentByK6 reports whether a request without a response may have reached the
// API, by k6's error code: it timed out, was reset, failed within HTTP/2, or is
// not classified. DNS, dial and TLS errors (11xx, 12xx, 13xx) happen before.
func sentByK6(code string) bool {
	return code == "" || code == "1000" || code == "1050" || code == "1220" || len(code) == 4 && code[:2] == "16"
}
