package tap

import (
	"errors"
	"io"
	"net"
	"net/http"
)

// receive passes the upstream's responses to the client until either connection
// ends.
func (c *conn) receive() {
	open := false // for the client to send more
	defer func() {
		if !open {
			c.up.Close()
		}
		close(c.done)
		if !open {
			c.finish()
		}
	}()
	for {
		err := c.out.await()
		var x pending
		select {
		case x = <-c.asked:
		default:
			return // closed while idle, or a response to nothing
		}
		if err == nil {
			err = c.readResponse(&x)
		}
		if err != nil {
			c.unanswered(&x, err)
			return
		}
		if c.res.status == http.StatusSwitchingProtocols {
			open = c.receiveTunnel(&x)
			return
		}
		if !c.respond(&x) {
			return
		}
		if len(c.res.head) > smallBuffer {
			c.res = response{} // it holds on to the buffer of a large head
		}
		c.answered = true
		c.turn <- false
		if c.draining.Load() {
			return
		}
	}
}

// readResponse reads the head of the final response, and passes on the interim
// ones before it.
func (c *conn) readResponse(x *pending) error {
	for {
		head, err := c.out.responseHead()
		if err != nil {
			return err
		}
		if err := c.res.read(head, x.labels.method); err != nil {
			return err
		}
		if !c.res.interim() {
			if c.res.status == http.StatusSwitchingProtocols && !x.upgrade {
				return errNotHTTP
			}
			return nil
		}
		if _, err := c.client.Write(head); err != nil {
			c.gone.Store(true)
			return err
		}
		c.out.consume(len(head))
	}
}

// respond passes on the response whose head has been read. It returns false if the
// connection ends with it.
func (c *conn) respond(x *pending) bool {
	keep := c.record(x)
	defer keep.done()
	if c.res.status >= 300 && c.res.status < 400 {
		c.res.relocate(c.upstream, c.prefix)
	}
	n, done, bad := c.res.body.take(c.out.buffered()[len(c.res.head):], keep)
	n += len(c.res.head)
	piece := c.out.buffered()[:n]
	if c.res.edited {
		piece = append(c.res.bytes(), piece[len(c.res.head):]...)
	}
	for {
		if _, err := c.client.Write(piece); err != nil {
			c.gone.Store(true)
			return false
		}
		c.out.consume(n)
		if done {
			return true
		}
		if bad == nil {
			bad = c.out.fill()
		}
		if bad != nil {
			c.breakOff(bad)
			return false
		}
		n, done, bad = c.res.body.take(c.out.buffered(), keep)
		piece = c.out.buffered()[:n]
	}
}

// breakOff ends a response whose body the upstream has broken off. Where the end
// of the connection is the end of the body, the client could not tell that it is
// not whole: its connection is reset, as the upstream's was.
func (c *conn) breakOff(err error) {
	if c.res.body.framing != open || errors.Is(err, io.EOF) {
		return
	}
	if tcp, ok := c.client.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	c.client.Close()
}

// receiveTunnel passes on what the upstream sends after an upgrade. It returns
// true if the client may still send.
func (c *conn) receiveTunnel(x *pending) bool {
	c.record(x)
	c.upgraded.Store(true)
	c.turn <- true
	for !c.draining.Load() {
		if _, err := c.client.Write(c.out.buffered()); err != nil {
			return false
		}
		c.out.consume(len(c.out.buffered()))
		if err := c.out.await(); err != nil {
			closeWrite(c.client)
			return errors.Is(err, io.EOF)
		}
	}
	return false
}

// unanswered handles a request that got no response. If it was sent in full, the
// API has counted it, and it is reported with status 0; else it is not.
//
// The upstream may close a connection that it has answered on before for being
// idle, just as the next request is sent. The client's is closed in the same way,
// so that the client can do what it does without the tap: most send the request
// again.
func (c *conn) unanswered(x *pending, err error) {
	if c.sent.Load() {
		c.inbox.put(x.call())
	}
	switch {
	case c.gone.Load():
	case c.broken.Load():
		c.answer(x.labels.method, http.StatusBadRequest, "the request's body could not be read to its end")
	case c.answered && !errors.Is(err, errNotHTTP):
	default:
		text := x.cannotReach(c.upstream.Host, c.responseError(err)).Error()
		if !x.upgrade {
			c.inbox.setProblem(text)
		}
		c.answer(x.labels.method, http.StatusBadGateway, text)
	}
}
