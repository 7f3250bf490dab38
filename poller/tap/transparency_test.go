package tap

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// arrival is a request as a server finds it.
type arrival struct {
	Method, URI, Host, Body string
	Header, Trailer         http.Header
	Length                  int64
	Encoding                []string
}

// departure is a response as a client finds it.
type departure struct {
	Interim         []int
	Status          int
	Header, Trailer http.Header
	Body            string
	Length          int64
	Encoding        []string
}

// exchange sends a request as it stands to addr and reads the response.
func exchange(t *testing.T, addr, request string) departure {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	var d departure
	for r := bufio.NewReader(conn); ; {
		res, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode < 200 {
			d.Interim = append(d.Interim, res.StatusCode)
			continue
		}
		d.Status, d.Header, d.Trailer, d.Body = res.StatusCode, res.Header, res.Trailer, string(body)
		d.Length, d.Encoding = res.ContentLength, res.TransferEncoding
		return d
	}
}

// TestRequestsUnchanged sends requests to an upstream, directly and through the
// tap: it must find the same.
func TestRequestsUnchanged(t *testing.T) {
	arrivals := make(chan arrival, 1)
	tap, upstream := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		arrivals <- arrival{r.Method, r.RequestURI, r.Host, string(body), r.Header, r.Trailer, r.ContentLength, r.TransferEncoding}
	})
	host := upstream.Listener.Addr().String()
	for name, request := range map[string]string{
		"plain":             "GET /health HTTP/1.1\nHost: HOST\n\n",
		"no headers added":  "GET / HTTP/1.1\nHost: HOST\n\n",
		"user agent":        "GET / HTTP/1.1\nHost: HOST\nUser-Agent: load/1\n\n",
		"credentials":       "GET / HTTP/1.1\nHost: HOST\nX-API-Key: " + key + "\nAuthorization: Bearer " + key + "\nCookie: a=b\n\n",
		"forwarding":        "GET / HTTP/1.1\nHost: HOST\nX-Forwarded-For: 10.0.0.1\nX-Forwarded-Host: h\nX-Forwarded-Proto: https\nForwarded: for=10.0.0.1\n\n",
		"repeated header":   "GET / HTTP/1.1\nHost: HOST\nX-A: 1\nX-A: 2\nx-b: \n\n",
		"accept encoding":   "GET / HTTP/1.1\nHost: HOST\nAccept-Encoding: br, zstd\n\n",
		"trailers welcome":  "GET / HTTP/1.1\nHost: HOST\nConnection: TE\nTE: trailers\n\n",
		"query":             "GET /a?x=1&y=2 HTTP/1.1\nHost: HOST\n\n",
		"odd query":         "GET /a?x=1;y=%zz&=&&q HTTP/1.1\nHost: HOST\n\n",
		"empty query":       "GET /a? HTTP/1.1\nHost: HOST\n\n",
		"escaped path":      "GET /a%2Fb/%20/%c3%a4/c:d;e HTTP/1.1\nHost: HOST\n\n",
		"double slash":      "GET //a//b/ HTTP/1.1\nHost: HOST\n\n",
		"dot segments":      "GET /a/../b/./c HTTP/1.1\nHost: HOST\n\n",
		"head":              "HEAD /a HTTP/1.1\nHost: HOST\n\n",
		"options":           "OPTIONS /a HTTP/1.1\nHost: HOST\nOrigin: http://x\n\n",
		"unknown method":    "BREW /pot HTTP/1.1\nHost: HOST\n\n",
		"post":              "POST /inference HTTP/1.1\nHost: HOST\nContent-Type: application/json\nContent-Length: 7\n\n{\"a\":1}",
		"post nothing":      "POST /inference HTTP/1.1\nHost: HOST\nContent-Length: 0\n\n",
		"put":               "PUT /a HTTP/1.1\nHost: HOST\nContent-Length: 3\n\n\x00\xff\n",
		"patch":             "PATCH /a HTTP/1.1\nHost: HOST\nContent-Length: 1\n\nx",
		"delete with body":  "DELETE /a HTTP/1.1\nHost: HOST\nContent-Length: 2\n\nab",
		"get with body":     "GET /a HTTP/1.1\nHost: HOST\nContent-Length: 2\n\nab",
		"gzip body":         "POST /a HTTP/1.1\nHost: HOST\nContent-Encoding: gzip\nContent-Length: 3\n\n\x1f\x8b\x08",
		"chunked":           "POST /a HTTP/1.1\nHost: HOST\nTransfer-Encoding: chunked\n\n3\nabc\n2\nde\n0\n\n",
		"chunked, nothing":  "POST /a HTTP/1.1\nHost: HOST\nTransfer-Encoding: chunked\n\n0\n\n",
		"trailer":           "POST /a HTTP/1.1\nHost: HOST\nTrailer: X-Sum\nTransfer-Encoding: chunked\n\n3\nabc\n0\nX-Sum: 42\n\n",
		"http/1.0":          "GET /a HTTP/1.0\nHost: HOST\n\n",
		"expect":            "POST /a HTTP/1.1\nHost: HOST\nExpect: 100-continue\nContent-Length: 3\n\nabc",
		"offer of http2":    "GET /a HTTP/1.1\nHost: HOST\nConnection: Upgrade, HTTP2-Settings\nUpgrade: h2c\nHTTP2-Settings: AAMAAABk\n\n",
		"long header value": "GET /a HTTP/1.1\nHost: HOST\nX-Long: " + strings.Repeat("x", 60_000) + "\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			send := func(addr string) arrival {
				head, body, _ := strings.Cut(request, "\n\n")
				if strings.Contains(head, "chunked") {
					body = strings.ReplaceAll(body, "\n", "\r\n")
				}
				head = strings.ReplaceAll(strings.ReplaceAll(head, "HOST", addr), "\n", "\r\n")
				exchange(t, addr, head+"\r\n\r\n"+body)
				return soon(t, "request", arrivals)
			}
			want, got := send(host), send(tap.addr)
			if want.Header.Get("Upgrade") == "h2c" { // for the next hop only
				for _, name := range []string{"Connection", "Upgrade", "Http2-Settings"} {
					want.Header.Del(name)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("through the tap (+) another request arrives than directly (-):\n%s", diff)
			}
		})
	}
}

