package sim

import (
	"context"
	"net"
	"sync"
)

// A Pipe is a listener on no network: servers and clients of one process meet
// on it. It also works inside a testing/synctest bubble, where sockets would
// keep time from passing:
//
//	pipe := sim.NewPipe()
//	go http.Serve(pipe, server)
//	client := &http.Client{Transport: &http.Transport{DialContext: pipe.Dial}}
//
// Every connection of it has the client address "pipe".
type Pipe struct {
	conns  chan net.Conn
	closed chan struct{}
	close  func()
}

// NewPipe returns a listener that is open.
func NewPipe() *Pipe {
	p := &Pipe{conns: make(chan net.Conn), closed: make(chan struct{})}
	p.close = sync.OnceFunc(func() { close(p.closed) })
	return p
}

// Dial connects to the listener, whatever the address. It fails once the
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

// Accept returns the next connection, as a net.Listener does.
func (p *Pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close ends the listener; connections stay. It never fails.
func (p *Pipe) Close() error { p.close(); return nil }

// Addr is the address of no network.
func (p *Pipe) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }
