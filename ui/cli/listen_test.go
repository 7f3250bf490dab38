package cli

import (
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// A mistaken address is a mistake in the command line, one that is taken is not;
// an address that others can reach is pointed out.
func TestListen(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, tt := range []struct {
		addr, err string
		usage     bool
		note      string
	}{
		{addr: "9429", err: `metrics: address "9429": write it like 127.0.0.1`, usage: true},
		{addr: "", err: "write it like", usage: true},
		{addr: "127.0.0.1:http99", err: "write it like", usage: true},
		{addr: "127.0.0.1:99999", err: "write it like", usage: true},
		{addr: "192.0.2.1:9429", err: "192.0.2.1 is not an address of this machine", usage: true},
		{addr: taken.Addr().String(), err: "address already in use"},
		{addr: ":0"},
		{addr: "localhost:0"},
		{addr: "0.0.0.0:0", note: "quotatop: metrics: anyone who can reach [::]:"},
	} {
		cmd, stderr := &cobra.Command{}, &strings.Builder{}
		cmd.SetErr(stderr)
		ln, err := listen(cmd, "metrics", tt.addr, "read it")
		_, usage := errors.AsType[usageError](err)
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) || usage != tt.usage {
			t.Errorf("%q: got %v, usage error %v, want %q, %v", tt.addr, err, usage, tt.err, tt.usage)
		}
		if got := stderr.String(); (got == "") != (tt.note == "") || !strings.HasPrefix(got, tt.note) {
			t.Errorf("%q: says %q, want %q", tt.addr, got, tt.note)
		}
		if ln == nil {
			continue
		}
		if loopback := ln.Addr().(*net.TCPAddr).IP.IsLoopback(); loopback == (tt.note != "") {
			t.Errorf("%q listens at %s", tt.addr, ln.Addr())
		}
		_ = ln.Close()
	}
}
