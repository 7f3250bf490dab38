package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Path is the path of the metrics.
const Path = "/metrics"

const (
	maxScrapes  = 8 // at once; more get a 503
	scrapeLimit = 10 * time.Second
	stopLimit   = time.Second // for the scrapes in flight at the end
)

// Handler serves the metrics at Path, as OpenMetrics to clients that accept it.
func (e *Exporter) Handler() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(e)
	page := promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: maxScrapes, EnableOpenMetrics: true,
	})
	mux := http.NewServeMux()
	mux.Handle("GET "+Path, page)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "quotatop: the metrics are at %s\n", Path)
	})
	return mux
}

// Listen listens on addr, such as "127.0.0.1:9429". Without a host, as in ":9429",
// it listens on loopback only. If others can connect, as with "0.0.0.0:9429", the
// note says so; otherwise it is empty.
func Listen(addr string) (ln net.Listener, note string, err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, "", fmt.Errorf("metrics: address %q: write it like 127.0.0.1:9429", addr)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	ln, err = net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		if op, ok := errors.AsType[*net.OpError](err); ok {
			err = op.Err // without the address, which the message has
		}
		return nil, "", fmt.Errorf("metrics: cannot listen on %q: choose another port, or 127.0.0.1: %w", addr, err)
	}
	if addr, ok := ln.Addr().(*net.TCPAddr); ok && !addr.IP.IsLoopback() {
		note = fmt.Sprintf("metrics: anyone who can reach %s can read quota and spending", ln.Addr())
	}
	return ln, note, nil
}

// Serve serves the metrics on ln until ctx ends, and closes it.
func (e *Exporter) Serve(ctx context.Context, ln net.Listener) error {
	server := &http.Server{
		Handler: e.Handler(), ErrorLog: log.New(io.Discard, "", 0),
		ReadHeaderTimeout: scrapeLimit, ReadTimeout: scrapeLimit, WriteTimeout: scrapeLimit, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10,
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			_ = server.Close()
		}
	})
	if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		if !stop() {
			<-ended
		}
		return fmt.Errorf("metrics: %w", err)
	}
	<-ended
	return nil
}
