package tap

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestRefused sends requests that two servers could read in two ways, or that are
// not HTTP/1.1. None of their bytes may reach the upstream.
func TestRefused(t *testing.T) {
	upstream := newRawUpstream(t)
	tap := start(t, "http://"+upstream.addr)
	for _, tt := range []struct {
		request string
		want    int
	}{
		{"GET /\nHost: x\n\n", 400},
		{"GET  / HTTP/1.1\nHost: x\n\n", 400},
		{"GET / x HTTP/1.1\nHost: x\n\n", 400},
		{"G@T / HTTP/1.1\nHost: x\n\n", 400},
		{"GET /\x00 HTTP/1.1\nHost: x\n\n", 400},
		{"GET /\ta HTTP/1.1\nHost: x\n\n", 400},
		{"GET a HTTP/1.1\nHost: x\n\n", 421},
		{"GET * HTTP/1.1\nHost: x\n\n", 421},
		{"GET / HTTP/1.2\nHost: x\n\n", 505},
		{"GET / http/1.1\nHost: x\n\n", 400},
		{"PRI * HTTP/2.0\n\nSM\n\n", 505},
		{"\x16\x03\x01\x02\x00", 400}, // TLS
		{"GET / HTTP/1.1\n\n", 400},
		{"GET / HTTP/1.1\nHost: x\nHost: x\n\n", 400},
		{"GET / HTTP/1.1\nHost: x\nX-A\n\n", 400},
		{"GET / HTTP/1.1\nHost: x\n" + strings.Repeat("a:\n", maxFields) + "\n", 400},
		{"GET / HTTP/1.1\nHost: x\n: a\n\n", 400},
		{"GET / HTTP/1.1\nHost: x\nX-A : b\n\n", 400},
		{"GET / HTTP/1.1\nHost: x\nX A: b\n\n", 400},
		{"GET / HTTP/1.1\nHost: x\nX-A: b\n c\n\n", 400},
		{"GET / HTTP/1.1\n Host: x\nHost: x\n\n", 400},
		{"GET / HTTP/1.1\nHost: x\nX-A: b\\rc\n\n", 400},
		{"GET / HTTP/1.1\nHost: x\nX-A: b\x00c\n\n", 400},
		{"POST / HTTP/1.1\nHost: x\nContent-Length: 3\nContent-Length: 4\n\nabcd", 400},
		{"POST / HTTP/1.1\nHost: x\nContent-Length: 3\nContent-Length: 3\n\nabc", 400},
		{"POST / HTTP/1.1\nHost: x\nContent-Length: 3, 3\n\nabc", 400},
		{"POST / HTTP/1.1\nHost: x\nContent-Length: +3\n\nabc", 400},
		{"POST / HTTP/1.1\nHost: x\nContent-Length: -1\n\n", 400},
		{"POST / HTTP/1.1\nHost: x\nContent-Length: 0x3\n\nabc", 400},
		{"POST / HTTP/1.1\nHost: x\nContent-Length:\n\n", 400},
		{"POST / HTTP/1.1\nHost: x\nContent-Length: 99999999999999999999\n\n", 400},
		{"POST / HTTP/1.1\nHost: x\nContent-Length: 3\nTransfer-Encoding: chunked\n\n0\n\n", 400},
		{"POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\nContent-Length: 0\n\n0\n\n", 400},
		{"POST / HTTP/1.0\nHost: x\nTransfer-Encoding: chunked\n\n0\n\n", 400},
		{"POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\nTransfer-Encoding: chunked\n\n0\n\n", 501},
		{"POST / HTTP/1.1\nHost: x\nTransfer-Encoding: gzip, chunked\n\n0\n\n", 501},
		{"POST / HTTP/1.1\nHost: x\nTransfer-Encoding: identity\n\n", 501},
		{"POST / HTTP/1.1\nHost: x\nTransfer-Encoding: \x0bchunked\n\n0\n\n", 501},
		{"POST / HTTP/1.1\nHost: x\nTransfer-Encoding:\n\n", 501},
		{"CONNECT x:443 HTTP/1.1\nHost: x\n\n", 421},
		{"HEAD / HTTP/1.1\nHost: x\nHost: y\n\n", 400},
	} {
		conn, err := net.Dial("tcp", tap.addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(patience))
		_, _ = io.WriteString(conn, raw(tt.request, tap.addr, upstream.addr)+"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
		r := bufio.NewReader(conn)
		method, _, _ := strings.Cut(tt.request, " ")
		res, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil {
			t.Errorf("%q: %v", tt.request, err)
			continue
		}
		body, _ := io.ReadAll(res.Body)
		if res.StatusCode != tt.want || method != "HEAD" && !strings.HasPrefix(string(body), `{"detail":"quotatop tap: `) {
			t.Errorf("%q: got %d %s, want %d", tt.request, res.StatusCode, body, tt.want)
		}
		_ = conn.(*net.TCPConn).CloseWrite()
		if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
			t.Errorf("%q: then got %q, %v, want the end", tt.request, rest, err)
		}
		conn.Close()
	}
	select {
	case <-upstream.conns:
		t.Error("the upstream was reached")
	default:
	}
	tap.waitCalls(t, 0)
}

