package model

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// oddPaths are what a log, a client or a server may say, and should not.
var oddPaths = []string{
	"", "/", "*", "//", "/inference", "/inference/", chatPath, "openai_compat", "_compat", "/llmaj/judge", "/gliner-2/x/y",
	"/felix/training-jobs", "/\x00\xff", "\u202e/v1", "/v1/chat/completions?x=1", "GET /inference",
}

// randomEvents makes events from one seed: mostly plain ones, some far off.
func randomEvents(seed uint64, n int) []Event {
	rng := rand.New(rand.NewPCG(seed, 1))
	when := func() time.Time {
		switch rng.IntN(12) {
		case 0:
			return t0.Add(time.Duration(rng.Int64N(int64(5*365*24*time.Hour))) - 2*365*24*time.Hour)
		case 1:
			return time.Time{}
		case 2:
			return time.Unix(0, 0).UTC()
		}
		return at(rng.Float64() * 200)
	}
	number := func() int64 {
		extremes := []int64{0, 1, -1, math.MinInt64, math.MaxInt64, 1 << 40, -1 << 40}
		if rng.IntN(3) == 0 {
			return extremes[rng.IntN(len(extremes))]
		}
		return rng.Int64N(1000)
	}
	local := func() Vantage { return []Vantage{VantageLocal, VantageLocal, VantageOwn}[rng.IntN(3)] }
	path := func() string { return oddPaths[rng.IntN(len(oddPaths))] }
	source := func() string {
		return []string{SourceBilling, SourceTap, SourceTail, "", fmt.Sprint("odd", rng.IntN(1000))}[rng.IntN(5)]
	}
	newCall := func(v Vantage) Call {
		return Call{Vantage: v, Path: path(), Cost: Micros(number()), Tokens: number() % 5, Model: "m"}
	}
	events := make([]Event, n)
	for i := range events {
		e := Event{At: when(), Source: source()}
		switch rng.IntN(9) {
		case 0, 1:
			c := newCall(VantageAccount)
			e.Call = &c
		case 2, 3:
			c := newCall(local())
			e.Call = &c
		case 4:
			c := newCall(local())
			kinds := []Kind{KindRate, KindCap, KindCredits, KindCeiling, KindAuth, KindUnknown, "odd"}
			c.Denial = &Denial{Kind: kinds[rng.IntN(len(kinds))], Status: 429, Reason: fmt.Sprint(rng.IntN(500)), RetryAfter: Some(time.Duration(rng.Int64N(int64(31 * 24 * time.Hour)))), Limit: Limit{int(number() % MaxLimit), time.Duration(rng.IntN(3)) * time.Minute}}
			e.Call = &c
		case 5:
			e.Reading = &Reading{From: when(), To: when()}
		case 6:
			r := Reading{From: when(), To: when(), Sampled: true, Total: int(rng.Int64N(1 << uint(1+rng.IntN(40)))), TotalMargin: rng.IntN(100)}
			for range rng.IntN(20) {
				r.Rows = append(r.Rows, newCall(VantageAccount))
			}
			e.Reading = &r
		case 7:
			e.Account = &Account{Used: Some(Micros(number())), Limit: Some(Micros(number())), Period: []string{"", PeriodDay, PeriodMonth}[rng.IntN(3)], ResetsAt: when()}
		case 8:
			states := []State{StateOK, StateError, StatePaused}
			e.Health = &Health{State: states[rng.IntN(3)], Vantage: []Vantage{VantageAccount, VantageLocal, ""}[rng.IntN(3)], Live: rng.IntN(2) == 0, ClockOffset: time.Duration(rng.IntN(5)) * time.Second, Interval: time.Duration(rng.IntN(30)) * time.Second, BudgetMinute: rng.IntN(2) * 50, RetryAt: when()}
		}
		events[i] = e
	}
	return events
}

