package cli

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"quotatop/model"
	"quotatop/poller"
	"quotatop/poller/config"
	"quotatop/poller/sim"
	"quotatop/ui/statefile"
	"quotatop/ui/status"
)

const testKey = "pio_sk_0123456789"

// newMachine sets the environment of a user who has not run quotatop yet.
func newMachine(t *testing.T) {
	t.Helper()
	for _, name := range []string{"HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "TMPDIR"} {
		t.Setenv(name, t.TempDir())
	}
	t.Setenv("PIONEER_BASE_URL", "")
	t.Setenv("PIONEER_API_KEY", testKey)
}

// simulated returns the URL of a simulated API and the number of its requests.
func simulated(t *testing.T) (url string, requests *atomic.Int32) {
	t.Helper()
	api, requests := sim.New(sim.Options{Key: testKey}), &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		api.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, requests
}

// statusLine runs quotatop status and returns its output.
func statusLine(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := Run(t.Context(), append([]string{"status", "--config", os.DevNull}, args...), &out, &errs); code != 0 {
		t.Errorf("exit code %d, standard error %q", code, errs.String())
	}
	return out.String(), errs.String()
}

// dashboardOf returns the session of a dashboard.
func dashboardOf(t *testing.T, url string) *poller.Session {
	t.Helper()
	settings := config.Default()
	if err := settings.BaseURL.UnmarshalText([]byte(url)); err != nil {
		t.Fatal(err)
	}
	s, err := poller.New(settings, testKey)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// published publishes a snapshot in which an endpoint has used a percentage of its
// limit.
func published(t *testing.T, url string, demo bool, percent int) {
	t.Helper()
	account := dashboardAccount(dashboardOf(t, url).Base().String())
	w := statefile.Open(statefile.Places(), account, statefile.Options{Demo: demo})
	t.Cleanup(func() { _ = w.Close() })
	now := time.Now()
	s := model.Snapshot{Version: model.SnapshotVersion, At: now, Endpoints: []model.EndpointUsage{{ID: "chat", Limits: []model.LimitUsage{
		{Limit: 100, PerS: 60, Used: model.Some(percent), AsOf: model.Some(now)},
	}}}}
	s.Walls = model.WallsOf(&s)
	w.Seen(s)
	everywhere := slices.DeleteFunc(statefile.Places(), func(p statefile.Place) bool { return !p.WellKnown })
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		d, ok, _ := statefile.Read(time.Now(), everywhere, account)
		if ok && d.Demo == demo {
			return
		}
		if time.Now().After(end) {
			t.Fatal("what was published cannot be read")
		}
	}
}

// On a new machine too, the line is the running dashboard's, whatever the
// environment of the tmux server is, and costs no request.
func TestStatusBesideDashboard(t *testing.T) {
	newMachine(t)
	url, requests := simulated(t)
	published(t, url, false, 92)
	runtime, temporary := os.Getenv("XDG_RUNTIME_DIR"), os.Getenv("TMPDIR")
	for _, env := range [][2]string{{runtime, temporary}, {"", temporary}, {t.TempDir(), ""}, {"run", "tmp"}, {"/nowhere", "/nowhere"}} {
		t.Setenv("XDG_RUNTIME_DIR", env[0])
		t.Setenv("TMPDIR", env[1])
		if stdout, stderr := statusLine(t, "--base-url", url); stdout != "chat 92%  – –\n" || stderr != "" {
			t.Errorf("XDG_RUNTIME_DIR=%s TMPDIR=%s: got %q, standard error %q", env[0], env[1], stdout, stderr)
		}
	}
	if n := requests.Load(); n != 0 {
		t.Errorf("status made %d requests beside a dashboard", n)
	}
}

