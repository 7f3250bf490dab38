package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A report reads recordings and every log that --tail reads, merges files of one
// run, and says what it could not use.
func TestReportOnLogs(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	httpx := write("worker-1.log", `2026-06-17 12:04:31,200 INFO httpx: HTTP Request: POST https://api.pioneer.ai/v1/chat/completions "HTTP/1.1 200 OK"
2026-06-17 12:04:31,900 INFO httpx: HTTP Request: POST https://api.example.org/v1/chat/completions "HTTP/1.1 200 OK"
2026-06-17 12:04:32,100 INFO httpx: HTTP Request: POST https://api.pioneer.ai/v1/chat/completions "HTTP/1.1 429 Too Many Requests"
`)
	events := write("worker-2.log", `{"at":"2026-06-17T12:04:31.2Z","call":{"method":"POST","path":"/v1/chat/completions","status":200}}
`)
	other := write("notes.txt", "nothing of the kind\n")
	for name, tt := range map[string]struct {
		args           []string
		code           int
		sent, rejected []int // of chat, for each run
		stderr         string
	}{
		"a log":                    {[]string{httpx}, 0, []int{2}, []int{1}, "api.example.org"},
		"another host too":         {[]string{httpx, "--tail-host", "api.example.org"}, 0, []int{3}, []int{1}, ""},
		"two side by side":         {[]string{events, httpx}, 0, []int{1, 2}, []int{0, 1}, ""},
		"two merged":               {[]string{"--merge", events, httpx}, 0, []int{3}, []int{1}, ""},
		"with its format":          {[]string{httpx + ":httpx"}, 0, []int{2}, []int{1}, ""},
		"no log":                   {[]string{other}, 1, nil, nil, "notes.txt: "},
		"no such zone":             {[]string{httpx, "--tail-zone", "Mars"}, 2, nil, nil, `--tail-zone "Mars": use a name like UTC`},
		"no such format":           {[]string{httpx, "--tail-format", "csv"}, 2, nil, nil, "csv"},
		"not there, with a format": {[]string{filepath.Join(dir, "none.log:k6")}, 1, nil, nil, "none.log"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			args := append([]string{"report", "--config", os.DevNull, "--format", "json"}, tt.args...)
			if code := Run(t.Context(), args, &out, &errs); code != tt.code || !strings.Contains(errs.String(), tt.stderr) {
				t.Fatalf("exit code %d, standard error %q; want %d and %q", code, errs.String(), tt.code, tt.stderr)
			}
			if tt.code != 0 {
				if out.Len() > 0 || strings.Count(errs.String(), "\n") != 1 {
					t.Errorf("output %q, standard error %q, want one line of error alone", out.String(), errs.String())
				}
				return
			}
			var runs []struct {
				Report struct {
					Endpoints []struct {
						ID             string
						Sent, Rejected int
					}
				}
			}
			if err := json.Unmarshal(out.Bytes(), &runs); err != nil || len(runs) != len(tt.sent) {
				t.Fatalf("%d runs, %v, want %d", len(runs), err, len(tt.sent))
			}
			for i, run := range runs {
				for _, e := range run.Report.Endpoints {
					if e.ID == "chat" && (e.Sent != tt.sent[i] || e.Rejected != tt.rejected[i]) {
						t.Errorf("run %d: %d calls, %d rejected, want %d and %d", i, e.Sent, e.Rejected, tt.sent[i], tt.rejected[i])
					}
				}
			}
		})
	}
}
