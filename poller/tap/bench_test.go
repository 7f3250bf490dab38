package tap

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

const (
	benchBody   = `{"model":"m","messages":[{"role":"user","content":"How far is it to the wall?"}]}`
	benchAnswer = `{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"42"}}]}`
)

// BenchmarkOverhead measures what the tap adds to a call on loopback: the same
// load goes to a trivial upstream directly, through httputil.ReverseProxy with
// the tap's own transport and buffers, and through the tap. Client, proxy and upstream
// share the processors. Paced is 1,000 calls a second in all, four times the
// highest limit that the API documents; flat out is as many as go through.
func BenchmarkOverhead(b *testing.B) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, benchAnswer)
	}))
	defer upstream.Close()
	base, err := url.Parse(upstream.URL)
	if err != nil {
		b.Fatal(err)
	}
	transport := newTransport()
	defer transport.CloseIdleConnections()
	bare := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:    func(r *httputil.ProxyRequest) { r.SetURL(base) },
		Transport:  transport,
		BufferPool: new(buffers),
	})
	defer bare.Close()
	ln, err := Listen(":0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		_ = New(base, new(pioneer.Clock), Options{Listener: ln}).Run(ctx, func(model.Event) {})
	})
	defer running.Wait()
	defer cancel()

	targets := []struct{ name, addr string }{
		{"direct", upstream.Listener.Addr().String()},
		{"bare", bare.Listener.Addr().String()},
		{"tap", ln.Addr().String()},
	}
	for _, rate := range []int{1000, 0} {
		for _, conns := range []int{1, 16, 128} {
			name := fmt.Sprintf("paced/conns=%d", conns)
			if rate == 0 {
				name = fmt.Sprintf("flat-out/conns=%d", conns)
			}
			b.Run(name, func(b *testing.B) {
				const rounds = 10 // by turns, so that all have the same weather
				took, latencies := make([]time.Duration, len(targets)), make([][]time.Duration, len(targets))
				for range rounds {
					for i, target := range targets {
						t, l := load(b, target.addr, conns, rate, max(b.N/rounds, 1))
						took[i] += t
						latencies[i] = append(latencies[i], l...)
					}
				}
				percentile := func(i, p int) float64 {
					slices.Sort(latencies[i])
					return float64(latencies[i][len(latencies[i])*p/100]) / float64(time.Microsecond)
				}
				for i, target := range targets {
					if i == 0 {
						b.ReportMetric(percentile(0, 50), "direct-p50-µs")
						b.ReportMetric(percentile(0, 99), "direct-p99-µs")
					} else {
						b.ReportMetric(percentile(i, 50)-percentile(0, 50), target.name+"-added-p50-µs")
						b.ReportMetric(percentile(i, 99)-percentile(0, 99), target.name+"-added-p99-µs")
					}
					if rate == 0 {
						b.ReportMetric(float64(len(latencies[i]))/took[i].Seconds(), target.name+"-req/s")
					}
				}
				b.ReportMetric(0, "ns/op") // the sum of all loads says nothing
			})
		}
	}
}

// load makes n calls over so many connections, at rate calls a second in all,
// or one after the other if rate is 0. It returns their latencies.
func load(b *testing.B, addr string, conns, rate, n int) (took time.Duration, latencies []time.Duration) {
	request := fmt.Sprintf("POST /v1/chat/completions HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", addr, key, len(benchBody), benchBody)
	latencies = make([]time.Duration, n)
	var next atomic.Int64
	var running sync.WaitGroup
	begin := make(chan time.Time)
	for range conns {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		running.Go(func() {
			defer conn.Close()
			r := bufio.NewReader(conn)
			call := func() {
				if _, err := io.WriteString(conn, request); err != nil {
					b.Error(err)
				}
				res, err := http.ReadResponse(r, nil)
				if err != nil {
					b.Error(err)
					return
				}
				if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != 200 {
					b.Error(res.Status, err)
				}
			}
			call() // opens the connection to the upstream
			begun := <-begin
			for {
				i := int(next.Add(1)) - 1
				if i >= n || b.Failed() {
					return
				}
				if rate > 0 {
					time.Sleep(time.Until(begun.Add(time.Duration(i) * time.Second / time.Duration(rate))))
				}
				sent := time.Now()
				call()
				latencies[i] = time.Since(sent)
			}
		})
	}
	begun := time.Now()
	for range conns {
		begin <- begun
	}
	running.Wait()
	return time.Since(begun), latencies
}

// BenchmarkHandler measures the proxy's own work for a call, without any
// network: time and allocations, of httputil.ReverseProxy alone and of the tap.
func BenchmarkHandler(b *testing.B) {
	base, err := url.Parse("http://api.example")
	if err != nil {
		b.Fatal(err)
	}
	tap := New(base, new(pioneer.Clock), Options{Transport: stub{}})
	for _, bench := range []struct {
		name    string
		handler http.Handler
	}{
		{"bare", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(base) }, Transport: stub{}, BufferPool: new(buffers)}},
		{"tap", tap},
	} {
		b.Run(bench.name, func(b *testing.B) {
			r := httptest.NewRequest("POST", "/v1/chat/completions", strings.NewReader(benchBody))
			r.Header.Set("Authorization", "Bearer "+key)
			b.ReportAllocs()
			for b.Loop() {
				bench.handler.ServeHTTP(&sink{header: make(http.Header)}, r)
				if len(tap.inbox.seen) == 1000 { // as the reporter does
					tap.inbox.take()
				}
			}
		})
	}
}

// stub is an upstream that answers at once.
type stub struct{}

func (stub) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}, "Content-Length": {fmt.Sprint(len(benchAnswer))}},
		Body: io.NopCloser(strings.NewReader(benchAnswer)), ContentLength: int64(len(benchAnswer)), Request: r,
	}, nil
}

// sink is a client that wants nothing.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }
func (s *sink) WriteHeader(int)             {}
func (s *sink) Flush()                      {}
