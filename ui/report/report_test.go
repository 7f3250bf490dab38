package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"quotatop/model"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: run the tests with -update once", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s differs from what is written (-want +got):\n%s", file, diff)
	}
}

var t0 = time.Date(2026, 6, 17, 12, 0, 0, 0, time.UTC)

func at(second float64) time.Time { return t0.Add(time.Duration(second * float64(time.Second))) }

func call(second float64, path, name string) model.Event {
	return model.Event{At: at(second), Source: model.SourceTap, Call: &model.Call{
		Vantage: model.VantageLocal, Method: "POST", Path: path, Status: 200, Model: name, Tokens: 412, Cost: 310,
	}}
}

func denied(second float64, path string, d model.Denial) model.Event {
	e := call(second, path, "")
	d.Status = 429
	e.Call.Status, e.Call.Denial = 429, &d
	return e
}

func row(second float64, path, name string) model.Event {
	return model.Event{At: at(second), Source: model.SourceBilling, Call: &model.Call{
		Vantage: model.VantageAccount, Path: path, Model: name, Tokens: int64(second * 10), Cost: 2400,
	}}
}

func reportOf(t testing.TB, events ...model.Event) model.Report {
	t.Helper()
	table, err := model.Profile(model.DefaultProfile)
	if err != nil {
		t.Fatal(err)
	}
	r := model.NewReporter(table, model.LedgerOptions{})
	for _, e := range events {
		r.Observe(e)
	}
	return r.Report()
}

// loadRun is half an hour of a load run that reaches the limit of chat and sometimes
// ignores Retry-After. pace is its speed; 1 reaches the limit.
func loadRun(seed uint64, pace float64) (events []model.Event) {
	rng := rand.New(rand.NewPCG(seed, 1))
	events = append(events, model.Event{At: t0, Source: model.SourceTap, Health: &model.Health{State: model.StateOK, Vantage: model.VantageLocal}})
	wait, sent := -1.0, []float64{}
	for s := 0.0; s < 1800; s += 0.1 {
		rate := pace * (1.9 + 1.6*math.Sin(s/180)) * min(s/300, 1)
		if rng.Float64() < rate*0.1 && (s > wait || rng.Float64() < 0.1) {
			for len(sent) > 0 && sent[0] < s-60 {
				sent = sent[1:]
			}
			if len(sent) >= 200 {
				wait = s + 7
				events = append(events, denied(s, "/v1/chat/completions", model.Denial{
					Kind: model.KindRate, RetryAfter: model.Some(7 * time.Second), Limit: model.Limit{Max: 200, Per: time.Minute},
				}))
			} else {
				sent = append(sent, s)
				events = append(events, call(s, "/v1/chat/completions", []string{"glm-5.2", "glm-5.2", "qwen3-32b"}[rng.IntN(3)]))
			}
		}
		if rng.Float64() < pace*0.35*(1+0.3*math.Sin(s/90)) {
			events = append(events, call(s, "/inference", "gliner-decoder-large"))
		}
		if int(s*10)%300 == 0 {
			events = append(events, model.Event{At: at(s), Source: model.SourceBilling, Call: &model.Call{Vantage: model.VantageOwn, Method: "GET", Path: "/billing/plan-info", Status: 200}},
				model.Event{At: at(s), Source: model.SourceBilling, Account: &model.Account{
					Plan: "pro", Used: model.Some(model.MicrosFromUSD(31 + pace*s/1800*7.4)), Limit: model.Some(50 * model.Dollar),
					ResetsAt: t0.Add(12 * time.Hour), Period: model.PeriodDay, ResetSource: model.ResetFromAPI,
				}})
		}
	}
	return events
}

// hostile is a run whose texts are all markup.
func hostile(t testing.TB) Named {
	return named(t, `<script>alert(1)</script>"'|`+"`*_[x](javascript:x)\n\x1b[31m\u202e&amp;")
}

// named is a run whose foreign texts are all the same.
func named(t testing.TB, bad string) Named {
	e := call(1, "/inference", bad)
	d := denied(2, "/inference", model.Denial{Kind: model.KindRate, Reason: bad, Detail: bad})
	r := reportOf(t, e, d)
	r.Endpoints[1].Name, r.Endpoints[1].ID, r.Profile = bad, bad, bad
	r.Generators = []model.GeneratorReport{{Name: bad, Egress: bad}}
	return Named{bad, r}
}

