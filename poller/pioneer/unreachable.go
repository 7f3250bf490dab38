package pioneer

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
)

// maxReason bounds the reason that a request got no response, in bytes.
const maxReason = 120

// unreachable is the error of CannotReach.
type unreachable struct {
	text  string
	cause error
}

func (e *unreachable) Error() string { return e.text }
func (e *unreachable) Unwrap() error { return e.cause }

// CannotReach says in one line that a request to host got no response, and why:
// err is what the transport returned, which stays in the chain. The line does
// not show the request's URL nor its secrets.
func CannotReach(host string, err error, secrets ...string) error {
	text := "cannot reach " + host
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "proxyconnect" {
		text += " through the proxy set in the environment"
	}
	return &unreachable{text + ": " + NewGate(secrets...).Text(reason(err), maxReason), err}
}

// reason says in a few words why there was no response.
func reason(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // without the URL
	}
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
		return "its certificate is not valid: " + strings.TrimPrefix(certificate.Err.Error(), "x509: ")
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
	case strings.Contains(text, "malformed"): // and then repeats what came, as the next does
		return "its response is not HTTP"
	case strings.Contains(text, "Location"):
		return "its redirect cannot be read"
	default:
		return text
	}
}
