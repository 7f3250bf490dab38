package tail

import (
	"bytes"
	"net/http"
	"time"

	"quotatop/model"
	"quotatop/poller/events"
	"quotatop/poller/pioneer"
)

// A verdict is what a kind of line makes of a line.
type verdict int

const (
	notMine verdict = iota // not a line of this kind
	noCall                 // a line of this kind that reports no call
	isCall                 // a line that reports calls
)

// A record is what one line says about one call, as written, or about several
// that are alike. Its texts lie in the line.
type record struct {
	at       moment // zero if the line has no time
	method   []byte // may be empty
	url      []byte // absolute, or a path
	host     []byte // the host if url has none; may be empty
	status   int    // 0 if there was no response
	byServer bool   // written by a server or proxy: the host is its own name
	count    int    // number of calls; 0 for one

	byServerClock bool // at is the server's time, not the local one

	// denial is the denial if the line has the reason for it.
	denial *model.Denial
	// call replaces all of the above but at, for a line that is complete.
	call *model.Call
}

// valid reports whether a record can be a call.
func (r *record) valid() bool {
	return r.call != nil || len(r.method) <= 16 && len(r.url) > 0 && r.status >= 0 && r.status <= 999
}

// target is the host that the call went to, if known, and its path.
func (r *record) target() (host, path []byte) {
	// k6 names calls by the template of their URL, ${}/path, without the base.
	url := bytes.TrimPrefix(r.url, []byte("${}"))
	if host, path = splitURL(url); len(host) == 0 {
		host = r.host
	}
	return host, path
}

// event is the event of the call, at a time of the server's clock.
func (r *record) event(at time.Time) model.Event {
	e := model.Event{At: at, Source: model.SourceTail, Call: r.call}
	if e.Call != nil {
		return e
	}
	_, path := r.target()
	e.Call = &model.Call{
		Vantage: model.VantageLocal, Method: printable(r.method), Path: printable(events.CutPath(path)), Status: r.status, Denial: r.denial,
	}
	if e.Call.Path == "" {
		e.Call.Path = "/"
	}
	if e.Call.Denial == nil && pioneer.MayBeDenied(r.status) {
		e.Call.Denial = unexplained(r.status)
	}
	return e
}

// unexplained is the denial of a line that has a status but not the reason:
// neither headers nor a body.
func unexplained(status int) *model.Denial {
	d, ok := pioneer.ReadDenial(status, nil, nil, time.Time{})
	if !ok {
		return nil
	}
	return &d
}

// explained is the denial of a response whose headers, and perhaps body, are in
// the log; nil if it is none. came is when the response came.
func explained(status int, header http.Header, body []byte, came time.Time) *model.Denial {
	d, ok := pioneer.ReadDenial(status, header, body, came)
	if !ok {
		return nil
	}
	return &d
}

// splitURL splits an absolute URL into the host and the rest. Anything else has
// no host.
func splitURL(url []byte) (host, rest []byte) {
	if len(url) > 0 && url[0] == '/' {
		return nil, url
	}
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
	if at := bytes.LastIndexByte(host, '@'); at >= 0 { // user and password
		host = host[at+1:]
	}
	return host, rest
}

// printable makes foreign text printable ASCII.
func printable(text []byte) string {
	for _, c := range text {
		if c <= ' ' || c >= 0x7f {
			return string(bytes.Map(func(r rune) rune {
				if r <= ' ' || r >= 0x7f {
					return '?'
				}
				return r
			}, text))
		}
	}
	return events.Intern(text)
}

func isWord(c byte) bool { return c == '_' || c == '-' || isAlphanumeric(c) }
