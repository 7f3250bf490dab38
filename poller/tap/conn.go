package tap

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"quotatop/poller/crash"
)

const (
	// headTimeout is how long a client may take for the head of a request. It is
	// long because a client may open a connection well before it uses it.
	headTimeout = time.Minute
	// linger is how long a connection stays open after the last response for a
	// client that is still sending: closed at once, it would be reset, and the
	// client might lose the response.
	linger = 5 * time.Second
)

// A conn is the connection of one client, with one to the upstream that is its
// alone. What the client does to its connection is done to that one, and what the
// upstream does to that one, to the client's: neither is reused for others,
// retried, or closed before the other.
//
// Two goroutines carry it: serve the requests, and receive the responses. The
// token in turn says whose turn it is: serve takes it to send a request, and
// receive gives it back with the response.
type conn struct {
	*Tap
	client, up net.Conn
	in, out    reader // from the client, from up
	req        request
	res        response
	head       []byte // of the request that is being sent
	labels     labels // of that request
	limited    bool   // the client has a time limit
	date       date   // of the last response

	turn  chan bool     // holds a value while no response is due; true after an upgrade
	asked chan pending  // holds the call whose response is due
	done  chan struct{} // closed when nothing more comes from the upstream

	sent     atomic.Bool // the last request has been sent in full
	gone     atomic.Bool // the client has closed its connection or broken it off
	broken   atomic.Bool // the client has not sent all of a request
	upgraded atomic.Bool
	over     atomic.Bool // the client has got its last response
	answered bool        // a response has come over up
}

func (t *Tap) newConn(client net.Conn) *conn {
	c := &conn{Tap: t, client: client, turn: make(chan bool, 1), asked: make(chan pending, 1), done: make(chan struct{})}
	c.in.reset(client)
	c.sent.Store(true)
	c.turn <- false
	return c
}

// serve forwards the client's requests until its connection ends.
func (c *conn) serve(ctx context.Context) {
	defer func() {
		c.gone.Store(true)
		if c.up != nil {
			c.up.Close()
			<-c.done
		}
		c.client.Close()
	}()
	c.limit(headTimeout)
	for {
		if err := c.in.await(); err != nil {
			c.leave(err)
			return
		}
		upgraded, ok := c.takeTurn()
		switch {
		case upgraded:
			c.sendTunnel()
			return
		case !ok:
			c.discard()
			return
		case c.in.skipEmptyLines():
			c.turn <- false
		case !c.forward(ctx):
			return
		}
	}
}

// takeTurn waits until no response is due. It returns ok false if the connection
// has ended.
func (c *conn) takeTurn() (upgraded, ok bool) {
	if c.upgraded.Load() {
		return true, true
	}
	select {
	case <-c.done: // even if there is a token
		return false, false
	default:
	}
	select {
	case upgraded = <-c.turn:
		return upgraded, true
	case <-c.done:
		return false, false
	}
}

// leave ends the connection of a client that sends no more. One that has closed
// it may still wait for a response: whether it does cannot be told, so its end
// of the connection to the upstream is closed as the client closed its own.
func (c *conn) leave(err error) {
	c.gone.Store(true)
	if c.up == nil || !errors.Is(err, io.EOF) {
		return
	}
	closeWrite(c.up)
	if upgraded, _ := c.takeTurn(); upgraded {
		<-c.done
	}
}

// discard reads what the client still sends, when nobody wants it.
func (c *conn) discard() {
	select {
	case <-c.done:
		c.limit(linger)
	default: // receive sets the limit when it ends
	}
	for {
		c.in.consume(len(c.in.buffered()))
		if err := c.in.fill(); err != nil {
			if errors.Is(err, io.EOF) && c.up != nil {
				<-c.done
			}
			return
		}
	}
}

// forward forwards one request. It returns false when the connection is over.
func (c *conn) forward(ctx context.Context) bool {
	head, err := c.requestHead()
	refused, _ := errors.AsType[*refusal](err)
	if err == nil {
		refused = c.req.read(head, c.upstream.Host, c.client.LocalAddr())
	}
	if refused != nil {
		c.refuse(refused)
	}
	if refused != nil || err != nil || c.draining.Load() {
		return false
	}
	x := c.describe()
	c.head = c.req.appendTo(c.head[:0], c.prefix, c.upstream.Host)
	c.in.consume(len(head))
	if c.up == nil {
		if err := c.connect(ctx); err != nil {
			c.unreachable(&x, err)
			return false
		}
	}
	c.sent.Store(false)
	c.asked <- x
	sent := c.send()
	if len(head) > smallBuffer {
		c.req, c.head = request{}, nil // they hold on to the buffer of a large head
	}
	return sent
}

