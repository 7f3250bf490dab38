package model

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func reportOf(t testing.TB, events ...[]Event) Report {
	t.Helper()
	r := NewReporter(mustProfile(t, DefaultProfile), LedgerOptions{})
	for _, e := range slices.Concat(events...) {
		r.Observe(e)
	}
	return r.Report()
}

func reportedEndpoint(t testing.TB, r Report, id string) EndpointReport {
	t.Helper()
	i := slices.IndexFunc(r.Endpoints, func(e EndpointReport) bool { return e.ID == id })
	if i < 0 {
		t.Fatalf("no endpoint %s", id)
	}
	return r.Endpoints[i]
}

// pace is n calls evenly over [from, to).
func pace(from, to float64, n int, source, path string) (events []Event) {
	for i := range n {
		events = append(events, call(from+(to-from)*float64(i)/float64(n), source, path))
	}
	return events
}

// tell writes an endpoint as the table below does: what is unknown is left out.
func tell(e EndpointReport) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:", e.Source)
	for _, f := range []struct {
		name  string
		value Opt[int]
	}{{"sent", e.Sent}, {"accepted", e.Accepted}, {"rejected", e.Rejected}, {"local", e.Local}, {"account", e.Account}, {"early", e.SentEarly}} {
		if n, ok := f.value.Get(); ok {
			fmt.Fprintf(&b, " %s %d", f.name, n)
		}
	}
	for _, d := range e.Denials {
		fmt.Fprintf(&b, " %s×%d", d.Kind, d.Count)
	}
	if s, ok := e.WaitS.Get(); ok && s > 0 {
		fmt.Fprintf(&b, " waited %g s", s)
	}
	if e.UpperBound {
		b.WriteString(" ≤")
	}
	if e.Estimated {
		b.WriteString(" ≈")
	}
	return b.String()
}

