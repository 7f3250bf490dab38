package tap

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// errNotHTTP is the error for a response that is none.
var errNotHTTP = errors.New("malformed HTTP response")

// A response is the head of a response. Its slices are parts of the buffered head.
type response struct {
	status int
	fields []field
	body   body
	head   []byte // as it came
	line   []byte // the status line
	edited bool   // the fields differ from what came
}

func (r *response) interim() bool {
	return r.status < http.StatusOK && r.status != http.StatusSwitchingProtocols
}

// read reads the head of a response to a request with this method.
func (r *response) read(head []byte, method string) error {
	line, fields, err := splitHead(head, r.fields[:0], false)
	*r = response{fields: fields, head: head, line: line}
	if err != nil || !r.readStatus() {
		return errNotHTTP
	}
	length, both, ok := int64(-1), false, true
	r.body.framing = open
	for _, f := range r.fields {
		switch {
		case f.is("Content-Length"):
			n, valid := contentLength(f.value)
			ok = ok && valid && (length < 0 || length == n)
			length = n
		case f.is("Transfer-Encoding"):
			both = true
			if last := bytes.TrimSpace(f.value[bytes.LastIndexByte(f.value, ',')+1:]); strings.EqualFold(string(last), "chunked") {
				r.body.framing = chunked
			}
		}
	}
	switch {
	case r.interim() || method == http.MethodHead || r.status == http.StatusNoContent || r.status == http.StatusNotModified:
		r.body.framing = none
	case !ok:
		return errNotHTTP
	case both && length >= 0: // the encoding counts (RFC 9112, section 6.3)
		r.drop("Content-Length")
	case length == 0:
		r.body.framing = none
	case length > 0:
		r.body = body{framing: counted, left: length}
	}
	return nil
}

// readStatus reads the status line.
func (r *response) readStatus() bool {
	version, rest, _ := bytes.Cut(r.line, []byte(" "))
	code, _, _ := bytes.Cut(rest, []byte(" "))
	if string(version) != "HTTP/1.1" && string(version) != "HTTP/1.0" {
		return false
	}
	n, ok := contentLength(code)
	r.status = int(n)
	return ok && len(code) == 3 && n >= 100
}

// drop removes the fields of this name.
func (r *response) drop(name string) {
	kept := r.fields[:0]
	for _, f := range r.fields {
		if !f.is(name) {
			kept = append(kept, f)
		}
	}
	r.fields, r.edited = kept, true
}

// get returns the value of the first field of this name.
func (r *response) get(name string) []byte {
	for _, f := range r.fields {
		if f.is(name) {
			return f.value
		}
	}
	return nil
}

// relocate makes a redirect to the upstream's own origin relative, so that the
// client stays with the tap. Another one is left alone: the key must not follow.
func (r *response) relocate(upstream *url.URL, prefix string) {
	for i := range r.fields {
		if f := &r.fields[i]; f.is("Location") {
			if path, ok := ownPath(string(f.value), upstream, prefix); ok {
				f.line, r.edited = []byte("Location: "+path), true
			}
		}
	}
}

// ownPath returns what location is below the upstream's URL; false for what leads
// elsewhere, or is relative already.
func ownPath(location string, upstream *url.URL, prefix string) (path string, ok bool) {
	u, err := url.Parse(location)
	if err != nil || u.User != nil || u.Opaque != "" || u.Host == "" && prefix == "" {
		return "", false
	}
	if u.Host != "" {
		if u.Scheme != "" && u.Scheme != upstream.Scheme || !strings.EqualFold(u.Hostname(), upstream.Hostname()) || portOf(u, upstream.Scheme) != portOf(upstream, upstream.Scheme) {
			return "", false
		}
		_, location, _ = strings.Cut(location, "//")
		if i := strings.IndexAny(location, "/?#"); i >= 0 {
			location = location[i:]
		} else {
			location = ""
		}
	}
	path, ok = strings.CutPrefix(location, prefix)
	switch {
	case !ok || path != "" && !strings.ContainsRune("/?#", rune(path[0])):
		return "", false
	case !strings.HasPrefix(path, "/"):
		path = "/" + path
	case strings.HasPrefix(path, "//"):
		path = "/." + path // or it would name a host
	}
	return path, true
}

func portOf(u *url.URL, scheme string) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case scheme == "https":
		return "443"
	}
	return "80"
}

// bytes returns the head as the client is sent it: as it came, but for what was
// edited.
func (r *response) bytes() []byte {
	if !r.edited {
		return r.head
	}
	out := append(bytes.Clone(r.line), "\r\n"...)
	for _, f := range r.fields {
		out = append(append(out, f.line...), "\r\n"...)
	}
	return append(out, "\r\n"...)
}