// TestBadChunks ends a request whose chunks are malformed: what follows is never a
// request of its own.
func TestBadChunks(t *testing.T) {
	arrived := make(chan string, 1)
	tap, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		arrived <- fmt.Sprint(r.URL.Path, " ", err != nil)
	})
	for _, chunks := range []string{
		"x\n", "-1\nab", "0x3\nabc\n0\n\n", "\n0\n\n", " 3\nabc\n0\n\n", "3xyz\n0\n\n", "fffffffffffffffff\na", "3\\labc\n0\n\n", "3\\rabc\n0\n\n",
		"3\nabcd\n0\n\n", "3\nabc\\l0\n\n", "3;a\\lb\nabc\n0\n\n", "3;\x00\nabc\n0\n\n", "0\n a: b\n\n", "0\nX-A: b\\lc\n\n", "0\nX-A: \x00\n\n", "0\n\\r\\r",
	} {
		conn, err := net.Dial("tcp", tap.addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(patience))
		_, _ = io.WriteString(conn, raw("POST /bad HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n"+chunks+"GET /smuggled HTTP/1.1\nHost: x\n\n", "", ""))
		if got := soon(t, "request", arrived); got != "/bad true" {
			t.Errorf("%q: got %s, want a body that is broken off", chunks, got)
		}
		conn.Close()
	}
	get(t, tap, "/")
	if got := soon(t, "request", arrived); got != "/ false" {
		t.Errorf("got %s, want /", got)
	}
	if got := tap.waitCalls(t, 1); got[0].Path != "/" {
		t.Errorf("got %+v, want the last alone", got)
	}
}

// TestOneConnection sends many requests on one connection, some before the response
// to the one before, and finds their responses in order: the upstream gets them on
// one connection.
func TestOneConnection(t *testing.T) {
	tap, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s", r.RemoteAddr, r.URL.Path, body)
	})
	conn, err := net.Dial("tcp", tap.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	var all strings.Builder
	for i := range 50 {
		fmt.Fprintf(&all, "GET /%d HTTP/1.1\r\nHost: x\r\n\r\nPOST /%d HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc\r\nPOST /%d HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nd\r\n0\r\n\r\n", 3*i, 3*i+1, 3*i+2)
	}
	go func() { _, _ = io.WriteString(conn, all.String()) }()
	r, last, opened := bufio.NewReader(conn), "", 0
	for i := range 150 {
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		from, rest, _ := strings.Cut(string(body), " ")
		if from != last {
			opened++
			last = from
		}
		if want := fmt.Sprintf("/%d %s", i, []string{"", "abc", "d"}[i%3]); rest != want {
			t.Errorf("got %q, want %q", rest, want)
		}
	}
	if opened != 1 {
		t.Errorf("the upstream got %d connections, want 1", opened)
	}
	tap.waitCalls(t, 150)
}

