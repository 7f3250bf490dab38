package tap

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
)

// errHTTP2 is the error for an upstream that seems to speak HTTP/2 only.
var errHTTP2 = errors.New("it seems to speak HTTP/2 only, the tap HTTP/1.1: follow the run's log with --tail instead")

// noProtocol is the alert of a server that speaks none of the protocols that the client
// offers (RFC 7301, section 3.2).
const noProtocol = tls.AlertError(120)

// handshakeError returns errHTTP2 if that is what the error of a TLS handshake says.
func handshakeError(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" && op.Err.Error() == noProtocol.Error() {
		return errHTTP2
	}
	return err
}

// responseError returns errHTTP2 if the upstream seems to have answered in HTTP/2, or
// has chosen no protocol and closed the connection at the first request; else err.
func (c *conn) responseError(err error) error {
	if errors.Is(err, errNotHTTP) {
		if isSettings(c.out.buffered()) {
			return errHTTP2
		}
		return err
	}
	secure, ok := c.up.(*tls.Conn)
	closed := errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)
	if ok && closed && !c.answered && secure.ConnectionState().NegotiatedProtocol == "" {
		return errHTTP2
	}
	return err
}

// isSettings reports whether p begins with a SETTINGS frame, which is how a server's
// side of an HTTP/2 connection begins (RFC 9113, sections 3.4 and 4.1).
func isSettings(p []byte) bool {
	return len(p) >= 9 && p[0] == 0 && string(p[3:9]) == "\x04\x00\x00\x00\x00\x00"
}
