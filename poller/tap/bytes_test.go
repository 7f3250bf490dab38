package tap

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// A shape is an exchange as its bytes. HOST stands for the address that the client
// connects to, UP for that of the upstream. A line end is written as \n, and sent as
// CRLF; \l is sent as LF, \r as CR.
type shape struct {
	name, request, response string
	// What arrives through the tap, where it is not what arrives directly. Each is
	// in the list of the package's documentation.
	up, down string
}

const (
	get200  = "GET /a HTTP/1.1\nHost: HOST\n\n"
	post200 = "POST /inference HTTP/1.1\nHost: HOST\nContent-Length: 2\n\n{}"
	ok      = "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"
)

// requestShapes are requests that are answered with ok.
var requestShapes = []shape{
	{name: "plain", request: get200},
	{name: "order and case of headers", request: "GET / HTTP/1.1\nzeta: 1\nhOsT: HOST\nALPHA: 2\nUser-agent: load/1\naccept: */*\n\n"},
	{name: "no user agent", request: "GET / HTTP/1.1\nHost: HOST\nAccept: a\n\n"},
	{name: "credentials", request: "GET / HTTP/1.1\nHost: HOST\nX-API-Key: " + key + "\nAuthorization: Bearer " + key + "\nCookie: a=b\n\n"},
	{name: "proxy credentials", request: "GET / HTTP/1.1\nHost: HOST\nProxy-Authorization: Basic eA==\nProxy-Connection: keep-alive\n\n"},
	{name: "forwarding", request: "GET / HTTP/1.1\nHost: HOST\nX-Forwarded-For: 10.0.0.1\nVia: 1.1 x\nForwarded: for=10.0.0.1\n\n"},
	{name: "repeated headers", request: "GET / HTTP/1.1\nHost: HOST\nX-A: 1\nX-B: 0\nX-A: 2\nx-a: \n\n"},
	{name: "blanks in values", request: "GET / HTTP/1.1\nHost: HOST\nX-A:1\nX-B:   2  \t \nX-C:\t3\nX-D:\nX-E: a  b\n\n"},
	{name: "odd names", request: "GET / HTTP/1.1\nHost: HOST\n!#$%&'*+-.^_`|~9: x\n_under_score: y\n\n"},
	{name: "UTF-8 and Latin-1 in values", request: "GET / HTTP/1.1\nHost: HOST\nX-A: ä€\nX-B: \xe4\n\n"},
	{name: "tab and escape in values", request: "GET / HTTP/1.1\nHost: HOST\nX-A: a\tb\x1b[0m\x7f\n\n"},
	{name: "keep-alive", request: "GET / HTTP/1.1\nHost: HOST\nConnection: keep-alive\nKeep-Alive: timeout=5\n\n"},
	{name: "close", request: "GET / HTTP/1.1\nHost: HOST\nConnection: close\n\n"},
	{name: "connection options", request: "GET / HTTP/1.1\nHost: HOST\nConnection: TE, X-Hop\nTE: trailers, deflate\nX-Hop: 1\n\n"},
	{name: "encodings", request: "GET / HTTP/1.1\nHost: HOST\nAccept-Encoding: gzip;q=0, br, zstd, *\n\n"},
	{name: "range", request: "GET / HTTP/1.1\nHost: HOST\nRange: bytes=0-4, -1\nIf-Range: \"x\"\n\n"},
	{name: "a hundred headers", request: "GET / HTTP/1.1\nHost: HOST\n" + strings.Repeat("X-Many: value\n", 100) + "\n"},
	{name: "a long value", request: "GET / HTTP/1.1\nHost: HOST\nX-Long: " + strings.Repeat("x", 100_000) + "\n\n"},
	{name: "a long path", request: "GET /" + strings.Repeat("a/", 20_000) + " HTTP/1.1\nHost: HOST\n\n"},
	{name: "query", request: "GET /a?x=1&y=%20+2 HTTP/1.1\nHost: HOST\n\n"},
	{name: "odd query", request: "GET /a?x=1;y=%zz&=&&q?/#|\"<>{}^` HTTP/1.1\nHost: HOST\n\n"},
	{name: "empty query", request: "GET /a? HTTP/1.1\nHost: HOST\n\n"},
	{name: "slash escaped", request: "GET /a%2Fb/%2f HTTP/1.1\nHost: HOST\n\n"},
	{name: "needless escapes", request: "GET /%61%2D%7E/%41 HTTP/1.1\nHost: HOST\n\n"},
	{name: "mixed escapes", request: "GET /%c3%A4/%20/+ HTTP/1.1\nHost: HOST\n\n"},
	{name: "broken escapes", request: "GET /100%/%zz/%1 HTTP/1.1\nHost: HOST\n\n"},
	{name: "characters to escape", request: "GET /a|b\\c^d`e{f}g\"h<i> HTTP/1.1\nHost: HOST\n\n"},
	{name: "non-ASCII path", request: "GET /ä/\xe4/€ HTTP/1.1\nHost: HOST\n\n"},
	{name: "path parameters", request: "GET /c:d;e=1,2/@x!$'()* HTTP/1.1\nHost: HOST\n\n"},
	{name: "double slashes", request: "GET //a//b/ HTTP/1.1\nHost: HOST\n\n"},
	{name: "a host in the path", request: "GET //evil.example/a HTTP/1.1\nHost: HOST\n\n"},
	{name: "dot segments", request: "GET /a/../b/./c/%2e%2e/d HTTP/1.1\nHost: HOST\n\n"},
	{name: "fragment", request: "GET /a#b HTTP/1.1\nHost: HOST\n\n"},
	{name: "HEAD", request: "HEAD /a HTTP/1.1\nHost: HOST\n\n", response: "HTTP/1.1 200 OK\nContent-Length: 2\n\n"},
	{name: "OPTIONS", request: "OPTIONS /a HTTP/1.1\nHost: HOST\nOrigin: http://x\n\n"},
	{name: "OPTIONS for the server", request: "OPTIONS * HTTP/1.1\nHost: HOST\n\n"},
	{name: "TRACE", request: "TRACE /a HTTP/1.1\nHost: HOST\n\n"},
	{name: "unknown method", request: "BREW-it /pot HTTP/1.1\nHost: HOST\n\n"},
	{name: "lower-case method", request: "get / HTTP/1.1\nHost: HOST\n\n"},
	{name: "POST", request: post200},
	{name: "POST of nothing", request: "POST / HTTP/1.1\nHost: HOST\nContent-Length: 0\n\n"},
	{name: "POST without a length", request: "POST / HTTP/1.1\nHost: HOST\n\n"},
	{name: "length with zeros", request: "POST / HTTP/1.1\nHost: HOST\nContent-Length: 0003\n\nabc"},
	{name: "binary body", request: "PUT / HTTP/1.1\nHost: HOST\nContent-Length: 6\n\n\x00\xff\\l\\r\\l\x80"},
	{name: "PATCH", request: "PATCH / HTTP/1.1\nHost: HOST\nContent-Length: 1\n\nx"},
	{name: "DELETE with a body", request: "DELETE / HTTP/1.1\nHost: HOST\nContent-Length: 2\n\nab"},
	{name: "GET with a body", request: "GET / HTTP/1.1\nHost: HOST\nContent-Length: 2\n\nab"},
	{name: "HEAD with a body", request: "HEAD / HTTP/1.1\nHost: HOST\nContent-Length: 2\n\nab", response: "HTTP/1.1 204 No Content\n\n"},
	{name: "a large body", request: "POST / HTTP/1.1\nHost: HOST\nContent-Length: 300004\n\n" + strings.Repeat("abc", 100_000) + "last"},
	{name: "chunks", request: "POST / HTTP/1.1\nHost: HOST\nTransfer-Encoding: chunked\n\n3\nabc\n2\nde\n0\n\n"},
	{name: "no chunk", request: "POST / HTTP/1.1\nHost: HOST\nTransfer-Encoding: chunked\n\n0\n\n"},
	{name: "sizes of chunks", request: "POST / HTTP/1.1\nHost: HOST\nTransfer-Encoding: chunked\n\n0003\nabc\nA\n0123456789\na \n0123456789\n000\n\n"},
	{name: "extensions of chunks", request: "POST / HTTP/1.1\nHost: HOST\nTransfer-Encoding: chunked\n\n3;a=1;b=\"x y\"\nabc\n0;last\n\n"},
	{name: "case of chunked", request: "POST / HTTP/1.1\nHost: HOST\ntransfer-encoding: Chunked\n\n1\na\n0\n\n"},
	{name: "trailers", request: "POST / HTTP/1.1\nHost: HOST\nTrailer: X-Sum\nTransfer-Encoding: chunked\n\n3\nabc\n0\nX-Sum: 42\nx-more:1\n\n"},
	{name: "large chunks", request: "POST / HTTP/1.1\nHost: HOST\nTransfer-Encoding: chunked\n\n30d40\n" + strings.Repeat("ab", 100_000) + "\n0\n\n"},
	{name: "HTTP/1.0", request: "GET /a HTTP/1.0\nHost: HOST\n\n"},
	{name: "HTTP/1.0 without a host", request: "GET /a HTTP/1.0\n\n"},
	{name: "HTTP/1.0, keep-alive", request: "POST /a HTTP/1.0\nHost: HOST\nConnection: keep-alive\nContent-Length: 1\n\na"},
	{name: "expect", request: "POST /a HTTP/1.1\nHost: HOST\nExpect: 100-continue\nContent-Length: 3\n\nabc", response: "HTTP/1.1 100 Continue\n\n" + ok},
	{name: "unknown expectation", request: "POST /a HTTP/1.1\nHost: HOST\nExpect: tea\nContent-Length: 3\n\nabc", response: "HTTP/1.1 417 No tea\nContent-Length: 0\n\n"},
	{name: "upgrade refused", request: "GET /a HTTP/1.1\nHost: HOST\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Key: y\n\n"},
	{name: "upgrade with early bytes", request: "GET /a HTTP/1.1\nHost: HOST\nConnection: Upgrade\nUpgrade: x/1\n\n", response: "HTTP/1.1 101 Switching\nUpgrade: x/1\nConnection: Upgrade\n\n\x00bytes\n\nthat follow"},

	{name: "absolute form", request: "GET http://HOST/a?b HTTP/1.1\nHost: HOST\n\n", up: "GET /a?b HTTP/1.1\nHost: UP\n\n"},
	{name: "absolute form without a path", request: "GET HTTP://HOST HTTP/1.1\nHost: HOST\n\n", up: "GET / HTTP/1.1\nHost: UP\n\n"},
	{name: "blanks around the host", request: "GET / HTTP/1.1\nHost:  HOST \n\n", up: "GET / HTTP/1.1\nHost: UP\n\n"},
	{name: "another host", request: "GET / HTTP/1.1\nHost: evil.example\n\n", up: "GET / HTTP/1.1\nHost: UP\n\n"},
	{name: "offer of HTTP/2", request: "GET /a HTTP/1.1\nHost: HOST\nConnection: Upgrade, HTTP2-Settings\nUpgrade: h2c\nHTTP2-Settings: AAMAAABk\n\n", up: "GET /a HTTP/1.1\nHost: UP\n\n"},
	{name: "bare LF in the head", request: "GET /a HTTP/1.1\\lHost: HOST\\lX-A: 1\\l\\l", up: "GET /a HTTP/1.1\nHost: UP\nX-A: 1\n\n"},
	{name: "empty lines before", request: "\n\\lGET /a HTTP/1.1\nHost: HOST\n\n", up: "GET /a HTTP/1.1\nHost: UP\n\n"},
}

