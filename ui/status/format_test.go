package status

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"quotatop/model"
)

var now = time.Date(2026, 6, 17, 12, 4, 31, 0, time.UTC)

// usual is a load run with chat close to its limit.
func usual() model.Snapshot {
	s := model.Snapshot{
		Version: model.SnapshotVersion, At: now,
		Cap: model.Cap{
			Period: model.PeriodDay, Used: model.Some(31270 * model.Micros(1000)), Limit: model.Some(50 * model.Dollar),
			Remaining: model.Some(18730 * model.Micros(1000)), ResetsAt: time.Date(2026, 6, 18, 0, 0, 0, 0, time.UTC), AsOf: model.Some(now),
		},
		Endpoints: []model.EndpointUsage{
			{ID: "all", Limits: []model.LimitUsage{{Limit: 1000, PerS: 60, Used: model.Some(400), AsOf: model.Some(now)}}},
			{ID: "chat", Limits: []model.LimitUsage{{Limit: 200, PerS: 60, Used: model.Some(184), TimeToLimit: model.Some(14.5), AsOf: model.Some(now)}}},
			{ID: "other"},
		},
		Sources: []model.Source{{Name: model.SourceBilling, Vantage: model.VantageAccount, State: model.StateOK, Interval: model.Some(20.0)}},
	}
	s.Walls = model.WallsOf(&s)
	return s
}

// fleet is a fleet of n generators, some of which are silent.
func fleet(n, silent int) *model.Fleet {
	f := &model.Fleet{Run: "load-7", Generators: make([]model.Generator, n)}
	for i := range f.Generators {
		f.Generators[i].State = model.GeneratorLive
		if i < silent {
			f.Generators[i].State = model.GeneratorSilent
		}
	}
	return f
}

// chat is the worst gauge of usual.
func chat(s *model.Snapshot) *model.LimitUsage { return &s.Endpoints[1].Limits[0] }

