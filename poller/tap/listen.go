package tap

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"syscall"

	"quotatop/poller/pioneer"
)

// Listen listens on addr, e.g. "127.0.0.1:8429", for a tap. Anyone who can reach
// a tap can use it, so an address without a host, e.g. ":8429", is on loopback;
// to use other interfaces, name one or "0.0.0.0". The error is an *AddressError if
// nobody can listen on such an address here.
func Listen(addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, &AddressError{fmt.Errorf("address %q: write it like 127.0.0.1:8429", addr)}
	}
	if host == "" {
		host = "127.0.0.1"
	}
	ln, err := net.Listen("tcp", net.JoinHostPort(host, port))
	switch {
	case err == nil:
		return ln, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("port %s is in use: stop the program that listens there, or choose another port: %w", port, err)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("no permission to listen on port %s: choose one from 1024 up: %w", port, err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, &AddressError{fmt.Errorf("%s is not an address of this machine: use 127.0.0.1: %w", host, err)}
	}
	return nil, &AddressError{fmt.Errorf("cannot listen on %q: write it like 127.0.0.1:8429: %w", addr, err)}
}

// An AddressError is the error of an address that is mistaken, not just taken.
type AddressError struct{ error }

// Unwrap returns the error of the system.
func (e *AddressError) Unwrap() error { return e.error }

// IsOpen reports whether others than this machine may connect to a listener at
// addr.
func IsOpen(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && !tcp.IP.IsLoopback()
}

// leadsTo reports whether requests to upstream arrive at the listener at own: such
// a tap would forward to itself without end.
func leadsTo(upstream *url.URL, own net.Addr) bool {
	addr, ok := own.(*net.TCPAddr)
	if !ok {
		return false
	}
	port := upstream.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[upstream.Scheme]
	}
	if port != strconv.Itoa(addr.Port) {
		return false
	}
	if pioneer.IsLoopback(upstream.Hostname()) {
		return addr.IP.IsLoopback() || addr.IP.IsUnspecified()
	}
	ip := net.ParseIP(upstream.Hostname())
	return ip != nil && ip.Equal(addr.IP)
}