// TestResponsesUnchanged has an upstream answer as it stands, and reads it
// directly and through the tap: the client must find the same.
func TestResponsesUnchanged(t *testing.T) {
	for name, tt := range map[string]struct{ method, response string }{
		"length":            {"GET", "HTTP/1.1 200 OK\nContent-Length: 3\nDate: Wed, 17 Jun 2026 12:00:00 GMT\nServer: x\n\nabc"},
		"nothing added":     {"GET", "HTTP/1.1 200 OK\nContent-Length: 15\n\n<html>hi</html>"},
		"chunked":           {"GET", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nabc\n2\nde\n0\n\n"},
		"trailer":           {"GET", "HTTP/1.1 200 OK\nTrailer: X-Sum\nTransfer-Encoding: chunked\n\n3\nabc\n0\nX-Sum: 42\n\n"},
		"gzip":              {"GET", "HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: 3\n\n\x1f\x8b\x08"},
		"repeated header":   {"GET", "HTTP/1.1 200 OK\nSet-Cookie: a=1\nSet-Cookie: b=2\nContent-Length: 0\n\n"},
		"created":           {"POST", "HTTP/1.1 201 Created\nContent-Length: 0\n\n"},
		"no content":        {"GET", "HTTP/1.1 204 No Content\n\n"},
		"redirect":          {"GET", "HTTP/1.1 307 Temporary Redirect\nLocation: https://elsewhere.example/a\nContent-Length: 0\n\n"},
		"not modified":      {"GET", "HTTP/1.1 304 Not Modified\nETag: \"x\"\n\n"},
		"head":              {"HEAD", "HTTP/1.1 200 OK\nContent-Length: 300\n\n"},
		"not found":         {"GET", "HTTP/1.1 404 Not Found\nContent-Length: 2\n\n{}"},
		"rate limited":      {"POST", "HTTP/1.1 429 Too Many Requests\nRetry-After: 7\nX-RateLimit-Limit: 200\nX-RateLimit-Remaining: 0\nContent-Length: 17\n\n{\"detail\":\"Rate\"}"},
		"rate limited head": {"HEAD", "HTTP/1.1 429 Too Many Requests\nRetry-After: 7\nContent-Length: 17\n\n"},
		"server error":      {"POST", "HTTP/1.1 500 Internal Server Error\nTransfer-Encoding: chunked\n\n2\n{}\n0\n\n"},
		"unknown status":    {"GET", "HTTP/1.1 529 Overloaded\nContent-Length: 0\n\n"},
		"early hints":       {"GET", "HTTP/1.1 103 Early Hints\nLink: </a>\n\nHTTP/1.1 200 OK\nContent-Type: text/plain\nDate: Wed, 17 Jun 2026 12:00:00 GMT\nContent-Length: 1\n\na"},
		"early hints alone": {"GET", "HTTP/1.1 103 Early Hints\nLink: </a>\n\nHTTP/1.1 200 OK\nContent-Length: 15\n\n<html>hi</html>"},
		"processing":        {"GET", "HTTP/1.1 102 Processing\n\nHTTP/1.1 200 OK\nContent-Length: 1\n\na"},
		"events":            {"GET", "HTTP/1.1 200 OK\nContent-Type: text/event-stream\nTransfer-Encoding: chunked\n\na\ndata: 1234\n0\n\n"},
	} {
		t.Run(name, func(t *testing.T) {
			head, body, _ := strings.Cut(tt.response, "\n\n")
			if strings.Contains(head, "chunked") || strings.Contains(body, "HTTP/1.1") {
				body = strings.ReplaceAll(body, "\n", "\r\n")
			}
			addr := canned(t, strings.ReplaceAll(head, "\n", "\r\n")+"\r\n\r\n"+body)
			tap := start(t, "http://"+addr)
			request := tt.method + " /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
			want, got := exchange(t, addr, request), exchange(t, tap.addr, request)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("through the tap (+) comes another response than directly (-):\n%s", diff)
			}
		})
	}
}

