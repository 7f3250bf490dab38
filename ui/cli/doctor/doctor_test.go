package doctor

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"quotatop/poller/config"
	"quotatop/poller/fleet"
	"quotatop/ui/cli/clitest"
	"quotatop/ui/statefile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secret is the key, which no finding may show.
const secret = "pio_sk_0123456789abcdef"

// examine runs the check-up on a machine where all is well but for a change,
// and returns the findings as they would be printed.
func examine(t *testing.T, change func(*Options)) string {
	t.Helper()
	dir := t.TempDir()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	opts := Options{
		ConfigPath: filepath.Join(dir, "config.toml"), Terminal: true, Transport: transport,
		Env:    []string{"PIONEER_API_KEY=" + secret, "TERM=xterm-256color", "LANG=en_GB.UTF-8"},
		Places: []statefile.Place{{Path: filepath.Join(dir, "run")}}, StateDir: filepath.Join(dir, "state", "quotatop"),
	}
	change(&opts)
	var b strings.Builder
	for _, f := range Run(t.Context(), opts) {
		fmt.Fprintf(&b, "%v: %s -> %s\n", f.Level, f.What, f.Do)
		if f.What == "" || strings.Contains(f.What+f.Do, "\n") || (f.Level != OK) != (f.Do != "") {
			t.Errorf("a finding is not one line with a way out: %+v", f)
		}
	}
	if strings.Contains(b.String(), secret) {
		t.Errorf("the key is shown:\n%s", b.String())
	}
	return b.String()
}

// at makes the API be at a URL.
func at(url string) func(*Options) {
	return func(o *Options) {
		o.Override = func(c *config.Settings) error { return c.BaseURL.UnmarshalText([]byte(url)) }
	}
}

// api is one that answers as it should; bad answers in its place for the paths
// that it knows.
func api(t *testing.T, bad map[string]http.HandlerFunc) string {
	t.Helper()
	good := map[string]string{
		"/billing/usage/requests":             `{"items":[{"id":"1","created_at":"2026-06-17 09:14:36.021334+00:00","cost":0.1,"endpoint":"/inference"}],"total_count":41,"page":1,"page_size":100}`,
		"/billing/plan-info":                  `{"payment_plan":"pro","credit_limit":5000.0,"total_usage":3127.4}`,
		"/billing/billing-status":             `{"team_id":"7c0e","total_usage":3127.4,"credit_limit":5000.0,"payment_plan":"pro"}`,
		"/billing/team/7c0e/overage-settings": `{"usage_reset_hour":0,"usage_reset_timezone":"UTC"}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler, broken := bad[r.URL.Path]
		if all, ok := bad["*"]; ok && !broken {
			handler, broken = all, true
		}
		body, known := good[r.URL.Path]
		switch {
		case broken:
			handler(w, r)
		case !known:
			http.NotFound(w, r)
		case r.Header.Get("X-API-Key") != secret:
			w.WriteHeader(http.StatusUnauthorized)
		default:
			_, _ = w.Write([]byte(body))
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// says answers with a status and a body.
func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func TestAllIsWell(t *testing.T) {
	got := examine(t, at(api(t, nil)))
	if strings.Contains(got, "FAIL:") {
		t.Errorf("something is wrong:\n%s", got)
	}
	for _, want := range []string{
		"using the defaults", "key: found in PIONEER_API_KEY -> \n", "host: 127.0.0.1:", "clock: within 2 s",
		"billing: /billing/usage/requests: rows: 1 on the first page, 41 since 00:00 UTC", "/billing/plan-info: plan pro, used $31.27 of $50.00",
		"/billing/billing-status: plan pro", "/billing/team/7c0e/overage-settings: the cap resets at ",
		"terminal: xterm-256color, 256 colours", "locale: en_GB.UTF-8", "state file folder: ", "journal folder: ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
}

const (
	requests = "/billing/usage/requests"
	plan     = "/billing/plan-info"
	status   = "/billing/billing-status"
	overage  = "/billing/team/7c0e/overage-settings"
)

func TestServerMisbehaves(t *testing.T) {
	for name, tt := range map[string]struct {
		bad  map[string]http.HandlerFunc
		want []string
	}{
		"key refused": {map[string]http.HandlerFunc{"*": says(401, `{"detail":"Invalid API key."}`)},
			[]string{"ok: host: ", "FAIL: billing: " + requests + ": key refused (401): invalid, or its allowance is used up -> check the key in PIONEER_API_KEY", "FAIL: billing: " + plan}},
		"out of credits": {map[string]http.HandlerFunc{requests: says(402, `{"code":"out_of_credits","message":"Used up.","resolution_url":"https://agent.pioneer.ai/credits"}`)},
			[]string{"billing denial (402): Used up. -> add credits or a payment method, at https://agent.pioneer.ai/credits", "ok: billing: " + plan}},
		"ceiling": {map[string]http.HandlerFunc{requests: says(403, `{"code":"credit_ceiling_reached"}`)}, []string{"-> raise the monthly ceiling"}},
		"cap":     {map[string]http.HandlerFunc{requests: says(429, `{}`, "X-RateLimit-Reason", "daily_spend_cap_exceeded")}, []string{"daily cap reached (429)", "-> wait for the reset"}},
		"rate":    {map[string]http.HandlerFunc{requests: says(429, `{}`, "Retry-After", "3")}, []string{"our own polls are rate-limited (429) -> wait a minute"}},
		"another API": {map[string]http.HandlerFunc{"*": says(404, `nothing`)},
			[]string{"FAIL: billing: " + requests + ": no " + requests + " at 127.0.0.1", "-> check the base URL", "warn: billing: " + plan + ": no plan-info (404), spend is summed from the log instead -> set [cap] usd_per_day"}},
		"a web page":  {map[string]http.HandlerFunc{"*": says(200, `<html>`)}, []string{requests + ": the response is a web page, not JSON: check the base URL"}},
		"nothing":     {map[string]http.HandlerFunc{requests: says(200, ``)}, []string{"FAIL: billing: " + requests + ": the response is empty"}},
		"broken JSON": {map[string]http.HandlerFunc{plan: says(200, `{"payment_plan":`)}, []string{"FAIL: billing: " + plan + ": ", "the response is malformed JSON", "ok: billing: " + requests}},
		"no rows":     {map[string]http.HandlerFunc{requests: says(200, `{}`)}, []string{"the response has no list of items"}},
		"odd rows":    {map[string]http.HandlerFunc{requests: says(200, `{"items":[{"created_at":"yesterday"},{"created_at":"2026-06-17T09:14:36Z"}]}`)}, []string{"ok: billing: " + requests + ": rows: 1 on the first page; 1 cannot be read"}},
		"trouble":     {map[string]http.HandlerFunc{plan: says(503, `{"detail":"Authentication service temporarily unavailable."}`)}, []string{"answered 503: Authentication service temporarily unavailable. -> the API has a problem"}},
		"no reset":    {map[string]http.HandlerFunc{overage: says(403, ``)}, []string{"ok: billing: " + overage + ": no overage-settings (403), assuming a reset at 00:00 UTC"}},
		"no team":     {map[string]http.HandlerFunc{status: says(404, ``)}, []string{"ok: billing: " + status + ": no billing-status (404)"}},
		"cut off": {map[string]http.HandlerFunc{"*": func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }},
			[]string{"FAIL: host: cannot reach 127.0.0.1:", "it closed the connection without a response -> check the network and the base URL"}},
		"cut off later": {map[string]http.HandlerFunc{plan: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }}, []string{"ok: host: ", "FAIL: billing: " + plan, "ok: billing: " + status}},
		"elsewhere": {map[string]http.HandlerFunc{"*": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://example.invalid/", http.StatusFound)
		}},
			[]string{"redirects to another host, which would receive the key"}},
		"key as a plan":   {map[string]http.HandlerFunc{plan: says(200, `{"payment_plan":"`+secret+`"}`)}, []string{"plan [key], used – of –"}},
		"clock ahead":     {map[string]http.HandlerFunc{"*": says(500, ``, "Date", time.Now().Add(-10*time.Minute).UTC().Format(http.TimeFormat))}, []string{"FAIL: clock: this machine is 10m", "ahead of the server's clock -> set the clock"}},
		"clock behind":    {map[string]http.HandlerFunc{"*": says(500, ``, "Date", time.Now().Add(10*time.Second).UTC().Format(http.TimeFormat))}, []string{"warn: clock: this machine is ", "behind the server's clock -> set the clock"}},
		"hostile message": {map[string]http.HandlerFunc{requests: says(500, `{"detail":"a\u001b[31m\nb `+secret+`"}`)}, []string{"answered 500: a [31m b [key] -> "}},
	} {
		t.Run(name, func(t *testing.T) {
			got := examine(t, at(api(t, tt.bad)))
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in:\n%s", want, got)
				}
			}
		})
	}
}

func TestHostIsNotThere(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	got := examine(t, at(gone.URL))
	if !strings.Contains(got, "FAIL: host: cannot reach 127.0.0.1:") || !strings.Contains(got, "connection refused -> check the network and the base URL") {
		t.Errorf("nobody listens:\n%s", got)
	}
	if strings.Contains(got, "billing: ") || strings.Contains(got, "clock: ") {
		t.Errorf("without an answer, it tells of one:\n%s", got)
	}
	if !strings.Contains(got, "journal folder: ") {
		t.Errorf("the other checks are left out:\n%s", got)
	}
	got = examine(t, func(o *Options) {
		at(gone.URL)(o)
		o.Env = append(o.Env, "HTTPS_PROXY=http://me:password@proxy")
	})
	if !strings.Contains(got, "HTTPS_PROXY is set: check that proxy") || strings.Contains(got, "password") {
		t.Errorf("with a proxy:\n%s", got)
	}
	own := httptest.NewUnstartedServer(http.NotFoundHandler())
	own.Config.ErrorLog = log.New(io.Discard, "", 0)
	own.StartTLS()
	t.Cleanup(own.Close)
	if got := examine(t, at(own.URL)); !strings.Contains(got, "FAIL: host: cannot reach 127.0.0.1:") || !strings.Contains(got, ": its certificate is not valid: ") || !strings.Contains(got, "its CA certificates") {
		t.Errorf("a certificate of its own:\n%s", got)
	}
	if got := examine(t, at("http://example.com")); !strings.Contains(got, "would send the key unencrypted") || !strings.Contains(got, "-> fix --base-url") {
		t.Errorf("in the clear:\n%s", got)
	}
}

// A host that takes the request and says nothing ends with the context.
func TestHostIsSilent(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	opts := Options{Env: []string{"PIONEER_API_KEY=" + secret}, Transport: transport}
	at(server.URL)(&opts)
	if got := fmt.Sprint(Run(ctx, opts)); !strings.Contains(got, "host: context canceled") {
		t.Errorf("got %s", got)
	}
}

func write(t *testing.T, mode os.FileMode, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestKey(t *testing.T) {
	url := api(t, nil)
	loose := write(t, 0o644, secret+"\n")
	for name, tt := range map[string]struct {
		change     func(*Options)
		want, lack string
	}{
		"none":       {func(o *Options) { o.Env = nil }, "FAIL: key: no API key: set PIONEER_API_KEY", "plan-info"},
		"none: host": {func(o *Options) { o.Env = nil }, "ok: host: 127.0.0.1:", "key refused"},
		"file":       {func(o *Options) { o.KeyFile = write(t, 0o600, secret) }, "ok: key: found in --key-file ", "others can read"},
		"loose file": {func(o *Options) { o.KeyFile = loose }, "warn: key: others can read " + loose + " -> chmod 600 " + loose, ""},
		"empty file": {func(o *Options) { o.KeyFile = write(t, 0o600, "\n") }, " is empty: put the API key there", ""},
		"no file":    {func(o *Options) { o.KeyFile = filepath.Join(t.TempDir(), "none") }, "no such file", ""},
		"of another": {func(o *Options) { o.Env = []string{"PIONEER_API_KEY=sk-other"} }, "but it does not start with pio_sk_ or fast_sk_ -> if the API refuses it", "sk-other"},
		"from file": {func(o *Options) {
			o.Env, o.ConfigPath = nil, write(t, 0o600, "key_file = '"+loose+"'\n")
		}, "ok: key: found in key_file " + loose, ""},
		"by command": {func(o *Options) {
			o.Env, o.ConfigPath = nil, write(t, 0o600, "key_command = 'echo "+secret+"'\n")
		}, "ok: key: found in key_command", ""},
		"command fails": {func(o *Options) {
			o.Env, o.ConfigPath = nil, write(t, 0o600, "key_command = 'exit 3'\n")
		}, "FAIL: key: key_command: exit status 3", ""},
	} {
		got := examine(t, func(o *Options) { at(url)(o); tt.change(o) })
		if !strings.Contains(got, tt.want) || tt.lack != "" && strings.Contains(got, tt.lack) {
			t.Errorf("%s: want %q and not %q in:\n%s", name, tt.want, tt.lack, got)
		}
	}
}

func TestConfiguration(t *testing.T) {
	url := api(t, nil)
	broken := write(t, 0o600, "theme = 1\n")
	for name, tt := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"fine":    {func(o *Options) { o.ConfigPath = write(t, 0o600, "theme = 'dark'\n") }, " is fine -> "},
		"broken":  {func(o *Options) { o.ConfigPath = broken }, "FAIL: configuration: " + broken + ":1:"},
		"missing": {func(o *Options) { o.ConfigNeeded = true }, "no such file or directory -> fix the file"},
		"profile": {func(o *Options) {
			o.Override = func(c *config.Settings) error { c.Profile = "2020-01"; return c.BaseURL.UnmarshalText([]byte(url)) }
		}, "FAIL: table of limits: "},
	} {
		got := examine(t, func(o *Options) { at(url)(o); tt.change(o) })
		if !strings.Contains(got, tt.want) || !strings.Contains(got, "ok: host: ") {
			t.Errorf("%s: no %q in:\n%s", name, tt.want, got)
		}
	}
}

func TestTerminal(t *testing.T) {
	for name, tt := range map[string]struct {
		env  string // over that of a machine where all is well
		want string
	}{
		"dumb":        {"TERM=dumb", "FAIL: terminal: TERM is dumb, so the dashboard cannot be drawn -> "},
		"no TERM":     {"TERM=", "FAIL: terminal: TERM is not set"},
		"true colour": {"COLORTERM=truecolor", "xterm-256color, true colour"},
		"plain":       {"TERM=xterm", "ok: terminal: xterm, 16 colours"},
		"NO_COLOR":    {"NO_COLOR=1", "no colours (NO_COLOR is set)"},
		"C":           {"LC_ALL=C", "warn: locale: LC_ALL is C, not UTF-8: the screen is drawn in ASCII -> "},
		"no locale":   {"LANG=", "warn: locale: LANG is not set, not UTF-8"},
		"utf8":        {"LC_CTYPE=C.utf8", "ok: locale: C.utf8"},
		"tmux":        {"TMUX=/tmp/s,1,0 TERM=tmux-256color", "ok: tmux: running in a pane"},
		"tmux, xterm": {"TMUX=/tmp/s,1,0", "warn: tmux: TERM is xterm-256color inside tmux: colours and keys may be wrong -> put into tmux.conf"},
	} {
		got := examine(t, func(o *Options) { at("no")(o); o.Env = append(o.Env, strings.Fields(tt.env)...) })
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s: no %q in:\n%s", name, tt.want, got)
		}
	}
	if got := examine(t, func(o *Options) { at("no")(o); o.Terminal = false }); !strings.Contains(got, "warn: terminal: standard output is not a terminal -> ") {
		t.Errorf("a pipe:\n%s", got)
	}
}

func TestFolders(t *testing.T) {
	file := write(t, 0o600, "")
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"state is a file":    {func(o *Options) { o.StateDir = file }, "FAIL: journal folder: " + file + " is not a folder"},
		"state below a file": {func(o *Options) { o.StateDir = filepath.Join(file, "quotatop") }, "FAIL: journal folder: "},
		"runtime is a file":  {func(o *Options) { o.Places = []statefile.Place{{Path: file}} }, file + " is not a folder: remove it -> "},
		"runtime is a link":  {func(o *Options) { o.Places = []statefile.Place{{Path: link}} }, "FAIL: state file folder: "},
		"the second choice": {func(o *Options) { o.Places = append([]statefile.Place{{Path: link}}, o.Places...) },
			"warn: state file folder: " + link + " is not a folder: remove it; using "},
		"no runtime folder": {func(o *Options) { o.Places = append([]statefile.Place{{Path: "/nowhere/quotatop"}}, o.Places...) },
			"warn: state file folder: cannot read /nowhere: no such file or directory; using "},
		"no well-known folder": {func(o *Options) {
			o.Places = append([]statefile.Place{{Path: "/nowhere/quotatop", WellKnown: true}}, o.Places...)
		}, "ok: state file folder: "},
		"relative": {func(o *Options) { o.Env = append(o.Env, "XDG_RUNTIME_DIR=run") }, "warn: state file folder: XDG_RUNTIME_DIR is a relative path, run; using "},
		"state is open to others": {func(o *Options) {
			o.StateDir = t.TempDir()
			if err := os.Chmod(o.StateDir, 0o777); err != nil {
				t.Fatal(err)
			}
		}, "FAIL: journal folder: others can write to "},
		"the kernel's": {func(o *Options) { o.StateDir = "/proc/quotatop" }, "FAIL: journal folder: cannot write to /proc/quotatop: "},
	} {
		got := examine(t, func(o *Options) { at("no")(o); tt.change(o) })
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s: no %q in:\n%s", name, tt.want, got)
		}
	}
	state := filepath.Join(t.TempDir(), "a", "b")
	if got := examine(t, func(o *Options) { at("no")(o); o.StateDir = state }); !strings.Contains(got, "ok: journal folder: "+state+" is writable") {
		t.Errorf("got:\n%s", got)
	}
	if _, err := os.Stat(filepath.Dir(state)); err == nil {
		t.Error("the check-up made a folder")
	}
}

// The brokers of a fleet are checked if there are any, and no password is shown.
func TestFleet(t *testing.T) {
	url := api(t, nil)
	with := func(change func(*config.Fleet)) string {
		return examine(t, func(o *Options) {
			o.Override = func(c *config.Settings) error {
				change(&c.Fleet)
				return c.BaseURL.UnmarshalText([]byte(url))
			}
		})
	}
	const away = "nats://me:secretword@127.0.0.1:1"
	if got := with(func(f *config.Fleet) { f.URL, f.Publish = away, away }); strings.Contains(got, "secretword") ||
		!strings.Contains(got, "FAIL: fleet: no broker at nats://127.0.0.1:1: connection refused -> see [fleet]") ||
		!strings.Contains(got, "FAIL: publish: no broker at nats://127.0.0.1:1: connection refused -> ") {
		t.Errorf("a broker that is away:\n%s", got)
	}
	broker := clitest.Broker(t)
	if got := with(func(f *config.Fleet) { f.URL, f.Publish = broker, broker }); !strings.Contains(got, "ok: publish: "+broker+" answers") ||
		!strings.Contains(got, "no stream QUOTATOP at "+broker+": run quotatop fleet init") {
		t.Errorf("a broker without a stream:\n%s", got)
	}
	if _, err := fleet.Init(t.Context(), fleet.Broker{URL: broker}); err != nil {
		t.Fatal(err)
	}
	if got := with(func(f *config.Fleet) { f.URL = broker }); !strings.Contains(got, "ok: fleet: "+broker+" has the stream QUOTATOP, with 0 generators") {
		t.Errorf("a broker with a stream:\n%s", got)
	}
}
