package cli

import (
	"io"
	"strings"
	"testing"
)

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
