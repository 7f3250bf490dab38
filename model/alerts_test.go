package model

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"
)

func rate(wait time.Duration) Denial { return Denial{Kind: KindRate, RetryAfter: Some(wait)} }

// waiting is a rate denial without a word on how long.
var waiting = Denial{Kind: KindRate}

func TestAlertsGroup(t *testing.T) {
	first, last := rate(5*time.Second), rate(7*time.Second)
	first.Detail, last.Detail, last.Headers = "first", "last", "Retry-After: 7"
	l := newTestLedger(t, one(
		denied(10, SourceTap, chatPath, first),
		denied(12, SourceTap, chatPath, last),
		denied(11, SourceTap, chatPath, first), // late
		denied(20, SourceTap, "/inference", first),
		denied(21, SourceTap, chatPath, Denial{Kind: KindRate, Reason: "burst"}),
		denied(22, SourceTail, chatPath, first),
		denied(23, SourceBilling, "/billing/plan-info", Denial{Kind: KindAuth, Detail: "Invalid API key."}),
	))
	got := l.Snapshot(at(60)).Denials
	want := []DenialGroup{
		{Kind: KindAuth, Status: 429, First: at(23), At: at(23), Count: 1, Minute: 1, Detail: "Invalid API key.", Source: SourceBilling},
		{Kind: KindRate, Endpoint: "chat", Status: 429, First: at(22), At: at(22), Count: 1, Minute: 1, RetryAt: Some(at(27)), ClearsAt: Some(at(27)), Detail: "first", Source: SourceTail},
		{Kind: KindRate, Endpoint: "chat", Status: 429, First: at(21), At: at(21), Count: 1, Minute: 1, Reason: "burst", Source: SourceTap},
		{Kind: KindRate, Endpoint: "inference", Status: 429, First: at(20), At: at(20), Count: 1, Minute: 1, RetryAt: Some(at(25)), ClearsAt: Some(at(25)), Detail: "first", Source: SourceTap},
		{Kind: KindRate, Endpoint: "chat", Status: 429, First: at(10), At: at(12), Count: 3, Minute: 3, RetryAt: Some(at(19)), ClearsAt: Some(at(19)), Detail: "last", Headers: "Retry-After: 7", Source: SourceTap, Early: 1},
	}
	if len(got) != len(want) {
		t.Fatalf("%d groups, want %d", len(got), len(want))
	}
	for i := range want {
		want[i].Endpoints = []EndpointCount{}
		if id := want[i].Endpoint; id != "" {
			want[i].Endpoints = append(want[i].Endpoints, EndpointCount{id, want[i].Count})
		}
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("group %d:\n got %+v\nwant %+v", i, got[i], want[i])
		}
	}
}

func TestAlertsCountOfTheLastMinute(t *testing.T) {
	l := newTestLedger(t, one(denied(0, SourceTap, chatPath, waiting), denied(30, SourceTap, chatPath, waiting), denied(58, SourceTap, chatPath, waiting)))
	for second, want := range map[float64]int{58: 3, 85: 2, 100: 1, 130: 0} {
		if g := l.Snapshot(at(second)).Denials[0]; g.Minute != want || g.Count != 3 {
			t.Errorf("at %v: %d of %d in the last minute, want %d of 3", second, g.Minute, g.Count, want)
		}
	}
}

// A shorter Retry-After that comes later does not end a longer wait.
func TestAlertsLongestWaitHolds(t *testing.T) {
	l := newTestLedger(t, one(denied(0, SourceTap, chatPath, rate(30*time.Second)), denied(5, SourceTap, chatPath, rate(2*time.Second)), denied(6, SourceTap, chatPath, waiting)))
	if got := l.Snapshot(at(7)).Denials[0].RetryAt; got != Some(at(30)) {
		t.Errorf("RetryAt = %v, want 30 s", got)
	}
}

func TestAlertsMemory(t *testing.T) {
	const hour = 3600.0
	credits, cap := Denial{Kind: KindCredits}, Denial{Kind: KindCap, RetryAfter: Some(time.Minute)}
	tests := map[string]struct {
		denial Denial
		shown  []float64
		gone   []float64
	}{
		"rate":    {rate(time.Second), []float64{0, 59 * 60}, []float64{hour, 2 * hour}},
		"credits": {credits, []float64{0, 23.9 * hour}, []float64{24 * hour}},
		"ceiling": {Denial{Kind: KindCeiling}, []float64{23.9 * hour}, []float64{24 * hour}},
		"auth":    {Denial{Kind: KindAuth}, []float64{23.9 * hour}, []float64{24 * hour}},
		"cap":     {cap, []float64{0, 12*hour - 1}, []float64{12 * hour}}, // t0 is noon
	}
	for name, tt := range tests {
		l := newTestLedger(t, one(denied(0, SourceTap, chatPath, tt.denial)))
		for _, second := range tt.shown {
			if n := len(l.Snapshot(at(second)).Denials); n != 1 {
				t.Errorf("%s after %v s: %d groups, want 1", name, second, n)
			}
		}
		for _, second := range tt.gone {
			if n := len(l.Snapshot(at(second)).Denials); n != 0 {
				t.Errorf("%s after %v s: %d groups, want none", name, second, n)
			}
		}
	}
}

