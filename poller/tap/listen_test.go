package tap

import (
	"net"
	"net/url"
	"strings"
	"testing"

	"quotatop/poller/pioneer"
)

func TestListen(t *testing.T) {
	taken, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for _, tt := range []struct{ addr, want string }{ // want: a host, or words of the error
		{":0", "127.0.0.1"},
		{"127.0.0.1:0", "127.0.0.1"},
		{"localhost:0", "127.0.0.1"},
		{taken.Addr().String(), "port " + port + " is in use: stop the program that listens there, or choose another port"},
		{":" + port, "port " + port + " is in use"},
		{"8429", `address "8429": write it like 127.0.0.1:8429`},
		{"", `address "": write it like`},
		{"http://127.0.0.1:8429", "write it like"},
		{"127.0.0.1:http-but-odd", "write it like"},
		{"127.0.0.1:99999", "write it like"},
		{"203.0.113.7:8429", "203.0.113.7 is not an address of this machine"},
	} {
		ln, err := Listen(tt.addr)
		if err != nil {
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Listen(%q): got %v, want %s", tt.addr, err, tt.want)
			}
			continue
		}
		if host, _, _ := net.SplitHostPort(ln.Addr().String()); host != tt.want {
			t.Errorf("Listen(%q): got %s, want %s", tt.addr, host, tt.want)
		}
		ln.Close()
	}
}

// TestListenEverywhere opens every interface only when told to.
func TestListenEverywhere(t *testing.T) {
	ln, err := Listen("0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if ip := ln.Addr().(*net.TCPAddr).IP; !ip.IsUnspecified() {
		t.Errorf("got %s, want all interfaces", ip)
	}
	own, err := Listen(":0")
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	upstream := &url.URL{Scheme: "https", Host: "api.example"}
	for _, tt := range []struct {
		ln   net.Listener
		note string
	}{{ln, "open to others at " + ln.Addr().String()}, {own, ""}} {
		tap := New(upstream, new(pioneer.Clock), Options{Listener: tt.ln})
		if _, health := tap.inbox.take(); health.Note != tt.note {
			t.Errorf("at %s the tap's note is %q, want %q", tt.ln.Addr(), health.Note, tt.note)
		}
	}
}
