package model

import (
	"strings"
	"testing"
	"time"
)

func mustProfile(t testing.TB, name string) Table {
	t.Helper()
	table, err := Profile(name)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func mustTable(t testing.TB, endpoints ...Endpoint) Table {
	t.Helper()
	table, err := NewTable("test", endpoints...)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestMatch(t *testing.T) {
	tests := []struct {
		method, path string
		want         [3]string // by 2026-06, 2026-07, 2026-09
	}{
		{"POST", "/inference", [3]string{"inference", "inference", "other"}},
		{"POST", "/inference/", [3]string{"inference", "inference", "other"}},
		{"", "/inference", [3]string{"inference", "inference", "other"}},
		{"GET", "/inference", [3]string{"other", "other", "other"}},
		{"POST", "/inferences", [3]string{"other", "other", "other"}},
		{"POST", "/inference/x", [3]string{"other", "other", "other"}},
		{"POST", "/v1/chat/completions", [3]string{"chat", "chat", "chat"}},
		{"POST", "/v1/completions", [3]string{"chat", "chat", "other"}},
		{"POST", "/v1/responses", [3]string{"chat", "chat", "chat"}},
		{"POST", "/v1/messages", [3]string{"chat", "chat", "chat"}},
		{"POST", "/v1/embeddings", [3]string{"other", "other", "other"}},
		{"", "openai_compat", [3]string{"chat", "chat", "chat"}},
		{"", "anthropic_compat", [3]string{"chat", "chat", "chat"}},
		{"", "/openai_compat", [3]string{"other", "other", "other"}}, // a path, not a name
		{"", "compat", [3]string{"other", "other", "other"}},
		{"POST", "/gliner-2", [3]string{"gliner", "gliner", "other"}},
		{"POST", "/gliner-2/extract/deep", [3]string{"gliner", "gliner", "other"}},
		{"POST", "/gliner-20", [3]string{"other", "other", "other"}},
		{"POST", "/v1/gliner-2/extract", [3]string{"other", "other", "gliner"}},
		{"POST", "/generate/text", [3]string{"generate", "generate", "other"}},
		{"POST", "/v1/generate/text", [3]string{"other", "other", "generate"}},
		{"POST", "/felix/training-jobs", [3]string{"training", "training", "other"}},
		{"GET", "/felix/training-jobs", [3]string{"other", "other", "other"}},
		{"POST", "/felix/training-jobs/7/billing", [3]string{"other", "other", "other"}},
		{"POST", "/v1/training-jobs", [3]string{"other", "other", "training"}},
		{"GET", "/billing/usage/requests", [3]string{"other", "other", "other"}},
		{"", "/llmaj/judge", [3]string{"other", "other", "other"}},
		{"", "", [3]string{"other", "other", "other"}},
	}
	for i, profile := range Profiles() {
		table := mustProfile(t, profile)
		for _, tt := range tests {
			if got := table.Endpoints[table.Match(tt.method, tt.path)].ID; got != tt.want[i] {
				t.Errorf("%s: %s %q is %s, want %s", profile, tt.method, tt.path, got, tt.want[i])
			}
		}
	}
}

func TestMatchLongestPatternWins(t *testing.T) {
	table := mustTable(t,
		Endpoint{ID: "all", Paths: []string{"/v1/*"}},
		Endpoint{ID: "deep", Paths: []string{"/v1/a/*"}},
		Endpoint{ID: "exact", Paths: []string{"DELETE /v1/a/b", "*_job", "batch_compat"}},
	)
	for _, tt := range []struct{ method, path, want string }{
		{"GET", "/v1", "all"}, {"GET", "/v1/x", "all"}, {"GET", "/v1/a", "deep"}, {"GET", "/v1/a/b", "deep"},
		{"DELETE", "/v1/a/b", "exact"}, {"GET", "/v10", "other"}, {"", "night_job", "exact"}, {"", "batch_compat", "exact"}, {"", "x_batch_compat", "other"},
	} {
		if got := table.Endpoints[table.Match(tt.method, tt.path)].ID; got != tt.want {
			t.Errorf("%s %s is %s, want %s", tt.method, tt.path, got, tt.want)
		}
	}
}

// The numbers are the vendor's: a slip here is a wrong gauge for everybody.
func TestProfileLimits(t *testing.T) {
	const m, h = time.Minute, time.Hour
	want := map[string]map[string][]Limit{
		"2026-06": {"all": {{1_000, m}, {10_000, h}}, "inference": {{1_200, m}}, "chat": {{200, m}}, "gliner": {{15_000, m}}, "generate": {{120, m}}, "training": {{20, m}}, "other": nil},
		"2026-07": {"all": {{20_000, m}, {1_000_000, h}}, "edge": {{100_000, m}}, "inference": {{5_000, m}}, "chat": {{5_000, m}}, "gliner": {{15_000, m}}, "generate": {{120, m}}, "training": {{20, m}}, "other": nil},
		"2026-09": {"all": {{20_000, m}, {1_000_000, h}}, "edge": {{100_000, m}}, "chat": {{5_000, m}}, "gliner": {{15_000, m}}, "generate": {{120, m}}, "training": {{20, m}}, "other": nil},
	}
	for _, profile := range Profiles() {
		table := mustProfile(t, profile)
		if table.Profile != profile {
			t.Errorf("profile %s calls itself %s", profile, table.Profile)
		}
		if got, want := len(table.Endpoints), len(want[profile]); got != want {
			t.Errorf("%s has %d endpoints, want %d", profile, got, want)
		}
		for _, e := range table.Endpoints {
			limits, ok := want[profile][e.ID]
			if !ok || len(e.Limits) != len(limits) {
				t.Errorf("%s: %s has %v, want %v", profile, e.ID, e.Limits, limits)
				continue
			}
			for i := range limits {
				if e.Limits[i] != limits[i] {
					t.Errorf("%s: %s has %v, want %v", profile, e.ID, e.Limits, limits)
				}
			}
			if perIP := e.ID == "all" || e.ID == "edge"; perIP != (e.Scope == ScopeIP) {
				t.Errorf("%s: %s is of scope %s", profile, e.ID, e.Scope)
			}
		}
		if last := table.Endpoints[len(table.Endpoints)-1].ID; last != EndpointOther {
			t.Errorf("%s ends with %s, want %s", profile, last, EndpointOther)
		}
	}
	if _, err := Profile("2025-01"); err == nil || !strings.Contains(err.Error(), "2026-06, 2026-07, 2026-09") {
		t.Errorf("an unknown profile: error %v, want one that lists those known", err)
	}
}

func TestNewTableRefuses(t *testing.T) {
	limit := func(max int, per time.Duration) []Endpoint {
		return []Endpoint{{ID: "a", Limits: []Limit{{max, per}}}}
	}
	path := func(p string) []Endpoint { return []Endpoint{{ID: "a", Paths: []string{p}}} }
	tests := map[string]struct {
		endpoints []Endpoint
		want      string // a part of the error
	}{
		"no id":             {[]Endpoint{{}}, `endpoint id ""`},
		"taken id":          {[]Endpoint{{ID: "other"}}, `endpoint id "other"`},
		"id twice":          {[]Endpoint{{ID: "a"}, {ID: "a"}}, `"a" is defined twice`},
		"no calls":          {limit(0, time.Minute), "limit 0"},
		"fewer than none":   {limit(-1, time.Minute), "limit -1"},
		"too many calls":    {limit(MaxLimit+1, time.Minute), "limit 1000000001"},
		"window twice":      {[]Endpoint{{ID: "a", Limits: []Limit{{1, time.Minute}, {2, time.Minute}}}}, "two limits have a window of 1m0s"},
		"no time":           {limit(1, 0), "window of 0s"},
		"too little time":   {limit(1, 999*time.Millisecond), "window of 999ms"},
		"too much time":     {limit(1, 25*time.Hour), "window of 25h0m0s"},
		"empty path":        {path(""), `path ""`},
		"method only":       {path("POST "), `path "POST "`},
		"everything":        {path("/*"), `path "/*"`},
		"star only":         {path("*"), `path "*"`},
		"star inside":       {path("/a/*/b"), `path "/a/*/b"`},
		"star at both ends": {path("*_compat*"), `path "*_compat*"`},
		"lower-case method": {path("post /a"), `path "post /a"`},
		"two spaces":        {path("POST  /a"), `path "POST  /a"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := NewTable("test", tt.endpoints...)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %s", err, tt.want)
			}
		})
	}
}

func TestNewTableTakesTheBounds(t *testing.T) {
	table := mustTable(t, Endpoint{ID: "a", Limits: []Limit{{1, time.Second}, {MaxLimit, MaxSpan}}})
	if got := table.Endpoints[0].Name; got != "a" {
		t.Errorf("an endpoint without a name is called %q, want its id", got)
	}
	if got := table.Index("b"); got != -1 {
		t.Errorf("Index of an unknown id = %d, want -1", got)
	}
}

func TestCovered(t *testing.T) {
	table := mustTable(t,
		Endpoint{ID: "every", Covers: CoversEverything},
		Endpoint{ID: "rest", Covers: CoversRest},
		Endpoint{ID: "chat", Paths: []string{"/chat"}},
		Endpoint{ID: "jobs", Paths: []string{"/jobs"}},
	)
	want := map[string][]string{ // whose calls count against the limits of which
		"chat": {"every", "chat"}, "jobs": {"every", "jobs"}, "other": {"every", "rest", "other"},
	}
	for own, covers := range want {
		var got []string
		for e := range table.Endpoints {
			if table.Covered(e, table.Index(own)) {
				got = append(got, table.Endpoints[e].ID)
			}
		}
		if strings.Join(got, " ") != strings.Join(covers, " ") {
			t.Errorf("a call of %s counts against %v, want %v", own, got, covers)
		}
	}
}

// POST /v1/systemone has no limit of its own: it falls under the default per IP.
func TestSystemone(t *testing.T) {
	for _, profile := range Profiles() {
		table, err := Profile(profile)
		if err != nil {
			t.Fatal(err)
		}
		own := table.Match("POST", "/v1/systemone")
		if all := table.Index("all"); table.Endpoints[own].ID != EndpointOther || !table.Covered(all, own) {
			t.Errorf("%s: the call belongs to %s, want it under the default", profile, table.Endpoints[own].ID)
		}
	}
}