// responseShapes are responses to a GET, or to the request that is given.
var responseShapes = []shape{
	{name: "nothing added", response: "HTTP/1.1 200 OK\nContent-Length: 15\n\n<html>hi</html>"},
	{name: "order and case of headers", response: "HTTP/1.1 200 OK\nzeta: 1\nSERVER: x\ndate: Wed, 17 Jun 2026 12:00:00 GMT\ncontent-length: 2\nAlpha: 2\n\nab"},
	{name: "blanks in values", response: "HTTP/1.1 200 OK\nX-A:1\nX-B:   2  \nX-C:\nContent-Length:2  \n\nab"},
	{name: "folded header", response: "HTTP/1.1 200 OK\nX-A: a\n b\nContent-Length: 2\n\nab"},
	{name: "UTF-8 and Latin-1 in values", response: "HTTP/1.1 200 OK\nX-A: ä€\nX-B: \xe4\nContent-Length: 2\n\nab"},
	{name: "bare LF in the head", response: "HTTP/1.1 200 OK\\lContent-Length: 2\\l\\lab"},
	{name: "repeated headers", response: "HTTP/1.1 200 OK\nSet-Cookie: a=1\nX: 0\nSet-Cookie: b=2\nContent-Length: 2\n\nab"},
	{name: "repeated length", response: "HTTP/1.1 200 OK\nContent-Length: 2\nContent-Length: 2\n\nab"},
	{name: "connection options", response: "HTTP/1.1 200 OK\nConnection: close, X-Hop\nX-Hop: 1\nKeep-Alive: timeout=5\nProxy-Connection: x\nContent-Length: 2\n\nab"},
	{name: "until the end", response: "HTTP/1.1 200 OK\nContent-Type: text/plain\n\nall of it\n\n"},
	{name: "until the end, large", response: "HTTP/1.1 200 OK\n\n" + strings.Repeat("x", 200_000)},
	{name: "nothing until the end", response: "HTTP/1.1 200 OK\n\n"},
	{name: "HTTP/1.0", response: "HTTP/1.0 200 OK\n\nall of it"},
	{name: "HTTP/1.0, keep-alive", response: "HTTP/1.0 200 OK\nConnection: keep-alive\nContent-Length: 2\n\nab"},
	{name: "large", response: "HTTP/1.1 200 OK\nContent-Length: 300000\n\n" + strings.Repeat("abc", 100_000)},
	{name: "a large head", response: "HTTP/1.1 200 OK\n" + strings.Repeat("X-Many: value\n", 5_000) + "Content-Length: 2\n\nab"},
	{name: "gzip", response: "HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: 3\n\n\x1f\x8b\x08"},
	{name: "chunks", response: "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nabc\n2\nde\n0\n\n"},
	{name: "extensions of chunks", response: "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n0003;a=\"b\"\nabc\nA\n0123456789\n00\n\n"},
	{name: "trailers", response: "HTTP/1.1 200 OK\nTrailer: X-Sum\nTransfer-Encoding: chunked\n\n3\nabc\n0\nX-Sum: 42\n\n"},
	{name: "undeclared trailers", response: "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nabc\n0\nx-sum:42\nServer-Timing: a;dur=1\n\n"},
	{name: "other encodings than chunked", response: "HTTP/1.1 200 OK\nTransfer-Encoding: gzip\n\n\x1f\x8b\x08"},
	{name: "gzip, chunked", response: "HTTP/1.1 200 OK\nTransfer-Encoding: gzip, chunked\n\n3\n\x1f\x8b\x08\n0\n\n"},
	{name: "events", response: "HTTP/1.1 200 OK\nContent-Type: text/event-stream\nTransfer-Encoding: chunked\n\na\ndata: 1\\l\\lx\n0\n\n"},
	{name: "multipart", response: "HTTP/1.1 206 Partial Content\nContent-Type: multipart/byteranges; boundary=x\nContent-Length: 13\n\n--x\n\na\n--x"},
	{name: "no reason", response: "HTTP/1.1 200 \nContent-Length: 0\n\n"},
	{name: "no blank after the status", response: "HTTP/1.1 200\nContent-Length: 0\n\n"},
	{name: "another reason", response: "HTTP/1.1 200 Fine by me\nContent-Length: 0\n\n"},
	{name: "unknown status", response: "HTTP/1.1 529 Overloaded\nContent-Length: 0\n\n"},
	{name: "status of three digits", response: "HTTP/1.1 999 Blocked \xe4\nContent-Length: 0\n\n"},
	{name: "created", response: "HTTP/1.1 201 Created\nLocation: http://UP/a/1\nContent-Length: 0\n\n", request: post200},
	{name: "no content", response: "HTTP/1.1 204 No Content\n\n"},
	{name: "no content, with a length", response: "HTTP/1.1 204 No Content\nContent-Length: 0\n\n"},
	{name: "no content, with a wrong length", response: "HTTP/1.1 204 No Content\nContent-Length: 5\n\n"},
	{name: "reset content", response: "HTTP/1.1 205 Reset Content\nContent-Length: 0\n\n"},
	{name: "not modified", response: "HTTP/1.1 304 Not Modified\nETag: \"x\"\n\n"},
	{name: "not modified, with a length", response: "HTTP/1.1 304 Not Modified\nContent-Length: 300\nContent-Type: text/plain\n\n"},
	{name: "HEAD", request: "HEAD / HTTP/1.1\nHost: HOST\n\n", response: "HTTP/1.1 200 OK\nContent-Length: 300\n\n"},
	{name: "HEAD, chunked", request: "HEAD / HTTP/1.1\nHost: HOST\n\n", response: "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n"},
	{name: "HEAD, no length", request: "HEAD / HTTP/1.1\nHost: HOST\n\n", response: "HTTP/1.1 404 Not Found\n\n"},
	{name: "unauthorized", response: "HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Bearer\nWWW-Authenticate: Basic realm=\"x\"\nContent-Length: 2\n\n{}"},
	{name: "proxy authentication", response: "HTTP/1.1 407 Proxy Authentication Required\nProxy-Authenticate: Basic realm=\"x\"\nProxy-Authentication-Info: y\nContent-Length: 0\n\n"},
	{name: "rate limited", request: post200, response: "HTTP/1.1 429 Too Many Requests\nretry-after: 7\nX-RateLimit-Limit: 200\nContent-Length: 17\n\n{\"detail\":\"Rate\"}"},
	{name: "rate limited, chunked", request: post200, response: "HTTP/1.1 429 Slow Down\nRetry-After: 7\nTransfer-Encoding: chunked\n\n5\n{\"det\nc\nail\":\"Rate\"}\n0\n\n"},
	{name: "a large refusal", request: post200, response: "HTTP/1.1 403 Forbidden\nContent-Length: 100000\n\n" + strings.Repeat("x", 100_000)},
	{name: "server error", request: post200, response: "HTTP/1.1 500 Oops\nTransfer-Encoding: chunked\n\n2\n{}\n0\n\n"},
	{name: "continue unasked", response: "HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\nContent-Length: 8\n\n{\"a\": 1}"},
	{name: "early hints", response: "HTTP/1.1 103 Early Hints\nLink: </a>\n\nHTTP/1.1 200 OK\nContent-Length: 15\n\n<html>hi</html>"},
	{name: "processing, then hints twice", response: "HTTP/1.1 102 Processing\n\nHTTP/1.1 103 Early\nLink: </a>\n\nHTTP/1.1 103 Early\nLink: </b>\nDate: x\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\nab"},
	{name: "unknown interim", response: "HTTP/1.1 199 Hm\nX-A: b\n\nHTTP/1.1 204 No Content\n\n"},
	{name: "switching", request: "GET /a HTTP/1.1\nHost: HOST\nUpgrade: x\nConnection: upgrade\n\n", response: "HTTP/1.1 101 As you wish\nUpgrade: x\n\nbytes\x00\xff"},
	{name: "redirect elsewhere", response: "HTTP/1.1 307 Temporary Redirect\nlocation: https://elsewhere.example/a\nContent-Length: 0\n\n"},
	{name: "redirect to another port", response: "HTTP/1.1 302 Found\nLocation: http://127.0.0.1:1/a\nContent-Length: 0\n\n"},
	{name: "redirect to another scheme", response: "HTTP/1.1 302 Found\nLocation: https://UP/a\nContent-Length: 0\n\n"},
	{name: "redirect with a user", response: "HTTP/1.1 302 Found\nLocation: http://UP@elsewhere.example/a\nContent-Length: 0\n\n"},
	{name: "relative redirect", response: "HTTP/1.1 303 See Other\nLocation:../b?c#d\nContent-Length: 0\n\n"},
	{name: "broken redirect", response: "HTTP/1.1 302 Found\nLocation: http://UP:x/%zz\nContent-Length: 0\n\n"},
	{name: "content location", response: "HTTP/1.1 200 OK\nContent-Location: http://UP/a\nLocation: http://UP/b\nContent-Length: 0\n\n"},

	{name: "redirect within", response: "HTTP/1.1 308 Permanent Redirect\nlocation:  http://UP/a%2Fb?c=d#e\nX-A:1\nContent-Length: 2\n\nab",
		down: "HTTP/1.1 308 Permanent Redirect\nLocation: /a%2Fb?c=d#e\nX-A:1\nContent-Length: 2\n\nab"},
	{name: "redirect to the root", response: "HTTP/1.1 302 Found\nLocation: HTTP://UP\nContent-Length: 0\n\n",
		down: "HTTP/1.1 302 Found\nLocation: /\nContent-Length: 0\n\n"},
	{name: "redirect without a scheme", response: "HTTP/1.1 302 Found\nLocation: //UP/a\nContent-Length: 0\n\n",
		down: "HTTP/1.1 302 Found\nLocation: /a\nContent-Length: 0\n\n"},
	{name: "redirect to what looks like a host", response: "HTTP/1.1 302 Found\nLocation: http://UP//evil.example/a\nContent-Length: 0\n\n",
		down: "HTTP/1.1 302 Found\nLocation: /.//evil.example/a\nContent-Length: 0\n\n"},
	{name: "more than its length", response: "HTTP/1.1 200 OK\nContent-Length: 2\n\nabcd", down: "HTTP/1.1 200 OK\nContent-Length: 2\n\nab"},
	{name: "body where none can be", response: "HTTP/1.1 204 No Content\nTransfer-Encoding: chunked\n\n0\n\n", down: "HTTP/1.1 204 No Content\nTransfer-Encoding: chunked\n\n"},
	{name: "length and chunks", response: "HTTP/1.1 200 OK\nContent-Length: 5\nX-A:  1\nTransfer-Encoding: chunked\n\n2\nab\n0\n\n",
		down: "HTTP/1.1 200 OK\nX-A:  1\nTransfer-Encoding: chunked\n\n2\nab\n0\n\n"},
}