// checkSnapshot finds what no snapshot may say, whatever has been heard.
func checkSnapshot(t *testing.T, s Snapshot) {
	t.Helper()
	if _, err := json.Marshal(s); err != nil {
		t.Errorf("not to be written as JSON: %v", err)
	}
	positive := func(name string, n int) {
		if n < 0 {
			t.Errorf("%s = %d at %v", name, n, s.At)
		}
	}
	for _, e := range s.Endpoints {
		positive(e.ID+" calls", e.Calls.Or(0))
		positive(e.ID+" rows", e.Rows.Or(0))
		for _, p := range e.Paths {
			positive(p.Path, p.Calls)
		}
		for _, u := range e.Limits {
			for name, n := range map[string]Opt[int]{"used": u.Used, "local": u.Local, "account": u.Account, "others": u.Others, "rejected": u.Rejected, "peak": u.Peak, "denied at": u.DeniedAt, "learned": u.Learned} {
				positive(e.ID+" "+name, n.Or(0))
			}
			positive(e.ID+" margin", u.Margin)
			for i := range u.History {
				if u.History[i] != Unknown {
					positive(e.ID+" history", u.History[i])
				}
				positive(e.ID+" rejected history", u.HistoryRejected[i])
			}
			if u.Inferred {
				if limit := u.Learned.Or(u.Limit); u.Used != Some(limit) || u.Peak.Or(0) < limit || u.TimeToLimit != Some(0.0) || u.Others.Or(0) > limit {
					t.Errorf("%s: %s of %d is inferred", e.ID, show(u), limit)
				}
			} else if used, ok := u.Used.Get(); ok && used != max(u.Local.Or(0), u.Account.Or(0)) && used != u.Local.Or(-1) && (u.AsOf != Some(s.At) || used < u.Local.Or(0) || u.Others.Or(0) > used-u.Local.Or(0)) {
				t.Errorf("%s: %s: used is neither", e.ID, show(u))
			}
			if u.TimeToLimit.Or(0) < 0 {
				t.Errorf("%s: %v s to the limit", e.ID, u.TimeToLimit)
			}
		}
	}
	for _, g := range s.Denials {
		positive("count", g.Count-1)
		positive("count of a minute", g.Minute)
		positive("early", g.Early)
		if g.First.After(g.At) {
			t.Errorf("denials from %v to %v", g.First, g.At)
		}
	}
	for _, x := range s.Sources {
		positive(x.Name+" polls", x.PollsMinute.Or(0))
		positive(x.Name+" polls", x.PollsHour.Or(0))
	}
	if s.Cap.Remaining.Or(0) < 0 || !s.Cap.ResetsAt.After(s.At) {
		t.Errorf("%v left, reset %v at %v", s.Cap.Remaining, s.Cap.ResetsAt, s.At)
	}
	if at, ok := s.Cap.ExhaustsAt.Get(); ok && !at.Before(s.Cap.ResetsAt) {
		t.Errorf("exhausts at %v, after the reset at %v", at, s.Cap.ResetsAt)
	}
}

func FuzzObserve(f *testing.F) {
	for seed := range uint64(fewer(20)) {
		f.Add(seed, uint8(200))
	}
	f.Add(uint64(76), uint8(245)) // an account of the year 1 that is used up
	f.Fuzz(func(t *testing.T, seed uint64, n uint8) {
		l := newTestLedger(t, randomEvents(seed, int(n)))
		checkSnapshot(t, l.Snapshot(at(100)))
		checkSnapshot(t, l.Snapshot(at(3*86_400)))
		checkSnapshot(t, l.Snapshot(at(-3*86_400)))
	})
}

// The ledger's memory does not grow with what it has heard.
func TestLedgerIsBounded(t *testing.T) {
	l := newTestLedger(t)
	for seed := range uint64(fewer(30)) {
		for _, e := range randomEvents(seed, 200) {
			l.Observe(e)
		}
	}
	for name, n := range map[string]int{
		"groups of denials": len(l.alerts.groups) - alertMemory, "sampled intervals": len(l.sampling.intervals) - sampleMemory,
		"account figures": len(l.spend.figures) - spendMemory, "sources": len(l.sources) - maxSources,
	} {
		if n > 0 {
			t.Errorf("%d %s too many", n, name)
		}
	}
	checkSnapshot(t, l.Snapshot(at(200)))
}
