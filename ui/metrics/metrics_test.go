package metrics

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	prometheusmodel "github.com/prometheus/common/model"
	"go.uber.org/goleak"

	"quotatop/model"
	"quotatop/ui/cli/clitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for something that must happen.
const patience = time.Minute

var start = time.Date(2026, 6, 17, 12, 4, 31, 0, time.UTC)

// busy has a value for every metric.
func busy(at time.Time) model.Snapshot {
	return model.Snapshot{
		Version: model.SnapshotVersion, At: at, ClockOffsetMS: -132, Profile: "2026-06", Account: model.AccountName{Plan: "pro", Team: "7c0e2b1a"},
		Cap: model.Cap{
			Period: model.PeriodDay, Used: model.Some(31 * model.Dollar), Limit: model.Some(50 * model.Dollar), Remaining: model.Some(19 * model.Dollar),
			ResetsAt: at.Add(12 * time.Hour), BurnPerMin: model.Some(6 * model.Dollar), ExhaustsAt: model.Some(at.Add(190 * time.Second)), AsOf: model.Some(at.Add(-2 * time.Second)),
		},
		Endpoints: []model.EndpointUsage{
			{ID: "all", Scope: model.ScopeIP, Calls: model.Some(300), Limits: []model.LimitUsage{
				{Limit: 1000, PerS: 60, Used: model.Some(300), UpperBound: true, LowerBound: true, AsOf: model.Some(at)},
				{Limit: 10000, PerS: 3600, Egress: "nat-1", Egresses: 5, EgressesNear: 2},
			}},
			{ID: "chat", Scope: model.ScopeUser, Calls: model.Some(184), Limits: []model.LimitUsage{{
				Limit: 200, PerS: 60, Used: model.Some(184), Others: model.Some(84), Rejected: model.Some(4), Learned: model.Some(190), Peak: model.Some(199),
				Estimated: true, Margin: 12, TimeToLimit: model.Some(41.5), AsOf: model.Some(at.Add(-5 * time.Second)),
			}}},
			{ID: "other", Calls: model.Some(3)},
		},
		Denials: []model.DenialGroup{
			{Kind: model.KindRate, Endpoint: "chat", Status: 429, Count: 4, Source: model.SourceTap},
			{Kind: model.KindCredits, Endpoint: "chat", Status: 402, Count: 2, Reason: "out\xff\"of\ncred\u202e\u200bits", Source: model.SourceTap},
		},
		Sources: []model.Source{
			{Name: model.SourceBilling, State: model.StateOK, AsOf: model.Some(at.Add(-3 * time.Second)), PollsMinute: model.Some(12), BudgetMinute: model.Some(50), PollsHour: model.Some(310), BudgetHour: model.Some(500)},
			{Name: model.SourceTap, State: model.StateError, Error: "x"},
		},
		Services: []model.Service{{Name: "journal", State: model.StateError, Error: "x"}},
		Fleet: &model.Fleet{Run: "load-7", Generators: []model.Generator{
			{Name: "gen-2", State: model.GeneratorSilent, Calls: 8, HeardAt: at.Add(-41 * time.Second), ClockOffsetMS: 600_000, Missing: 2, Dropped: 1_204},
			{Name: "gen\n\"1", State: model.GeneratorLive, Calls: 148, Rejected: 26, Early: 11, HeardAt: at.Add(-time.Second), ClockOffsetMS: -40},
			{Name: "gen-3", State: model.GeneratorLive, Behind: true, HeardAt: at},
		}},
	}
}

func seen(s model.Snapshot) *Exporter {
	e := &Exporter{}
	e.Seen(s)
	return e
}

