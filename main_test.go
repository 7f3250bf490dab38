package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/adrg/xdg"

	"quotatop/model"
	"quotatop/poller/pioneer"
	"quotatop/poller/sim"
	"quotatop/ui/cli"
	"quotatop/ui/cli/clitest"
	"quotatop/ui/statefile"
)

const testKey = "pio_sk_do_not_show_me"

// environ is the environment of whoever runs the tests, for the go command; the
// tests have another.
var environ = os.Environ()

func TestMain(m *testing.M) { os.Exit(clitest.Run(m)) }

// goCommand runs the go command.
func goCommand(args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Env = environ
	out, err := cmd.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, failed.Stderr)
	}
	return out, err
}

// built is the program, built once.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "built")
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "quotatop")
	_, err = goCommand("build", "-o", program, ".")
	return program, err
})

// build returns the path of the program.
func build(t *testing.T) string {
	t.Helper()
	program, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// quotatop runs a command line as a user would who has no configuration, until
// it ends or ctx does.
func quotatop(t *testing.T, ctx context.Context, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if !slices.Contains([]string{"help", "completion", "config", "tmux"}, args[0]) {
		args = append([]string{"--config", os.DevNull}, args...)
	}
	code = cli.Run(ctx, args, &out, &errs)
	return code, out.String(), errs.String()
}

// Mistakes of the user: one clear line, exit code 2 (or 1 where the machine is
// at fault), nothing on standard output, and never the key.
func TestMistakes(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dead := httptest.NewServer(nil)
	dead.Close()
	broken := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(broken, []byte("theme = \"dark\"\nlimit = 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args string
		key  string
		code int
		want string
	}{
		"no key":             {"once", "", 2, "no API key: set PIONEER_API_KEY"},
		"key of more":        {"once", testKey + " x", 2, "PIONEER_API_KEY contains more than a key"},
		"key file missing":   {"once --key-file " + empty + ".no", "", 2, "no such file"},
		"key file empty":     {"once --key-file " + empty, "", 2, "is empty"},
		"unknown flag":       {"once --jsn", testKey, 2, "unknown flag: --jsn: did you mean --json? See quotatop once --help"},
		"unknown command":    {"ones", testKey, 2, `unknown command "ones": did you mean once? See quotatop --help`},
		"unknown profile":    {"once --profile 2025-01", testKey, 2, `unknown profile "2025-01": use one of`},
		"unknown theme":      {"replay run.jsonl --theme pink", testKey, 2, `--theme: unknown theme "pink"`},
		"base URL":           {"once --base-url pioneer", testKey, 2, `base URL "pioneer" is not an http or https URL`},
		"http":               {"once --base-url http://api.example.com", testKey, 2, "would send the key unencrypted"},
		"interval":           {"stream --interval soon", testKey, 2, `time span "soon"`},
		"short interval":     {"stream --interval 1ms", testKey, 2, "interval of 1ms: use 1s"},
		"every":              {"stream --every 1ms", testKey, 2, "--every 1ms"},
		"broken config":      {"once --config " + broken, testKey, 2, `:2:1: unknown key "limit"`},
		"config missing":     {"once --config " + broken + ".no", testKey, 2, "no such file"},
		"port in use":        {"stream --tap " + taken.Addr().String(), testKey, 1, "is in use"},
		"tap address":        {"stream --tap 8429", testKey, 2, "write it like 127.0.0.1:8429"},
		"not a terminal":     {"--interval 10s", testKey, 2, "not a terminal: use quotatop once"},
		"demo, no terminal":  {"demo", "", 2, "not a terminal: use quotatop once"},
		"dead host":          {"once --base-url " + dead.URL, testKey, 1, "connection refused"},
		"argument too many":  {"once more", testKey, 2, "more"},
		"metrics address":    {"stream --metrics 9429", testKey, 2, "9429"},
		"metrics, in use":    {"stream --metrics " + taken.Addr().String(), testKey, 1, "in use"},
		"tail format":        {"stream --tail x --tail-format csv", testKey, 2, "csv"},
		"tap to nowhere":     {"tap --to http://api.example.com", "", 2, "would send the key unencrypted"},
		"tap, port in use":   {"tap --listen " + taken.Addr().String(), "", 1, "is in use"},
		"tap, log":           {"tap --listen 127.0.0.1:0 --log " + os.TempDir(), "", 1, "is a directory"},
		"check for nothing":  {"check", testKey, 2, "--min-headroom 20% or --cap-left 5usd"},
		"check, headroom":    {"check --min-headroom 20", testKey, 2, "write it like 20%"},
		"check, endpoint":    {"check --min-headroom 20% --endpoint chats", testKey, 2, "use one of all, inference, chat"},
		"check, cap":         {"check --cap-left 5eur", testKey, 2, "write it like 5usd"},
		"check, dead host":   {"check --cap-left 5usd --base-url " + dead.URL, testKey, 1, "connection refused"},
		"wait, dead host":    {"wait --until-headroom 5% --timeout 100ms --base-url " + dead.URL, testKey, 1, "unknown: "},
		"wait for no time":   {"wait --until-headroom 5% --timeout 0s", testKey, 2, "--timeout 0s"},
		"status, format":     {"status --format {{.Nope}}", testKey, 2, "can't evaluate field Nope"},
		"report on nothing":  {"report", "", 2, "report needs a FILE: quotatop report run.jsonl"},
		"replay of nothing":  {"replay", "", 2, "replay needs a FILE: quotatop replay run.jsonl"},
		"replay of two":      {"replay a b", "", 2, "one FILE at a time"},
		"cap, not a number":  {"sim --cap-usd abc", "", 2, `--cap-usd "abc": use a number like 50`},
		"cap, negative":      {"sim --cap-usd -5", "", 2, "use a positive amount"},
		"fleet of none":      {"demo --fleet 0", "", 2, "--fleet 0: use 1 to 1000 generators"},
		"fleet, too large":   {"demo --fleet 1001", "", 2, "use 1 to 1000 generators"},
		"seed":               {"demo --seed -1", "", 2, `--seed "-1": use a whole number`},
		"time span":          {"stream --every often", testKey, 2, `--every "often": write it like 30s`},
		"flag without value": {"once --base-url", testKey, 2, "--base-url needs a value"},
		"help about nothing": {"help nope", "", 2, `unknown command "nope"`},
		"completion":         {"completion ksh", "", 2, "completion ksh: use bash, zsh, fish or powershell"},
		"config command":     {"config inti", "", 2, `unknown command "inti": did you mean init?`},
		"report, format":     {"report x --format pdf", "", 2, "use md, html or json"},
		"report, missing":    {"report " + broken + ".no", "", 1, "no such file"},
		"report, no events":  {"report " + broken, "", 1, "none of 2 lines understood"},
		"report, empty":      {"report " + empty, "", 1, "is empty"},
		"record elsewhere":   {"stream --record run.csv", testKey, 1, "jsonl"},
		"sim on a dead port": {"sim --listen " + taken.Addr().String(), "", 1, "is in use"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PIONEER_API_KEY", tt.key)
			code, stdout, stderr := quotatop(t, t.Context(), strings.Fields(tt.args)...)
			if code != tt.code || stdout != "" {
				t.Errorf("exit code %d with output %q, want %d and none", code, stdout, tt.code)
			}
			if !strings.HasPrefix(stderr, "quotatop: ") || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, tt.want) {
				t.Errorf("standard error %q, want one line with %q", stderr, tt.want)
			}
			if strings.Contains(stderr, testKey) {
				t.Errorf("standard error %q shows the key", stderr)
			}
		})
	}
}

