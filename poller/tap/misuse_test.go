package tap

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
	"quotatop/poller/sim"
)

// TestOnlyToTheUpstream sends requests that name other hosts in every way that
// HTTP has: they go to the upstream or nowhere, and a refusal is one line that
// says what to do.
func TestOnlyToTheUpstream(t *testing.T) {
	var elsewhere, reached atomic.Int32
	stranger, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skip("this machine has one loopback address only")
	}
	defer stranger.Close()
	go func() {
		for {
			conn, err := stranger.Accept()
			if err != nil {
				return
			}
			elsewhere.Add(1)
			conn.Close()
		}
	}()
	hosts := make(chan string, 1)
	tap, upstream := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		hosts <- r.Host + r.RequestURI
	})
	up, other := upstream.Listener.Addr().String(), stranger.Addr().String()
	for _, tt := range []struct {
		name, line, host string
		want             int
	}{
		{"another host", "GET /a", other, 200},
		{"a made-up host", "GET /a", "evil.example", 200},
		{"absolute form, upstream", "GET http://" + up + "/a", up, 200},
		{"absolute form, the tap", "GET http://" + tap.addr + "/a", tap.addr, 200},
		{"absolute form, another host", "GET http://" + other + "/a", other, 421},
		{"absolute form, another host in the line only", "GET http://" + other + "/a", up, 421},
		{"absolute form, another scheme", "GET ftp://" + other + "/a", other, 421},
		{"CONNECT to another host", "CONNECT " + other, other, 421},
		{"CONNECT to the upstream", "CONNECT " + up, up, 421},
		{"network-path reference", "GET //" + other + "/a", up, 200},
		{"user before the host", "GET http://" + up + "@" + other + "/a", up, 421},
	} {
		got := exchange(t, tap.addr, tt.line+" HTTP/1.1\r\nHost: "+tt.host+"\r\nX-API-Key: "+key+"\r\n\r\n")
		if got.Status != tt.want {
			t.Errorf("%s: got %d %s, want %d", tt.name, got.Status, got.Body, tt.want)
		}
		if tt.want == 200 {
			want := up + "/a"
			if strings.Contains(tt.line, " //") {
				want = up + "//" + other + "/a"
			}
			if host := soon(t, "request", hosts); host != want {
				t.Errorf("%s: upstream got %s, want %s", tt.name, host, want)
			}
			continue
		}
		want := `{"detail":"quotatop tap: passes requests on to ` + up + ` only: use its address as the base URL, not as a proxy"}` + "\n"
		if got.Body != want {
			t.Errorf("%s: got %q, want %q", tt.name, got.Body, want)
		}
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("%d connections went to another host", n)
	}
	tap.waitCalls(t, int(reached.Load())) // what was refused is no call
}

// TestRedirectsStay leaves redirects to the client, so that the key does not
// follow them.
func TestRedirectsStay(t *testing.T) {
	tap, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:1/elsewhere", http.StatusFound)
	})
	res, err := tap.client.Get(tap.base)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Location"); res.StatusCode != http.StatusFound || got != "http://127.0.0.1:1/elsewhere" {
		t.Errorf("got %d to %q", res.StatusCode, got)
	}
	if got := tap.waitCalls(t, 1)[0].Status; got != http.StatusFound {
		t.Errorf("reported %d", got)
	}
}