// What quotatop status answers without the other commands is what it answers with
// them, and it leaves the rest to them.
func TestStatusAnswersAlike(t *testing.T) {
	newMachine(t)
	url, _ := simulated(t)
	published(t, url, false, 92)
	elsewhere, _ := simulated(t) // no dashboard is there
	for _, tt := range []struct {
		args  string
		alone bool
	}{
		{"status", true},
		{"status --base-url " + url, true},
		{"status --base-url=" + url + " --config /dev/null --profile 2026-07 --key-file=none", true},
		{"status --format json", true},
		{"status --format tmux --format plain", true},
		{"status --format {{.Figure}}|{{.Percent.Or|0}}", true},
		{"status --", true},
		{"status --base-url nonsense", true}, // any account will do
		{"status --base-url " + elsewhere + " --config /dev/null", false},
		{"--config /dev/null status", false},
		{"status now", false},
		{"status -- now", false},
		{"status --format", false},
		{"status --format pink", false},
		{"status --format {{.Figure", false},
		{"status --format {{index|.Figure|0|1}}", false},
		{"status --formt plain", false},
		{"status -f plain", false},
		{"status --base-url " + testKey, false},
		{"status --help", false},
		{"status -h --format pink", false},
		{"help status", false},
		{"stauts", false},
		{"", false},
	} {
		args := strings.Fields(tt.args)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "|", " ")
		}
		var alone, out, errs, wantOut, wantErrs bytes.Buffer
		if got := answerStatus(args, &alone); got != tt.alone || !got && alone.Len() > 0 {
			t.Errorf("%q: alone %v, printed %q; want %v", args, got, alone.String(), tt.alone)
		}
		code, want := Run(t.Context(), args, &out, &errs), execute(t.Context(), args, &wantOut, &wantErrs)
		if time := regexp.MustCompile(`"at":"[^"]+"`); code != want || errs.String() != wantErrs.String() ||
			time.ReplaceAllString(out.String(), "") != time.ReplaceAllString(wantOut.String(), "") {
			t.Errorf("%q: exit code %d, output %q, errors %q; with all commands %d, %q, %q", args, code, &out, &errs, want, &wantOut, &wantErrs)
		}
	}
}

// Without a dashboard, all status lines together poll once a minute.
func TestStatusPollsOnceAMinute(t *testing.T) {
	newMachine(t)
	url, requests := simulated(t)
	var group sync.WaitGroup
	for range 4 { // tmux draws a line for each client
		group.Go(func() {
			if stdout, stderr := statusLine(t, "--base-url", url); !strings.Contains(stdout, "$50.00") || stderr != "" {
				t.Errorf("got %q, standard error %q", stdout, stderr)
			}
		})
	}
	group.Wait()
	first := requests.Load()
	for _, env := range []string{os.Getenv("XDG_RUNTIME_DIR"), "", t.TempDir()} {
		t.Setenv("XDG_RUNTIME_DIR", env)
		if stdout, _ := statusLine(t, "--base-url", url); !strings.Contains(stdout, "$50.00") {
			t.Errorf("XDG_RUNTIME_DIR=%s: got %q", env, stdout)
		}
	}
	if n := requests.Load(); first < 3 || first > 5 || n != first {
		t.Errorf("%d requests of four lines at once, %d of three more, want those of one poll", first, n-first)
	}
}

// Where there is nothing to show, standard error says why.
func TestStatusIsOff(t *testing.T) {
	newMachine(t)
	dead := httptest.NewServer(nil)
	dead.Close()
	off := func(want string, args ...string) {
		t.Helper()
		stdout, stderr := statusLine(t, args...)
		if stdout != "quotatop: off\n" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "quotatop: no dashboard is running; ") || !strings.Contains(stderr, want) || strings.Contains(stderr, testKey) {
			t.Errorf("got %q, standard error %q, want one line with %q", stdout, stderr, want)
		}
	}
	off("connection refused", "--base-url", dead.URL)
	off("connection refused (0 s ago)", "--base-url", dead.URL)
	url, _ := simulated(t)
	t.Setenv("PIONEER_API_KEY", "pio_sk_wrong")
	off("key refused (401)", "--base-url", url)
	t.Setenv("PIONEER_API_KEY", "")
	off("no API key: set PIONEER_API_KEY", "--base-url", url)
	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(hangs.Close)
	t.Setenv("PIONEER_API_KEY", testKey)
	off("did not answer within 2s", "--base-url", hangs.URL)
}