func TestPlain(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*model.Snapshot)
		want   string
	}{
		"usual":             {func(*model.Snapshot) {}, "chat 92% 14s  $18.73 11:55"},
		"would not meet it": {func(s *model.Snapshot) { chat(s).TimeToLimit = model.Opt[float64]{} }, "chat 92%  $18.73 11:55"},
		"is met":            {func(s *model.Snapshot) { chat(s).Used, chat(s).TimeToLimit = model.Some(210), model.Some(0.0) }, "chat 105%  $18.73 11:55"},
		"almost met":        {func(s *model.Snapshot) { chat(s).Limit, chat(s).Used = 1000, model.Some(999) }, "chat 99% 14s  $18.73 11:55"},
		"far over":          {func(s *model.Snapshot) { chat(s).Used = model.Some(4000) }, "chat >999%  $18.73 11:55"},
		"few":               {func(s *model.Snapshot) { s.Endpoints = s.Endpoints[1:2]; chat2(s).Used = model.Some(1) }, "chat 0.5% 14s  $18.73 11:55"},
		"few, at least": {func(s *model.Snapshot) {
			chat(s).Used, s.Endpoints[0].Limits = model.Some(1), nil
			chat(s).LowerBound = true
		}, "chat ≥0.5% 14s  $18.73 11:55"},
		"few, about": {func(s *model.Snapshot) {
			chat(s).Used, s.Endpoints[0].Limits = model.Some(1), nil
			chat(s).Estimated = true
		}, "chat ≈0.5% 14s  $18.73 11:55"},
		"none": {func(s *model.Snapshot) { s.Endpoints = s.Endpoints[1:2]; chat2(s).Used = model.Some(0) }, "chat 0% 14s  $18.73 11:55"},
		"rejected": {func(s *model.Snapshot) {
			s.Endpoints[0].Limits[0].Rejected = model.Some(3)
			s.Denials = []model.DenialGroup{{Kind: model.KindRate, Endpoint: "all", At: now, RetryAt: model.Some(now.Add(41 * time.Second)), Count: 3}}
		}, "all refused 00:41  $18.73 11:55"},
		"rejected before": {func(s *model.Snapshot) { s.Endpoints[0].Limits[0].Rejected = model.Some(3) }, "chat 92% 14s  $18.73 11:55"},
		"estimate":        {func(s *model.Snapshot) { chat(s).Estimated = true }, "chat ≈92% 14s  $18.73 11:55"},
		"at most":         {func(s *model.Snapshot) { chat(s).UpperBound = true }, "chat ≤92% 14s  $18.73 11:55"},
		"at least":        {func(s *model.Snapshot) { chat(s).LowerBound = true }, "chat ≥92% 14s  $18.73 11:55"},
		"fleet":           {func(s *model.Snapshot) { s.Fleet = fleet(12, 0) }, "chat 92% 14s  $18.73 11:55  fleet 12"},
		"silent generator": {func(s *model.Snapshot) {
			s.Fleet = fleet(1_200, 1)
			chat(s).LowerBound = true
		}, "chat ≥92% 14s  $18.73 11:55  fleet 1,199/1,200"},
		"cap estimate": {func(s *model.Snapshot) { s.Cap.Estimated = true }, "chat 92% 14s  ≈$18.73 11:55"},
		"a little old": {func(s *model.Snapshot) { chat(s).AsOf = model.Some(now.Add(-40 * time.Second)) }, "chat 92% 14s  $18.73 11:55"},
		"old":          {func(s *model.Snapshot) { chat(s).AsOf = model.Some(now.Add(-2 * time.Minute)) }, "chat 92% (2m ago)  $18.73 11:55"},
		"old, in trouble": {func(s *model.Snapshot) {
			chat(s).AsOf = model.Some(now.Add(-40 * time.Second))
			s.Sources[0].State = model.StateError
		}, "billing error chat 92% (40s ago)  $18.73 11:55"},
		"only rejected": {func(s *model.Snapshot) {
			chat(s).Used, chat(s).Rejected = model.Opt[int]{}, model.Some(3)
			deny(model.KindRate, time.Second, model.Opt[time.Time]{})(s)
		}, "chat refused  $18.73 11:55"},
		"cap runs out": {func(s *model.Snapshot) {
			chat(s).TimeToLimit, s.Cap.ExhaustsAt = model.Opt[float64]{}, model.Some(now.Add(5*time.Hour))
		}, "cap 62% 5h chat 92%  $18.73 11:55"},
		"no gauge":          {func(s *model.Snapshot) { s.Endpoints = nil }, "–  $18.73 11:55"},
		"nothing":           {func(s *model.Snapshot) { *s = model.Snapshot{At: now} }, "–  – –"},
		"cap not known":     {func(s *model.Snapshot) { s.Cap.Remaining = model.Opt[model.Micros]{} }, "chat 92% 14s  – 11:55"},
		"reset in a minute": {func(s *model.Snapshot) { s.Cap.ResetsAt = now.Add(41 * time.Second) }, "chat 92% 14s  $18.73 41s"},
		"reset in minutes":  {func(s *model.Snapshot) { s.Cap.ResetsAt = now.Add(5 * time.Minute) }, "chat 92% 14s  $18.73 0:05"},
		"reset in days":     {func(s *model.Snapshot) { s.Cap.ResetsAt = now.Add(300 * time.Hour) }, "chat 92% 14s  $18.73 12d"},
		"reset has passed":  {func(s *model.Snapshot) { s.Cap.ResetsAt = now.Add(-time.Hour) }, "chat 92% 14s  $18.73 0s"},
		"cap reached":       {emptyCap, "cap reached chat 92% 14s  $0.00 11:55"},
		"no cap": {func(s *model.Snapshot) {
			s.Cap.Remaining, s.Cap.Limit = model.Some[model.Micros](0), model.Some[model.Micros](0)
		}, "chat 92% 14s  $0.00 11:55"},
		"cap denial": {func(s *model.Snapshot) {
			emptyCap(s)
			deny(model.KindCap, time.Hour, model.Some(now.Add(time.Hour)))(s)
		}, "cap reached chat 92% 14s  $0.00 11:55"},
		"cap raised since":   {deny(model.KindCap, time.Hour, model.Some(now.Add(time.Hour))), "chat 92% 14s  $18.73 11:55"},
		"cap denial is over": {deny(model.KindCap, time.Hour, model.Some(now)), "chat 92% 14s  $18.73 11:55"},
		"credits":            {deny(model.KindCredits, time.Second, model.Opt[time.Time]{}), "credits used up chat 92% 14s  $18.73 11:55"},
		"ceiling":            {deny(model.KindCeiling, time.Second, model.Opt[time.Time]{}), "ceiling reached chat 92% 14s  $18.73 11:55"},
		"key, some time ago": {deny(model.KindAuth, 3*time.Minute, model.Opt[time.Time]{}), "chat 92% 14s  $18.73 11:55"},
		"key":                {deny(model.KindAuth, 3*time.Second, model.Opt[time.Time]{}), "key refused chat 92% 14s  $18.73 11:55"},
		"a 429 passes":       {deny(model.KindRate, 61*time.Second, model.Some(now.Add(-time.Second))), "chat 92% 14s  $18.73 11:55"},
		"odd name":           {func(s *model.Snapshot) { s.Endpoints[1].ID = "a\x1b[31m\nb" }, "a [31m b 92% 14s  $18.73 11:55"},
	} {
		s := usual()
		tt.change(&s)
		s.Walls = model.WallsOf(&s)
		if got, err := Format(s, Plain); err != nil || got != tt.want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, tt.want)
		}
	}
}

