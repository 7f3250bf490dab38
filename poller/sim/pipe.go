package sim

import (
	"context"
	"net"
	"sync"
)

// A Pipe is an in-memory listener for a server and its clients in one process. It
// also works inside a testing/synctest bubble, where sockets would stop the fake
// clock:
//
//	pipe := sim.NewPipe()
//	go http.Serve(pipe, server)
//	client := &http.Client{Transport: &http.Transport{DialContext: pipe.Dial}}
//
// Every connection has the client address "pipe".
type Pipe struct {
	conns  chan net.Conn
	closed chan struct{}
	close  func()
}

// NewPipe returns an open Pipe.
func NewPipe() *Pipe {
	p := &Pipe{conns: make(chan net.Conn), closed: make(chan struct{})}
	p.close = sync.OnceFunc(func() { close(p.closed) })
	return p
}

// Dial connects to the listener; it ignores the address. It fails once the
// listener is closed.
func (p *Pipe) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (p *Pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close closes the listener but not its connections. It always returns nil.
func (p *Pipe) Close() error { p.close(); return nil }

// Addr implements net.Listener.
func (p *Pipe) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }
