package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"quotatop/model"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoad(t *testing.T) {
	c, err := Load(write(t, `
base_url = "https://api.example.com/v9"
profile = "2026-07"
interval = "20s"
[cap]
usd_per_day = 12.5
[budget]
per_minute = 10
[[endpoint]]
id = "chat"
limits = [{max = 300, per = "1m"}, {max = 5000, per = "1h"}]
[[endpoint]]
id = "embeddings"
paths = ["POST /v1/embeddings"]
limits = [{max = 60, per = "1m"}]
`), true)
	if err != nil {
		t.Fatal(err)
	}
	table, err := c.Table()
	if err != nil {
		t.Fatal(err)
	}
	chat := table.Endpoints[table.Match("POST", "/v1/chat/completions")]
	if chat.ID != "chat" || len(chat.Limits) != 2 || chat.Limits[1] != (model.Limit{Max: 5000, Per: time.Hour}) {
		t.Errorf("chat = %+v, want the limits of the file", chat)
	}
	if got := table.Endpoints[table.Match("POST", "/v1/embeddings")].ID; got != "embeddings" {
		t.Errorf("/v1/embeddings belongs to %q, want the row that was added", got)
	}
	if d := Default(); c.Alerts.TimeToLimit != d.Alerts.TimeToLimit || c.Journal != d.Journal {
		t.Errorf("alerts %+v, journal %+v, want the defaults", c.Alerts, c.Journal)
	}
	if c.Budget.PerMinute != 10 || c.Cap.USDPerDay != 12.5 || c.Interval.Duration != 20*time.Second {
		t.Errorf("config = %+v", c)
	}
}

func TestLoadAlertsJournalKeys(t *testing.T) {
	c, err := Load(write(t, `
[keys]
quit = "q"
"poll now" = ["r", "f5"]
zoom = []
[alerts]
bell = false
notify = "osc777"
command = ["notify-send", "quotatop"]
time_to_limit = "1m30s"
[journal]
enabled = false
retention = "1d12h"
max_size = "512MiB"
`), true)
	if err != nil {
		t.Fatal(err)
	}
	look, err := c.Look()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"quit": {"q"}, "poll now": {"r", "f5"}, "zoom": {}}
	if diff := cmp.Diff(want, look.Keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	wantAlerts := Alerts{Notify: NotifyOSC777, Command: []string{"notify-send", "quotatop"}, TimeToLimit: Span{90 * time.Second}, Debounce: Span{time.Minute}}
	if diff := cmp.Diff(wantAlerts, c.Alerts); diff != "" {
		t.Errorf("alerts (-want +got):\n%s", diff)
	}
	if got := c.Alerts.TimeToLimit.Duration; got != 90*time.Second {
		t.Errorf("time to limit %s, want 1m30s", got)
	}
	if got := c.Journal.Retention.Duration; c.Journal.Enabled || got != 36*time.Hour {
		t.Errorf("journal %t with a retention of %s, want false and 36h", c.Journal.Enabled, got)
	}
	if got := c.Journal.MaxSize.Bytes; got != 512<<20 {
		t.Errorf("journal of %d bytes, want 512 MiB", got)
	}
}

func TestPosition(t *testing.T) {
	c, err := Load(write(t, `
theme = "dark"
  [keys]
quit = "q"
  "poll now" = "r"
[alerts]
bell = false
`), true)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		key          []string
		line, column int
	}{
		{[]string{"theme"}, 2, 1},
		{[]string{"keys", "quit"}, 4, 1},
		{[]string{"keys", "poll now"}, 5, 3},
		{[]string{"keys", "other"}, 3, 4}, // of the table that would contain it
		{[]string{"journal", "retention"}, 1, 1},
		{nil, 1, 1},
	} {
		if line, column := c.Position(tt.key...); line != tt.line || column != tt.column {
			t.Errorf("%q is at %d:%d, want %d:%d", tt.key, line, column, tt.line, tt.column)
		}
	}
}

