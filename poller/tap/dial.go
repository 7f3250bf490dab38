package tap

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/net/proxy"
)

// Time limits of a connection to the upstream.
const (
	dialTimeout = 30 * time.Second
	tlsTimeout  = 10 * time.Second
)

// A dialer opens connections to the upstream, through the proxy that the
// environment sets for it if any. It offers HTTP/1.1 alone, which is what the
// clients of the tap speak: translated to HTTP/2, a message would not stay as it
// is.
type dialer struct {
	upstream *url.URL
	addr     string // host and port of the upstream
	tls      *tls.Config
	net.Dialer
}

func newDialer(upstream *url.URL) *dialer {
	return &dialer{
		upstream: upstream,
		addr:     net.JoinHostPort(upstream.Hostname(), portOf(upstream, upstream.Scheme)),
		tls: &tls.Config{
			ServerName:         upstream.Hostname(),
			NextProtos:         []string{"http/1.1"},
			ClientSessionCache: tls.NewLRUClientSessionCache(0),
		},
		Dialer: net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second},
	}
}

func (d *dialer) dial(ctx context.Context) (net.Conn, error) {
	via, err := http.ProxyFromEnvironment(&http.Request{URL: d.upstream})
	if err != nil {
		return nil, &net.OpError{Op: "proxyconnect", Net: "tcp", Err: err}
	}
	var conn net.Conn
	if via == nil {
		conn, err = d.DialContext(ctx, "tcp", d.addr)
	} else if conn, err = d.dialThrough(ctx, via); err != nil {
		err = &net.OpError{Op: "proxyconnect", Net: "tcp", Err: err}
	}
	if err != nil || d.upstream.Scheme == "http" {
		return conn, err
	}
	conn, err = secured(ctx, conn, d.tls)
	return conn, handshakeError(err)
}

// dialThrough connects to the upstream through a proxy.
func (d *dialer) dialThrough(ctx context.Context, via *url.URL) (net.Conn, error) {
	if via.Scheme == "socks5" || via.Scheme == "socks5h" {
		socks, err := proxy.FromURL(via, &d.Dialer)
		if err != nil {
			return nil, err
		}
		return socks.(proxy.ContextDialer).DialContext(ctx, "tcp", d.addr)
	}
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(via.Hostname(), portOf(via, via.Scheme)))
	if err != nil {
		return nil, err
	}
	if via.Scheme == "https" {
		if conn, err = secured(ctx, conn, &tls.Config{ServerName: via.Hostname(), NextProtos: []string{"http/1.1"}}); err != nil {
			return nil, err
		}
	}
	if err := d.connect(conn, via.User); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// connect asks the HTTP proxy at conn for a connection to the upstream.
func (d *dialer) connect(conn net.Conn, user *url.Userinfo) error {
	if err := conn.SetDeadline(time.Now().Add(dialTimeout)); err != nil {
		return err
	}
	ask := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: d.addr}, Host: d.addr, Header: http.Header{}}
	if user != nil {
		password, _ := user.Password()
		ask.SetBasicAuth(user.Username(), password)
		ask.Header["Proxy-Authorization"] = ask.Header["Authorization"]
		ask.Header.Del("Authorization")
	}
	if err := ask.Write(conn); err != nil {
		return err
	}
	// The upstream does not speak first, so nothing is left in the buffer.
	res, err := http.ReadResponse(bufio.NewReader(conn), ask)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return errors.New("it answered " + res.Status)
	}
	return conn.SetDeadline(time.Time{})
}

// secured makes a TLS connection of conn.
func secured(ctx context.Context, conn net.Conn, config *tls.Config) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, tlsTimeout)
	defer cancel()
	secure := tls.Client(conn, config)
	err := secure.HandshakeContext(ctx)
	if err == nil {
		return secure, nil
	}
	conn.Close()
	if header, ok := errors.AsType[tls.RecordHeaderError](err); ok && string(header.RecordHeader[:]) == "HTTP/" {
		err = http.ErrSchemeMismatch
	}
	return nil, err
}

// closeWrite tells the other side of conn that nothing more comes.
func closeWrite(conn net.Conn) {
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		_ = conn.Close()
		return
	}
	_ = half.CloseWrite()
	if secure, ok := conn.(*tls.Conn); ok {
		// Servers notice the end of the connection rather than that of TLS.
		closeWrite(secure.NetConn())
	}
}
