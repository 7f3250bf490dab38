package tap

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// Bounds on what is kept of one call, in bytes.
const (
	maxMethod  = 16
	maxPath    = 256
	maxHeader  = 16 << 10
	maxExcerpt = 4 << 10
)

// A pending is a request that is sent, and so a call whose response is due.
type pending struct {
	at      time.Time // local
	labels  labels
	upgrade bool // it asks for one
}

// labels are what a call is reported by. Requests of one client are much alike, so
// that the texts are made only when they differ.
type labels struct {
	method, path string
	target       string // that path comes from
	secrets      secrets
}

// describe describes the request that has just been read.
func (c *conn) describe() pending {
	x := pending{at: time.Now()}
	c.labels.read(&c.req)
	x.labels = c.labels
	for _, f := range c.req.fields {
		x.upgrade = x.upgrade || f.is("Upgrade") && !c.req.offersH2C
	}
	return x
}

func (l *labels) read(r *request) {
	if string(r.method) != l.method {
		l.method = cut(string(r.method), maxMethod)
	}
	changed := l.secrets.read(r.fields)
	if changed || string(r.target) != l.target {
		target := string(r.target)
		l.path = cut(l.secrets.redact(pathOf(target)), maxPath)
		if l.target = ""; len(target) <= maxPath {
			l.target = target
		}
	}
}

// call is the call as it is reported, but for its response.
func (x *pending) call() observed {
	return observed{at: x.at, call: model.Call{Vantage: model.VantageLocal, Method: x.labels.method, Path: x.labels.path}}
}

// pathOf returns the path of a target, escaped where it is not fit to be shown. It
// is cut short far beyond what is reported of it.
func pathOf(target string) string {
	target = target[:min(len(target), 16*maxPath)]
	if i := strings.IndexAny(target, "?#"); i >= 0 {
		target = target[:i]
	}
	var escaped strings.Builder
	shown := 0
	for i := range len(target) {
		if c := target[i]; c <= ' ' || c > '~' {
			fmt.Fprintf(&escaped, "%s%%%02X", target[shown:i], c)
			shown = i + 1
		}
	}
	if shown == 0 {
		return target
	}
	return escaped.String() + target[shown:]
}

// cut shortens s to n bytes, without keeping the rest in memory.
func cut(s string, n int) string {
	if len(s) > n {
		return strings.Clone(s[:n])
	}
	return s
}

// record reports the call that got the response in c.res, whose head came just
// now. It returns an excerpt to be filled if the call is reported only then.
//
// The time of a call is when the request arrived, as the API counts it. It is
// reported when the response begins; for a 4xx or 5xx, once the first 4 KiB of
// the body have passed.
func (c *conn) record(x *pending) *excerpt {
	r := &c.res
	header := c.date.header(r)
	c.clock.Learn(header, x.at, time.Now())
	c.inbox.setProblem("")
	seen := x.call()
	seen.call.Status = r.status
	if r.status < 400 {
		seen.call.Tokens = tokens(r.get("X-Token-Usage"))
		c.inbox.put(seen)
		return nil
	}
	seen.failure = &failure{came: c.clock.Now(), header: headerOf(r.fields, maxHeader), secrets: x.labels.secrets}
	return &excerpt{seen: seen, inbox: &c.inbox}
}

// tokens returns the number of tokens that a response says its call used, or 0.
// The API has been observed to send X-Token-Usage with chat responses.
func tokens(value []byte) int64 {
	if len(value) == 0 {
		return 0
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// A date holds what a clock learns from. It changes once a second, so that most
// responses need no new texts.
type date struct{ kept http.Header }

func (d *date) header(r *response) http.Header {
	if d.kept == nil {
		d.kept = http.Header{"Date": {""}, "Age": {""}}
	}
	for name, value := range d.kept {
		if got := r.get(name); string(got) != value[0] {
			value[0] = string(got)
		}
	}
	return d.kept
}

// cannotReach returns the error for a request that got no response.
func (x *pending) cannotReach(host string, err error) error {
	return pioneer.CannotReach(host, err, x.labels.secrets[:]...)
}

// An excerpt keeps the first bytes of the body of a 4xx or 5xx as they pass, and
// puts the call in the inbox once it has enough or the body ends.
type excerpt struct {
	seen  observed
	inbox *inbox // nil when done
}

func (e *excerpt) add(p []byte) {
	if e == nil || e.inbox == nil {
		return
	}
	r := e.seen.failure
	if r.body = append(r.body, p[:min(len(p), maxExcerpt-len(r.body))]...); len(r.body) == maxExcerpt {
		e.done()
	}
}

func (e *excerpt) done() {
	if e != nil && e.inbox != nil {
		e.inbox.put(e.seen)
		e.inbox = nil
	}
}