func TestReportEndpoints(t *testing.T) {
	tests := map[string]struct {
		events   [][]Event
		endpoint string
		want     string
	}{
		"nobody watched":         {nil, "chat", ":"},
		"own polls alone":        {[][]Event{polls(0, 3)}, "all", ":"},
		"the tap saw nothing":    {[][]Event{one(healthy(0, SourceTap))}, "chat", "tap: sent 0 accepted 0 rejected 0 local 0 early 0"},
		"tap":                    {[][]Event{calls(0, 5, SourceTap, chatPath)}, "chat", "tap: sent 5 accepted 5 rejected 0 local 5 early 0"},
		"all takes every call":   {[][]Event{calls(0, 5, SourceTap, chatPath), calls(0, 2, SourceTap, "/inference")}, "all", "tap: sent 7 accepted 7 rejected 0 local 7 early 0"},
		"tap and tail saw alike": {[][]Event{calls(0, 5, SourceTap, chatPath), calls(0, 5, SourceTail, chatPath)}, "chat", "tap: sent 5 accepted 5 rejected 0 local 5 early 0"},
		"the tail saw more":      {[][]Event{calls(0, 5, SourceTap, chatPath), calls(0, 9, SourceTail, chatPath)}, "chat", "tail: sent 9 accepted 9 rejected 0 local 9 early 0"},
		"rows alone":             {[][]Event{rows(0, 7, chatPath)}, "chat", "billing: accepted 7 account 7"},
		"rows alone, per IP":     {[][]Event{rows(0, 7, chatPath)}, "all", "billing: accepted 7 account 7 ≤"},
		"rows of the same calls": {[][]Event{calls(0, 7, SourceTap, chatPath), rows(0, 7, chatPath)}, "chat", "tap: sent 7 accepted 7 rejected 0 local 7 account 7 early 0"},
		"others on the key":      {[][]Event{calls(0, 3, SourceTap, chatPath), rows(0, 7, chatPath)}, "chat", "billing: sent 7 accepted 7 rejected 0 local 3 account 7 early 0"},
		"others have their IP":   {[][]Event{calls(0, 3, SourceTap, chatPath), rows(0, 7, chatPath)}, "all", "tap: sent 3 accepted 3 rejected 0 local 3 account 7 early 0"},
		"own polls count per IP": {[][]Event{calls(0, 3, SourceTap, chatPath), polls(1, 2)}, "all", "tap: sent 5 accepted 5 rejected 0 local 5 early 0"},
		"polls of before count":  {[][]Event{polls(0, 2), calls(1, 3, SourceTap, chatPath), polls(2, 1)}, "all", "tap: sent 6 accepted 6 rejected 0 local 6 early 0"},
		"double rows":            {[][]Event{one(row(0, chatPath, 9, 5), row(0.5, "openai_compat", 9, 5))}, "chat", "billing: accepted 1 account 1"},
		"an alias alone":         {[][]Event{one(row(0, "openai_compat", 9, 5))}, "chat", "billing: accepted 1 account 1"},
		"rows of before the run": {[][]Event{one(healthy(10, SourceBilling)), rows(0, 7, chatPath), rows(11, 2, chatPath)}, "chat", "billing: accepted 2 account 2"},
		"sampled":                {[][]Event{one(healthy(0, SourceBilling), sampledReading(0, 60, 600, map[string]int{chatPath: 10}))}, "chat", "billing: accepted 600 account 600 ≈"},
		"denials alone": {[][]Event{one(denied(0, SourceTap, chatPath, rate(7*time.Second)), denied(30, SourceTap, chatPath, Denial{Kind: KindCap}))},
			"chat", "tap: sent 2 accepted 0 rejected 2 local 0 early 0 rate×1 cap×1 waited 7 s"},
		"waits that overlap count once": {[][]Event{one(denied(0, SourceTap, chatPath, rate(7*time.Second)), denied(4, SourceTap, chatPath, rate(7*time.Second)), call(20, SourceTap, chatPath))},
			"chat", "tap: sent 3 accepted 1 rejected 2 local 1 early 1 rate×2 waited 11 s"},
		"a wait ends with the run": {[][]Event{one(denied(0, SourceTap, chatPath, rate(time.Minute)), call(10, SourceTap, "/inference"))},
			"chat", "tap: sent 1 accepted 0 rejected 1 local 0 early 0 rate×1 waited 10 s"},
		"early calls": {[][]Event{one(denied(0, SourceTap, chatPath, rate(7*time.Second))), pace(0.1, 0.9, 3, SourceTap, chatPath), pace(2, 6, 4, SourceTap, chatPath), one(call(8, SourceTap, chatPath))},
			"chat", "tap: sent 9 accepted 8 rejected 1 local 8 early 4 rate×1 waited 7 s"},
		"early after the cap": {[][]Event{one(denied(0, SourceTap, chatPath, Denial{Kind: KindCap})), pace(60, 120, 4, SourceTap, chatPath)},
			"chat", "tap: sent 5 accepted 4 rejected 1 local 4 early 4 cap×1"},
		"unknown path": {[][]Event{calls(0, 2, SourceTap, "/nowhere")}, "other", "tap: sent 2 accepted 2 rejected 0 local 2 early 0"},
		"far dates are in the totals": {[][]Event{one(Event{At: time.Time{}, Source: SourceTap, Call: &Call{Path: chatPath}},
			Event{At: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), Source: SourceTap, Call: &Call{Path: chatPath}}), calls(0, 2, SourceTap, chatPath)},
			"chat", "tap: sent 4 accepted 4 rejected 0 local 4 early 0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tell(reportedEndpoint(t, reportOf(t, tt.events...), tt.endpoint)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// A steady 180 in a minute for ten minutes, of 200 allowed.
func TestReportLimit(t *testing.T) {
	r := reportOf(t, pace(0, 600, 1800, SourceTap, chatPath))
	l := reportedEndpoint(t, r, "chat").Limits[0]
	if got := l.Peak.Or(0); got != 180 {
		t.Errorf("peak %d, want 180", got)
	}
	// The window fills for a minute: 90 on average, then 180.
	if got := l.Average.Or(0); math.Abs(got-171) > 1 {
		t.Errorf("average %v, want 171", got)
	}
	// 160 of 200 are met 53.3 s after the start, 180 just before the minute.
	for i, want := range []float64{546.6, 540.3, 0} {
		if got := l.Above[i].Seconds.Or(-1); math.Abs(got-want) > 0.5 {
			t.Errorf("at or above %d %%: %v s, want %v", l.Above[i].Percent, got, want)
		}
	}
	if h := l.Headroom().Or(0); math.Abs(h-200.0/180) > 1e-9 {
		t.Errorf("headroom %v, want %v", h, 200.0/180)
	}
	if at := l.PeakAt.Or(time.Time{}).Sub(t0); at < 59*time.Second || at > 61*time.Second {
		t.Errorf("peak at %v, want a minute", at)
	}
	if got := slices.Max(l.UsedSteps); got != 180 {
		t.Errorf("highest step %d, want 180", got)
	}
}

func TestReportOrderDoesNotMatter(t *testing.T) {
	events := slices.Concat(pace(0, 600, 1500, SourceTap, chatPath), pace(100, 400, 900, SourceTap, "/inference"), rows(50, 40, chatPath))
	slices.SortStableFunc(events, func(a, b Event) int { return a.At.Compare(b.At) })
	want := reportOf(t, events)
	rng := rand.New(rand.NewPCG(1, 2))
	late := map[Event]time.Duration{} // up to a minute
	for i := range events {
		events[i].At = events[i].At.In(time.FixedZone("", 3600*(i%3)))
		late[events[i]] = time.Duration(rng.IntN(60_000)) * time.Millisecond
	}
	slices.SortStableFunc(events, func(a, b Event) int { return a.At.Add(late[a]).Compare(b.At.Add(late[b])) })
	got := reportOf(t, events)
	if diff := firstDifference(asJSON(t, got), asJSON(t, want)); diff != "" {
		t.Errorf("in disorder and in order: %s", diff)
	}
}

func TestReportNotesWhatComesTooLate(t *testing.T) {
	r := reportOf(t, pace(0, 600, 600, SourceTap, chatPath), pace(0, 60, 30, SourceTap, chatPath))
	chat := reportedEndpoint(t, r, "chat")
	if r.OutOfOrder != 30 || chat.Accepted.Or(0) != 630 || chat.Limits[0].Peak.Or(0) != 60 {
		t.Errorf("out of order %d, accepted %d, peak %d; want 30, 630, 60", r.OutOfOrder, chat.Accepted.Or(0), chat.Limits[0].Peak.Or(0))
	}
	sum := 0
	for _, n := range chat.AcceptedSteps {
		sum += n
	}
	if sum != 630 {
		t.Errorf("the steps hold %d calls, want 630", sum)
	}
}

func TestReportGapIsNotWatched(t *testing.T) {
	r := reportOf(t, pace(0, 60, 60, SourceTap, chatPath), pace(7260, 7320, 61, SourceTap, chatPath))
	if w := r.Watched.Or(0); r.Gaps != 1 || math.Abs(w-118) > 1.5 {
		t.Errorf("%d gaps, watched %v s; want 1, 118", r.Gaps, w)
	}
}

func TestReportLimitThatDenied(t *testing.T) {
	d := rate(time.Second)
	d.Limit = Limit{1000, time.Minute}
	r := reportOf(t, one(denied(0, SourceTap, chatPath, d)))
	if got := reportedEndpoint(t, r, "all").Limits[0].Rejected; got != Some(1) {
		t.Errorf("all: rejected %v, want 1", got)
	}
	if got := reportedEndpoint(t, r, "chat").Limits[0].Rejected; got != Some(0) {
		t.Errorf("chat: rejected %v, want 0", got)
	}
}

func TestReportSpend(t *testing.T) {
	figures := func(usds ...float64) (events []Event) {
		for i, x := range usds {
			events = append(events, account(float64(60*i), usd(x), usd(50)))
		}
		return events
	}
	costing := func(second float64, x float64) Event {
		return row(second, "/inference", int64(second), MicrosFromUSD(x))
	}
	tests := map[string]struct {
		events [][]Event
		want   string
	}{
		"none":                {[][]Event{calls(0, 2, SourceTap, chatPath)}, " spent – burn – peak –"},
		"one figure":          {[][]Event{figures(5)}, " spent – burn – peak –"},
		"figures":             {[][]Event{figures(1, 2, 5, 7)}, "account spent $6.00 burn $2.00 peak $3.00"},
		"a reset in the run":  {[][]Event{figures(49, 50, 0, 1)}, "account spent $2.00 burn $0.67 peak $1.00"},
		"figures beat rows":   {[][]Event{figures(1, 2, 5, 7), one(costing(30, 3))}, "account spent $6.00 burn $2.00 peak $3.00"},
		"figures of one poll": {[][]Event{one(account(0, usd(5), usd(50)), account(0.01, usd(5), usd(50)), costing(30, 3))}, "rows spent $3.00 burn – peak –"},
		"rows":                {[][]Event{one(costing(0, 3), costing(30, 3), costing(120, 3))}, "rows spent $9.00 burn $4.50 peak $6.00"},
		"too short for rates": {[][]Event{one(costing(0, 3), costing(30, 3))}, "rows spent $6.00 burn – peak –"},
		"sampled":             {[][]Event{one(healthy(0, SourceBilling), sampledCosting(0, 120, 100, 10, 60_000))}, "rows spent $6.00 burn $3.00 peak $3.00 ≈"},
	}
	amount := func(m Opt[Micros]) string {
		if v, ok := m.Get(); ok {
			return v.String()
		}
		return "–"
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := reportOf(t, tt.events...).Spend
			got := fmt.Sprintf("%s spent %s burn %s peak %s", s.Source, amount(s.Spent), amount(s.BurnPerMin), amount(s.PeakPerMin))
			if s.Estimated {
				got += " ≈"
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestReportCapOutlook(t *testing.T) {
	c := reportOf(t, one(account(0, usd(40), usd(50)), account(120, usd(44), usd(50)))).Spend.Cap
	if c.Remaining != usd(6) || c.BurnPerMin != usd(2) || c.ExhaustsAt != Some(at(300)) {
		t.Errorf("left %v, burn %v, out at %v; want 6, 2 and 300 s", c.Remaining, c.BurnPerMin, c.ExhaustsAt)
	}
}

func TestReportModels(t *testing.T) {
	named := func(second float64, model string) Event {
		e := row(second, "/inference", int64(second)+1, 10)
		e.Call.Model = model
		return e
	}
	r := reportOf(t, one(named(0, "a"), named(1, "b"), named(2, "b")))
	want := []ModelReport{{"b", 2, Some[int64](5), Some(Micros(20)), SourceBilling}, {"a", 1, Some[int64](1), Some(Micros(10)), SourceBilling}}
	if !slices.Equal(r.Models, want) {
		t.Errorf("got %v, want %v", r.Models, want)
	}
	var many []Event
	for i := range 3 * maxReportModels {
		many = append(many, named(float64(i), fmt.Sprint(i)))
	}
	if r = reportOf(t, many); len(r.Models) != maxReportModels+1 || r.Models[0].Model != ModelOthers || r.Models[0].Calls != 2*maxReportModels {
		t.Errorf("%d models, first %v; want %d and all others", len(r.Models), r.Models[0], maxReportModels+1)
	}
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// firstDifference is the first line in which two texts differ.
func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d: got %q, want %q", i, a[i], b[i])
		}
	}
	if len(a) != len(b) {
		return fmt.Sprintf("got %d lines, want %d", len(a), len(b))
	}
	return ""
}

func TestReportJSON(t *testing.T) {
	empty := reportOf(t)
	text := asJSON(t, empty)
	for _, want := range []string{`"version": 1`, `"from": null`, `"watched_s": null`, `"accepted": null`, `"peak": null`, `"spent_usd": null`, `"models": []`} {
		if !strings.Contains(text, want) {
			t.Errorf("an empty report does not say %s:\n%s", want, text)
		}
	}
	if !empty.Empty() {
		t.Error("a report of nothing is not empty")
	}
	full := reportOf(t, pace(0, 300, 900, SourceTap, chatPath), one(denied(200, SourceTap, chatPath, rate(time.Second))), rows(10, 5, chatPath))
	var back Report
	if err := json.Unmarshal([]byte(asJSON(t, full)), &back); err != nil {
		t.Fatal(err)
	}
	if diff := firstDifference(asJSON(t, back), asJSON(t, full)); diff != "" {
		t.Errorf("read back and written: %s", diff)
	}
}

// Report does not change what is reported next.
func TestReportTwice(t *testing.T) {
	events := pace(0, 600, 1800, SourceTap, chatPath)
	r := NewReporter(mustProfile(t, DefaultProfile), LedgerOptions{})
	for i, e := range events {
		r.Observe(e)
		if i%100 == 0 {
			r.Report()
		}
	}
	if diff := firstDifference(asJSON(t, r.Report()), asJSON(t, reportOf(t, events))); diff != "" {
		t.Errorf("asked often and once: %s", diff)
	}
}

func TestTimeline(t *testing.T) {
	for name, seconds := range map[string][]int64{
		"a minute":      {1_000_000_000, 1_000_000_059},
		"backwards":     {1_000_000_059, 1_000_000_000},
		"a day":         {1_000_000_000, 1_000_086_400},
		"a day back":    {1_000_086_400, 1_000_000_000},
		"all that fits": {0, maxSecond - 1},
		"all, back":     {maxSecond - 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var line timeline
			sum, peak := line.newSeries(false), line.newSeries(true)
			for _, second := range seconds {
				for range 3 {
					sum[line.at(second)]++
					peak[line.at(second)] = 3
				}
			}
			total := int64(0)
			for _, n := range sum {
				total += n
			}
			if total != int64(3*len(seconds)) || sum[0] != 3 || slices.Max(peak[:]) != 3 || sum[line.used-1] != 3 {
				t.Errorf("%d calls in %d steps of %d s, %d in the first", total, line.used, line.step(), sum[0])
			}
		})
	}
}

func TestTimelineSpread(t *testing.T) {
	var line timeline
	s := line.newSeries(false)
	line.at(1000)
	line.spread(s, 1000_500_000_000, 1003_000_000_000, 10)
	if got := s[:3]; !slices.Equal(got, []int64{2, 4, 4}) {
		t.Errorf("got %v, want 2 4 4", got)
	}
}

func TestWaited(t *testing.T) {
	var w waitTime
	for i := range int64(100) { // apart, the newest first in every pair
		w.add(20*i+10, 20*i+15)
		w.add(20*i, 20*i+5)
	}
	w.add(1981, 1993)
	if got := w.before(1 << 40); got != 100*10+5 { // the last bridges two of 5
		t.Errorf("waited %d, want 1005", got)
	}
	if got := w.before(1990); got != 99*10+10 {
		t.Errorf("waited %d until 1990, want 1000", got)
	}
}

func TestReporterAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	for name, e := range steadyEvents {
		if name == "denial" { // which is copied
			continue
		}
		r, next := NewReporter(mustProfile(t, DefaultProfile), LedgerOptions{}), steady(e, time.Millisecond)
		r.Observe(next())
		if n := testing.AllocsPerRun(2_000, func() { r.Observe(next()) }); n != 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
}

func FuzzReport(f *testing.F) {
	f.Add(uint64(1), 100)
	f.Add(uint64(2), 3000)
	f.Fuzz(func(t *testing.T, seed uint64, n int) {
		r := reportOf(t, randomEvents(seed, min(max(n, 0), 3000)))
		for _, e := range r.Endpoints {
			if e.Sent.Or(0) < e.Accepted.Or(0) && e.Sent.Known() {
				t.Errorf("%s: sent %d, accepted %d", e.ID, e.Sent.Or(0), e.Accepted.Or(0))
			}
			for _, l := range e.Limits {
				if l.Average.Or(0) > float64(l.Peak.Or(0)) || len(l.UsedSteps) > MaxReportSteps {
					t.Errorf("%s: average %v, peak %d", e.ID, l.Average.Or(0), l.Peak.Or(0))
				}
				for i, a := range l.Above {
					if s := a.Seconds.Or(0); s < 0 || s > r.Watched.Or(0) || i > 0 && s > l.Above[i-1].Seconds.Or(0) {
						t.Errorf("%s: %v s at or above %d %%, watched %v s", e.ID, s, a.Percent, r.Watched.Or(0))
					}
				}
			}
		}
	})
}

func BenchmarkReport(b *testing.B) {
	for _, name := range []string{"local", "row", "denial"} {
		b.Run(name, func(b *testing.B) { observeSteadily(b, steady(steadyEvents[name], 4*time.Millisecond)) })
	}
	b.Run("mixed", func(b *testing.B) {
		local, billed, no := steady(steadyEvents["local"], 8*time.Millisecond), steady(steadyEvents["row"], 8*time.Millisecond), steady(steadyEvents["denial"], 800*time.Millisecond)
		n := 0
		observeSteadily(b, func() Event {
			n++
			switch {
			case n%200 == 0:
				return no()
			case n%2 == 0:
				return billed()
			}
			return local()
		})
	})
}

// observeSteadily reports on endless events; ten million of them should take
// less than ten seconds.
func observeSteadily(b *testing.B, next func() Event) {
	r := NewReporter(mustProfile(b, DefaultProfile), LedgerOptions{})
	b.ReportAllocs()
	for b.Loop() {
		r.Observe(next())
	}
	r.Report()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// What billing reads of the time before the run is no part of it.
func TestReportBeginsWithTheRun(t *testing.T) {
	reading := func(from, to float64, total int) Event {
		e := sampledReading(from, to, total, map[string]int{"/inference": 10})
		e.At = at(to)
		return e
	}
	r := NewReporter(mustProfile(t, DefaultProfile), LedgerOptions{})
	for _, e := range []Event{healthy(3600, SourceTap), reading(0, 1800, 500), reading(1800, 3540, 400), reading(3540, 3660, 100), healthy(3700, SourceTap)} {
		r.Observe(e)
	}
	got := r.Report()
	inference := got.Endpoints[1]
	if got.Watched.Or(0) != 100 || got.Earlier != 950 || inference.Accepted.Or(0) != 50 {
		t.Errorf("watched for %v s, %d rows of before, %v calls; want 100 s, 950, 50", got.Watched, got.Earlier, inference.Accepted)
	}
}

// A billing row that does not name its endpoint may be a call that this machine has
// seen: it counts against the limits of every call, and at no endpoint.
func TestReportUnnamedRows(t *testing.T) {
	for name, unnamed := range map[string]Event{
		"read":    row(12, EndpointOther, 2, 0),
		"sampled": sampledReading(11, 13, 1, map[string]int{EndpointOther: 1}),
	} {
		r := NewReporter(mustProfile(t, DefaultProfile), LedgerOptions{})
		for _, e := range []Event{
			healthy(9, SourceTap), call(10, SourceTap, "/inference"), call(12, SourceTap, "/inference"), call(14, SourceTap, "/nowhere"),
			row(10, "/inference", 1, 0), unnamed, row(14, "/nowhere", 3, 0),
		} {
			r.Observe(e)
		}
		got := r.Report()
		for id, want := range map[string][3]int{"all": {3, 3, 3}, "inference": {2, 2, 1}, "other": {1, 1, 1}} {
			e := got.Endpoints[r.table.Index(id)]
			if figures := [3]int{e.Sent.Or(-1), e.Local.Or(-1), e.Account.Or(-1)}; figures != want {
				t.Errorf("%s: %s: sent, local and account are %d, want %d", name, id, figures, want)
			}
		}
		if got.Unnamed != 1 {
			t.Errorf("%s: %d rows without an endpoint, want 1", name, got.Unnamed)
		}
	}
}

// An estimate that agrees with this machine's count within its error does not replace
// it; one that does not says how far it may be off.
func TestReportEstimates(t *testing.T) {
	for account, estimated := range map[int]bool{104: false, 200: true} {
		r := NewReporter(mustProfile(t, DefaultProfile), LedgerOptions{})
		r.Observe(healthy(0, SourceTap))
		for i := range 100 {
			r.Observe(call(float64(i), SourceTap, "/inference"))
		}
		r.Observe(sampledReading(0, 100, 2*account, map[string]int{"/inference": 50, "/generate/text": 50}))
		r.Observe(healthy(101, SourceTap))
		e := r.Report().Endpoints[1]
		want := map[bool]int{false: 100, true: account}[estimated]
		if e.Sent.Or(-1) != want || e.Estimated != estimated || (e.Margin > 0) != estimated || e.Margin > account/4 || e.Account.Or(0) != account {
			t.Errorf("account %d: sent %v ±%d, estimated %t; want %d, %t", account, e.Sent, e.Margin, e.Estimated, want, estimated)
		}
	}
}

// The truth lies within the margin of a report in 19 of 20 runs, for an endpoint with
// many calls and for one with few.
func TestReportMarginHolds(t *testing.T) {
	const runs, intervals, total, page = 200, 6, 500, 100
	for _, share := range []float64{0.3, 0.02} {
		rng, within := rand.New(rand.NewPCG(7, 7)), 0
		for range runs {
			r, truth := NewReporter(mustProfile(t, DefaultProfile), LedgerOptions{}), 0
			for i := range intervals {
				var rows []Call
				for range total {
					path := "/generate/text"
					if rng.Float64() < share {
						path, truth = "/inference", truth+1
					}
					rows = append(rows, Call{Vantage: VantageAccount, Path: path})
				}
				from := rng.IntN(total - page)
				reading := Reading{From: at(float64(10 * i)), To: at(float64(10*i + 10)), Sampled: true, Total: total, Rows: rows[from : from+page]}
				r.Observe(Event{At: reading.To, Source: SourceBilling, Reading: &reading})
			}
			e := r.Report().Endpoints[1]
			if got := e.Accepted.Or(-1); max(got-truth, truth-got) <= e.Margin {
				within++
			}
			if !e.Estimated || float64(e.Margin) > 0.2*float64(truth)+60 {
				t.Fatalf("estimated %t, %v ±%d, truth %d", e.Estimated, e.Accepted, e.Margin, truth)
			}
		}
		if t.Logf("share %g: %d of %d", share, within, runs); within < runs*95/100 {
			t.Errorf("share %g: the truth was within the margin in %d of %d runs", share, within, runs)
		}
	}
}

// The worst moment is the minute with the most rejected calls, wherever it begins, and
// else the fullest window.
func TestWorst(t *testing.T) {
	rate := Denial{Kind: KindRate, Status: 429, Limit: Limit{200, time.Minute}}
	var events []Event
	for i := range 20 {
		events = append(events, call(float64(i), SourceTap, chatPath))
	}
	table, err := Profile(DefaultProfile)
	if err != nil {
		t.Fatal(err)
	}
	worst := func() (WorstMoment, bool) {
		r := NewReporter(table, LedgerOptions{})
		for _, e := range events {
			r.Observe(e)
		}
		report := r.Report()
		return report.Worst()
	}
	if w, ok := worst(); !ok || w.Rejected != 0 || w.Endpoint.ID != "chat" || w.Limit.Peak.Or(0) != 20 {
		t.Errorf("without rejected calls: %+v, %t", w, ok)
	}
	for _, s := range []float64{30, 100, 150, 155, 170} { // 3 within a minute, from 100 on and from 150 on
		events = append(events, denied(s, SourceTap, chatPath, rate))
	}
	events = append(events, denied(171, SourceTap, "/generate/x", Denial{Kind: KindCap, Status: 429}))
	if w, _ := worst(); w.Rejected != 3 || !w.At.Equal(at(100)) || w.Span != time.Minute || w.Endpoint.ID != "chat" || w.Limit.Limit != 200 {
		t.Errorf("with rejected calls: %d from %s for %s, %s %+v", w.Rejected, w.At, w.Span, w.Endpoint.ID, w.Limit)
	}
	events = nil
	if w, ok := worst(); ok {
		t.Errorf("of nothing: %+v", w)
	}
}