// TestUpgrade passes a protocol upgrade through, both ways, and counts it once.
func TestUpgrade(t *testing.T) {
	for _, protocol := range []string{"websocket", "echo/1"} {
		tap, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Upgrade") != protocol {
				w.WriteHeader(http.StatusUpgradeRequired)
				return
			}
			conn, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %s\r\nSec-WebSocket-Accept: x\r\n\r\n", protocol)
			_, _ = io.Copy(conn, rw)
		})
		conn, err := net.Dial("tcp", tap.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		fmt.Fprintf(conn, "GET /v1/realtime?model=x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: %s\r\nSec-WebSocket-Key: y\r\n\r\n", protocol)
		r := bufio.NewReader(conn)
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != 101 || res.Header.Get("Sec-WebSocket-Accept") != "x" {
			t.Fatalf("%s: got %s %v", protocol, res.Status, res.Header)
		}
		for _, word := range []string{"\x81\x05hello", "\x00\xff"} {
			_, _ = io.WriteString(conn, word)
			back := make([]byte, len(word))
			if _, err := io.ReadFull(r, back); err != nil || string(back) != word {
				t.Errorf("%s: got %q, %v, want %q", protocol, back, err, word)
			}
		}
		if got := tap.waitCalls(t, 1)[0]; got.Status != 101 || got.Path != "/v1/realtime" {
			t.Errorf("%s: got call %+v", protocol, got)
		}
		tap.stop() // ends the connection, too
		if rest, err := io.ReadAll(r); err != nil && !strings.Contains(err.Error(), "reset") || len(rest) > 0 {
			t.Errorf("%s: got %q, %v after the end", protocol, rest, err)
		}
	}
}

// TestUpgradeWithEarlyBytes has a client send the first bytes of the new protocol
// with its request: they arrive, also if they look like a request or an empty line.
func TestUpgradeWithEarlyBytes(t *testing.T) {
	for _, early := range []string{"\r\nhello", "GET /b HTTP/1.1\r\n\r\n", "\x00", strings.Repeat("x", 20_000)} {
		tap, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			conn, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
			_, _ = io.Copy(conn, rw)
		})
		conn, err := net.Dial("tcp", tap.addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(patience))
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"+early)
		_ = conn.(*net.TCPConn).CloseWrite()
		got, err := io.ReadAll(conn)
		if _, got, _ := strings.Cut(string(got), "\r\n\r\n"); err != nil || got != early {
			t.Errorf("got %.100q, %v, want %.100q", got, err, early)
		}
		conn.Close()
		tap.waitCalls(t, 1)
		tap.stop()
	}
}

// TestHeaderBomb refuses a header without end, and goes on.
func TestHeaderBomb(t *testing.T) {
	tap, _ := serve(t, func(http.ResponseWriter, *http.Request) {})
	conn, err := net.Dial("tcp", tap.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	go func() {
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n")
		line := "X-Bomb: " + strings.Repeat("x", 8<<10) + "\r\n"
		for {
			if _, err := io.WriteString(conn, line); err != nil {
				return
			}
		}
	}()
	if res, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
		t.Log(err) // the reset may overtake the response
	} else if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got %s, want 431", res.Status)
	}
	if status, _ := get(t, tap, "/"); status != 200 {
		t.Errorf("after the bomb: got %d, want 200", status)
	}
	tap.waitCalls(t, 1)
}

// TestSlowHeader cuts off a client that sends its header for ever, and not one
// whose body or response takes its time.
func TestSlowHeader(t *testing.T) {
	for _, tt := range []struct {
		sent string // and nothing more
		cut  bool
	}{
		{"", true},
		{"GET / HT", true},
		{"GET / HTTP/1.1\r\nHost: x\r\nX-A", true},
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", false},
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT", false}, // the first call may take its time
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab", false},
	} {
		synctest.Test(t, func(t *testing.T) {
			upstream, pipe := sim.NewPipe(), sim.NewPipe()
			base, _ := url.Parse("http://api.example")
			tap := New(base, new(pioneer.Clock), Options{Listener: pipe, Dial: func(ctx context.Context) (net.Conn, error) { return upstream.Dial(ctx, "", "") }})
			ctx, cancel := context.WithCancel(t.Context())
			var running sync.WaitGroup
			defer running.Wait()
			running.Go(func() { _ = tap.Run(ctx, func(model.Event) {}) })
			go func() {
				conn, err := upstream.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				_, _ = io.Copy(io.Discard, conn)
			}()
			conn, err := pipe.Dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			go func() { _, _ = io.WriteString(conn, tt.sent) }()
			cut := make(chan struct{})
			go func() {
				_, _ = io.ReadAll(conn)
				close(cut)
			}()
			time.Sleep(headTimeout - time.Second)
			select {
			case <-cut:
				t.Errorf("after %q: cut off too early", tt.sent)
			default:
			}
			time.Sleep(time.Hour)
			select {
			case <-cut:
				if !tt.cut {
					t.Errorf("after %q: cut off", tt.sent)
				}
			default:
				if tt.cut {
					t.Errorf("after %q: not cut off", tt.sent)
				}
			}
			conn.Close()
			cancel()
			upstream.Close()
		})
	}
}

