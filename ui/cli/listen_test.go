package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"quotatop/model"
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

// A file that is named twice, under whatever name, is followed once.
func TestTailTwice(t *testing.T) {
	newMachine(t)
	dir := t.TempDir()
	log, link := filepath.Join(dir, "run.log"), filepath.Join(dir, "link.log")
	if err := os.WriteFile(log, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(log, link); err != nil {
		t.Fatal(err)
	}
	line := fmt.Sprintf(`{"at":"%s","call":{"method":"POST","path":"/inference","status":200}}`+"\n", time.Now().UTC().Format(time.RFC3339))
	if err := os.WriteFile(log, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	url, _ := simulated(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	stderr := &strings.Builder{}
	var newest model.Snapshot
	out := writerFunc(func(text []byte) (int, error) {
		if err := json.Unmarshal(text, &newest); err != nil {
			t.Error(err)
		}
		if newest.Endpoints[1].Limits[0].Local.Or(0) > 0 {
			cancel()
		}
		return len(text), nil
	})
	Run(ctx, []string{"stream", "--config", os.DevNull, "--every", "100ms", "--base-url", url, "--tail", log, "--tail", link, "--tail", log + ":events"}, out, stderr)
	if got := newest.Endpoints[1].Limits[0].Local; got != model.Some(1) {
		t.Errorf("%v calls, want 1", got)
	}
	if got := stderr.String(); strings.Count(got, "this file is followed already") != 2 {
		t.Errorf("standard error: %s", got)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
