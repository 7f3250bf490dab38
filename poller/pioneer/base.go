// Package pioneer is what belongs to the vendor's API: where it is, what its clock
// says, how its answers word a denial, and which texts must never be shown.
package pioneer

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// DefaultBaseURL is where the API is documented to be.
const DefaultBaseURL = "https://api.pioneer.ai"

// ParseBaseURL reads the address of the API. It refuses what would send the
// key in the clear: http to a host that is not this machine.
func ParseBaseURL(raw string) (*url.URL, error) {
	base, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		// The text may hold a password: do not repeat it.
		return nil, errors.New("base URL cannot be read: write it like " + DefaultBaseURL)
	}
	switch {
	case base.User != nil:
		return nil, errors.New("base URL holds a user or password: give the key by PIONEER_API_KEY or --key-file")
	case base.Scheme != "https" && base.Scheme != "http", base.Hostname() == "":
		return nil, fmt.Errorf("base URL %q is not one: write it like %s", raw, DefaultBaseURL)
	case base.RawQuery != "" || base.Fragment != "":
		return nil, fmt.Errorf("base URL %q has a query: give scheme, host and path only", base.Scheme+"://"+base.Host)
	case base.Scheme == "http" && !IsLoopback(base.Hostname()):
		return nil, fmt.Errorf("base URL %q would send the key unencrypted: use https (http is for this machine only)", raw)
	}
	base.Path = strings.TrimRight(base.Path, "/")
	base.RawPath = ""
	return base, nil
}

// IsLoopback reports whether a host name or address is this machine.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