// The README and the help list all that a template can use.
func TestTemplateFieldsAreListed(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	line := reflect.TypeFor[status.Line]()
	var names []string
	for i := range line.NumField() {
		names = append(names, line.Field(i).Name)
	}
	for i := range line.NumMethod() {
		if m := line.Method(i); m.Type.NumIn() == 1 { // only the receiver
			names = append(names, m.Name)
		}
	}
	help := strings.FieldsFunc(statusCommand(&flags{}).Long, func(r rune) bool { return !unicode.IsLetter(r) })
	for _, name := range names {
		if !strings.Contains(string(readme), "`"+name+"`") || !slices.Contains(help, name) {
			t.Errorf("the README or quotatop status --help does not list %s", name)
		}
	}
	all := "{{." + strings.Join(names, "}} {{.") + "}}"
	if _, err := (status.Line{}).Format(all); err != nil {
		t.Error(err)
	}
}

// A state file that cannot be read is named, also where a poll fills in.
func TestStatusNamesBadFiles(t *testing.T) {
	newMachine(t)
	url, _ := simulated(t)
	dir := filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "quotatop")
	if err := os.MkdirAll(filepath.Join(dir, dashboardAccount(url)), 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, dashboardAccount(url), "1.status")
	if err := os.WriteFile(file, []byte("quotatop-dashboard 1 2026-06-17T12:00:00Z 2026-06-17T12:00:00Z\n\x63"), 0o600); err != nil {
		t.Fatal(err)
	}
	if stdout, stderr := statusLine(t, "--base-url", url); !strings.Contains(stdout, "$50.00") || !strings.Contains(stderr, file+": written by another version of quotatop") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("got %q, standard error %q", stdout, stderr)
	}
}

// A demo's line is marked, and gives way to a real dashboard's.
func TestStatusBesideDemo(t *testing.T) {
	newMachine(t)
	url, requests := simulated(t)
	published(t, url, true, 41)
	for format, want := range map[string]string{
		"plain": "DEMO chat 41%  – –\n", "json": `"demo":true`, "{{if .Demo}}(demo) {{end}}{{.Figure}}": "(demo) chat 41%\n",
	} {
		if stdout, stderr := statusLine(t, "--base-url", url, "--format", format); !strings.Contains(stdout, want) || stderr != "" {
			t.Errorf("%s: got %q, standard error %q", format, stdout, stderr)
		}
	}
	if n := requests.Load(); n != 0 {
		t.Errorf("status made %d requests beside a demo", n)
	}
}

// A dashboard writes for status lines what its screen shows, and where it cannot,
// says so on the screen.
func TestPublish(t *testing.T) {
	url, _ := simulated(t)
	good := statefile.Place{Path: filepath.Join(t.TempDir(), "quotatop")}
	bad := statefile.Place{Path: filepath.Join(t.TempDir(), "file")}
	if err := os.WriteFile(bad.Path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, place := range []statefile.Place{good, bad} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		s := dashboardOf(t, url)
		end := publish(s, []statefile.Place{place}, statefile.Options{})
		done := false
		for snapshot := range s.Start(ctx) {
			d, ok, _ := statefile.Read(time.Now(), []statefile.Place{place}, dashboardAccount(s.Base().String()))
			done = done || place == good && ok && d.Snapshot.Cap.Limit.Known()
			for _, service := range snapshot.Services {
				done = place == bad && service.Name == "state file" && service.State == model.StateError && strings.Contains(service.Error, bad.Path+" is not a folder: remove it")
				if !done {
					t.Errorf("%s: the screen shows %+v", place.Path, service)
				}
			}
			if done {
				cancel()
			}
		}
		cancel()
		end()
		if !done {
			t.Errorf("%s: neither the state nor a problem was seen", place.Path)
		}
	}
}
