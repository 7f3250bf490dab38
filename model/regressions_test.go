package model

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
)

func bugLedger(t testing.TB) *Ledger {
	table, err := Profile(DefaultProfile)
	if err != nil {
		t.Fatal(err)
	}
	return NewLedger(table, LedgerOptions{Cap: Some(50 * Dollar)})
}
func rowAt(s float64, path string, cost Micros) Event {
	return Event{At: at(s), Source: SourceBilling, Call: &Call{Vantage: VantageAccount, Path: path, Cost: cost, Tokens: int64(s * 1000), Model: "m"}}
}
func tapAt(s float64) Event {
	return Event{At: at(s), Source: SourceTap, Call: &Call{Vantage: VantageLocal, Method: "POST", Path: "/inference", Status: 200}}
}
func readTo(a, b float64) Event {
	return Event{At: at(b), Source: SourceBilling, Reading: &Reading{From: at(a), To: at(b)}}
}
func pollAt(s float64) Event {
	return Event{At: at(s), Source: SourceBilling, Call: &Call{Vantage: VantageOwn, Method: "GET", Path: "/billing/usage/requests", Status: 200}}
}
func okAt(s float64, source string) Event {
	v, live := SourceVantage(source)
	return Event{At: at(s), Source: source, Health: &Health{State: StateOK, Vantage: v, Live: live}}
}
func limitOf(s Snapshot, id string, i int) LimitUsage {
	for _, e := range s.Endpoints {
		if e.ID == id {
			return e.Limits[i]
		}
	}
	panic(id)
}

