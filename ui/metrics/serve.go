package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
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

// Handler serves the metrics at Path, as OpenMetrics to clients that accept it. It
// answers requests for an IP address, for localhost and for e.Host only.
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
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isOwn(r.Host, e.Host) {
			http.Error(w, "quotatop: use this machine's IP address, localhost, or the name given to --metrics", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// isOwn reports whether a Host header names this server, whatever the port. Others
// are refused: a web page in the user's browser may point a name of its own at
// this machine, to read what it serves (DNS rebinding). It cannot do so with an
// address.
func isOwn(requested, host string) bool {
	name, _, err := net.SplitHostPort(requested)
	if err != nil {
		name = requested
	}
	_, err = netip.ParseAddr(strings.Trim(name, "[]"))
	return name == "" || err == nil || strings.EqualFold(name, "localhost") || strings.EqualFold(name, host)
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
