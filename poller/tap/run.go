package tap

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"quotatop/model"
	"quotatop/poller/crash"
)

// Run serves on the listener until ctx ends, and emits each call and each change
// of the tap's health. It then closes the listener and the idle and upgraded
// connections, gives the requests in flight Options.Drain to finish, closes the
// remaining connections, and returns nil.
//
// It returns an error if the listener is missing, fails, or is the upstream
// itself.
func (t *Tap) Run(ctx context.Context, emit func(model.Event)) error {
	if t.listener == nil {
		return errors.New("tap: no listener to serve on")
	}
	if leadsTo(t.upstream, t.listener.Addr()) {
		return fmt.Errorf("tap: the base URL %s://%s is the tap's own address: set the base URL to the API's address, and only the load run's to the tap's", t.upstream.Scheme, t.upstream.Host)
	}
	done := make(chan struct{})
	var reporting sync.WaitGroup
	reporting.Go(crash.Guarded(func() { t.report(done, emit) }))
	defer reporting.Wait()
	defer close(done)

	// Requests outlive ctx, until they are drained.
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	failed := make(chan error, 1)
	crash.Go(func() { failed <- t.accept(requests) })
	var err error
	select {
	case err = <-failed:
		err = fmt.Errorf("tap: serve on %s: %w", t.listener.Addr(), err)
		cut()
	case <-ctx.Done():
		_ = t.listener.Close()
		<-failed
	}
	t.draining.Store(true)
	t.conns.closeIdle()
	timer := time.AfterFunc(t.drain, func() {
		t.log.Warn("tap: requests in flight were cut", "after", t.drain)
		cut()
	})
	defer timer.Stop()
	t.conns.running.Wait()
	return err
}

// accept serves the connections that arrive until the listener is closed.
func (t *Tap) accept(ctx context.Context) error {
	for delay := time.Duration(0); ; {
		client, err := t.listener.Accept()
		switch {
		case err == nil:
			delay = 0
			c := t.newConn(client)
			t.conns.add(c)
			stop := context.AfterFunc(ctx, func() { client.Close() })
			t.conns.running.Go(crash.Guarded(func() {
				defer t.conns.remove(c)
				defer stop()
				c.serve(ctx)
			}))
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE), errors.Is(err, syscall.ECONNABORTED):
			// Connections that end make room for others.
			delay = min(max(2*delay, 5*time.Millisecond), time.Second)
			t.log.Warn("tap: cannot accept a connection", "error", err)
			time.Sleep(delay)
		default:
			return err
		}
	}
}

// conns are the connections that are open.
type conns struct {
	running sync.WaitGroup
	mu      sync.Mutex
	all     map[*conn]bool
}

func (s *conns) add(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[*conn]bool{}
	}
	s.all[c] = true
}

func (s *conns) remove(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, c)
}

// closeIdle closes those on which no response is due, and the upgraded ones. The
// others close after their response, as no more requests are taken.
func (s *conns) closeIdle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.all {
		select {
		case upgraded := <-c.turn:
			c.client.Close()
			c.turn <- upgraded // serve may wait for it
		default:
			if c.upgraded.Load() || c.over.Load() {
				c.client.Close()
			}
		}
	}
}
