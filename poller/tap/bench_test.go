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
	transport := &http.Transport{MaxIdleConnsPerHost: 4096, DisableCompression: true}
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
	request := benchRequest(addr)
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

func benchRequest(addr string) string {
	return fmt.Sprintf("POST /v1/chat/completions HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", addr, key, len(benchBody), benchBody)
}

// BenchmarkAllocations measures what a proxy allocates for a call, connections and
// all: httputil.ReverseProxy alone, and the tap. Client and upstream allocate
// nothing.
func BenchmarkAllocations(b *testing.B) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	go func() {
		answer := []byte(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Wed, 17 Jun 2026 12:00:00 GMT\r\nContent-Length: %d\r\n\r\n%s", len(benchAnswer), benchAnswer))
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				buf := make([]byte, 4<<10)
				for readUntil(conn, buf, benchBody) == nil {
					_, _ = conn.Write(answer)
				}
			}()
		}
	}()
	base := &url.URL{Scheme: "http", Host: ln.Addr().String()}
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	bare := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(base) }, Transport: transport, BufferPool: new(buffers)})
	defer bare.Close()
	tap := start(b, base.String())
	for name, addr := range map[string]string{"bare": bare.Listener.Addr().String(), "tap": tap.addr} {
		b.Run(name, func(b *testing.B) {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(patience))
			request, answer := []byte(benchRequest(addr)), make([]byte, 4<<10)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := conn.Write(request); err != nil {
					b.Fatal(err)
				}
				if err := readUntil(conn, answer, benchAnswer); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// readUntil reads a message that ends in last.
func readUntil(conn net.Conn, buf []byte, last string) error {
	for n := 0; n < len(last) || string(buf[n-len(last):n]) != last; {
		m, err := conn.Read(buf[n:])
		if err != nil {
			return err
		}
		n += m
	}
	return nil
}

// buffers is a pool for httputil.ReverseProxy.
type buffers struct{ pool sync.Pool }

func (b *buffers) Get() []byte {
	if buf, ok := b.pool.Get().(*[32 << 10]byte); ok {
		return buf[:]
	}
	return make([]byte, 32<<10)
}

func (b *buffers) Put(buf []byte) { b.pool.Put((*[32 << 10]byte)(buf)) }
