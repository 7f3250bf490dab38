package main

import (
	"net"
	"sync"
)

// A proxy passes connections on to an address. While it holds, no byte passes.
type proxy struct {
	to string
	ln net.Listener

	mu     sync.Mutex
	change sync.Cond // of held
	held   bool
}

func newProxy(to string) (*proxy, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{to: to, ln: ln}
	p.change.L = &p.mu
	go p.serve()
	return p, nil
}

func (p *proxy) address() string { return p.ln.Addr().String() }

func (p *proxy) close() {
	_ = p.ln.Close()
	p.hold(false)
}

// hold holds all bytes back, or lets them pass again.
func (p *proxy) hold(held bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = held
	p.change.Broadcast()
}

// wait waits until bytes may pass.
func (p *proxy) wait() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.held {
		p.change.Wait()
	}
}

func (p *proxy) serve() {
	for {
		client, err := p.ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer client.Close()
			p.wait()
			server, err := net.Dial("tcp", p.to)
			if err != nil {
				return
			}
			defer server.Close()
			go func() {
				p.pass(client, server)
				_ = server.Close()
			}()
			p.pass(server, client)
		}()
	}
}

func (p *proxy) pass(from, to net.Conn) {
	for buf := make([]byte, 32<<10); ; {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		p.wait()
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}