// fleetReport is the report of a run of many load generators.
func fleetReport(t testing.TB) model.Report {
	r := reportOf(t, call(1, "/inference", ""), denied(2, "/inference", model.Denial{Kind: model.KindRate}))
	for i := range 52 {
		r.Generators = append(r.Generators, model.GeneratorReport{Name: fmt.Sprint("gen-", i+1), Egress: "nat-1", Sent: 900 - i, Accepted: 890 - i, Rejected: 10, Boots: 1})
	}
	g := &r.Generators[0]
	g.Rejected, g.Accepted, g.Early, g.Missing, g.Dropped, g.Boots = 318, 582, 42, 2, 1_204, 2
	r.Generators[1].Egress, r.Generators[1].EgressAssumed = "host|2", true
	return r
}

func cases(t testing.TB) map[string][]Named {
	run := Named{"run.jsonl.zst", reportOf(t, loadRun(1, 1)...)}
	return map[string][]Named{
		"one":   {run},
		"two":   {{"before.jsonl", run.Report}, {"after.jsonl", reportOf(t, loadRun(2, 0.55)...)}},
		"empty": {{"nothing.jsonl", reportOf(t)}},
		"rows": {{"rows.jsonl", reportOf(t,
			row(0, "/v1/chat/completions", "glm-5.2"), row(40, "/v1/chat/completions", "glm-5.2"), row(100, "/inference", "gliner"))}},
		"denials": {{"denials.jsonl", reportOf(t,
			denied(0, "/v1/chat/completions", model.Denial{Kind: model.KindRate, RetryAfter: model.Some(9 * time.Second)}),
			denied(30, "/v1/chat/completions", model.Denial{Kind: model.KindCap}))}},
		"fleet":       {{"fleet.jsonl", fleetReport(t)}},
		"hostile":     {hostile(t)},
		"emptybeside": {{"nothing.jsonl", reportOf(t)}, run},
	}
}

func TestGolden(t *testing.T) {
	for name, runs := range cases(t) {
		for form, write := range map[string]func(io.Writer, []Named) error{"md": Markdown, "html": HTML, "json": JSON} {
			if form == "json" && name != "denials" {
				continue // the model's tests look at each field
			}
			t.Run(name+"."+form, func(t *testing.T) {
				var b bytes.Buffer
				if err := write(&b, runs); err != nil {
					t.Fatal(err)
				}
				golden(t, name+"."+form, b.String())
			})
		}
	}
}

// The page loads and runs nothing.
func TestHTMLIsSelfContained(t *testing.T) {
	for name, runs := range cases(t) {
		var b bytes.Buffer
		if err := HTML(&b, runs); err != nil {
			t.Fatal(err)
		}
		if found := regexp.MustCompile(`(?i)<(script|link|img|iframe|a|base|object)\b|\b(src|href|on\w+)\s*=|url\(|@import|https?:`).FindString(b.String()); found != "" {
			t.Errorf("%s: the page has %q", name, found)
		}
		for _, id := range duplicates(regexp.MustCompile(`\bid="([^"]*)"`).FindAllStringSubmatch(b.String(), -1)) {
			t.Errorf("%s: id %q is there twice", name, id)
		}
	}
}

func duplicates(found [][]string) (twice []string) {
	seen := map[string]bool{}
	for _, f := range found {
		if seen[f[1]] {
			twice = append(twice, f[1])
		}
		seen[f[1]] = true
	}
	return twice
}

func TestForeignTextStaysText(t *testing.T) {
	for form, write := range map[string]func(io.Writer, []Named) error{"md": Markdown, "html": HTML} {
		var b bytes.Buffer
		if err := write(&b, []Named{hostile(t), hostile(t)}); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<script", "\x1b", "\u202e", "x](javascript"} {
			if form == "html" && bad == "x](javascript" {
				continue // only Markdown reads it
			}
			if strings.Contains(b.String(), bad) {
				t.Errorf("%s: the text has %q", form, bad)
			}
		}
	}
}

