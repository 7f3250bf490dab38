package tap

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// cannotReach says in one line that a request got no response, and why.
func (t *Tap) cannotReach(out *http.Request, err error) string {
	text := "cannot reach " + t.upstream.Host
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "proxyconnect" {
		text += " by the proxy that the environment names"
	}
	return text + ": " + cut(secretsOf(out.Header).redact(reason(err)), maxReason)
}

const maxReason = 120

// reason says in a few words why there was no response.
func reason(err error) string {
	var (
		lookup      *net.DNSError
		certificate *tls.CertificateVerificationError
		alert       tls.AlertError
		errno       syscall.Errno
		timeout     net.Error
	)
	switch text := err.Error(); {
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return "no such host"
	case errors.As(err, &lookup):
		return "its name cannot be looked up"
	case errors.As(err, &certificate):
		return "its certificate is not valid"
	case errors.As(err, &alert):
		return alert.Error()
	case errors.As(err, &errno):
		return errno.Error()
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timed out"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "it speaks http, not https"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(text, "closed"):
		return "it closed the connection without a response"
	case strings.Contains(text, "malformed"): // and then repeats what came
		return "its response is not HTTP"
	default:
		return strings.ToValidUTF8(strings.Join(strings.Fields(text), " "), "?")
	}
}