// TestBytes has a client send bytes to an upstream that answers with bytes and
// closes the connection, directly and through the tap. Both sides must get the same
// bytes, but for what the package's documentation lists.
//
// With nginx 1.22 instead of the tap (proxy_http_version 1.1, no buffering, keep-alive),
// 34 of the 135 requests and all of the responses differ: it removes Connection, TE,
// Expect, Upgrade and headers with odd names; reads chunked requests whole and
// gives them a length; refuses broken escapes, TRACE, unknown methods and folded
// lines; adds Server, Date and Connection, after an interim response to that one; and
// drops trailers.
func TestBytes(t *testing.T) {
	upstream := newRawUpstream(t)
	tap := start(t, "http://"+upstream.addr)
	for _, s := range append(requestShapes, responseShapes...) {
		t.Run(s.name, func(t *testing.T) {
			directUp, directDown := upstream.exchange(t, s, upstream.addr, false)
			up, down := upstream.exchange(t, s, tap.addr, false)
			if s.up != "" {
				directUp = raw(s.up, tap.addr, upstream.addr)
			}
			if s.down != "" {
				directDown = raw(s.down, tap.addr, upstream.addr)
			}
			if up != directUp {
				t.Errorf("the upstream gets\n%.2000q, want\n%.2000q", up, directUp)
			}
			if down != directDown {
				t.Errorf("the client gets\n%.2000q, want\n%.2000q", down, directDown)
			}
		})
	}
	tap.waitCalls(t, len(requestShapes)+len(responseShapes))
}