func TestCollect(t *testing.T) {
	want := `
# HELP quotatop_window_requests Accepted requests in the sliding window of a limit.
# TYPE quotatop_window_requests gauge
quotatop_window_requests{endpoint="all",window="1m"} 300
quotatop_window_requests{endpoint="chat",window="1m"} 184
# HELP quotatop_window_limit_requests Requests that the limit allows in its window.
# TYPE quotatop_window_limit_requests gauge
quotatop_window_limit_requests{endpoint="all",window="1h"} 10000
quotatop_window_limit_requests{endpoint="all",window="1m"} 1000
quotatop_window_limit_requests{endpoint="chat",window="1m"} 200
# HELP quotatop_window_time_to_limit_seconds Time until the limit is reached at the current rate; absent if it would not be.
# TYPE quotatop_window_time_to_limit_seconds gauge
quotatop_window_time_to_limit_seconds{endpoint="chat",window="1m"} 41.5
# HELP quotatop_window_margin_requests 95% error of the accepted requests; absent if they were counted.
# TYPE quotatop_window_margin_requests gauge
quotatop_window_margin_requests{endpoint="chat",window="1m"} 12
# HELP quotatop_cap_burn_dollars_per_second Spending rate over the last minutes.
# TYPE quotatop_cap_burn_dollars_per_second gauge
quotatop_cap_burn_dollars_per_second{period="day"} 0.1
# HELP quotatop_cap_remaining_dollars Amount left of the cap.
# TYPE quotatop_cap_remaining_dollars gauge
quotatop_cap_remaining_dollars{period="day"} 19
# HELP quotatop_denials_total Responses in which the API denied a request.
# TYPE quotatop_denials_total counter
quotatop_denials_total{endpoint="chat",kind="credits",reason="out?\"of credits",source="tap"} 2
quotatop_denials_total{endpoint="chat",kind="rate",reason="",source="tap"} 4
# HELP quotatop_source_up 1 if a source works, else 0.
# TYPE quotatop_source_up gauge
quotatop_source_up{source="billing"} 1
quotatop_source_up{source="tap"} 0
# HELP quotatop_service_up 1 if a service that runs alongside the sources (journal, record, state file, metrics) works, else 0.
# TYPE quotatop_service_up gauge
quotatop_service_up{service="journal"} 0
# HELP quotatop_source_age_seconds Time since a source's last good data.
# TYPE quotatop_source_age_seconds gauge
quotatop_source_age_seconds{source="billing"} 3
# HELP quotatop_cap_reset_timestamp_seconds When the cap resets.
# TYPE quotatop_cap_reset_timestamp_seconds gauge
quotatop_cap_reset_timestamp_seconds{period="day"} 1.781741071e+09
# HELP quotatop_fleet_generators Load generators of the fleet, by state: live, silent, ended, gone.
# TYPE quotatop_fleet_generators gauge
quotatop_fleet_generators{state="ended"} 0
quotatop_fleet_generators{state="gone"} 0
quotatop_fleet_generators{state="live"} 2
quotatop_fleet_generators{state="silent"} 1
# HELP quotatop_generator_up 1 if a load generator is heard and has reported its calls, else 0.
# TYPE quotatop_generator_up gauge
quotatop_generator_up{generator="gen \"1"} 1
quotatop_generator_up{generator="gen-2"} 0
quotatop_generator_up{generator="gen-3"} 0
# HELP quotatop_generator_rejected_requests Requests of a load generator that were denied in the last minute.
# TYPE quotatop_generator_rejected_requests gauge
quotatop_generator_rejected_requests{generator="gen \"1"} 26
quotatop_generator_rejected_requests{generator="gen-2"} 0
quotatop_generator_rejected_requests{generator="gen-3"} 0
# HELP quotatop_generator_early_requests_total Requests of a load generator that ignored its own Retry-After, or came after it met the cap.
# TYPE quotatop_generator_early_requests_total counter
quotatop_generator_early_requests_total{generator="gen \"1"} 11
quotatop_generator_early_requests_total{generator="gen-2"} 0
quotatop_generator_early_requests_total{generator="gen-3"} 0
# HELP quotatop_window_near_egresses Addresses of the fleet that use 90% or more of a limit by client IP.
# TYPE quotatop_window_near_egresses gauge
quotatop_window_near_egresses{endpoint="all",window="1h"} 2
`
	var names []string
	for _, line := range strings.Split(want, "\n") {
		if name, ok := strings.CutPrefix(line, "# TYPE "); ok {
			names = append(names, strings.Fields(name)[0])
		}
	}
	if err := testutil.GatherAndCompare(gathered(t, seen(busy(start))), strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
}

// Every metric that is described has a value in a busy snapshot, so that the
// tests here have seen all of them.
func TestEveryMetricIsCollected(t *testing.T) {
	e := seen(busy(start))
	for name := range described() {
		if count(t, e, name) == 0 {
			t.Errorf("%s is described and has no value", name)
		}
	}
}

// described returns the names of all metrics.
func described() map[string]bool {
	names := map[string]bool{}
	f := newFamilies()
	for _, m := range f.all() {
		names[m.name] = true
	}
	return names
}

// gathered returns what Prometheus's own parser finds in a page.
func gathered(t *testing.T, e *Exporter) prometheus.Gatherer {
	t.Helper()
	parser := expfmt.NewTextParser(prometheusmodel.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(e.collect().text(false)))
	if err != nil {
		t.Fatal(err)
	}
	all := slices.SortedFunc(maps.Values(families), func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) })
	return prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return all, nil })
}

