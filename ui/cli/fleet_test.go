package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"quotatop/model"
	"quotatop/poller/fleet"
	"quotatop/ui/cli/clitest"
)

// A mistake about the fleet is a mistake in the command line, in one line that repeats no
// password.
func TestFleetMistakes(t *testing.T) {
	newMachine(t)
	for line, want := range map[string]string{
		"once --fleet http://me:secretword@broker":     `--fleet: broker's URL: scheme "http": use nats, tls, ws or wss`,
		"stream --publish nats://me:secretword@b/path": "--publish: broker's URL: write it like nats://broker:4222",
		"once --fleet nats://broker --run a.b":         `--run: name "a.b": use letters, digits, - and _ only`,
		"stream --publish nats://broker":               "--publish publishes the calls that a tap or a tail sees: give --tap or --tail, too",
		"tap --publish nats://broker --egress nat/1":   `--egress: name "nat/1"`,
		"fleet init":                             "which broker? quotatop fleet init nats://broker:4222",
		"fleet status a b":                       "takes one URL",
		"fleet purge nats://me:secretword@bro/k": "broker's URL: write it like",
		"fleet purge nats://broker --run a.b":    "--run: name",
		"fleet statsu":                           "did you mean status?",
	} {
		stderr := &strings.Builder{}
		code := Run(t.Context(), strings.Fields(line), io.Discard, stderr)
		if got := stderr.String(); code != exitUsage || !strings.Contains(got, want) || strings.Count(got, "\n") != 1 || strings.Contains(got, "secretword") {
			t.Errorf("%s: exit code %d, %s", line, code, got)
		}
	}
	t.Setenv("PIONEER_API_KEY", "")
	stderr := &strings.Builder{}
	if code := Run(t.Context(), strings.Fields("tap --publish nats://broker --listen 127.0.0.1:0"), io.Discard, stderr); code != exitUsage ||
		!strings.Contains(stderr.String(), "publish: the fleet's dashboards find this tap by the account of its key: no API key: set PIONEER_API_KEY") {
		t.Errorf("without a key: exit code %d, %s", code, stderr)
	}
}

// A tap publishes, and once elsewhere shows its calls; the stream is shown and emptied.
func TestFleet(t *testing.T) {
	broker := clitest.Broker(t)
	newMachine(t)
	url, _ := simulated(t)
	run := func(line string, more ...string) string {
		t.Helper()
		stdout, stderr := &strings.Builder{}, &strings.Builder{}
		if code := Run(t.Context(), append(strings.Fields(line), more...), stdout, stderr); code != 0 {
			t.Fatalf("%s: exit code %d, %s", line, code, stderr)
		}
		return stdout.String()
	}
	run("fleet init " + broker)

	ctx, cancel := context.WithCancel(t.Context())
	address := make(chan string, 1)
	said := writerFunc(func(text []byte) (int, error) {
		if m := regexp.MustCompile(`http://(\S+) forwards`).FindSubmatch(text); m != nil {
			address <- string(m[1])
		}
		return len(text), nil
	})
	var tap sync.WaitGroup
	tap.Go(func() {
		if code := Run(ctx, strings.Fields("tap --listen 127.0.0.1:0 --generator gen-1 --run nightly --publish "+broker+" --to "+url), io.Discard, said); code != 0 {
			t.Errorf("tap: exit code %d", code)
		}
	})
	through := "http://" + <-address
	for range 7 {
		request, err := http.NewRequest(http.MethodPost, through+"/inference", strings.NewReader(`{"model_id":"m","text":"x"}`))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+os.Getenv("PIONEER_API_KEY"))
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
	}
	cancel()
	tap.Wait()

	var s model.Snapshot
	if err := json.Unmarshal([]byte(run("once --json --run nightly --fleet "+broker+" --base-url "+url)), &s); err != nil {
		t.Fatal(err)
	}
	if got := s.Endpoints[1].Limits[0].Local; got != model.Some(7) || s.Fleet == nil || len(s.Fleet.Generators) != 1 || s.Fleet.Generators[0].State != model.GeneratorEnded {
		t.Errorf("%v calls, fleet %+v", got, s.Fleet)
	}
	if err := json.Unmarshal([]byte(run("once --json --fleet "+broker+" --base-url "+url)), &s); err != nil || s.Endpoints[1].Limits[0].Local.Or(0) != 0 {
		t.Errorf("another run has the calls: %v, %v", s.Endpoints[1].Limits[0].Local, err)
	}
	var status fleet.Status
	if err := json.Unmarshal([]byte(run("fleet status --json "+broker)), &status); err != nil || len(status.Generators) != 1 || status.Generators[0].Run != "nightly" {
		t.Errorf("status %+v, %v", status, err)
	}
	if got := run("fleet status " + broker); !strings.Contains(got, "GENERATOR  LAST") || !strings.Contains(got, "nightly  gen-1      ") || !strings.Contains(got, "ended") {
		t.Errorf("status:\n%s", got)
	}
	if got := run("fleet purge --yes --run nightly " + broker); !strings.Contains(got, fmt.Sprintf("removed %d messages of run nightly", status.Messages)) {
		t.Errorf("purge: %s", got)
	}
}