// Whatever the names are, a page has the same elements and attributes, and shows the
// names.
func TestForeignTextAddsNoMarkup(t *testing.T) {
	write := func(name string) string {
		var b bytes.Buffer
		if err := HTML(&b, []Named{named(t, name), named(t, name)}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	want, _ := markupOf(t, write("name"))
	if len(want) < 200 {
		t.Fatalf("the page has only %d elements and attributes", len(want))
	}
	for _, name := range []string{
		"</style><script>alert(1)</script>", `" onload="x`, `' onload='x`, "></th></table><b>", "--></title></svg><img src=x>",
		"{{.Title}}{{", "%s%d%!", "&lt;b&gt;&#39;", "a\x00b", "\xff\xc0<b>", "+ADw-script+AD4-", "]]><!--", "`",
	} {
		got, texts := markupOf(t, write(name))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q changes the page (-want +got):\n%s", name, diff)
		}
		if shown := model.OneLine(name); strings.Count(texts, shown) < 10 {
			t.Errorf("%q is not shown as it is", name)
		}
	}
}

// markupOf returns the elements of a page with the names of their attributes, and its
// texts with the values of the attributes.
func markupOf(t *testing.T, page string) (elements []string, texts string) {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			b.WriteString(n.Data)
			continue
		}
		elements = append(elements, n.Data)
		for _, a := range n.Attr {
			elements = append(elements, " "+a.Key)
			b.WriteString(a.Val)
		}
	}
	return elements, b.String()
}

func TestEmptyIsOneLine(t *testing.T) {
	var b bytes.Buffer
	if err := Markdown(&b, cases(t)["empty"]); err != nil {
		t.Fatal(err)
	}
	if want := "# API quota report\n\nnothing.jsonl: no events, so there is nothing to report.\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestJSONReadsBack(t *testing.T) {
	runs := cases(t)["two"]
	var b bytes.Buffer
	if err := JSON(&b, runs); err != nil {
		t.Fatal(err)
	}
	var back []Named
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if len(back) != 2 || back[1].Name != "after.jsonl" || back[1].Report.Events != runs[1].Report.Events {
		t.Errorf("read back %d reports", len(back))
	}
	b.Reset()
	if err := JSON(&b, nil); err != nil || b.String() != "[]\n" {
		t.Errorf("no reports: %q, %v; want an empty list", b.String(), err)
	}
}

func TestVerdict(t *testing.T) {
	limit := func(peak, rejected int) model.LimitReport {
		return model.LimitReport{Limit: 200, PerS: 60, Peak: model.Some(peak), Rejected: model.Some(rejected)}
	}
	seen := func(l model.LimitReport) model.EndpointReport {
		return model.EndpointReport{ID: "chat", Source: model.SourceTap, Vantage: model.VantageLocal, Sent: model.Some(9), Accepted: model.Some(9), Limits: []model.LimitReport{l}}
	}
	bounded := seen(limit(100, 0))
	bounded.UpperBound = true
	capped := seen(limit(100, 0))
	capped.Denials = []model.DenialCount{{Kind: model.KindCap, Count: 1}}
	shared := seen(limit(100, 0))
	shared.Denials = []model.DenialCount{{Kind: model.KindRate, Count: 3}}
	for name, tt := range map[string]struct {
		e    model.EndpointReport
		want string
	}{
		"a little":  {seen(limit(185, 0)), "could have run 8% faster (peak 185 of 200/min)."},
		"much":      {seen(limit(48, 0)), "could have run 4.1 times as fast (peak 48 of 200/min)."},
		"none":      {seen(limit(200, 0)), "could not have run faster (peak 200 of 200/min)."},
		"met":       {seen(limit(200, 31)), "reached its limit of 200/min, which denied 31 calls."},
		"at least":  {bounded, "could have run 2.0 times as fast, or more, because calls from other IPs do not count (peak ≤100 of 200/min)."},
		"the cap":   {capped, "could have run 2.0 times as fast (peak 100 of 200/min); the spending cap denied 1 call."},
		"shared":    {shared, "could have run 2.0 times as fast (peak 100 of 200/min); 3 calls hit another limit."},
		"no window": {seen(limit(0, 0)), "had no accepted calls, so its headroom is unknown."},
	} {
		if got := verdict(tt.e); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, tt.want)
		}
	}
}

func TestLimitText(t *testing.T) {
	for per, want := range map[float64]string{1: "1,200/s", 60: "1,200/min", 3600: "1,200/hour", 86400: "1,200/day", 90: "1,200/1m30s"} {
		if got := limitText(model.LimitReport{Limit: 1200, PerS: per}); got != want {
			t.Errorf("limit over %v s: got %q, want %q", per, got, want)
		}
	}
}

func BenchmarkHTML(b *testing.B) {
	runs := cases(b)["two"]
	b.ReportAllocs()
	for b.Loop() {
		if err := HTML(io.Discard, runs); err != nil {
			b.Fatal(err)
		}
	}
}