// canned serves the same bytes to every request.
func canned(t testing.TB, response string) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for r := bufio.NewReader(conn); ; {
					if _, err := http.ReadRequest(r); err != nil {
						return
					}
					if _, err := io.WriteString(conn, response); err != nil {
						return
					}
				}
			}()
		}
	}()
	return ln.Addr().String()
}

// TestBasePath joins the path of a base URL with that of a request, and
// reports the latter.
func TestBasePath(t *testing.T) {
	uris := make(chan string, 1)
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { uris <- r.RequestURI }))
	defer upstream.Close()
	for _, tt := range []struct{ base, path, want, seen string }{
		{"", "/v1/models?a=b", "/v1/models?a=b", "/v1/models"},
		{"/", "/v1/models", "/v1/models", "/v1/models"},
		{"/gate", "/v1/models", "/gate/v1/models", "/v1/models"},
		{"/gate/", "/v1/models", "/gate/v1/models", "/v1/models"},
		{"/a%2Fb", "/v1/x%2Fy", "/a%2Fb/v1/x%2Fy", "/v1/x%2Fy"},
		{"/gate", "/", "/gate/", "/"},
	} {
		tap := start(t, upstream.URL+tt.base)
		get(t, tap, tt.path)
		if got := soon(t, "request", uris); got != tt.want {
			t.Errorf("base %q, path %q: upstream got %q, want %q", tt.base, tt.path, got, tt.want)
		}
		if got := tap.waitCalls(t, 1)[0].Path; got != tt.seen {
			t.Errorf("base %q, path %q: reported %q, want %q", tt.base, tt.path, got, tt.seen)
		}
		tap.stop()
	}
}

// get makes a request through the tap and reads the response.
func get(t *testing.T, tap *testTap, path string) (status int, body string) {
	t.Helper()
	res, err := tap.client.Get(tap.base + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// TestHTTPS speaks HTTP/1.1 to an https upstream, even one that has HTTP/2 too.
func TestHTTPS(t *testing.T) {
	protos := make(chan string, 1)
	upstream := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Trailer", "X-Sum")
		_, _ = w.Write(body)
		w.Header().Set("X-Sum", "s"+r.Trailer.Get("X-Up"))
		protos <- r.Proto + " " + r.Host
	}))
	upstream.EnableHTTP2 = true
	upstream.StartTLS()
	defer upstream.Close()
	tap := start(t, upstream.URL, trusting(t, upstream))
	host, _ := url.Parse(upstream.URL)
	for name, header := range map[string]string{
		"plain":          "",
		"offer of http2": "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
		"websocket":      "Connection: Upgrade\r\nUpgrade: websocket\r\n",
	} {
		got := exchange(t, tap.addr, "POST /a HTTP/1.1\r\nHost: x\r\n"+header+"Trailer: X-Up\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Up: 42\r\n\r\n")
		if proto := soon(t, "request", protos); proto != "HTTP/1.1 "+host.Host {
			t.Errorf("%s: upstream is spoken to in %q, want HTTP/1.1 %s", name, proto, host.Host)
		}
		if got.Body != "abc" || got.Trailer.Get("X-Sum") != "s42" {
			t.Errorf("%s: got body %q and trailer %v, want abc and s42", name, got.Body, got.Trailer)
		}
	}
}

// trusting makes a tap trust the certificate of upstream.
func trusting(t *testing.T, upstream *httptest.Server) func(*Options) {
	t.Helper()
	u, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	d := newDialer(u)
	d.tls.RootCAs = upstream.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	return func(o *Options) { o.Dial = d.dial }
}
