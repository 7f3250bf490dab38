package tap

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestUnruly has many clients and an upstream do at random what connections can
// have done to them: requests in pieces, bodies left unsent, responses unread or
// broken off, resets. Whatever they do, a client that behaves gets its own response,
// and at the end the tap ends.
func TestUnruly(t *testing.T) {
	const clients, rounds = 32, 20
	tap, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Ruly") == "" {
			switch rand.IntN(6) {
			case 0:
				panic(http.ErrAbortHandler)
			case 1: // answers without reading the body
				w.Header().Set("Connection", "close")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			case 2:
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				_ = conn.(*net.TCPConn).SetLinger(0)
				conn.Close()
				return
			case 3: // breaks off
				w.Header().Set("Content-Length", "100000")
				_, _ = io.CopyN(w, &pattern{left: 50_000}, 50_000)
				return
			}
		}
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %d", r.URL.Path, len(body))
	})
	var running sync.WaitGroup
	for i := range clients {
		running.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 1))
			for n := range rounds {
				if rng.IntN(2) == 0 {
					ruly(t, tap, fmt.Sprintf("/%d/%d", i, n), rng.IntN(40_000))
				} else {
					unruly(t, tap, rng)
				}
			}
		})
	}
	running.Wait()
	begun := time.Now()
	tap.stop()
	if took := time.Since(begun); took > 2*linger {
		t.Errorf("the tap ends after %v", took)
	}
}

// ruly makes a call and expects its own response.
func ruly(t *testing.T, tap *testTap, path string, size int) {
	conn, err := net.Dial("tcp", tap.addr)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nX-Ruly: yes\r\nContent-Length: %d\r\n\r\n", path, size)
	_, _ = io.Copy(conn, &pattern{left: size})
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return
	}
	if body, err := io.ReadAll(res.Body); err != nil || string(body) != fmt.Sprintf("%s %d", path, size) {
		t.Errorf("%s: got %q, %v", path, body, err)
	}
}

// unruly begins some calls on one connection, and leaves them at any point.
func unruly(t *testing.T, tap *testTap, rng *rand.Rand) {
	conn, err := net.Dial("tcp", tap.addr)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(50 * time.Millisecond)) // then it gives up
	for range rng.IntN(4) {
		request := fmt.Sprintf("POST /unruly HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\nabc", rng.IntN(100_000))
		if rng.IntN(2) == 0 {
			request = "POST /unruly HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
		}
		_, _ = io.WriteString(conn, request[:rng.IntN(len(request)+1)])
		if rng.IntN(2) == 0 {
			_, _ = conn.Read(make([]byte, 1))
		}
		if rng.IntN(4) == 0 {
			break
		}
	}
	switch rng.IntN(3) {
	case 0:
		_ = conn.(*net.TCPConn).SetLinger(0)
	case 1:
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.CopyN(io.Discard, conn, int64(rng.IntN(1000)))
	}
}
