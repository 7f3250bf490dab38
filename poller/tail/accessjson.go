package tail

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"quotatop/poller/pioneer"
)

// A jsonAccess is what a line of JSON says about a request, as written.
type jsonAccess struct {
	time, method, path, host, port, request, status []byte
	headers                                         []byte // of the response, an object
	retryAfter                                      []byte // where headers are keys of their own
	inResponse                                      bool   // while the object of the response is read
}

// readAccessJSON reads a line of JSON with method, path and status, under the
// keys of Caddy, Traefik, Envoy, nginx (as people commonly set it up) and other
// servers. They may be in an object of the request or the response.
func (t *times) readAccessJSON(line []byte, r *record) verdict {
	object, ok := objectIn(line)
	if !ok {
		return notMine
	}
	head := line[:len(line)-len(object)] // Caddy's console format has the time there
	line = object
	var a jsonAccess
	w := walker{line: line}
	a.walk(&w, 0)
	if !w.end() {
		return notMine
	}
	if a.request != nil && (a.method == nil || a.path == nil) { // POST /inference HTTP/1.1
		method, rest, _ := bytes.Cut(a.request, []byte(" "))
		path, _, _ := bytes.Cut(rest, []byte(" "))
		a.method, a.path = method, path
	}
	status := statusOf(a.status)
	if !isVerb(bytes.ToUpper(a.method)) || len(a.path) == 0 || status == 0 {
		return notMine
	}
	r.method, r.url, r.status, r.byServer = bytes.ToUpper(a.method), unescape(a.path), status, true
	if string(r.method) == "CONNECT" {
		return noCall
	}
	r.host = joinPort(unescape(a.host), a.port)
	if !r.valid() {
		return notMine
	}
	if r.at, ok = t.read(a.time); !ok {
		if r.at, ok = t.inJSON(line); !ok {
			r.at, _ = t.find(head)
		}
	}
	if pioneer.MayBeDenied(status) {
		if headers := a.responseHeaders(); len(headers) > 0 {
			r.denial = explained(status, headers, nil, r.at.Time)
		}
	}
	return isCall
}

// walk reads an object, and those of the request and response within it.
func (a *jsonAccess) walk(w *walker, depth int) {
	for w.open(); w.more(); w.next() {
		key := w.key()
		if w.peek() == '{' {
			switch {
			case isHeaders(string(key)) || string(key) == "headers" && a.inResponse:
				a.headers = w.skip()
			case depth < 2 && isSection(string(key)):
				outer := a.inResponse
				a.inResponse = isResponse(string(key))
				a.walk(w, depth+1)
				a.inResponse = outer
				w.last = false
			default:
				w.skip()
			}
			continue
		}
		field := a.field(string(key))
		if field == nil {
			w.skip()
			continue
		}
		value := w.skip()
		if len(value) > 1 && value[0] == '"' {
			value = value[1 : len(value)-1]
		}
		if *field == nil && len(value) > 0 && value[0] != '[' && string(value) != "null" {
			*field = value
		}
	}
}

// isSection reports whether an object is about the request or the response.
func isSection(key string) bool {
	switch key {
	case "request", "req", "response", "res", "http", "httpRequest", "http_request", "data", "fields", "access", "extra", "context", "record", "attributes":
		return true
	}
	return false
}

// isResponse reports whether an object is about the response.
func isResponse(key string) bool { return key == "res" || key == "response" }

// isHeaders reports whether an object has the headers of the response.
func isHeaders(key string) bool {
	switch key {
	case "resp_headers", "response_headers", "responseHeaders", "res_headers":
		return true
	}
	return false
}

// field is where the value of a key belongs, nil if it does not matter.
func (a *jsonAccess) field(key string) *[]byte {
	switch key {
	case "method", "request_method", "requestMethod", "RequestMethod", "http_method", "httpMethod", "verb", "http.method", "http.request.method", "http.req.method":
		return &a.method
	case "path", "uri", "request_uri", "requestUri", "RequestPath", "request_path", "requestPath", "url", "requestUrl", "request_url", "target",
		"http.url", "http.target", "http.path", "url.path", "http_path", "original_path", "rawPath":
		return &a.path
	case "host", "http_host", "RequestHost", "RequestAddr", "authority", "hostname", "request_host", "url.domain", "http.host":
		return &a.host
	case "RequestPort", "url.port":
		return &a.port
	case "request", "requestline", "request_line", "http_request":
		return &a.request
	case "status", "status_code", "statusCode", "response_code", "responseCode", "DownstreamStatus", "http_status", "http_code", "response_status",
		"http.status_code", "http.response.status_code", "responseStatus":
		return &a.status
	case "ts", "time", "timestamp", "@timestamp", "time_iso8601", "time_local", "StartUTC", "start_time", "startTime", "msec", "datetime", "date", "asctime", "at":
		return &a.time
	}
	if strings.EqualFold(key, "downstream_Retry-After") || strings.EqualFold(key, "retry-after") || key == "sent_http_retry_after" || key == "upstream_http_retry_after" {
		return &a.retryAfter
	}
	return nil
}

// responseHeaders are the headers that are known.
func (a *jsonAccess) responseHeaders() http.Header {
	headers := http.Header{}
	var fields map[string]any
	if len(a.headers) > 0 && json.Unmarshal(a.headers, &fields) == nil {
		for name, value := range fields {
			switch value := value.(type) {
			case string:
				headers.Set(name, value)
			case []any:
				for _, v := range value {
					if text, ok := v.(string); ok {
						headers.Add(name, text)
					}
				}
			}
		}
	}
	if len(a.retryAfter) > 0 && string(a.retryAfter) != "-" {
		headers.Set("Retry-After", string(a.retryAfter))
	}
	return headers
}