// Waiting for Retry-After clears a rate limit, the reset a cap, a person the rest.
func TestAlertsClear(t *testing.T) {
	midnight := time.Date(2026, 6, 18, 0, 0, 0, 0, time.UTC)
	six := time.Date(2026, 6, 18, 6, 0, 0, 0, time.UTC)
	wait := Some(time.Minute)
	tests := map[string]struct {
		before          []Event
		denial          Denial
		retryAt, clears Opt[time.Time]
	}{
		"rate":                   {nil, Denial{Kind: KindRate, RetryAfter: wait}, Some(at(60)), Some(at(60))},
		"rate that does not say": {nil, Denial{Kind: KindRate}, Opt[time.Time]{}, Opt[time.Time]{}},
		"cap":                    {nil, Denial{Kind: KindCap, RetryAfter: wait}, Some(at(60)), Some(midnight)},
		"cap, the API's reset":   {one(Event{At: at(-9), Account: &Account{ResetsAt: six, Period: PeriodDay}}), Denial{Kind: KindCap}, Opt[time.Time]{}, Some(six)},
		"credits":                {nil, Denial{Kind: KindCredits, RetryAfter: wait}, Some(at(60)), Opt[time.Time]{}},
		"ceiling":                {nil, Denial{Kind: KindCeiling}, Opt[time.Time]{}, Opt[time.Time]{}},
		"auth":                   {nil, Denial{Kind: KindAuth}, Opt[time.Time]{}, Opt[time.Time]{}},
	}
	for name, tt := range tests {
		g := newTestLedger(t, tt.before, one(denied(0, SourceTap, chatPath, tt.denial))).Snapshot(at(1)).Denials[0]
		if g.RetryAt != tt.retryAt || g.ClearsAt != tt.clears {
			t.Errorf("%s: retry at %v, clears at %v, want %v, %v", name, g.RetryAt, g.ClearsAt, tt.retryAt, tt.clears)
		}
	}
}

// A server that says something else each time cannot fill the memory.
func TestAlertsAreBounded(t *testing.T) {
	l := newTestLedger(t)
	last := fewer(100_000) - 1
	for i := range last + 1 {
		l.Observe(denied(float64(i)/100, SourceTap, chatPath, Denial{Kind: KindRate, Reason: fmt.Sprint("reason ", i)}))
	}
	got := l.Snapshot(at(1000)).Denials
	if len(got) != alertMemory || len(l.alerts.groups) != alertMemory {
		t.Fatalf("%d groups shown, %d kept, want %d", len(got), len(l.alerts.groups), alertMemory)
	}
	if got[0].Reason != fmt.Sprint("reason ", last) || got[alertMemory-1].Reason != fmt.Sprint("reason ", last+1-alertMemory) {
		t.Errorf("kept %s to %s, want the newest", got[alertMemory-1].Reason, got[0].Reason)
	}
}

func TestAlertsCountEarlyCalls(t *testing.T) {
	capped := Denial{Kind: KindCap, Reason: "daily_spend_cap_exceeded"}
	const midnight = 12 * 3600.0
	tests := map[string]struct {
		events []Event
		want   int
	}{
		"none":                         {one(denied(0, SourceTap, chatPath, rate(10*time.Second))), 0},
		"on their way by then":         {one(denied(0, SourceTap, chatPath, rate(10*time.Second)), call(0.2, SourceTap, chatPath), call(1, SourceTap, chatPath)), 0},
		"within the wait":              {one(denied(0, SourceTap, chatPath, rate(10*time.Second)), call(1.1, SourceTap, chatPath), call(9.9, SourceTap, chatPath)), 2},
		"after the wait":               {one(denied(0, SourceTap, chatPath, rate(10*time.Second)), call(10, SourceTap, chatPath), call(11, SourceTap, chatPath)), 0},
		"denied again within the wait": {one(denied(0, SourceTap, chatPath, rate(10*time.Second)), denied(5, SourceTap, chatPath, rate(5*time.Second))), 1},
		"a new wait, a new second":     {one(denied(0, SourceTap, chatPath, rate(10*time.Second)), denied(20, SourceTap, chatPath, rate(10*time.Second)), call(20.5, SourceTap, chatPath), call(22, SourceTap, chatPath)), 1},
		"no wait was asked for":        {one(denied(0, SourceTap, chatPath, waiting), call(5, SourceTap, chatPath)), 0},
		"another endpoint":             {one(denied(0, SourceTap, chatPath, rate(10*time.Second)), call(5, SourceTap, "/inference")), 0},
		"another source":               {one(denied(0, SourceTap, chatPath, rate(10*time.Second)), call(5, SourceTail, chatPath)), 0},
		"own polls":                    {one(denied(0, SourceBilling, "/billing/plan-info", rate(10*time.Second)), poll(5)), 0},
		"cap":                          {one(denied(0, SourceTap, chatPath, capped), call(0.5, SourceTap, chatPath), denied(2, SourceTap, chatPath, capped), denied(3600, SourceTap, chatPath, capped)), 2},
		"cap, after the reset":         {one(denied(0, SourceTap, chatPath, capped), call(midnight+5, SourceTap, chatPath)), 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := newTestLedger(t, tt.events)
			// The groups themselves, as a cap is not shown after its reset.
			if got := l.alerts.groups[len(l.alerts.groups)-1].early; got != tt.want {
				t.Errorf("%d calls were sent early, want %d", got, tt.want)
			}
		})
	}
}