// api is a simulated API with some traffic of the last half hour.
func api(t *testing.T) string {
	t.Helper()
	s := sim.New(sim.Options{Key: testKey})
	if err := s.Backfill(sim.Scenarios()[0].Backfill(50)); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	t.Setenv("PIONEER_API_KEY", testKey)
	return server.URL
}

// A gate for scripts: the exit code says it, one line says why.
func TestCheckAndWait(t *testing.T) {
	url := api(t)
	for _, tt := range []struct {
		args string
		code int
		want string
	}{
		{"check --min-headroom 20%", 0, " headroom ("},
		{"check --min-headroom 20% --endpoint chat", 0, "chat has "},
		{"check --min-headroom 99%", 3, ", less than 99%"},
		{"check --cap-left 1usd", 0, "left of $50.00"},
		{"check --cap-left 51usd", 3, "left of $50.00, less than $51.00"},
		{"check --min-headroom 99% --for 1h", 3, ", less than 99%"},
		{"check --min-headroom 1% --cap-left 1usd --for 2s", 0, "the cap has $"},
		{"wait --until-headroom 20% --timeout 1h", 0, " headroom ("},
		{"wait --until-headroom 99% --timeout 2s", 3, ", less than 99%"},
	} {
		code, stdout, stderr := quotatop(t, t.Context(), append(strings.Fields(tt.args), "--base-url", url)...)
		if code != tt.code || strings.Count(stdout, "\n") != 1 || !strings.Contains(stdout, tt.want) || stderr != "" {
			t.Errorf("%s: exit code %d, output %q, standard error %q; want %d with %q", tt.args, code, stdout, stderr, tt.code, tt.want)
		}
	}
}

