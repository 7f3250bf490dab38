package tap

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// Bounds on what is kept of one call, in bytes.
const (
	maxMethod  = 16
	maxPath    = 256
	maxExcerpt = 4 << 10
)

// A witness is the tap's transport: it sees each request leave and what comes
// back.
//
// A call is stamped with the time it was received, as the API counts it, and
// reported when its response begins; that of a 4xx or 5xx waits for the first
// 4 KiB of the body. A call that was sent in full and got no response, because
// the client gave up or the connection broke, is reported with status 0: the
// API has counted it, whatever it would have said. A call that could not be
// sent is not reported.
type witness struct{ *Tap }

func (t witness) RoundTrip(out *http.Request) (*http.Response, error) {
	at := t.clock.Now()
	res, err := t.transport.RoundTrip(out)
	secrets := secretsOf(out.Header)
	seen := sighting{at: at, call: model.Call{
		Vantage: model.VantageLocal,
		Method:  cut(out.Method, maxMethod),
		Path:    cut(secrets.redact(t.path(out.URL)), maxPath),
	}}
	if err != nil {
		t.noResponse(seen, out, err)
		return nil, err
	}
	if len(res.Trailer) > 0 {
		res.Header.Del("Content-Length") // HTTP/2 has both, HTTP/1.1 only either
	}
	seen.call.Status = res.StatusCode
	t.inbox.note("")
	if res.StatusCode < 400 {
		seen.call.Tokens = tokens(res.Header)
		t.inbox.put(seen)
		return res, nil
	}
	seen.refusal = &refusal{came: t.clock.Now(), header: res.Header.Clone(), secrets: secrets}
	res.Body = &excerpt{ReadCloser: res.Body, seen: seen, inbox: &t.inbox}
	return res, nil
}

// tokens is what a response says of the tokens that its call used; 0 when it
// says nothing. Responses of chat have been seen to bear X-Token-Usage.
func tokens(h http.Header) int64 {
	n, err := strconv.ParseInt(h.Get("X-Token-Usage"), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// noResponse judges a request that got no response. Only what cannot be the
// client's doing counts against the upstream.
func (t witness) noResponse(seen sighting, out *http.Request, err error) {
	body, _ := out.Body.(*upload)
	gaveUp := out.Context().Err() != nil || body != nil && body.broken.Load()
	if !gaveUp && out.Header.Get("Upgrade") == "" {
		t.inbox.note(t.cannotReach(out, err).Error())
	}
	if body != nil && body.sent.Load() {
		t.inbox.put(seen)
	}
}

// cannotReach is the error for a request that got no response.
func (t *Tap) cannotReach(out *http.Request, err error) error {
	secrets := secretsOf(out.Header)
	return pioneer.CannotReach(t.upstream.Host, err, secrets[:]...)
}

// path is the path of a request as the client's base URL has it. It is escaped,
// so that it is fit to be shown.
func (t *Tap) path(u *url.URL) string {
	return strings.TrimPrefix(u.EscapedPath(), t.prefix)
}

// cut bounds s to n bytes, without holding on to the rest.
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

	sent   atomic.Bool // it was read to its end
	broken atomic.Bool // the client did not send it to its end
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

// An excerpt is the body of a 4xx or 5xx that keeps its first bytes while they
// pass. It puts the call in the inbox once, when it has enough or the body
// ends.
type excerpt struct {
	io.ReadCloser
	seen  sighting
	inbox *inbox // nil when done
}

func (e *excerpt) Read(p []byte) (int, error) {
	n, err := e.ReadCloser.Read(p)
	if e.inbox != nil {
		r := e.seen.refusal
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
