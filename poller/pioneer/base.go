// Package pioneer holds what is specific to the vendor's API: its address and
// clock, how to read a denial from a response, and how to make foreign text safe
// to show.
package pioneer

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// DefaultBaseURL is the documented address of the API.
const DefaultBaseURL = "https://api.pioneer.ai"

// ErrKeyInURL is the error of a base URL with a key in it, which would be shown
// wherever the URL is.
var ErrKeyInURL = errors.New("base URL contains an API key: pass the key in PIONEER_API_KEY or --key-file")

// ParseBaseURL parses the address of the API. It refuses a URL that would send
// the key unencrypted: http to any host but this machine.
func ParseBaseURL(raw string) (*url.URL, error) {
	base, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		// The text may hold a password: do not repeat it.
		return nil, errors.New("cannot parse the base URL: write it like " + DefaultBaseURL)
	}
	switch {
	case Holds(raw):
		return nil, ErrKeyInURL
	case base.User != nil:
		return nil, errors.New("base URL contains a user or password: pass the key in PIONEER_API_KEY or --key-file")
	case base.Scheme != "https" && base.Scheme != "http", base.Hostname() == "":
		return nil, fmt.Errorf("base URL %q is not an http or https URL: write it like %s", raw, DefaultBaseURL)
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

// Hosts returns the hosts at which the API has been documented, the newest last.
func Hosts() []string { return []string{"api.pioneer.ai", "api.fastino.ai"} }
