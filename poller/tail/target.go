package tail

import (
	"bytes"
	"strings"
	"time"

	"quotatop/model"
	"quotatop/poller/events"
	"quotatop/poller/pioneer"
)

// A target is whom the calls of a log have to go to, to count.
type target struct {
	host  string         // as in a URL; empty for any
	clock *pioneer.Clock // nil for none
}

// call is the event of a call to url, which may be an absolute URL or a path.
// A call that goes elsewhere is none: the event is empty.
func (t target) call(at time.Time, method, url []byte, status int) (model.Event, bool) {
	host, path := splitURL(url)
	if len(method) == 0 || len(method) > 16 || len(url) == 0 || status < 0 || status > 999 {
		return model.Event{}, false
	}
	if len(host) > 0 && t.host != "" && !t.is(host) {
		return model.Event{}, true
	}
	call := &model.Call{
		Vantage: model.VantageLocal, Method: printable(method), Path: printable(events.CutPath(path)), Status: status,
	}
	if call.Path == "" {
		call.Path = "/"
	}
	if pioneer.MayBeDenied(status) {
		if d, ok := pioneer.ReadDenial(status, nil, nil, at); ok {
			call.Denial = &d
		}
	}
	return model.Event{At: at, Source: model.SourceTail, Call: call}, true
}

// is compares hosts; a port counts only where the target names one.
func (t target) is(host []byte) bool {
	if !strings.Contains(t.host, ":") {
		if i := bytes.LastIndexByte(host, ':'); i > 0 {
			host = host[:i]
		}
	}
	return strings.EqualFold(string(host), t.host)
}

// splitURL takes an absolute URL apart into host and the rest. What is no such
// URL has no host.
func splitURL(url []byte) (host, rest []byte) {
	i := bytes.Index(url, []byte("://"))
	if i < 0 || i > len("https") {
		return nil, url
	}
	rest = url[i+3:]
	end := bytes.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host, rest = rest[:end], rest[end:]
	if at := bytes.LastIndexByte(host, '@'); at >= 0 { // a user and password
		host = host[at+1:]
	}
	return host, rest
}

// printable is foreign text, fit to be shown, and without what looks like a
// key.
func printable(text []byte) string {
	for _, c := range text {
		if c <= ' ' || c >= 0x7f {
			return pioneer.Redact(string(bytes.Map(func(r rune) rune {
				if r <= ' ' || r >= 0x7f {
					return '?'
				}
				return r
			}, text)))
		}
	}
	return pioneer.Redact(events.Intern(text))
}

// number reads a short decimal number, or returns -1.
func number(text []byte) int {
	if len(text) == 0 || len(text) > 9 {
		return -1
	}
	n := 0
	for _, c := range text {
		if c-'0' > 9 {
			return -1
		}
		n = 10*n + int(c-'0')
	}
	return n
}