// The configuration can be begun from a commented file, and is checked with all
// that belongs to it; each mistake has its place.
func TestConfigCommands(t *testing.T) {
	home := t.TempDir()
	t.Cleanup(xdg.Reload) // with the environment as it was
	t.Setenv("XDG_CONFIG_HOME", home)
	xdg.Reload()
	file, themes := filepath.Join(home, "quotatop", "config.toml"), filepath.Join(home, "quotatop", "themes")
	command := func(code int, want ...string) {
		t.Helper()
		var out, errs bytes.Buffer
		got := cli.Run(t.Context(), append([]string{"config"}, want[0]), &out, &errs)
		for _, part := range want[1:] {
			if got != code || !strings.Contains(out.String()+errs.String(), part) {
				t.Errorf("config %s: exit code %d, output %q, standard error %q; want %d with %q", want[0], got, out.String(), errs.String(), code, part)
			}
		}
	}
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command(0, "path", file)
	command(0, "check", "does not exist: every setting has its default", "dark, light, high-contrast, okabe-ito, mono")
	command(0, "init", file+": written")
	command(0, "check", file+" is fine")
	command(1, "init", "already exists")
	write(filepath.Join(themes, "mine.toml"), "base = \"dark\"\ncalm = \"#0f0\"\n")
	command(0, "check", "mono, mine")
	write(filepath.Join(themes, "mine.toml"), "base = \"dark\"\ncalm = \"green\"\n")
	write(file, "[keys]\nzoom = \"q\"\n")
	command(2, "check", file+":2:1: ", "mine.toml:2:1: ")
	write(file, "theme = \"pink\"\n")
	command(2, "check", file+`:1:1: unknown theme "pink"`)
}

// A status line comes from the running dashboard; without one from a poll; and
// standard error says why where there is neither.
func TestStatus(t *testing.T) {
	for _, folder := range []string{"XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "TMPDIR"} {
		t.Setenv(folder, t.TempDir())
	}
	t.Setenv("PIONEER_API_KEY", "")
	status := func(want, complaint string, args ...string) {
		t.Helper()
		code, stdout, stderr := quotatop(t, t.Context(), append([]string{"status"}, args...)...)
		if code != 0 || strings.Count(stdout, "\n") != 1 || !strings.Contains(stdout, want) {
			t.Errorf("exit code %d, output %q; want one line with %q", code, stdout, want)
		}
		if complaint == "" && stderr != "" || complaint != "" && strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, complaint) {
			t.Errorf("standard error %q, want %q", stderr, complaint)
		}
	}
	status("quotatop: off", "no dashboard is running; no API key", "--base-url", "https://api.example.com")
	status("$18.73", "", "--base-url", api(t))

	account := pioneer.AccountID("https://api.example.com", "")
	state := statefile.Open(statefile.Places(), account, statefile.Options{})
	defer state.Close()
	now := time.Now()
	snapshot := model.Snapshot{Version: model.SnapshotVersion, At: now, Endpoints: []model.EndpointUsage{{ID: "chat", Limits: []model.LimitUsage{
		{Limit: 200, PerS: 60, Used: model.Some(184), TimeToLimit: model.Some(41.5), AsOf: model.Some(now)},
	}}}}
	snapshot.Walls = model.WallsOf(&snapshot)
	state.Seen(snapshot)
	for deadline := time.Now().Add(10 * time.Second); ; {
		if _, ok, _ := statefile.Read(time.Now(), statefile.Places(), account); ok {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the dashboard's state cannot be read")
		}
	}
	status("chat 92% 41s", "")
	status("chat 92% 41s", "", "--base-url", "https://api.example.com")
	status("quotatop: off", "no dashboard is running; ", "--base-url", "https://api.example.org")
	status("chat is at 92", "", "--format", "{{.Endpoint}} is at {{.Percent.Or 0}}")
}