func TestFutureRowWipes(t *testing.T) {
	l := bugLedger(t)
	l.Observe(pollAt(61))
	for i := range 60 {
		l.Observe(rowAt(float64(i)+0.5, "/inference", 1000))
	}
	f := rowAt(0, "/inference", 5)
	f.At = t0.AddDate(3, 0, 0)
	l.Observe(f)
	l.Observe(readTo(0, 60))
	if got := limitOf(l.Snapshot(at(61)), "inference", 0).Account; got != Some(60) {
		t.Errorf("account %v, want 60", got)
	}
}
func TestCosts(t *testing.T) {
	l := bugLedger(t)
	l.Observe(pollAt(61))
	l.Observe(rowAt(1, "/inference", 3000*Dollar))
	l.Observe(rowAt(2, "/inference", -9000*Dollar))
	l.Observe(readTo(0, 60))
	if got := l.Snapshot(at(61)).Cap.BurnPerMin.Or(-1); got != 3000*Dollar {
		t.Errorf("burn %v, want $3000.00", got)
	}
}
func TestFarReset(t *testing.T) {
	l := bugLedger(t)
	l.Observe(Event{At: at(0), Source: SourceBilling, Account: &Account{ResetsAt: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), Period: PeriodDay, ResetSource: ResetFromAPI}})
	begin := time.Now()
	for i := range 20 {
		l.Observe(rowAt(float64(i), "/inference", 1))
	}
	if took := time.Since(begin); took > 500*time.Millisecond {
		t.Errorf("20 rows took %v", took)
	}
}
func TestMonthCapAlertStaysAfterReset(t *testing.T) {
	l := bugLedger(t)
	l.Observe(okAt(0, SourceTap))
	deny := tapAt(1)
	deny.Call.Status = 429
	deny.Call.Denial = &Denial{Kind: KindCap, Status: 429}
	l.Observe(deny)
	l.Observe(Event{At: at(100), Source: SourceBilling, Account: &Account{ResetsAt: at(60).AddDate(0, 1, 0), Period: PeriodMonth, ResetSource: ResetFromAPI}})
	if got := l.Snapshot(at(100)).Denials; len(got) != 0 {
		t.Errorf("%d denials after the reset at 60 s, want none", len(got))
	}
}
func TestMonthClamped(t *testing.T) {
	var s spend
	s.account.Period, s.account.ResetsAt = PeriodMonth, time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	if got := s.reset(time.Date(2026, 2, 5, 0, 0, 0, 0, time.UTC)); got != time.Date(2026, 2, 28, 0, 0, 0, 0, time.UTC) {
		t.Errorf("reset %v", got)
	}
}
func TestMonthUsedFromADay(t *testing.T) {
	l := bugLedger(t)
	l.Observe(Event{At: at(0), Source: SourceBilling, Account: &Account{ResetsAt: at(0).AddDate(0, 0, 10), Period: PeriodMonth, ResetSource: ResetFromAPI}})
	l.Observe(rowAt(1, "/inference", Dollar))
	l.Observe(readTo(0, 60))
	if got := l.Snapshot(at(61)).Cap.Used; got.Known() {
		t.Errorf("used %v of a month of which one minute is read, want unknown", got)
	}
}
func TestOthersWithoutLocal(t *testing.T) {
	l := bugLedger(t)
	l.Observe(pollAt(61))
	l.Observe(rowAt(30, "/inference", 1))
	l.Observe(readTo(0, 60))
	u := limitOf(l.Snapshot(at(61)), "inference", 0)
	if u.Others.Known() {
		t.Errorf("others %v without a local vantage, want unknown", u.Others)
	}
	if u.Rejected.Known() {
		t.Errorf("rejected %v without a local vantage, want unknown", u.Rejected)
	}
}
func TestLearnedShrinks(t *testing.T) {
	l := bugLedger(t)
	l.Observe(okAt(-4000, SourceTap))
	for i := range 3600 {
		l.Observe(tapAt(float64(i - 3600)))
	}
	d := tapAt(0)
	d.Call.Path = "/x"
	d.Call.Denial = &Denial{Kind: KindRate, Status: 429}
	l.Observe(d)
	first := limitOf(l.Snapshot(at(1)), "all", 1).DeniedAt
	l.Observe(tapAt(1200))
	if got := limitOf(l.Snapshot(at(1200)), "all", 1).DeniedAt; got.Known() && got != first {
		t.Errorf("denied at %v, 20 minutes later %v", first, got)
	}
}
func TestForecast(t *testing.T) {
	count := func(from, to time.Time) int { // 180 calls 20-30 s ago, 2 a second since
		n := 0
		for s := -30.0; s < 0; s += 0.05 {
			c := at(s)
			k := 0
			if s < -20 {
				k = 1
			} else if math.Mod(math.Round(s*20), 10) == 0 {
				k = 1
			}
			if !c.Before(from) && c.Before(to) {
				n += k
			}
		}
		return n
	}
	used := count(at(-60), at(0))
	if got := timeToLimit(count, used+20, time.Minute, at(0)); !got.Known() {
		t.Errorf("used %d, 2/s: limit %d is 10 s away, got unknown", used, used+20)
	}
}
func TestJudgeInAPath(t *testing.T) {
	l := bugLedger(t)
	l.Observe(rowAt(30, "/generate/judge-data", 1))
	l.Observe(readTo(0, 60))
	if got := limitOf(l.Snapshot(at(61)), "generate", 0).Account; got != Some(1) {
		t.Errorf("account %v, want 1", got)
	}
}
func TestSleep(t *testing.T) {
	// A time with a monotonic reading, as a Clock gives it, against the wall.
	begin := time.Now()
	l := bugLedger(t)
	l.Observe(Event{At: begin, Source: SourceBilling, Health: &Health{State: StateOK, Vantage: VantageAccount, Interval: 10 * time.Second}})
	b := l.sources[0].good
	if b.String() != b.Round(0).String() {
		t.Errorf("the ledger keeps the monotonic clock, which stands still while a machine sleeps: %v", b)
	}
}
func TestSourcesBounded(t *testing.T) {
	l := bugLedger(t)
	for i := range 1000 {
		l.Observe(okAt(0, strings.Repeat("x", i+1)))
	}
	if n := len(l.Snapshot(at(1)).Sources); n > 64 {
		t.Errorf("%d sources kept", n)
	}
	if got := limitOf(l.Snapshot(at(1)), "chat", 0).Local; got.Known() {
		t.Errorf("local %v from sources that see no calls", got)
	}
}
func TestClockJumpAccount(t *testing.T) {
	l := bugLedger(t)
	l.Observe(Event{At: at(86400), Source: SourceBilling, Account: &Account{Used: Some(Dollar)}})
	l.Observe(readTo(86300, 86390))
	l.Observe(Event{At: at(0), Source: SourceBilling, Health: &Health{State: StateOK, Vantage: VantageAccount, ClockOffset: -24 * time.Hour}})
	l.Observe(Event{At: at(10), Source: SourceBilling, Account: &Account{Used: Some(2 * Dollar)}})
	if got := l.Snapshot(at(11)).Cap.Used; got != Some(2*Dollar) {
		t.Errorf("used %v, want $2.00", got)
	}
	l.Observe(rowAt(1, "/inference", 1))
	l.Observe(readTo(0, 60))
	if got := limitOf(l.Snapshot(at(61)), "inference", 0).AsOf.Or(time.Time{}); !got.Equal(at(60)) {
		t.Errorf("as of %v, want %v", got, at(60))
	}
}
func TestGroupStartsAnew(t *testing.T) {
	l := bugLedger(t)
	for _, s := range []float64{0, 1, 86400, 86405} {
		d := tapAt(s)
		d.Call.Denial = &Denial{Kind: KindCap, Status: 429}
		l.Observe(d)
	}
	d := l.Snapshot(at(86406)).Denials
	if len(d) != 1 || d[0].Count != 2 || d[0].Early != 1 {
		t.Errorf("got %+v, want today's 2, 1 of them early", d)
	}
}
func TestOpt(t *testing.T) {
	var o Opt[int]
	if err := json.Unmarshal([]byte(`"x"`), &o); err == nil || o.Known() {
		t.Errorf("known %v after error %v", o.Known(), err)
	}
}
func TestPatternTwice(t *testing.T) {
	if _, err := NewTable("x", Endpoint{ID: "a", Paths: []string{"/p"}}, Endpoint{ID: "b", Paths: []string{"/p"}}); err == nil {
		t.Error("one path in two endpoints is taken; the second never counts")
	}
}
func TestNameIsAlias(t *testing.T) {
	table, _ := NewTable("x", Endpoint{ID: "chat", Paths: []string{"/chat", "openai_compat"}, Limits: []Limit{{10, time.Minute}}})
	l := NewLedger(table, LedgerOptions{})
	for _, p := range []string{"openai_compat", "/chat"} {
		r := rowAt(5, p, 7)
		l.Observe(r)
	}
	l.Observe(readTo(0, 60))
	if got := limitOf(l.Snapshot(at(61)), "chat", 0).Account; got != Some(1) {
		t.Errorf("account %v, want 1: both rows are one call", got)
	}
}
func TestPairsOldestFirst(t *testing.T) {
	l := bugLedger(t)
	for _, x := range []struct {
		s float64
		p string
	}{{0, "openai_compat"}, {0.9, "openai_compat"}, {0.95, "/v1/chat/completions"}, {1.05, "/v1/chat/completions"}} {
		r := rowAt(x.s, x.p, 7)
		r.Call.Tokens = 9
		l.Observe(r)
	}
	l.Observe(readTo(-10, 60))
	if got := limitOf(l.Snapshot(at(60.5)), "chat", 0).Account; got != Some(2) {
		t.Errorf("account %v, want 2", got)
	}
}
func TestHugeTotal(t *testing.T) {
	l := bugLedger(t)
	l.Observe(Event{At: at(60), Source: SourceBilling, Reading: &Reading{From: at(0), To: at(60), Sampled: true, Total: -5, Rows: []Call{{Path: "/inference", Cost: 1}}}})
	u := limitOf(l.Snapshot(at(61)), "inference", 0)
	if u.Account.Or(0) < 0 || u.Margin < 0 {
		t.Errorf("account %v margin %d", u.Account, u.Margin)
	}
}
func TestRetryLongerThanMemory(t *testing.T) {
	l := bugLedger(t)
	d := tapAt(0)
	d.Call.Denial = &Denial{Kind: KindRate, Status: 429, RetryAfter: Some(2 * time.Hour)}
	l.Observe(d)
	if got := len(l.Snapshot(at(4000)).Denials); got != 1 {
		t.Errorf("%d denials, want the one whose countdown runs", got)
	}
}

// A denial in a window that held no call at all teaches no limit of 0.
func TestNoLimitIsLearntFromNoCalls(t *testing.T) {
	l := bugLedger(t)
	l.Observe(okAt(-200, SourceTap))
	l.Observe(pollAt(-1))
	d := tapAt(0)
	d.Call.Denial = &Denial{Kind: KindRate, Status: 429}
	l.Observe(d)
	l.Observe(readTo(-100, 10))
	if got := limitOf(l.Snapshot(at(20)), "inference", 0); got.Learned.Known() || got.DeniedAt != Some(0) {
		t.Errorf("learned %v from a denial at %v", got.Learned, got.DeniedAt)
	}
}
