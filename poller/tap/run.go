package tap

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"quotatop/model"
	"quotatop/poller/crash"
)

// Run serves on the listener until ctx ends, and emits each call and each change
// of the tap's health. It then closes the listener, gives the requests in flight
// Options.Drain to finish, closes the remaining connections (upgraded ones at
// once), and returns nil.
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
	server := t.server(requests)
	failed := make(chan error, 1)
	crash.Go(func() { failed <- server.Serve(t.listener) })
	select {
	case err := <-failed:
		return fmt.Errorf("tap: serve on %s: %w", t.listener.Addr(), errors.Join(err, server.Close()))
	case <-ctx.Done():
	}

	grace, cancel := context.WithTimeout(requests, t.drain)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		t.log.Warn("tap: requests in flight were cut", "after", t.drain)
		cut()
		_ = server.Close()
	}
	<-failed
	if transport, ok := t.transport.(interface{ CloseIdleConnections() }); ok {
		transport.CloseIdleConnections()
	}
	return nil
}

// server limits the time and size of a request's header and nothing else: bodies
// may stream for hours. The time is long because a client may open a connection
// well before it uses it.
func (t *Tap) server(requests context.Context) *http.Server {
	return &http.Server{
		Handler:           t,
		BaseContext:       func(net.Listener) context.Context { return requests },
		ReadHeaderTimeout: time.Minute,
		IdleTimeout:       5 * time.Minute,
		MaxHeaderBytes:    http.DefaultMaxHeaderBytes,
		ErrorLog:          t.errorLog(),
	}
}
