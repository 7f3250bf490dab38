// Package tap is a pass-through proxy for API traffic. A load run that has the
// tap's address as its base URL is seen first-hand: each call as it is made,
// the rejected ones included.
//
// What passes is not changed. Bodies go through byte by byte and as they come,
// whether they stream or not; headers, status, trailers, interim responses and
// a client's cancellation go through too, and nothing is added. What the tap
// has seen is reported to the side, so that a call never waits for it.
//
// What net/http cannot do the tap cannot: the wording of a status that it does
// not know is lost, and half a chunk waits for its other half.
package tap

import (
	"encoding/json"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// Options are what a Tap need not be told. The zero value is fit for
// ServeHTTP; Run needs a Listener.
type Options struct {
	// Listener is where Run serves.
	Listener net.Listener
	// Transport carries requests to the upstream. If nil, one that is tuned
	// for a load run and obeys the proxy settings of the environment.
	Transport http.RoundTripper
	// Drain is how long Run waits for the requests in flight once its context
	// has ended. If zero, 30 seconds.
	Drain time.Duration
	// Log takes what goes wrong with single requests. If nil, nothing does.
	Log *slog.Logger
}

// A Tap passes requests on to one upstream and sees what becomes of them. It
// is an http.Handler and a runner.Source.
type Tap struct {
	upstream  *url.URL
	prefix    string // the upstream's path, without a slash at its end
	clock     *pioneer.Clock
	listener  net.Listener
	transport http.RoundTripper
	drain     time.Duration
	log       *slog.Logger
	proxy     *httputil.ReverseProxy
	inbox     inbox
}

// New returns a tap that passes requests on to upstream, an absolute http or
// https URL whose path, if any, is put before that of each request. clock
// stamps what the tap sees with the server's time.
func New(upstream *url.URL, clock *pioneer.Clock, opts Options) *Tap {
	t := &Tap{
		upstream:  upstream,
		prefix:    strings.TrimSuffix(upstream.EscapedPath(), "/"),
		clock:     clock,
		listener:  opts.Listener,
		transport: opts.Transport,
		drain:     opts.Drain,
		log:       opts.Log,
		inbox:     inbox{wake: make(chan struct{}, 1)},
	}
	if t.transport == nil {
		t.transport = newTransport()
	}
	if t.drain == 0 {
		t.drain = 30 * time.Second
	}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	t.proxy = &httputil.ReverseProxy{
		Rewrite:       t.rewrite,
		Transport:     witness{t},
		FlushInterval: flushInterval,
		BufferPool:    new(buffers),
		ErrorHandler:  t.answerFailure,
		ErrorLog:      t.errorLog(),
	}
	return t
}

// errorLog takes what net/http would print on standard error.
func (t *Tap) errorLog() *log.Logger { return slog.NewLogLogger(t.log.Handler(), slog.LevelWarn) }

// Name is model.SourceTap.
func (t *Tap) Name() string { return model.SourceTap }

// Vantage is model.VantageLocal.
func (t *Tap) Vantage() model.Vantage { return model.VantageLocal }

// ServeHTTP passes r on to the upstream and its response back to the client.
// Whatever host a request names in its Host header, it goes to the upstream.
// Requests that take the tap for a forward proxy to somewhere else are
// refused: their credentials are not meant for the upstream.
func (t *Tap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !t.meant(r) {
		answer(w, http.StatusMisdirectedRequest, "passes requests on to "+t.upstream.Host+
			" only: use its address as the base URL, not as a proxy")
		return
	}
	bothWays(t.proxy, unchanged{w}, r)
}

// unchanged is a ResponseWriter that keeps the server from adding headers that
// the upstream did not send. After an interim response the proxy empties the
// header, so that this waits for the final one.
type unchanged struct{ http.ResponseWriter }

func (w unchanged) WriteHeader(status int) {
	if status >= http.StatusOK || status == http.StatusSwitchingProtocols {
		for _, name := range []string{"Date", "Content-Type"} {
			if _, ok := w.Header()[name]; !ok {
				w.Header()[name] = nil
			}
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap gives http.ResponseController the methods that this hides.
func (w unchanged) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// bothWays lets h answer a request while it still reads its body. By default the
// server takes what is left of the body for itself as soon as a response begins;
// the transport, which only looks for the end, would find the body closed, take
// the request for broken and cut the response.
func bothWays(h http.Handler, w http.ResponseWriter, r *http.Request) {
	rc := http.NewResponseController(w)
	if r.ContentLength == 0 || rc.EnableFullDuplex() != nil {
		h.ServeHTTP(w, r)
		return
	}
	h.ServeHTTP(w, r)
	if r.Header.Get("Expect") != "" {
		return // there may be no body to come
	}
	// The server must not meet the body's end after the handler: it would begin
	// to wait for the client to hang up, and stumble over that wait when the
	// next request comes (it panics with "invalid concurrent Body.Read call").
	_ = rc.Flush()
	_, _ = io.Copy(io.Discard, r.Body)
}

// meant reports whether a request is meant for the upstream. One in absolute
// form (RFC 9112, section 3.2.2) says so by its host, be it the tap's own.
func (t *Tap) meant(r *http.Request) bool {
	if r.Method == http.MethodConnect {
		return false
	}
	if r.URL.Host == "" || strings.EqualFold(r.URL.Hostname(), t.upstream.Hostname()) {
		return true
	}
	own, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && own.String() == r.URL.Host
}

// forwarding are the headers that httputil.ReverseProxy takes away because a
// gateway cannot trust them. The tap vouches for nothing and keeps them.
var forwarding = [...]string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"}

func (t *Tap) rewrite(pr *httputil.ProxyRequest) {
	in, out := pr.In, pr.Out
	pr.SetURL(t.upstream)
	out.URL.RawQuery = in.URL.RawQuery // as the client wrote it, even if it is odd
	for _, name := range forwarding {
		if values, ok := in.Header[name]; ok {
			out.Header[name] = values
		}
	}
	if strings.EqualFold(out.Header.Get("Upgrade"), "h2c") {
		// The client offers HTTP/2 to its next hop, which is us. Passed on
		// over HTTP/2 it would be an error.
		out.Header.Del("Connection")
		out.Header.Del("Upgrade")
	}
	if out.Body != nil {
		out.Body = &upload{ReadCloser: out.Body, in: in, trailer: out.Trailer}
	}
}

// answerFailure answers a request that got no response from the upstream.
func (t *Tap) answerFailure(w http.ResponseWriter, out *http.Request, err error) {
	switch body, _ := out.Body.(*upload); {
	case out.Context().Err() != nil:
		answer(w, http.StatusBadGateway, "the request was cancelled")
	case body != nil && body.broken.Load():
		answer(w, http.StatusBadRequest, "the request's body could not be read to its end")
	default:
		answer(w, http.StatusBadGateway, t.cannotReach(out, err).Error())
	}
}

// answer is the tap's own word to a client: one line of JSON in the API's
// shape.
func answer(w http.ResponseWriter, status int, detail string) {
	body, _ := json.Marshal(map[string]string{"detail": "quotatop tap: " + detail}) // texts always encode
	body = append(body, '\n')
	w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
