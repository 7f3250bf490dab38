// Package tap is a pass-through proxy for API traffic. When a load run uses the
// tap's address as its base URL, the tap sees each call as it is made, including
// the rejected ones.
//
// It speaks HTTP/1.1 and passes it on byte for byte, as it arrives: heads and
// bodies, chunks and trailers, interim responses, upgrades, and how each side ends
// its connection. Each client's connection has one to the upstream that is its
// alone. What differs from a direct connection:
//
//   - The upstream gets its own Host, the base URL's path before that of the
//     request, and a target in absolute form without its scheme and host.
//   - An offer to go on in HTTP/2 (Upgrade: h2c) is removed: the tap could not see
//     the calls.
//   - A bare LF at the end of a line in a request's head becomes CRLF; blanks
//     around the value of Host, and empty lines before a request, are removed.
//   - A redirect to the upstream's own origin becomes relative, so that the client
//     stays with the tap. A Content-Length beside a Transfer-Encoding is removed
//     from a response, and so is what follows its end unasked.
//   - The tap itself refuses what is not for the upstream (CONNECT, another host)
//     and what two servers could read in two ways: with 400, 421, 431, 501 or 505,
//     {"detail":"quotatop tap: ..."} and the end of the connection. It answers 502
//     when the upstream cannot be reached, speaks HTTP/2 only, or breaks off or
//     garbles its first response.
//   - A request waits until the response to the one before it has passed.
//   - A client that ends its connection within a request's body ends the call.
//   - Between client and tap there is no TLS, and so no HTTP/2.
//
// Calls are reported separately, so that no call waits for a reader of events.
package tap

import (
	"context"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// Options configure a Tap.
type Options struct {
	// Listener is where Run serves.
	Listener net.Listener
	// Dial connects to the upstream. If nil, it does so as the upstream's URL
	// says, through the proxy set in the environment if any.
	Dial func(context.Context) (net.Conn, error)
	// Drain is how long Run waits for the requests in flight once its context
	// has ended. If zero, 30 seconds.
	Drain time.Duration
	// Log receives the errors of single connections. If nil, they are discarded.
	Log *slog.Logger
}

// A Tap forwards requests to one upstream and reports each call. It is a
// runner.Source.
type Tap struct {
	upstream *url.URL
	prefix   string // the upstream's path, without a slash at its end
	clock    *pioneer.Clock
	listener net.Listener
	dial     func(context.Context) (net.Conn, error)
	drain    time.Duration
	log      *slog.Logger
	inbox    inbox
	conns    conns
	draining atomic.Bool // no more requests are taken
}

// New returns a tap that forwards requests to upstream, an absolute http or https
// URL whose path, if any, is prepended to that of each request. clock gives the
// server's time of each call.
func New(upstream *url.URL, clock *pioneer.Clock, opts Options) *Tap {
	t := &Tap{
		upstream: upstream,
		prefix:   strings.TrimSuffix(upstream.EscapedPath(), "/"),
		clock:    clock,
		listener: opts.Listener,
		dial:     opts.Dial,
		drain:    opts.Drain,
		log:      opts.Log,
		inbox:    inbox{wake: make(chan struct{}, 1)},
	}
	if t.listener != nil && IsOpen(t.listener.Addr()) {
		t.inbox.note = "open to others at " + t.listener.Addr().String()
	}
	if t.dial == nil {
		t.dial = newDialer(upstream).dial
	}
	if t.drain == 0 {
		t.drain = 30 * time.Second
	}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	return t
}

// Name is model.SourceTap.
func (t *Tap) Name() string { return model.SourceTap }

// Vantage is model.VantageLocal.
func (t *Tap) Vantage() model.Vantage { return model.VantageLocal }
