package model

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
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
		if seed%2 == 1 && rng.IntN(3) == 0 {
			e.Generator = fmt.Sprint(strings.Repeat("long", rng.IntN(2)*20), rng.IntN(5))
		}
		switch rng.IntN(9 + int(seed%2)) {
		case 9:
			e.Generator = fmt.Sprint(rng.IntN(5), "\xff")
			e.Beat = &Beat{
				Run: path(), Boot: fmt.Sprint(rng.IntN(3)), To: when(), Ended: rng.IntN(5) == 0, Egress: fmt.Sprint(rng.IntN(4)), EgressAssumed: rng.IntN(2) == 0,
				ClockOffset: time.Duration(number()), ClockError: time.Duration(number()), Missing: int(number()), Dropped: int(number()), Version: strings.Repeat("v", rng.IntN(100)),
			}
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
	checkFleet(t, s)
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

// checkFleet finds what no snapshot may say about a fleet.
func checkFleet(t *testing.T, s Snapshot) {
	t.Helper()
	if s.Fleet == nil {
		return
	}
	if n := len(s.Fleet.Generators); n > maxGenerators || s.Fleet.Unlisted < 0 || s.Fleet.Unlisted > maxUnlisted {
		t.Errorf("%d generators, and %d more", n, s.Fleet.Unlisted)
	}
	if to, known := s.Fleet.To.Get(); !known || to.After(s.At) {
		t.Errorf("the fleet's windows end at %v, after %v", s.Fleet.To, s.At)
	}
	names := map[string]bool{}
	for i := range s.Fleet.Generators {
		g := &s.Fleet.Generators[i]
		if names[g.Name] || len(g.Name) > maxFleetName || len(g.Egress) > maxFleetName || len(g.Version) > maxFleetName {
			t.Errorf("%q is listed twice, or has no end: %+v", g.Name, g)
		}
		names[g.Name] = true
		if g.To.After(s.At) || g.HeardAt.After(s.At) || g.To.After(s.Fleet.To.Or(s.At).Add(time.Minute)) && g.State == "" {
			t.Errorf("at %v: %+v", s.At, g)
		}
		calls, rejected := 0, 0
		for _, e := range g.Endpoints {
			calls, rejected = calls+e.Calls, rejected+e.Rejected
		}
		for name, n := range map[string]int{"calls": g.Calls, "rejected": g.Rejected, "early": g.Early, "missing": g.Missing, "dropped": g.Dropped, "boots": g.Boots - 1} {
			if n < 0 || calls != g.Calls || rejected != g.Rejected {
				t.Errorf("%s: %s %d, %+v", g.Name, name, n, g)
			}
		}
		if (g.Worst == "") != (calls+rejected == 0) {
			t.Errorf("the worst of %+v", g)
		}
	}
	for _, e := range s.Endpoints {
		for _, u := range e.Limits {
			if u.EgressesNear < 0 || u.EgressesNear > u.Egresses || u.Egresses > maxEgresses {
				t.Errorf("%s: %d of %d addresses", e.ID, u.EgressesNear, u.Egresses)
			}
		}
	}
	for _, d := range s.Denials {
		sum := 0
		for _, g := range d.Generators {
			sum += g.Count
		}
		if len(d.Generators) > maxGroupGenerators || sum > d.Count {
			t.Errorf("%d denials, of generators %+v", d.Count, d.Generators)
		}
	}
}

func FuzzObserve(f *testing.F) {
	for seed := range uint64(fewer(20)) {
		f.Add(seed, uint8(200))
	}
	f.Add(uint64(76), uint8(245)) // an account of the year 1 that is used up
	f.Add(uint64(52), uint8(254)) // others who made most of the calls before the window that is continued
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
		"generators": len(l.fleet.generators) - maxGenerators, "addresses": len(l.fleet.egresses) - maxEgresses, "unlisted generators": len(l.fleet.unlisted) - maxUnlisted,
	} {
		if n > 0 {
			t.Errorf("%d %s too many", n, name)
		}
	}
	checkSnapshot(t, l.Snapshot(at(200)))
}