// count returns how many values there are of the metrics with these names, or of
// all.
func count(t *testing.T, e *Exporter, names ...string) int {
	t.Helper()
	n, err := testutil.GatherAndCount(gathered(t, e), names...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// page returns the response to a scrape.
func page(t *testing.T, e *Exporter) string {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", Path, nil)
	r.Host = "localhost"
	e.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Body.Len() == 0 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// Unknown values are absent, not 0.
func TestUnknownIsAbsent(t *testing.T) {
	if n := count(t, &Exporter{}); n != 0 {
		t.Errorf("%d metrics before the first snapshot", n)
	}
	table, err := model.Profile(model.DefaultProfile)
	if err != nil {
		t.Fatal(err)
	}
	e := seen(model.NewLedger(table, model.LedgerOptions{}).Snapshot(start))
	for _, line := range strings.Split(strings.TrimSpace(page(t, e)), "\n") {
		name, _, _ := strings.Cut(line, "{")
		name, _, _ = strings.Cut(name, " ")
		switch name {
		case "#", "quotatop_window_limit_requests", "quotatop_cap_reset_timestamp_seconds", "quotatop_snapshot_timestamp_seconds",
			"quotatop_account_info", "quotatop_clock_offset_seconds":
		default:
			t.Errorf("an empty ledger has %s", line)
		}
	}
}

func TestConventions(t *testing.T) {
	problems, err := testutil.GatherAndLint(gathered(t, seen(busy(start))))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// The dashboard and the alerts use only metrics that exist.
func TestFilesNameMetrics(t *testing.T) {
	known := described()
	for _, file := range []string{"grafana.json", "alerts.yml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		names := regexp.MustCompile(`quotatop_\w+`).FindAllString(string(text), -1)
		if len(names) < 7 {
			t.Errorf("%s names only %v", file, names)
		}
		for _, name := range names {
			if !known[name] {
				t.Errorf("%s names %s, which is not a metric", file, name)
			}
		}
	}
}

// panels returns the queries of the dashboard, with its variables replaced.
func panels(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile("grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(data, &dashboard); err != nil {
		t.Fatal(err)
	}
	queries := map[string]string{}
	for _, p := range dashboard.Panels {
		for i, target := range p.Targets {
			queries[fmt.Sprintf("%s %d", p.Title, i)] = strings.NewReplacer("$instance", ".*", "$endpoint", ".*").Replace(target.Expr)
		}
	}
	return queries
}

// Two denials that look alike once their text is clean are one series.
func TestSeriesAreUnique(t *testing.T) {
	s := busy(start)
	s.Denials = append(s.Denials, s.Denials[1])
	s.Denials[2].Reason = strings.ReplaceAll(s.Denials[2].Reason, "\u200b", "")
	if n := count(t, seen(s), "quotatop_denials_total"); n != 2 {
		t.Errorf("%d series of denials, want 2", n)
	}
}

// OpenMetrics names the family of a counter without _total, and ends with a mark.
func TestOpenMetrics(t *testing.T) {
	text := string(seen(busy(start)).collect().text(true))
	for _, want := range []string{
		"# TYPE quotatop_denials counter\nquotatop_denials_total{endpoint=\"chat\",kind=\"credits\",reason=\"out?\\\"of credits\",source=\"tap\"} 2\n",
		"# TYPE quotatop_clock_offset_seconds gauge\nquotatop_clock_offset_seconds -0.132\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in:\n%s", want, text)
		}
	}
	if !strings.HasSuffix(text, "\n# EOF\n") {
		t.Errorf("the end is %q", text[len(text)-20:])
	}
}

func TestHandler(t *testing.T) {
	server := httptest.NewServer(seen(busy(start)).Handler())
	defer server.Close()
	for _, tt := range []struct {
		method, path, accept string
		status               int
		want                 string
	}{
		{"GET", "/metrics", "", 200, `quotatop_window_requests{endpoint="chat",window="1m"} 184`},
		{"GET", "/metrics", "application/openmetrics-text; version=1.0.0", 200, "# EOF"},
		{"GET", "/", "", 200, "/metrics"},
		{"GET", "/other", "", 404, ""},
		{"POST", "/metrics", "", 405, ""},
	} {
		req, err := http.NewRequest(tt.method, server.URL+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", tt.accept)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != tt.status || !strings.Contains(string(body), tt.want) {
			t.Errorf("%s %s (%s): %d %.200s, want %d with %q", tt.method, tt.path, tt.accept, res.StatusCode, body, tt.status, tt.want)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// A page in the user's browser cannot read the metrics by a name of its own that it
// has pointed at this machine.
func TestAnswersToItsOwnNames(t *testing.T) {
	e := seen(busy(start))
	e.Host = "box.lan"
	for host, want := range map[string]int{
		"127.0.0.1:9429": 200, "localhost:9429": 200, "LOCALHOST": 200, "[::1]:9429": 200, "[::1]": 200, "10.0.0.7:9429": 200, "Box.lan:9429": 200, "": 200,
		"evil.example": 403, "evil.example:9429": 403, "localhost.evil.example:9429": 403, "127.0.0.1.evil.example": 403, "box.lan.evil.example": 403, "box": 403,
	} {
		for _, path := range []string{Path, "/"} {
			r, w := httptest.NewRequest("GET", path, nil), httptest.NewRecorder()
			r.Host = host
			if e.Handler().ServeHTTP(w, r); w.Code != want || w.Code != 200 && strings.Contains(w.Body.String(), "quotatop_") {
				t.Errorf("%s%s: %d %s, want %d", host, path, w.Code, w.Body, want)
			}
		}
	}
}

// serve serves an Exporter until the test ends.
func serve(t *testing.T, e *Exporter) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("Serve does not end")
		}
	})
	return ln.Addr().String()
}

// A client that sends nothing does not delay the end.
func TestServeEnds(t *testing.T) {
	var silent net.Conn
	t.Cleanup(func() { _ = silent.Close() }) // after the end
	addr := serve(t, seen(busy(start)))
	var err error
	if silent, err = net.Dial("tcp", addr); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(silent, "GET /metrics HTTP/1.1\r\n"); err != nil {
		t.Fatal(err)
	}
}

func TestServeSaysWhatFails(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
	if err := (&Exporter{}).Serve(t.Context(), ln); err == nil || !strings.HasPrefix(err.Error(), "metrics: ") {
		t.Errorf("got %v", err)
	}
}

func TestPromtool(t *testing.T) {
	promtool := clitest.Need(t, "promtool", "prometheus")
	if out, err := exec.Command(promtool, "check", "rules", "alerts.yml").CombinedOutput(); err != nil {
		t.Errorf("check rules: %v: %s", err, out)
	}
	cmd := exec.Command(promtool, "check", "metrics")
	cmd.Stdin = strings.NewReader(page(t, seen(busy(start))))
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("check metrics: %v: %s", err, out)
	}
}

