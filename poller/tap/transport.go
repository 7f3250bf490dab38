package tap

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// flushInterval is the longest that part of a body of known length is held back:
// usually the rest arrives by then and goes out in the same write. Event streams
// and bodies of unknown length are forwarded at once.
const flushInterval = time.Millisecond

// newTransport returns a transport that does not get in the way of a load run: it
// keeps as many connections as the run uses, adds nothing to requests, and does
// not limit how long a response may take.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
		// Load balancers commonly close an idle connection after 60 s. Close it
		// first, so that no request is sent as they do.
		IdleConnTimeout:     30 * time.Second,
		MaxIdleConnsPerHost: 4096,
		DisableCompression:  true, // it would add Accept-Encoding
		ForceAttemptHTTP2:   true,
		// All requests may share one HTTP/2 connection and none has a timeout:
		// detect when the connection is dead.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
	}
}

// buffers is the pool of buffers that bodies are copied through.
type buffers struct{ pool sync.Pool }

type buffer [32 << 10]byte

func (b *buffers) Get() []byte {
	if buf, ok := b.pool.Get().(*buffer); ok {
		return buf[:]
	}
	return new(buffer)[:]
}

func (b *buffers) Put(buf []byte) { b.pool.Put((*buffer)(buf)) }