// The doctor says of each thing what it found; what is wrong is exit code 1.
func TestDoctor(t *testing.T) {
	url := api(t)
	for _, folder := range []string{"XDG_RUNTIME_DIR", "XDG_STATE_HOME"} {
		t.Setenv(folder, t.TempDir())
	}
	code, stdout, stderr := quotatop(t, t.Context(), "doctor", "--base-url", url)
	if code != 0 || stderr != "" || !strings.Contains(stdout, "ok   key: found in PIONEER_API_KEY") || !strings.Contains(stdout, "used $31.27 of $50.00") || strings.Contains(stdout, testKey) {
		t.Errorf("exit code %d, standard error %q, output:\n%s", code, stderr, stdout)
	}
	t.Setenv("PIONEER_API_KEY", "pio_sk_wrong")
	code, stdout, stderr = quotatop(t, t.Context(), "doctor", "--base-url", url)
	if code != 1 || !strings.Contains(stderr, " checks failed") || !strings.Contains(stdout, "FAIL billing: ") || strings.Contains(stdout, "pio_sk_wrong") {
		t.Errorf("with a wrong key: exit code %d, standard error %q, output:\n%s", code, stderr, stdout)
	}
}

func TestOnce(t *testing.T) {
	url := api(t)
	code, stdout, stderr := quotatop(t, t.Context(), "once", "--json", "--base-url", url)
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d, standard error %q", code, stderr)
	}
	var s model.Snapshot
	if err := json.Unmarshal([]byte(stdout), &s); err != nil {
		t.Fatal(err)
	}
	if s.Version != model.SnapshotVersion || s.Account.Plan != "pro" || s.Cap.Limit.Or(0) != 50*model.Dollar {
		t.Errorf("snapshot = %s", stdout)
	}
	if used := s.Endpoints[1].Limits[0].Used.Or(0); used < 50 || used > 70 {
		t.Errorf("inference used %d, want the simulated load of 60 a minute", used)
	}
	code, stdout, stderr = quotatop(t, t.Context(), "once", "--base-url", url)
	if code != 0 || stderr != "" || !strings.Contains(stdout, "/1,200") || strings.Contains(stdout, "\x1b") {
		t.Errorf("exit code %d, standard error %q, output:\n%s", code, stderr, stdout)
	}
	t.Setenv("PIONEER_API_KEY", "pio_sk_wrong")
	code, stdout, stderr = quotatop(t, t.Context(), "once", "--base-url", url)
	if code != 1 || stdout != "" || !strings.Contains(stderr, "key refused (401): invalid, or its allowance is used up") {
		t.Errorf("with a wrong key: exit code %d, output %q, standard error %q", code, stdout, stderr)
	}
}

