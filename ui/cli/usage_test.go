package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"quotatop/poller/config"
)

func TestVersion(t *testing.T) {
	for _, args := range [][]string{{"--version"}, {"-v"}, {"--version", "--interval", "10s"}} {
		stdout, stderr := &strings.Builder{}, &strings.Builder{}
		if code := Run(t.Context(), args, stdout, stderr); code != 0 || stdout.String() != "quotatop "+version()+"\n" || stderr.String() != "" {
			t.Errorf("%q: exit code %d, %q, %q", args, code, stdout, stderr)
		}
	}
}

// A key in the command line or in place of the base URL is refused, and not
// repeated.
func TestKeyInTheCommandLine(t *testing.T) {
	const key, other = "no0mark1in2this3key4", "pio_sk_0123456789abcdef"
	t.Setenv("PIONEER_API_KEY", key)
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	for _, line := range []string{
		"once --base-url K", "once --base-url https://K.example", "once --base-url https://api.example/K", "once --base-url http://K@127.0.0.1",
		"once --key-file K", "once --profile K", "once --config K", "stream --tap K", "stream --metrics K", "stream --tail K --record K",
		"stream --every K", "stream --interval K", "stream --tail-zone K", "--theme K", "K", "report K", "replay K --speed K", "config K", "once --K",
		"once --json=K", "sim --cap-usd K", "sim --listen K", "tap --to K", "status --format K", "check --min-headroom K", "check --cap-left K", "help K",
		"completion K",
	} {
		for _, k := range []string{key, other, strings.ToUpper(key), strings.ReplaceAll(other, "_", "%5F"), "a%2525" + other} {
			stderr := &strings.Builder{}
			code := Run(t.Context(), strings.Fields(strings.ReplaceAll(line, "K", k)), io.Discard, stderr)
			text := strings.ToLower(stderr.String())
			if code != exitUsage || text == "" || strings.Contains(text, "mark1in") || strings.Contains(text, "456789abc") {
				t.Errorf("%s with %s: exit code %d, %s", line, k, code, stderr)
			}
		}
	}
	t.Setenv("PIONEER_BASE_URL", other)
	stderr := &strings.Builder{}
	if code := Run(t.Context(), []string{"once"}, io.Discard, stderr); code != exitUsage || !strings.Contains(stderr.String(), "contains an API key") {
		t.Errorf("PIONEER_BASE_URL: exit code %d, %s", code, stderr)
	}
}

// A key in the wrong place of the configuration is not shown with the mistake.
func TestKeyInTheConfiguration(t *testing.T) {
	const key = "no0mark1in2this3key4"
	t.Setenv("PIONEER_API_KEY", key)
	for name, text := range map[string]string{
		"theme": "theme = '" + key + "'\n", "address": "base_url = '" + key + "'\n", "tap": "tap = '" + key + "'\n",
		"setting": key + " = 1\n", "no TOML": key + "\n",
	} {
		file := filepath.Join(t.TempDir(), "config.toml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out := &strings.Builder{}
		if code := Run(t.Context(), []string{"config", "check", "--config", file}, out, out); code != exitUsage || strings.Contains(out.String(), "mark1in") {
			t.Errorf("%s: exit code %d, %s", name, code, out)
		}
		ctx, cancel := context.WithCancel(t.Context())
		f := &flags{config: file}
		if shown := <-f.looks(ctx, config.Look{}, nil, nil); shown.Problem == "" || strings.Contains(shown.Problem, "mark1in") {
			t.Errorf("%s: on the screen: %s", name, shown.Problem)
		}
		cancel()
	}
}