func TestParseSpanAndSize(t *testing.T) {
	const bad = -1
	for text, want := range map[string]time.Duration{
		"60s": time.Minute, "7d": 7 * day, "1d12h": 36 * time.Hour, "0d": 0,
		"": bad, "d": bad, "-1d": bad, "1.5d": bad, "1d-1h": bad, "99999999999d": bad, "65535d2500000h": bad, "7 d": bad, "10": bad,
	} {
		span := Span{bad}
		if err := span.UnmarshalText([]byte(text)); err == nil {
			again := Span{bad}
			if err := again.UnmarshalText([]byte(span.String())); err != nil || again != span {
				t.Errorf("span %q is written as %q, which reads as %d: %v", text, span, again.Duration, err)
			}
		}
		if span.Duration != want {
			t.Errorf("span %q is %d, want %d", text, span.Duration, want)
		}
	}
	for text, want := range map[string]int64{
		"64KiB": 64 << 10, "512 MiB": 512 << 20, "1GiB": 1 << 30,
		"": bad, "GiB": bad, "1GB": bad, "-1GiB": bad, "1.5GiB": bad, "1073741824": bad, "99999999999GiB": bad,
	} {
		size := Size{bad}
		if err := size.UnmarshalText([]byte(text)); err == nil && !strings.HasSuffix(text, size.String()[len(size.String())-3:]) {
			t.Errorf("size %q is written as %q", text, size)
		}
		if size.Bytes != want {
			t.Errorf("size %q is %d, want %d", text, size.Bytes, want)
		}
	}
}

func TestLoadMistakes(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"unknown key":        {"theme = \"dark\"\nthemee = 1\n", `2:1: unknown key "themee"`},
		"unknown table":      {"[polls]\nx = 1\n", `unknown key "polls`},
		"number for text":    {"[journal]\nretention = 7\n", `2:1: retention in the wrong place: use text in quotes`},
		"text for a number":  {"[cap]\nusd_per_day = \"1\"\n", `2:15: string in the wrong place: use a number`},
		"text for a limit":   {"[budget]\nper_hour = \"1\"\n", `2:12: string in the wrong place: use a whole number`},
		"text for an array":  {"[alerts]\ncommand = \"true\"\n", `2:11: string in the wrong place: use an array like ["a", "b"]`},
		"no table":           {"keys = 1\n", `1:1: keys in the wrong place: use a table`},
		"wrong type":         {"\n  interval = 10\n", `2:3: interval in the wrong place: use text in quotes`},
		"broken":             {"theme = \"dark\nprofile = 1\n", `1:`},
		"bad span":           {"\ninterval = \"soon\"\n", `2:12: time span "soon"`},
		"short interval":     {"interval = \"10ms\"\n", `1:12: interval of 10ms: use 1s to 10m`},
		"negative limit":     {"\n[[endpoint]]\nid = \"chat\"\nlimits = [{max = 5, per = \"1m\"}]\n[[endpoint]]\nid = \"generate\"\nlimits = [{max = -5, per = \"1m\"}]\n", `5:3: endpoint "generate": limit -5`},
		"negative cap":       {"[cap]\nusd_per_day = -1\n", `2:1: cap of -1 dollars`},
		"no number of a cap": {"[cap]\nusd_per_day = nan\n", `2:1: cap of NaN dollars`},
		"cap without end":    {"[cap]\nusd_per_day = inf\n", `2:1: cap of +Inf dollars`},
		"tap nowhere":        {"tap = \"8429\"\n", `1:1: address "8429": write it like 127.0.0.1:8429`},
		"negative budget":    {"[budget]\nper_hour = -1\n", `2:1: budget of -1 polls`},
		"unknown profile":    {"profile = \"2025-01\"\n", `1:1: unknown profile "2025-01": use one of 2026-06`},
		"http far away":      {"base_url = \"http://api.example.com\"\n", `1:12: base URL "http://api.example.com" would send the key unencrypted`},
		"new without path":   {"[[endpoint]]\nid = \"mine\"\n", `1:3: endpoint "mine" is new: give its paths`},
		"keys of a number":   {"[keys]\n\nquit = 1\n", `3:1: use a key like "q", or an array`},
		"key without name":   {"[keys]\nquit = [\"q\", \"\"]\n", `2:1: use a key like "q", or an array`},
		"keys in a table":    {"[keys.quit]\nkey = 1\n", `1:2: use a key like "q", or an array`},
		"broker of http":     {"[fleet]\nurl = \"http://me:secret@broker\"\n", `2:1: broker's URL: scheme "http": use nats, tls, ws or wss`},
		"broker with a path": {"[fleet]\nrun = \"x\"\npublish = \"nats://me:secret@broker/x\"\n", `3:1: broker's URL: write it like nats://broker:4222`},
		"run of two words":   {"[fleet]\nrun = \"a b\"\n", `2:1: run: name "a b": use letters, digits, - and _ only`},
		"egress of a path":   {"[fleet]\negress = \"nat/1\"\n", `2:1: egress: name "nat/1": use letters`},
		"tiny spool":         {"[fleet]\nspool = \"1KiB\"\n", `2:1: size "1KiB": use 1MiB to 64GiB`},
		"unknown fleet key":  {"[fleet]\nbroker = \"x\"\n", `2:1: unknown key "fleet.broker"`},
		"unknown alert key":  {"[alerts]\nbeep = true\n", `2:1: unknown key "alerts.beep"`},
		"notify":             {"[alerts]\nnotify = \"dbus\"\n", `2:1: notify "dbus": use off, osc9 or osc777`},
		"command":            {"[alerts]\ncommand = [\"\"]\n", `2:1: command without a program`},
		"time to limit":      {"[alerts]\nbell = true\ntime_to_limit = \"2h\"\n", `3:1: time span "2h": use 1s to 1h`},
		"debounce":           {"alerts = {debounce = \"now\"}\n", `1:22: time span "now": write it like`},
		"bell":               {"[alerts]\nbell = \"yes\"\n", `2:8: string in the wrong place: use true or false`},
		"retention":          {"[journal]\nretention = \"1m\"\n", `2:1: time span "1m": use 1h to 366d`},
		"max size":           {"[journal]\nmax_size = \"1GB\"\n", `2:12: size "1GB": write it like "512MiB"`},
		"small journal":      {"[journal]\nmax_size = \"1KiB\"\n", `2:1: size "1KiB": use 1MiB to 1024GiB`},
		"theme of a number":  {"\ntheme = 3\n", `2:1: theme: use a name in quotes`},
		"theme in a table":   {"[cap]\ntheme = \"dark\"\n", `2:1: theme belongs above the first [table]`},
		"theme among keys":   {"[keys]\nquit = \"x\"\ntheme = \"dark\"\n", `3:1: theme belongs above the first [table]`},
		"profile in a table": {"[journal]\nprofile = \"2026-06\"\n", `2:1: profile belongs above the first [table]`},
		"interval of none":   {"interval = \"0s\"\n", `1:12: interval of 0s: use 1s to 10m`},
		"scope":              {"[[endpoint]]\nid = \"chat\"\nscope = \"team\"\n", `1:3: endpoint "chat": scope "team": use user or ip`},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, tt.text)
			f, err := Load(path, true)
			if err == nil {
				_, err = f.Look()
			}
			if err == nil {
				t.Fatal("no error")
			}
			got := strings.TrimPrefix(err.Error(), path+":")
			if !strings.Contains(got, tt.want) || strings.Contains(got, "\n") {
				t.Errorf("error %q, want one line with %q", got, tt.want)
			}
		})
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.toml"), true); err == nil {
		t.Error("a file that was asked for and is not there is no error")
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.toml"), false); err != nil {
		t.Errorf("no file: %v, want the defaults", err)
	}
}

