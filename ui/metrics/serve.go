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
	scrapes := make(chan struct{}, maxScrapes)
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path, func(w http.ResponseWriter, r *http.Request) {
		select {
		case scrapes <- struct{}{}:
			defer func() { <-scrapes }()
			e.scrape(w, r)
		default:
			http.Error(w, "quotatop: too many scrapes at once", http.StatusServiceUnavailable)
		}
	})
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

// scrape writes the metrics.
func (e *Exporter) scrape(w http.ResponseWriter, r *http.Request) {
	open := strings.Contains(r.Header.Get("Accept"), "application/openmetrics-text")
	w.Header().Set("Content-Type", textType)
	if open {
		w.Header().Set("Content-Type", openType)
	}
	_, _ = w.Write(e.collect().text(open)) // the client may be gone
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
