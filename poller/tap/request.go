package tap

import (
	"bytes"
	"net"
	"net/http"
	"strings"
)

// A request is the head of a request. Its slices are parts of the buffered head.
type request struct {
	method, target []byte
	proto          []byte
	fields         []field
	body           body
	offersH2C      bool // an upgrade to HTTP/2, which is for the next hop alone
}

// A refusal is why the tap does not forward a request, and the status that says
// so; nil when it does.
type refusal struct {
	status int
	detail string
}

func (r *refusal) Error() string { return r.detail }

func badRequest(detail string) *refusal { return &refusal{http.StatusBadRequest, detail} }

// read reads a head. It refuses what another server could read in another way
// (RFC 9112, section 11.2), and what is not for the upstream: own is the tap's
// address. The tap shares no connection between clients, but what it counts must
// be what the upstream gets.
func (r *request) read(head []byte, upstream string, own net.Addr) *refusal {
	line, fields, err := splitHead(head, r.fields[:0], true)
	*r = request{fields: fields}
	if err != nil {
		return badRequest("the request has a " + err.Error())
	}
	var ok bool
	if r.method, r.target, ok = bytes.Cut(line, []byte(" ")); ok {
		r.target, r.proto, ok = bytes.Cut(r.target, []byte(" "))
	}
	switch {
	case !ok || !isToken(r.method) || !isTarget(r.target) || !bytes.HasPrefix(r.proto, []byte("HTTP/")):
		return badRequest("the request's first line is not HTTP/1.1")
	case string(r.proto) != "HTTP/1.1" && string(r.proto) != "HTTP/1.0":
		return &refusal{http.StatusHTTPVersionNotSupported, "use HTTP/1.1"}
	case !r.meant(upstream, own):
		return &refusal{http.StatusMisdirectedRequest, "passes requests on to " + upstream +
			" only: use its address as the base URL, not as a proxy"}
	}
	return r.readFields()
}

// isTarget reports whether a target has neither blanks nor control characters.
func isTarget(target []byte) bool {
	for _, c := range target {
		if c <= ' ' || c == 0x7f {
			return false
		}
	}
	return len(target) > 0
}

// readFields reads what is said of the body.
func (r *request) readFields() *refusal {
	hosts, lengths, encodings := 0, 0, 0
	for _, f := range r.fields {
		switch {
		case f.is("Host"):
			hosts++
		case f.is("Content-Length"):
			lengths++
			n, ok := contentLength(f.value)
			if !ok || lengths > 1 {
				return badRequest("the request has a bad Content-Length")
			}
			if n > 0 {
				r.body = body{framing: counted, left: n}
			}
		case f.is("Transfer-Encoding"):
			encodings++
			if !strings.EqualFold(string(f.value), "chunked") || encodings > 1 {
				return &refusal{http.StatusNotImplemented, "the request's Transfer-Encoding is not chunked"}
			}
			r.body = body{framing: chunked}
		case f.is("Upgrade"):
			r.offersH2C = r.offersH2C || strings.EqualFold(string(f.value), "h2c")
		}
	}
	http11 := string(r.proto) == "HTTP/1.1"
	switch {
	case hosts > 1 || hosts == 0 && http11:
		return badRequest("the request needs one Host header")
	case encodings > 0 && lengths > 0:
		return badRequest("the request has both a Content-Length and a Transfer-Encoding")
	case encodings > 0 && !http11:
		return badRequest("HTTP/1.0 has no Transfer-Encoding")
	}
	return nil
}

// meant reports whether a request is for the upstream, and cuts its target down to
// path and query. A target in absolute form (RFC 9112, section 3.2.2) must name the
// upstream's host or the tap's address.
func (r *request) meant(upstream string, own net.Addr) bool {
	switch {
	case string(r.method) == http.MethodConnect:
		return false
	case r.target[0] == '/':
		return true
	case string(r.target) == "*":
		return string(r.method) == http.MethodOptions
	}
	scheme, rest, _ := strings.Cut(string(r.target), "://")
	if !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return false
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host, path := rest[:end], rest[end:]
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	r.target = []byte(path)
	return strings.EqualFold(hostname(host), hostname(upstream)) || host == own.String()
}

// hostname returns a host without its port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

// appendTo appends the head as the upstream is sent it: as it came, but for the
// host and what is for the tap alone.
func (r *request) appendTo(out []byte, prefix, host string) []byte {
	out = append(append(out, r.method...), ' ')
	if r.target[0] == '/' {
		out = append(out, prefix...)
	}
	out = append(append(out, r.target...), ' ')
	out = append(append(out, r.proto...), "\r\n"...)
	for _, f := range r.fields {
		switch {
		case f.is("Host"):
			out = append(append(out, f.name...), ": "...)
			out = append(out, host...)
		case r.offersH2C && (f.is("Upgrade") || f.is("Connection") || f.is("HTTP2-Settings")):
			continue
		default:
			out = append(out, f.line...)
		}
		out = append(out, "\r\n"...)
	}
	return append(out, "\r\n"...)
}