// emptyCap leaves nothing of the cap.
func emptyCap(s *model.Snapshot) {
	s.Cap.Used, s.Cap.Remaining = s.Cap.Limit, model.Some[model.Micros](0)
}

// chat2 is chat as the first endpoint.
func chat2(s *model.Snapshot) *model.LimitUsage { return &s.Endpoints[0].Limits[0] }

func deny(kind model.Kind, age time.Duration, clears model.Opt[time.Time]) func(*model.Snapshot) {
	return func(s *model.Snapshot) {
		s.Denials = []model.DenialGroup{{Kind: kind, Endpoint: "chat", At: now.Add(-age), RetryAt: clears, ClearsAt: clears, Count: 1}}
	}
}

func TestTmux(t *testing.T) {
	never, soon := model.Opt[float64]{}, model.Some(14.5)
	for _, tt := range []struct {
		used int
		in   model.Opt[float64]
		id   string
		want string
	}{
		{100, never, "chat", "chat 50%  $18.73 11:55"},
		{150, model.Some(41.5), "chat", "#[fg=black,bg=yellow]chat 75%#[default] 41s  $18.73 11:55"},
		{184, soon, "chat", "#[fg=colour16,bg=colour208]chat 92%#[default] 14s  $18.73 11:55"},
		{200, soon, "chat", "#[fg=colour231,bg=colour160,bold]chat 100%#[default]  $18.73 11:55"},
		{184, soon, "#(reboot)#{x}", "#[fg=colour16,bg=colour208]##(reboot)##{x} 92%#[default] 14s  $18.73 11:55"},
	} {
		s := usual()
		chat(&s).Used, chat(&s).TimeToLimit, s.Endpoints[1].ID = model.Some(tt.used), tt.in, tt.id
		s.Walls = model.WallsOf(&s)
		if got, err := Format(s, Tmux); err != nil || got != tt.want {
			t.Errorf("%d calls: got %q, %v, want %q", tt.used, got, err, tt.want)
		}
	}
	s := usual()
	chat(&s).AsOf, s.Cap.AsOf = model.Some(now.Add(-time.Hour)), model.Some(now.Add(-time.Hour))
	s.Walls = model.WallsOf(&s)
	if got, want := must(t, s, Tmux), "#[dim]chat 92%#[default] (60m ago)  #[dim]$18.73#[default] 11:55"; got != want {
		t.Errorf("old figures: got %q, want %q", got, want)
	}
}

