package tail

import (
	"bytes"
	"time"

	"quotatop/model"
	"quotatop/poller/events"
)

// k6 reads a line of k6's JSON output: a point of the metric http_reqs is a
// call; the points of other metrics and the declarations are not. k6 keeps
// neither headers nor body, so a denial is known by its status only.
func (t target) k6(line []byte, _ time.Time) (model.Event, bool) {
	if len(line) < 2 || line[0] != '{' || line[len(line)-1] != '}' {
		return model.Event{}, false
	}
	if !bytes.Contains(line, []byte(`"http_reqs"`)) {
		return model.Event{}, bytes.Contains(line, []byte(`"metric":`)) && bytes.Contains(line, []byte(`"data":`))
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
		return model.Event{}, false
	}
	if string(p.metric) != "http_reqs" || string(p.kind) != "Point" {
		return model.Event{}, true
	}
	return p.event(t)
}

// A point is what is wanted of k6's point of a metric.
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

func (p *point) event(t target) (model.Event, bool) {
	at, n := events.ScanTime(p.time, time.Local)
	status := 0
	if len(p.status) > 0 {
		status = number(p.status)
	}
	url := p.url
	if len(url) == 0 { // it may be left out of the tags
		url = p.name
	}
	if n == 0 || status < 0 {
		return model.Event{}, false
	}
	if status == 0 && !sentByK6(string(p.errorCode)) {
		return model.Event{}, true
	}
	return t.call(at, p.method, unescape(url), status)
}

// sentByK6 reports whether a request without a response may have reached the
// API, by k6's error code: it timed out, was reset, broke within HTTP/2, or is
// not classed. Names that do not resolve, connections that do not open and
// failed handshakes (11xx, 12xx, 13xx) have reached nobody.
func sentByK6(code string) bool {
	return code == "" || code == "1000" || code == "1050" || code == "1220" || len(code) == 4 && code[:2] == "16"
}
