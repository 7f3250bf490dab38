package tap

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// flushInterval is the longest that part of a body waits to be sent on when its
// length is known: nearly always the rest is there by then, and goes in the same
// write. Event streams and all bodies of unknown length are sent on at once.
const flushInterval = time.Millisecond

// newTransport is a transport that stays out of the way of a load run: it keeps
// as many connections as the run uses, and adds nothing to requests. There is
// no limit on how long a response may take, since a model may think for long.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
		// Shorter than the 60 s after which load balancers commonly close an
		// idle connection: a request must not meet the close half-way.
		IdleConnTimeout:     30 * time.Second,
		MaxIdleConnsPerHost: 4096,
		DisableCompression:  true, // it would add Accept-Encoding
		ForceAttemptHTTP2:   true,
		// All requests may share one HTTP/2 connection: find out when it is
		// dead, since none of them has a time limit of its own.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
	}
}

// buffers lends the memory through which bodies are copied.
type buffers struct{ pool sync.Pool }

type buffer [32 << 10]byte

func (b *buffers) Get() []byte {
	if buf, ok := b.pool.Get().(*buffer); ok {
		return buf[:]
	}
	return new(buffer)[:]
}

func (b *buffers) Put(buf []byte) { b.pool.Put((*buffer)(buf)) }
