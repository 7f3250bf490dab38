package tap

import (
	"bufio"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Clients of an API that speaks HTTP/2 only are told so, and what to do; it is not said
// of one that chose HTTP/1.1 and fails.
func TestUpstreamOfHTTP2(t *testing.T) {
	settings := func(c net.Conn) {
		_, _ = c.Write([]byte("\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64"))
	}
	hangUp := func(net.Conn) {}
	garble := func(c net.Conn) { _, _ = c.Write([]byte("\x00\x00\x06\x05\x00\x00\x00\x00\x00")) }
	for name, tt := range map[string]struct {
		protos []string // that the server has; nil for one without TLS
		answer func(net.Conn)
		http2  bool
	}{
		"refuses the handshake":          {[]string{"h3"}, hangUp, true},
		"ends the connection":            {[]string{"h2"}, hangUp, true},
		"answers in HTTP/2":              {[]string{"h2"}, settings, true},
		"answers in HTTP/2, without TLS": {nil, settings, true},
		"HTTP/1.1, ends the connection":  {[]string{"h2", "http/1.1"}, hangUp, false},
		"ends the connection, no TLS":    {nil, hangUp, false},
		"garbles":                        {nil, garble, false},
	} {
		t.Run(name, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			addr := ln.Addr().String()
			secure := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate
			defer secure.Close()
			scheme, options := "http://", []func(*Options){}
			if tt.protos != nil {
				scheme, options = "https://", append(options, func(o *Options) {
					d := newDialer(&url.URL{Scheme: "https", Host: addr})
					d.tls.RootCAs = secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
					o.Dial = d.dial
				})
				ln = tls.NewListener(ln, &tls.Config{Certificates: secure.TLS.Certificates, NextProtos: tt.protos})
			}
			defer ln.Close()
			go func() {
				for {
					c, err := ln.Accept()
					if err != nil {
						return
					}
					if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
						tt.answer(c)
					}
					_ = c.Close()
				}
			}()
			tap := start(t, scheme+addr, options...)
			got := exchange(t, tap.addr, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
			if got.Status != http.StatusBadGateway || strings.Contains(got.Body, "HTTP/2") != tt.http2 || strings.Contains(got.Body, "--tail") != tt.http2 {
				t.Errorf("%d: %s, want HTTP/2 and what to do about it: %t", got.Status, got.Body, tt.http2)
			}
		})
	}
}