// TestEndOfConnection has the upstream close the connection while it is idle, or
// instead of a response to the second request on it: the client finds what it
// finds directly, and the call is counted.
func TestEndOfConnection(t *testing.T) {
	upstream := newRawUpstream(t)
	tap := start(t, "http://"+upstream.addr)
	for i, second := range []bool{false, true} {
		conn, err := net.Dial("tcp", tap.addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(patience))
		_, _ = io.WriteString(conn, raw(get200, tap.addr, ""))
		up := soon(t, "connection", upstream.conns)
		r, upr := bufio.NewReader(conn), bufio.NewReader(up)
		if _, err := http.ReadRequest(upr); err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(up, raw(ok, "", ""))
		if res, err := http.ReadResponse(r, nil); err != nil || res.StatusCode != 200 {
			t.Fatal(res, err)
		} else {
			_, _ = io.ReadAll(res.Body)
		}
		if second {
			_, _ = io.WriteString(conn, raw(get200, tap.addr, ""))
			if _, err := http.ReadRequest(upr); err != nil {
				t.Fatal(err)
			}
		}
		up.Close()
		if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
			t.Errorf("got %q, %v, want the end", rest, err)
		}
		conn.Close()
		if got := tap.waitCalls(t, 1+2*i); second && got[2].Status != 0 {
			t.Errorf("got call %+v, want status 0", got[2])
		}
	}
}

// TestUnansweredGet counts a call without a body that gets no answer.
func TestUnansweredGet(t *testing.T) {
	for _, method := range []string{"GET", "DELETE", "POST"} {
		tap, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
		if res := exchange(t, tap.addr, method+" /a HTTP/1.1\r\nHost: x\r\n\r\n"); res.Status != 502 {
			t.Errorf("%s: got %d, want 502", method, res.Status)
		}
		if got := tap.waitCalls(t, 1)[0]; got.Status != 0 || got.Method != method {
			t.Errorf("got %+v, want a %s of status 0", got, method)
		}
		tap.stop()
	}
}

// TestRedirectWithin follows a redirect to the API's own origin with a plain
// client: it stays with the tap, and the key arrives.
func TestRedirectWithin(t *testing.T) {
	for _, prefix := range []string{"", "/gate"} {
		var own string
		upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case prefix + "/old":
				w.Header().Set("Location", own+prefix+"/new?a=b")
			case prefix + "/relative":
				w.Header().Set("Location", prefix+"/new?a=b")
			case prefix + "/beside":
				w.Header().Set("Location", own+prefix+"side/new?a=b")
			default:
				fmt.Fprint(w, r.RequestURI, r.Header.Get("X-API-Key"))
				return
			}
			w.WriteHeader(http.StatusTemporaryRedirect)
		}))
		own = upstream.URL
		tap := start(t, upstream.URL+prefix)
		tap.client.CheckRedirect = nil
		for _, path := range []string{"/old", "/relative"} {
			if _, got := post(t, tap, path); got != prefix+"/new?a=b"+key {
				t.Errorf("prefix %q, %s: got %s", prefix, path, got)
			}
		}
		tap.waitCalls(t, 4)
		if prefix != "" {
			res := exchange(t, tap.addr, "GET /beside HTTP/1.1\r\nHost: x\r\n\r\n")
			if got := res.Header.Get("Location"); got != own+prefix+"side/new?a=b" {
				t.Errorf("got %s, want it left alone", got)
			}
		}
		tap.stop()
		upstream.Close()
	}
}

// TestProxies reaches an https upstream through an HTTP proxy, with the user that
// its URL names.
func TestProxies(t *testing.T) {
	upstream := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "ok") }))
	defer upstream.Close()
	seen := make(chan string, 4)
	via := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := proxyUser(r)
		seen <- fmt.Sprint(r.Method, " ", r.RequestURI, " ", user, " ", password)
		if user != "me" {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		up, err := net.Dial("tcp", r.RequestURI)
		if err != nil {
			t.Error(err)
			return
		}
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		fmt.Fprint(conn, "HTTP/1.1 200 Connected\r\n\r\n")
		go func() { _, _ = io.Copy(up, rw); up.Close() }()
		_, _ = io.Copy(conn, up)
		conn.Close()
	}))
	defer via.Close()
	base, _ := url.Parse(upstream.URL)
	d := newDialer(base)
	d.tls.RootCAs = upstream.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	proxied, _ := url.Parse(via.URL)
	for _, user := range []*url.Userinfo{url.UserPassword("me", "pass"), nil} {
		proxied.User = user
		conn, err := d.dialThrough(context.Background(), proxied)
		want := "CONNECT " + base.Host + " me pass"
		if user == nil {
			want = "CONNECT " + base.Host + "  "
			if err == nil || err.Error() != "it answered 407 Proxy Authentication Required" {
				t.Errorf("no user: got %v", err)
			}
		} else if err != nil {
			t.Error(err)
		} else if secure, err := secured(context.Background(), conn, d.tls); err != nil {
			t.Error(err)
		} else {
			fmt.Fprint(secure, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			if got, err := io.ReadAll(secure); err != nil || !strings.HasSuffix(string(got), "ok") {
				t.Errorf("got %q, %v", got, err)
			}
			secure.Close()
		}
		if got := soon(t, "request", seen); got != want {
			t.Errorf("the proxy gets %q, want %q", got, want)
		}
	}
}