// connect opens the connection to the upstream.
func (c *conn) connect(ctx context.Context) (err error) {
	if c.up, err = c.dial(ctx); err != nil {
		return err
	}
	c.out.reset(c.up)
	stop := context.AfterFunc(ctx, func() { c.up.Close() })
	c.conns.running.Go(crash.Guarded(func() {
		defer stop()
		c.receive()
	}))
	return nil
}

// requestHead reads the head of a request that has begun.
func (c *conn) requestHead() ([]byte, error) {
	c.req.method = nil
	if !isTokenByte(c.in.buffered()[0]) {
		return nil, badRequest("the request is not HTTP/1.1")
	}
	if headLength(c.in.buffered(), 0) == 0 {
		if !c.limited {
			c.limit(headTimeout)
		}
		c.turn <- false // nothing is due until all of it is there
		defer c.takeTurn()
	}
	head, err := c.in.head()
	if errors.Is(err, errHeadTooLarge) {
		return nil, &refusal{http.StatusRequestHeaderFieldsTooLarge, err.Error()}
	}
	if c.limited {
		c.limit(0)
	}
	return head, err
}

// limit sets how long the client may take from now on; 0 means for ever.
func (c *conn) limit(d time.Duration) {
	var until time.Time
	if c.limited = d > 0; c.limited {
		until = time.Now().Add(d)
	}
	_ = c.client.SetReadDeadline(until)
}

// send sends the request to the upstream. It returns false if that fails.
func (c *conn) send() bool {
	for begun := false; ; begun = true {
		n, done, bad := c.req.body.take(c.in.buffered(), nil)
		piece := c.in.buffered()[:n]
		c.sent.Store(done) // before the upstream can answer
		var err error
		switch {
		case begun:
			_, err = c.up.Write(piece)
		case n <= smallBuffer:
			c.head = append(c.head, piece...)
			_, err = c.up.Write(c.head)
		default:
			_, err = (&net.Buffers{c.head, piece}).WriteTo(c.up)
		}
		if err != nil {
			c.sent.Store(false)
			c.discard()
			return false
		}
		c.in.consume(n)
		if done {
			return true
		}
		if bad == nil {
			bad = c.in.fill()
		}
		if bad != nil {
			c.broken.Store(true)
			c.up.Close()
			<-c.done
			c.discard()
			return false
		}
	}
}

// sendTunnel sends what the client sends after an upgrade.
func (c *conn) sendTunnel() {
	for {
		if _, err := c.up.Write(c.in.buffered()); err != nil {
			return
		}
		c.in.consume(len(c.in.buffered()))
		if err := c.in.await(); err != nil {
			c.leave(err)
			return
		}
	}
}

// refuse answers a request that is not forwarded.
func (c *conn) refuse(r *refusal) {
	c.answer(string(c.req.method), r.status, r.detail)
	if c.up != nil {
		c.up.Close()
		<-c.done
	}
	c.finish()
	c.discard()
}

// unreachable answers a request for which there is no connection to the upstream.
func (c *conn) unreachable(x *pending, err error) {
	text := x.cannotReach(c.upstream.Host, err).Error()
	c.inbox.setProblem(text)
	c.answer(x.labels.method, http.StatusBadGateway, text)
	c.finish()
	c.discard()
}

// finish says to the client that there are no more responses, and gives it time
// to read the last.
func (c *conn) finish() {
	c.over.Store(true)
	if c.draining.Load() {
		c.client.Close()
		return
	}
	closeWrite(c.client)
	_ = c.client.SetReadDeadline(time.Now().Add(linger))
}

// answer responds for the tap itself: one line of JSON in the API's shape.
func (c *conn) answer(method string, status int, detail string) {
	body, _ := json.Marshal(map[string]string{"detail": "quotatop tap: " + detail}) // strings always encode
	body = append(body, '\n')
	head := "HTTP/1.1 " + strconv.Itoa(status) + " " + http.StatusText(status) +
		"\r\nDate: " + time.Now().UTC().Format(http.TimeFormat) +
		"\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) +
		"\r\nConnection: close\r\n\r\n"
	if method == http.MethodHead {
		body = nil
	}
	_, _ = c.client.Write(append([]byte(head), body...))
}