func TestKey(t *testing.T) {
	const secret = "pio_sk_do_not_show_me"
	file := write(t, secret+"\n")
	empty := write(t, " \n")
	two := write(t, secret+"\nmore\n")
	for name, tt := range map[string]struct {
		config    Settings
		flag, env string
		want      string // of the key, or of the error
	}{
		"none":                {want: "no API key: set PIONEER_API_KEY"},
		"environment":         {env: secret, want: secret},
		"flag first":          {flag: file, env: "other", want: secret},
		"file of config":      {config: Settings{KeyFile: file}, want: secret},
		"command":             {config: Settings{KeyCommand: "echo " + secret}, want: secret},
		"command fails":       {config: Settings{KeyCommand: "echo " + secret + "; exit 3"}, want: "key_command: exit status 3"},
		"command silent":      {config: Settings{KeyCommand: "true"}, want: "key_command is empty"},
		"file missing":        {flag: file + ".no", want: "no such file"},
		"file empty":          {flag: empty, want: "is empty: put the API key there"},
		"file of more":        {flag: two, want: "contains more than a key"},
		"directory":           {flag: t.TempDir(), want: "is not a file that contains a key"},
		"environment of more": {env: secret + " " + secret, want: "PIONEER_API_KEY contains more than a key"},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := tt.config.Key(t.Context(), tt.flag, tt.env)
			if err != nil {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("error %q shows the key", err)
				}
				key = err.Error()
			}
			if !strings.Contains(key, tt.want) {
				t.Errorf("got %q, want %q", key, tt.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("theme = \"dark\"\n[[endpoint]]\nid = \"chat\"\nlimits = [{max = -5, per = \"1m\"}]\n"))
	f.Add([]byte("[cap\n"))
	f.Add([]byte("[keys]\nquit = [\"q\", \"x\"]\nzoom = \"z\"\n"))
	f.Add([]byte("[alerts]\ncommand = [\"true\"]\ndebounce = \"1d2h\"\n[journal]\nmax_size = \"2GiB\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := parse(string(data)); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("error of several lines: %q", err)
		}
	})
}
