package tap

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// Bounds on what is kept of one call, in bytes.
const (
	maxMethod  = 16
	maxPath    = 256
	maxExcerpt = 4 << 10
)

// A recorder is the tap's transport. It records each request and its response.
//
// The time of a call is when the request arrived, as the API counts it. It is
// reported when the response begins; for a 4xx or 5xx, once the first 4 KiB of
// the body have passed. A call that was sent in full and got no response, because
// the client gave up or the connection broke, is reported with status 0: the API
// has counted it. A call that could not be sent is not reported.
type recorder struct{ *Tap }

func (t recorder) RoundTrip(out *http.Request) (*http.Response, error) {
	at := time.Now()
	res, err := t.transport.RoundTrip(out)
	secrets := secretsOf(out.Header)
	seen := observed{at: at, call: model.Call{
		Vantage: model.VantageLocal,
		Method:  cut(out.Method, maxMethod),
		Path:    cut(secrets.redact(t.path(out.URL)), maxPath),
	}}
	if err != nil {
		t.noResponse(seen, out, err)
		return nil, err
	}
	t.clock.Learn(res.Header, at, time.Now())
	if len(res.Trailer) > 0 {
		res.Header.Del("Content-Length") // HTTP/2 allows both, HTTP/1.1 one of them
	}
	seen.call.Status = res.StatusCode
	t.inbox.setProblem("")
	if res.StatusCode < 400 {
		seen.call.Tokens = tokens(res.Header)
		t.inbox.put(seen)
		return res, nil
	}
	seen.failure = &failure{came: t.clock.Now(), header: res.Header.Clone(), secrets: secrets}
	res.Body = &excerpt{ReadCloser: res.Body, seen: seen, inbox: &t.inbox}
	return res, nil
}

// tokens returns the number of tokens that a response says its call used, or 0.
// The API has been observed to send X-Token-Usage with chat responses.
func tokens(h http.Header) int64 {
	n, err := strconv.ParseInt(h.Get("X-Token-Usage"), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// noResponse records a request that got no response. It is the upstream's problem
// only if the client cannot have caused it.
func (t recorder) noResponse(seen observed, out *http.Request, err error) {
	body, _ := out.Body.(*upload)
	gaveUp := out.Context().Err() != nil || body != nil && body.broken.Load()
	if !gaveUp && out.Header.Get("Upgrade") == "" {
		t.inbox.setProblem(t.cannotReach(out, err).Error())
	}
	if body != nil && body.sent.Load() {
		t.inbox.put(seen)
	}
}

// cannotReach returns the error for a request that got no response.
func (t *Tap) cannotReach(out *http.Request, err error) error {
	secrets := secretsOf(out.Header)
	return pioneer.CannotReach(t.upstream.Host, err, secrets[:]...)
}

// path returns the path of a request below the client's base URL. It is escaped,
// and so is safe to show.
func (t *Tap) path(u *url.URL) string {
	return strings.TrimPrefix(u.EscapedPath(), t.prefix)
}

// cut shortens s to n bytes, without keeping the rest in memory.
func cut(s string, n int) string {
	if len(s) > n {
		return strings.Clone(s[:n])
	}
	return s
}

// An upload is a request's body on its way to the upstream.
type upload struct {
	io.ReadCloser
	in      *http.Request
	trailer http.Header // of the outgoing request

	sent   atomic.Bool // read to the end
	broken atomic.Bool // the client did not send all of it
}

func (u *upload) Read(p []byte) (int, error) {
	n, err := u.ReadCloser.Read(p)
	switch err {
	case nil:
	case io.EOF:
		for name := range u.trailer { // known only now
			u.trailer[name] = u.in.Trailer[name]
		}
		u.sent.Store(true)
	default:
		u.broken.Store(true)
	}
	return n, err
}

// An excerpt is the body of a 4xx or 5xx. It keeps the first bytes as they pass,
// and puts the call in the inbox once it has enough or the body ends.
type excerpt struct {
	io.ReadCloser
	seen  observed
	inbox *inbox // nil when done
}

func (e *excerpt) Read(p []byte) (int, error) {
	n, err := e.ReadCloser.Read(p)
	if e.inbox != nil {
		r := e.seen.failure
		r.body = append(r.body, p[:min(n, maxExcerpt-len(r.body))]...)
		if err != nil || len(r.body) == maxExcerpt {
			e.done()
		}
	}
	return n, err
}

func (e *excerpt) Close() error {
	if e.inbox != nil {
		e.done()
	}
	return e.ReadCloser.Close()
}

func (e *excerpt) done() {
	e.inbox.put(e.seen)
	e.inbox = nil
}
