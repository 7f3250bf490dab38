package cli

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"quotatop/poller/sim"
)

// An invalid theme or key in the file stops only the commands with a screen.
func TestWrongLookStopsOnlyScreens(t *testing.T) {
	api := httptest.NewServer(sim.New(sim.Options{Key: "pio_sk_test"}))
	defer api.Close()
	t.Setenv("PIONEER_API_KEY", "pio_sk_test")
	t.Setenv("PIONEER_BASE_URL", api.URL)
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	for name, text := range map[string]string{
		"theme": "theme = \"nosuch\"\n",
		"keys":  "[keys]\nnosuch = \"x\"\nquit = 3\n",
	} {
		file := filepath.Join(t.TempDir(), "config.toml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			args string
			code int
			want string
		}{
			{"check --cap-left 1usd", 0, ""},
			{"wait --cap-left 1usd --timeout 1m", 0, ""},
			{"once", 0, ""},
			{"status", 0, ""},
			{"sim --listen 8430", 2, "8430"}, // it gets as far as its address
			{"tap --listen 8429", 2, "8429"},
			{"replay run.jsonl", 2, file + ":"},
			{"demo", 2, file + ":"},
			{"config check", 2, file + ":"},
		} {
			var out, errs bytes.Buffer
			code := Run(t.Context(), append(strings.Fields(tt.args), "--config", file), &out, &errs)
			if code != tt.code || !strings.Contains(errs.String(), tt.want) || code == 0 && errs.Len() > 0 {
				t.Errorf("wrong %s, %s: exit code %d, output %q, standard error %q; want %d and %q", name, tt.args, code, out.String(), errs.String(), tt.code, tt.want)
			}
		}
	}
}