// A tap in the configuration is the dashboard's: once runs beside it.
func TestOnceBesideATap(t *testing.T) {
	url := api(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(file, []byte("tap = \""+taken.Addr().String()+"\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := quotatop(t, t.Context(), "once", "--config", file, "--base-url", url); code != 0 {
		t.Errorf("exit code %d, standard error %q", code, stderr)
	}
}

// firstLines ends a context once it has seen a number of lines.
type firstLines struct {
	bytes.Buffer
	left int
	end  context.CancelFunc
}

func (f *firstLines) Write(p []byte) (int, error) {
	if f.left -= bytes.Count(p, []byte("\n")); f.left <= 0 {
		f.end()
	}
	return f.Buffer.Write(p)
}

func TestStream(t *testing.T) {
	url := api(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	out := &firstLines{left: 3, end: cancel}
	var errs bytes.Buffer
	code := cli.Run(ctx, []string{"stream", "--config", os.DevNull, "--every", "200ms", "--tap", "127.0.0.1:0", "--base-url", url}, out, &errs)
	if code != 0 || errs.Len() > 0 {
		t.Fatalf("exit code %d, standard error %q", code, errs.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) < 3 {
		t.Fatalf("%d lines, want 3", len(lines))
	}
	for _, line := range lines {
		var s model.Snapshot
		if err := json.Unmarshal([]byte(line), &s); err != nil || s.Version != model.SnapshotVersion {
			t.Errorf("line %q: %v", line, err)
		}
	}
}

// said is standard error that can be read while the program runs.
type said struct {
	mu   sync.Mutex
	text []byte
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = append(s.text, p...)
	return len(p), nil
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.text)
}

// What the tap alone logs, a tail shows: the calls and the denials.
func TestTapLogIsFitForTail(t *testing.T) {
	api := api(t)
	log := filepath.Join(t.TempDir(), "run.log")
	ctx, cancel := context.WithCancel(t.Context())
	var says said
	ended := make(chan int)
	go func() {
		ended <- cli.Run(ctx, []string{"tap", "--config", os.DevNull, "--listen", "127.0.0.1:0", "--to", api, "--log", log}, io.Discard, &says)
	}()
	var at string
	for deadline := time.Now().Add(30 * time.Second); at == ""; time.Sleep(5 * time.Millisecond) {
		if _, rest, ok := strings.Cut(says.String(), "quotatop tap: "); ok {
			at, _, _ = strings.Cut(rest, " ")
		} else if time.Now().After(deadline) {
			t.Fatalf("the tap does not say where it is: %q", says.String())
		}
	}
	const calls = 25 // of which the last are denied: 20 may pass in a minute
	for range calls {
		req, err := http.NewRequest("POST", at+"/felix/training-jobs", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-API-Key", testKey)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	http.DefaultClient.CloseIdleConnections()
	cancel()
	if code := <-ended; code != 0 {
		t.Fatalf("the tap ended with %d: %s", code, says.String())
	}
	lines, err := os.ReadFile(log)
	if err != nil || bytes.Count(lines, []byte("\"call\"")) != calls || bytes.Contains(lines, []byte(testKey)) {
		t.Fatalf("the log, %v:\n%s\nwant %d calls and no key", err, lines, calls)
	}

	ctx, cancel = context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	out := &firstLines{left: 4, end: cancel}
	if code := cli.Run(ctx, []string{"stream", "--config", os.DevNull, "--every", "300ms", "--tail", log, "--base-url", api}, out, &says); code != 0 {
		t.Fatalf("stream ended with %d: %s", code, says.String())
	}
	var s model.Snapshot
	if err := json.Unmarshal([]byte(out.String()[strings.LastIndex(strings.TrimSpace(out.String()), "\n")+1:]), &s); err != nil {
		t.Fatal(err)
	}
	for _, e := range s.Endpoints {
		if e.ID == "training" && (e.Limits[0].Local.Or(0) != 20 || e.Limits[0].Rejected.Or(0) != 5) {
			t.Errorf("training = %+v, want 20 calls and 5 rejected", e.Limits[0])
		}
	}
	if len(s.Denials) != 1 || s.Denials[0].Count != 5 || s.Denials[0].Source != model.SourceTail {
		t.Errorf("denials = %+v, want the 5 of the log", s.Denials)
	}
}

// end ends the server, and waits until what ran in its panes has ended too: it may
// still write to the folders of the test.
func (p *terminal) end() {
	pids, _ := exec.Command("tmux", "-L", p.socket, "list-panes", "-a", "-F", "#{pane_pid}").Output()
	_ = exec.Command("tmux", "-L", p.socket, "kill-server").Run()
	deadline := time.Now().Add(10 * time.Second)
	for _, pid := range strings.Fields(string(pids)) {
		for exec.Command("kill", "-0", pid).Run() == nil && time.Now().Before(deadline) {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// The manual page is one that man can show, with every command in it.
func TestManualPage(t *testing.T) {
	page, err := exec.Command(build(t), "man").Output()
	if err != nil || bytes.Contains(page, []byte("%!")) {
		t.Fatalf("%v, page:\n%s", err, page)
	}
	for _, machine := range []string{os.Getenv("HOME"), os.TempDir(), xdg.ConfigHome, xdg.StateHome} {
		if bytes.Contains(page, []byte(machine)) {
			t.Errorf("the page names %s, a path of this machine", machine)
		}
	}
	t.Run("in man", func(t *testing.T) { showManual(t, page) })
}

func showManual(t *testing.T, page []byte) {
	man := clitest.Need(t, "man", "man-db")
	if version, err := exec.Command(man, "--version").Output(); err != nil || !bytes.HasPrefix(version, []byte("man 2.")) {
		clitest.Lack(t, "the man of man-db", "man-db") // others know no --warnings, or are a stub
	}
	cmd := exec.Command(man, "--warnings", "-l", "-")
	cmd.Stdin = bytes.NewReader(page)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "MANPAGER=cat", "PAGER=cat", "MANWIDTH=80")
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	shown, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Errorf("man: %v: %s", err, complaints.String())
	}
	for _, want := range []string{"QUOTATOP(1)", "replay", "report", "check", "tmux", "doctor", "--tail", "e.g. 20%",
		"FILES", "ENVIRONMENT", "EXIT STATUS", "KEYS", "EXAMPLES", "config.toml", "PIONEER_API_KEY", "3   a threshold was crossed"} {
		if !bytes.Contains(shown, []byte(want)) {
			t.Errorf("the page does not have %q", want)
		}
	}
}

// A run that is recorded can be reported on and played again; both need nothing
// but the file.
func TestRecordReportReplay(t *testing.T) {
	folder := t.TempDir()
	log, file := filepath.Join(folder, "run.log"), filepath.Join(folder, "run.jsonl.zst")
	var lines strings.Builder
	for i := range 40 {
		at := time.Now().Add(time.Duration(i-40) * 100 * time.Millisecond).UTC().Format(time.RFC3339Nano)
		status := `"status":200`
		if i >= 30 {
			status = `"status":429,"denial":{"retry_after_s":7}`
		}
		fmt.Fprintf(&lines, `{"at":"%s","call":{"method":"POST","path":"/generate/text",%s}}`+"\n", at, status)
	}
	if err := os.WriteFile(log, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	seen := &untilSeen{text: `"rejected":10`, end: cancel}
	var errs bytes.Buffer
	url := api(t)
	code := cli.Run(ctx, []string{"stream", "--config", os.DevNull, "--base-url", url, "--tail", log, "--record", file}, seen, &errs)
	if code != 0 || errs.Len() > 0 {
		t.Fatalf("exit code %d, standard error %q", code, errs.String())
	}
	if code, _, stderr := quotatop(t, t.Context(), "stream", "--base-url", url, "--record", file); code != 1 || !strings.Contains(stderr, file) {
		t.Errorf("a recording that is there: exit code %d, standard error %q; want 1 and its name", code, stderr)
	}

	t.Setenv("PIONEER_API_KEY", "")
	for format, want := range map[string]string{
		"md": "**generate**", "html": "<svg", "json": `"rejected": 10`,
	} {
		code, stdout, stderr := quotatop(t, t.Context(), "report", file, "--format", format)
		if code != 0 || stderr != "" || !strings.Contains(stdout, want) {
			t.Errorf("report --format %s: exit code %d, standard error %q; want %q in\n%.600s", format, code, stderr, want, stdout)
		}
	}
	if code, stdout, stderr := quotatop(t, t.Context(), "report", file, log); code != 0 || stderr != "" || !strings.Contains(stdout, "run.log") {
		t.Errorf("report on a recording and a log: exit code %d, standard error %q, output\n%.600s", code, stderr, stdout)
	}

	t.Run("in tmux", func(t *testing.T) {
		pane := inTmux(t, 100, 30, build(t)+" replay --config "+os.DevNull+" --speed 10x "+file+"; sleep 600")
		pane.see("REPLAY ended", "10×")
		pane.press("Left", "Space")
		pane.see("REPLAY paused 10x 0%")
		pane.press("Space")
		pane.see("REPLAY ended", "10×")
		pane.press("q")
		pane.until("where to read on, and nothing else", func(screen string) bool {
			return strings.TrimSpace(screen) == "more: quotatop report "+file
		})
	})
}

// untilSeen ends a run when it has printed a text.
type untilSeen struct {
	text string
	kept []byte
	end  func()
}

func (u *untilSeen) Write(p []byte) (int, error) {
	if u.kept = append(u.kept, p...); bytes.Contains(u.kept, []byte(u.text)) {
		u.end()
	}
	return len(p), nil
}