// A real Prometheus scrapes a real server: the dashboard's queries have
// answers, and the alerts fire.
func TestPrometheus(t *testing.T) {
	e := seen(busy(time.Now()))
	api := runPrometheus(t, clitest.Need(t, "prometheus", "prometheus"), serve(t, e))
	var up []any
	wait(t, "the first scrape", func() bool {
		up = ask(t, api, `query?query=`+url.QueryEscape(`up == 1`), "result")
		return len(up) > 0
	})
	for title, query := range panels(t) {
		if got := ask(t, api, "query?query="+url.QueryEscape(query), "result"); len(got) == 0 {
			t.Errorf("panel %s: %s has no answer", title, query)
		}
	}
	want := []string{"QuotatopNearLimit", "QuotatopLimitSoon", "QuotatopRejected", "QuotatopCapRunsOut", "QuotatopDenied", "QuotatopSourceDown"}
	var names string
	wait(t, "alert", func() bool {
		names = fmt.Sprint(ask(t, api, "alerts", "alerts"))
		for _, name := range want {
			if !strings.Contains(names, name) {
				return false
			}
		}
		return true
	})
	if strings.Contains(names, "QuotatopCapReached") {
		t.Errorf("an alert of a cap that is not reached: %s", names)
	}
	reached := busy(time.Now())
	reached.Cap.Remaining = model.Some[model.Micros](0)
	e.Seen(reached)
	wait(t, "alert of the cap", func() bool {
		return strings.Contains(fmt.Sprint(ask(t, api, "alerts", "alerts")), "QuotatopCapReached")
	})
}

// wait waits until ok.
func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("no %s", what)
}

// ask asks Prometheus's API for a list; nil until it answers.
func ask(t *testing.T, api, what, list string) []any {
	t.Helper()
	res, err := http.Get(api + what)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		Status, Error string
		Data          map[string]any
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return nil // it is not ready
	}
	if answer.Status != "success" {
		t.Errorf("%s: %s", what, answer.Error)
	}
	items, _ := answer.Data[list].([]any)
	return items
}

// runPrometheus runs a server that scrapes addr, and returns where its API is.
func runPrometheus(t *testing.T, prometheus, addr string) string {
	t.Helper()
	dir := t.TempDir()
	rules, err := filepath.Abs("alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`global: {scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}
rule_files: [%q]
scrape_configs: [{job_name: quotatop, static_configs: [{targets: [%q]}]}]
`, rules, addr)
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(prometheus, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address=127.0.0.1:0")
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	listens := make(chan string, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(said); lines.Scan(); {
			if m := regexp.MustCompile(`"?Listening on"? address=(\S+)`).FindStringSubmatch(lines.Text()); m != nil {
				select {
				case listens <- m[1]:
				default:
				}
			}
		}
	}()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		_ = cmd.Process.Signal(os.Interrupt)
		<-ended
		_ = cmd.Wait()
	})
	select {
	case at := <-listens:
		return "http://" + at + "/api/v1/"
	case <-ended:
		t.Fatal("prometheus ends at once")
	case <-time.After(patience):
		t.Fatal("prometheus does not listen")
	}
	return ""
}
