// Package tap is a pass-through proxy for API traffic. When a load run uses the
// tap's address as its base URL, the tap sees each call as it is made, including
// the rejected ones.
//
// Traffic passes unchanged. Bodies are forwarded byte for byte as they arrive,
// streamed or not; so are headers, status, trailers, interim responses and a
// client's cancellation, and nothing is added. Calls are reported separately, so
// that no call waits for a reader of events.
//
// The tap has the limits of net/http: the reason phrase of an unknown status is
// lost, and half a chunk waits for the other half.
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

// Options configure a Tap. The zero value works for ServeHTTP; Run needs a
// Listener.
type Options struct {
	// Listener is where Run serves.
	Listener net.Listener
	// Transport sends requests to the upstream. If nil, one that is tuned for
	// load runs and uses the proxy set in the environment.
	Transport http.RoundTripper
	// Drain is how long Run waits for the requests in flight once its context
	// has ended. If zero, 30 seconds.
	Drain time.Duration
	// Log receives the errors of single requests. If nil, they are discarded.
	Log *slog.Logger
}

// A Tap forwards requests to one upstream and reports each call. It is an
// http.Handler and a runner.Source.
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

// New returns a tap that forwards requests to upstream, an absolute http or https
// URL whose path, if any, is prepended to that of each request. clock gives the
// server's time of each call.
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
	if t.listener != nil && IsOpen(t.listener.Addr()) {
		t.inbox.note = "open to others at " + t.listener.Addr().String()
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
		Transport:     recorder{t},
		FlushInterval: flushInterval,
		BufferPool:    new(buffers),
		ErrorHandler:  t.answerFailure,
		ErrorLog:      t.errorLog(),
	}
	return t
}

// errorLog receives what net/http would otherwise print on standard error.
func (t *Tap) errorLog() *log.Logger { return slog.NewLogLogger(t.log.Handler(), slog.LevelWarn) }

// Name is model.SourceTap.
func (t *Tap) Name() string { return model.SourceTap }

// Vantage is model.VantageLocal.
func (t *Tap) Vantage() model.Vantage { return model.VantageLocal }

// ServeHTTP forwards r to the upstream and the response to the client. The Host
// header does not matter. A request that uses the tap as a forward proxy to
// another host is refused: its credentials are not for the upstream.
func (t *Tap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !t.meant(r) {
		answer(w, http.StatusMisdirectedRequest, "passes requests on to "+t.upstream.Host+
			" only: use its address as the base URL, not as a proxy")
		return
	}
	bothWays(t.proxy, unchanged{w}, r)
}

// unchanged is a ResponseWriter that keeps the server from adding headers that
// the upstream did not send. It acts on the final response, since the proxy
// clears the header after each interim one.
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

// bothWays lets h respond while the request's body is still being read. By
// default the server consumes the rest of the body once a response begins. The
// transport would then find the body closed and abort the request.
func bothWays(h http.Handler, w http.ResponseWriter, r *http.Request) {
	rc := http.NewResponseController(w)
	if r.ContentLength == 0 || rc.EnableFullDuplex() != nil {
		h.ServeHTTP(w, r)
		return
	}
	h.ServeHTTP(w, r)
	if r.Header.Get("Expect") != "" {
		return // the client may never send the body
	}
	// Read the body to its end here. If the server does so after the handler, it
	// starts to watch the connection and panics on the next request ("invalid
	// concurrent Body.Read call").
	_ = rc.Flush()
	_, _ = io.Copy(io.Discard, r.Body)
}

// meant reports whether a request is for the upstream. A request in absolute form
// (RFC 9112, section 3.2.2) must name the upstream's host or the tap's address.
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

// forwarding are the headers that httputil.ReverseProxy removes because a gateway
// cannot trust them. The tap keeps them: it is not a gateway.
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
		// The client offers HTTP/2 to its next hop, the tap. Forwarded over
		// HTTP/2, the offer would be an error.
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

// answer responds for the tap itself: one line of JSON in the API's shape.
func answer(w http.ResponseWriter, status int, detail string) {
	body, _ := json.Marshal(map[string]string{"detail": "quotatop tap: " + detail}) // strings always encode
	body = append(body, '\n')
	w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