func proxyUser(r *http.Request) (user, password string, ok bool) {
	return (&http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}).BasicAuth()
}

// FuzzHeads reads heads of requests and responses. What the upstream is sent must
// read as the same request again.
func FuzzHeads(f *testing.F) {
	for _, s := range append(requestShapes, responseShapes...) {
		if len(s.request)+len(s.response) < 4096 {
			f.Add([]byte(raw(s.request, "tap", "up")))
			f.Add([]byte(raw(s.response, "tap", "up")))
		}
	}
	own := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8429}
	up := &url.URL{Scheme: "https", Host: "up"}
	f.Fuzz(func(t *testing.T, p []byte) {
		n := headLength(p, 0)
		if n == 0 {
			return
		}
		var r, again request
		if r.read(p[:n], "up", own) == nil {
			out := r.appendTo(nil, "", "up")
			if headLength(out, 0) != len(out) {
				t.Fatalf("%q becomes %q, which ends early", p[:n], out)
			}
			if refused := again.read(out, "up", own); refused != nil {
				t.Fatalf("%q becomes %q: %s", p[:n], out, refused.detail)
			}
			if string(again.method) != string(r.method) || string(again.target) != string(r.target) || again.body != r.body {
				t.Fatalf("%q becomes %q", p[:n], out)
			}
		}
		var res response
		if res.read(p[:n], "GET") == nil {
			res.relocate(up, "")
			out := res.bytes()
			if headLength(out, 0) != len(out) {
				t.Fatalf("%q becomes %q, which ends early", p[:n], out)
			}
			var second response
			if err := second.read(out, "GET"); err != nil || second.status != res.status || second.body != res.body {
				t.Fatalf("%q becomes %q: %v", p[:n], out, err)
			}
		}
	})
}

// FuzzChunks follows a chunked body in pieces of any size: its end and content do
// not depend on them, and are those that net/http finds.
func FuzzChunks(f *testing.F) {
	f.Add([]byte("3\r\nabc\r\n0\r\n\r\nnext"), uint8(1))
	f.Add([]byte("a;x=\"y\"\r\n0123456789\r\n000\r\nX: y\r\nZ: \r\n\r\n"), uint8(7))
	f.Fuzz(func(t *testing.T, p []byte, step uint8) {
		follow := func(step int) (n int, done bool, content string, err error) {
			b := body{framing: chunked}
			keep := &excerpt{seen: observed{failure: &failure{}}, inbox: &inbox{wake: make(chan struct{}, 1)}}
			for n < len(p) && !done && err == nil {
				var m int
				m, done, err = b.take(p[n:min(n+step, len(p))], keep)
				n += m
			}
			return n, done, string(keep.seen.failure.body), err
		}
		n, done, content, err := follow(len(p) + 1)
		m, done2, content2, err2 := follow(int(step) + 1)
		if n != m || done != done2 || content != content2 || (err == nil) != (err2 == nil) {
			t.Fatalf("%q: %d %v %q %v, by %d: %d %v %q %v", p, n, done, content, err, step, m, done2, content2, err2)
		}
		if !done {
			return
		}
		r := bufio.NewReader(strings.NewReader("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + string(p)))
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		want, err := io.ReadAll(res.Body)
		if err != nil {
			return // it is stricter with trailers
		}
		if content != string(want[:min(len(want), maxExcerpt)]) {
			t.Fatalf("%q: got %q, want %q", p, content, want)
		}
	})
}