func TestJSON(t *testing.T) {
	var got map[string]any
	line := must(t, usual(), JSON)
	if err := json.Unmarshal([]byte(line), &got); err != nil || strings.Contains(line, "\n") {
		t.Fatalf("%v in %q", err, line)
	}
	for key, want := range map[string]any{
		"endpoint": "chat", "percent": 92.0, "used": 184.0, "limit": 200.0, "per_s": 60.0, "time_to_limit_s": 14.5, "pressure": "hot",
		"cap_left_usd": 18.73, "cap_percent": 62.0, "resets_at": "2026-06-18T00:00:00Z", "as_of": "2026-06-17T12:04:31Z", "stale": false,
		"denial": "", "denied_until": nil, "next": "chat 92%", "next_kind": "limit", "next_pressure": "hot", "next_in_s": 14.5, "exhausts_at": nil, "at": "2026-06-17T12:04:31Z",
	} {
		if v, ok := got[key]; !ok || v != want {
			t.Errorf("%s is %v, want %v", key, v, want)
		}
	}
	line = must(t, model.Snapshot{At: now}, JSON)
	for _, want := range []string{`"used":null`, `"percent":null`, `"cap_left_usd":null`, `"resets_at":null`, `"as_of":null`} {
		if !strings.Contains(line, want) {
			t.Errorf("of nothing: no %s in %s", want, line)
		}
	}
}

func TestTemplate(t *testing.T) {
	s := usual()
	s.Cap.ExhaustsAt = model.Some(now.Add(time.Hour))
	s.Walls = model.WallsOf(&s)
	for format, want := range map[string]string{
		"{{.Figure}} {{.Left}}":                             "chat 92% $18.73",
		"{{.Endpoint}}={{.Percent}} of {{.Limit}}":          "chat=92 of 200",
		"{{if .ExhaustsAt.Known}}early{{end}} {{.Reset}}":   "early 11:55",
		"{{if gt (.Percent.Or 0) 90}}!{{end}}{{.Rejected}}": "!–",
		"{{.CapLeft}}\n{{.Wall}}\x1b":                       "$18.73 14s ",
	} {
		if got, err := Format(s, format); err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", format, got, err, want)
		}
	}
	for format, want := range map[string]string{
		"{{.Figur}}":                 "Figur",
		"{{":                         "format:1: unclosed action",
		"{{if}}":                     "missing value for if",
		"short":                      `unknown status format "short": use plain, tmux, json, or a template`,
		"{{call 1}}":                 "non-function",
		"{{gt .Percent 90}}":         "compare a value that can be unknown as (.Percent.Or 0)",
		"{{range .Percent}}x{{end}}": "can't iterate over a model.Opt[int]: use a number",
		"a\nb {{.X}}":                "format:2",
	} {
		got, err := Format(s, format)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || got != "" {
			t.Errorf("%q: got %q, %v, want one line with %q", format, got, err, want)
		}
	}
}

// A demo's line cannot be taken for the account's.
func TestDemo(t *testing.T) {
	l := Of(usual())
	l.Demo = true
	for format, want := range map[string]string{
		Plain: "DEMO chat 92% 14s  $18.73 11:55", Tmux: "DEMO #[fg=colour16,bg=colour208]chat 92%#[default] 14s  $18.73 11:55",
		"{{if .Demo}}demo {{end}}{{.Figure}}": "demo chat 92%",
	} {
		if got, err := l.Format(format); err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", format, got, err, want)
		}
	}
	if got, err := l.Format(JSON); err != nil || !strings.Contains(got, `"demo":true`) {
		t.Errorf("JSON: got %q, %v", got, err)
	}
	if got := must(t, usual(), JSON); !strings.Contains(got, `"demo":false`) {
		t.Errorf("JSON of the account: got %q", got)
	}
}

func must(t *testing.T, s model.Snapshot, format string) string {
	t.Helper()
	line, err := Format(s, format)
	if err != nil {
		t.Fatal(err)
	}
	return line
}
