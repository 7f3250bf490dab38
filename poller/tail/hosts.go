package tail

import (
	"bytes"
	"net"
	"net/netip"
	"strings"
)

// hosts are the hosts whose calls count, as in URLs, with or without a port.
// ":8429" stands for any host with this port. None at all means any host.
type hosts []string

// include reports whether a call to host counts. A server that writes a log
// names itself in it, so that its own addresses always count.
func (h hosts) include(host []byte, byServer bool) bool {
	if len(h) == 0 || len(host) == 0 {
		return true
	}
	for _, own := range h {
		if sameHost(own, host) {
			return true
		}
	}
	return byServer && isLocal(string(host))
}

// sameHost compares hosts. The port matters only if own has one, and the names
// of this machine are the same.
func sameHost(own string, host []byte) bool {
	if strings.EqualFold(own, string(host)) {
		return true
	}
	ownName, ownPort := splitPort(own)
	name, port := splitPort(string(host))
	if ownPort != "" && port != ownPort {
		return false
	}
	return ownName == "" || strings.EqualFold(ownName, name) || isLoopback(ownName) && isLoopback(name)
}

// splitPort splits a host from its port, if it has one. The ports of http and
// https are none.
func splitPort(host string) (name, port string) {
	name = host
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") && strings.Count(host[:i], ":") == strings.Count(bracketed(host), ":") {
		name, port = host[:i], host[i+1:]
	}
	if port == "443" || port == "80" {
		port = ""
	}
	return strings.Trim(name, "[]"), port
}

// bracketed is the part of a host within brackets: an IPv6 address.
func bracketed(host string) string {
	if end := strings.IndexByte(host, ']'); strings.HasPrefix(host, "[") && end > 0 {
		return host[:end]
	}
	return ""
}

func isLoopback(name string) bool {
	if strings.EqualFold(name, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && (ip.IsLoopback() || ip.IsUnspecified())
}

// isLocal reports whether a host is an address or a name within a local
// network.
func isLocal(host string) bool {
	name, _ := splitPort(host)
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.IsLoopback() || ip.IsUnspecified() || ip.IsPrivate() || ip.IsLinkLocalUnicast()
	}
	return !strings.Contains(name, ".") || strings.HasSuffix(name, ".local") || strings.HasSuffix(name, ".internal") || strings.HasSuffix(name, ".localhost")
}

// joinPort is the host of a URL that is written as a host and a port apart.
func joinPort(host, port []byte) []byte {
	if len(port) == 0 || bytes.IndexByte(host, ':') >= 0 {
		return host
	}
	return []byte(net.JoinHostPort(string(host), string(port)))
}