// TestHalfClosed has a client that sends no more after its request: it gets its
// response, and the upstream is told as it is told directly.
func TestHalfClosed(t *testing.T) {
	upstream := newRawUpstream(t)
	tap := start(t, "http://"+upstream.addr)
	for _, s := range []shape{
		{request: get200, response: ok},
		{request: post200, response: "HTTP/1.1 100 Continue\n\n" + ok},
		{request: post200, response: "HTTP/1.1 200 OK\n\n" + strings.Repeat("x", 100_000)},
		{request: "GET /a HTTP/1.1\nHost: HOST\nUpgrade: x\n\n", response: "HTTP/1.1 101 Yes\nUpgrade: x\n\nbytes"},
	} {
		wantUp, wantDown := upstream.exchange(t, s, upstream.addr, true)
		up, down := upstream.exchange(t, s, tap.addr, true)
		if up != wantUp || down != wantDown {
			t.Errorf("got %q, %q, want %q, %q", up, down, wantUp, wantDown)
		}
	}
	for _, call := range tap.waitCalls(t, 4) {
		if call.Status == 0 {
			t.Errorf("reported %+v, want the status", call)
		}
	}
}

// raw writes out a shape's text.
func raw(text, host, up string) string {
	return strings.NewReplacer("\n", "\r\n", `\l`, "\n", `\r`, "\r", "HOST", host, "UP", up).Replace(text)
}