// TestClientsFault has clients do wrong: none of it is the upstream's fault.
func TestClientsFault(t *testing.T) {
	broken := make(chan error, 1)
	tap, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		if r.Method == "POST" {
			broken <- err
		}
	})
	send := func(request string) string {
		conn, err := net.Dial("tcp", tap.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		_, _ = io.WriteString(conn, strings.ReplaceAll(request, "\n", "\r\n"))
		if !strings.Contains(request, "\nzz") {
			return "" // hangs up in the middle
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		return res.Status + " " + string(body)
	}
	if got, want := send("POST /a HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n3\nabc\nzz\n"),
		"400 Bad Request {\"detail\":\"quotatop tap: the request's body could not be read to its end\"}\n"; got != want {
		t.Errorf("bad chunk: got %q, want %q", got, want)
	}
	if err := soon(t, "request", broken); err == nil {
		t.Error("bad chunk: upstream got a proper end")
	}
	send("POST /a HTTP/1.1\nHost: x\nContent-Length: 1000\n\nabc")
	if err := soon(t, "request", broken); err == nil {
		t.Error("hanging up: upstream got a proper end")
	}
	get(t, tap, "/")
	events := tap.waitFor(t, "call", func(e []model.Event) bool { return len(calls(e)) == 1 })
	if got := states(events); len(got) != 1 || got[0].State != model.StateOK {
		t.Errorf("got health %+v, want ok alone", got)
	}
}

// TestOddRequests reports odd requests bounded, and fit to be shown.
func TestOddRequests(t *testing.T) {
	tap, _ := serve(t, func(http.ResponseWriter, *http.Request) {})
	for _, tt := range []struct{ line, method, path string }{
		{"POST /v1/chat/completions?api_key=" + key, "POST", "/v1/chat/completions"},
		{"GET /" + strings.Repeat("a", 100_000), "GET", "/" + strings.Repeat("a", maxPath-1)},
		{"GET /%1b%5b31m/%c3%a4/%00", "GET", "/%1b%5b31m/%c3%a4/%00"},
		{"GET /a%2Fb/|/ä\xff", "GET", "/a%2Fb/|/%C3%A4%FF"},
		{"GET /keys/" + key + "/", "GET", "/keys/[key]/"},
		{strings.Repeat("M", 5000) + " /a", strings.Repeat("M", maxMethod), "/a"},
	} {
		tap.mu.Lock()
		tap.events = nil
		tap.mu.Unlock()
		exchange(t, tap.addr, tt.line+" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+key+"\r\n\r\n")
		if got := tap.waitCalls(t, 1)[0]; got.Method != tt.method || got.Path != tt.path {
			t.Errorf("%.40s: got %s %s, want %s %s", tt.line, got.Method, got.Path, tt.method, tt.path)
		}
	}
}

// TestRunRefuses a tap that cannot work.
func TestRunRefuses(t *testing.T) {
	ln, err := Listen(":0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	fail := func(model.Event) { t.Error("an event comes") }
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]"} {
		self, _ := url.Parse("http://" + host + ":" + port)
		err := New(self, nil, Options{Listener: ln}).Run(context.Background(), fail)
		if err == nil || !strings.Contains(err.Error(), "is the tap's own address") {
			t.Errorf("upstream %s: got %v", self, err)
		}
	}
	other, _ := url.Parse("http://127.0.0.1:1")
	if err := New(other, nil, Options{}).Run(context.Background(), fail); err == nil {
		t.Error("no listener: got no error")
	}
}