// Each day's cap counts its own early calls.
func TestAlertsCapOfTheNextDay(t *testing.T) {
	const day = 86_400.0
	capped := Denial{Kind: KindCap}
	l := newTestLedger(t, one(denied(0, SourceTap, chatPath, capped), denied(day, SourceTap, chatPath, capped), call(day+60, SourceTap, chatPath)))
	if got := l.Snapshot(at(day + 61)).Denials[0].Early; got != 1 {
		t.Errorf("%d calls were sent early, want 1", got)
	}
}

// Denials of one group keep their place by time, not by arrival.
func TestAlertsNewestFirst(t *testing.T) {
	l := newTestLedger(t, one(
		denied(30, SourceTap, chatPath, waiting), denied(10, SourceTap, "/inference", waiting),
		denied(20, SourceTap, "/generate/x", waiting), denied(40, SourceTap, "/inference", waiting),
	))
	var got []string
	for _, g := range l.Snapshot(at(50)).Denials {
		got = append(got, g.Endpoint)
	}
	if want := []string{"inference", "chat", "generate"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A call that the API has no capacity for gets a line, but no limit refused it:
// it counts as a call, is not rejected, and warns nobody.
func TestBusyIsNoRejection(t *testing.T) {
	warming := Denial{Kind: KindBusy, RetryAfter: Some(time.Minute), Reason: "model_warming"}
	l := newTestLedger(t, one(healthy(-100, SourceTap), denied(10, SourceTap, chatPath, warming)))
	s := l.Snapshot(at(20))
	if len(s.Denials) != 1 || s.Denials[0].Endpoint != "chat" || s.Denials[0].RetryAt != Some(at(70)) || s.Denials[0].ClearsAt != Some(at(70)) {
		t.Errorf("got %+v, want one line for chat that clears at 70 s", s.Denials)
	}
	i := slices.IndexFunc(s.Endpoints, func(e EndpointUsage) bool { return e.ID == "chat" })
	if u := s.Endpoints[i].Limits[0]; u.Local != Some(1) || u.Rejected.Or(0) != 0 {
		t.Errorf("local %v, rejected %v, want 1 call and none rejected", u.Local, u.Rejected)
	}
	if found := (&Watcher{Within: time.Minute, Quiet: time.Hour}).Check(&s); len(found) != 0 {
		t.Errorf("got warnings %+v", found)
	}
	if got := l.Snapshot(at(10 + 3600)).Denials; len(got) != 0 {
		t.Errorf("an hour later still %+v", got)
	}
}

// A denial that could not be read counts against no limit, and is not a person's
// business for a day.
func TestUnknownDenial(t *testing.T) {
	l := newTestLedger(t, one(denied(10, SourceTap, chatPath, Denial{Kind: KindUnknown})))
	s := l.Snapshot(at(20))
	if len(s.Denials) != 1 || s.Denials[0].ClearsAt.Known() {
		t.Errorf("got %+v, want one line that does not say when it clears", s.Denials)
	}
	i := slices.IndexFunc(s.Endpoints, func(e EndpointUsage) bool { return e.ID == "chat" })
	if u := s.Endpoints[i].Limits[0]; u.Rejected.Or(0) != 0 || u.Learned.Known() {
		t.Errorf("rejected %v, learned %v, want none", u.Rejected, u.Learned)
	}
	if got := l.Snapshot(at(10 + 3600)).Denials; len(got) != 0 {
		t.Errorf("an hour later still %+v", got)
	}
}