// A rawUpstream answers one connection at a time, as it is told.
type rawUpstream struct {
	addr  string
	conns chan net.Conn
}

func newRawUpstream(t *testing.T) *rawUpstream {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u := &rawUpstream{ln.Addr().String(), make(chan net.Conn)}
	done := make(chan struct{})
	t.Cleanup(func() { ln.Close(); close(done) })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			select {
			case u.conns <- conn:
			case <-done:
				conn.Close()
			}
		}
	}()
	return u
}

// exchange sends the request of a shape to addr, answers it, and returns what
// arrives at the upstream and at the client.
func (u *rawUpstream) exchange(t *testing.T, s shape, addr string, half bool) (up, down string) {
	t.Helper()
	if s.request == "" {
		s.request = get200
	}
	if s.response == "" {
		s.response = ok
	}
	request := raw(s.request, addr, u.addr)
	client, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	_ = client.SetDeadline(time.Now().Add(patience))
	go func() {
		if _, err := io.WriteString(client, request); err != nil {
			t.Error(err)
		}
		if half {
			_ = client.(*net.TCPConn).CloseWrite()
		}
	}()
	conn := soon(t, "connection", u.conns)
	_ = conn.SetDeadline(time.Now().Add(patience))
	last := request[len(request)-4:] // of the request, which it has nowhere else
	ended := func(got []byte) bool {
		end := string(got[max(0, len(got)-4):])
		return end == last || strings.HasSuffix(last, "\n\n") && end == "\r\n\r\n"
	}
	got, buf := []byte(nil), make([]byte, 64<<10)
	for !ended(got) {
		n, err := conn.Read(buf)
		if got = append(got, buf[:n]...); err != nil {
			t.Fatalf("the upstream gets %.2000q, then %v", got, err)
		}
	}
	if half {
		n, err := conn.Read(buf)
		got = fmt.Appendf(got, " then %q, %v", buf[:n], err)
	}
	if _, err := io.WriteString(conn, raw(s.response, addr, u.addr)); err != nil {
		t.Error(err)
	}
	conn.Close()
	b, err := io.ReadAll(client)
	if err != nil {
		t.Errorf("the client gets %.2000q, then %v", b, err)
	}
	return string(got), string(b)
}
