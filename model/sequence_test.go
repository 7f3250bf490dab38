package model

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// A script reads events, and what else happens to a ledger, from bytes; at their end
// everything is zero.
type script []byte

func (s *script) byte() int {
	if len(*s) == 0 {
		return 0
	}
	b := (*s)[0]
	*s = (*s)[1:]
	return int(b)
}

func (s *script) int64() int64 {
	var b [8]byte
	n := copy(b[:], *s)
	*s = (*s)[n:]
	return int64(binary.LittleEndian.Uint64(b[:]))
}

// time returns a time near the last, any at all, or one of those at the edges.
func (s *script) time(last time.Time) time.Time {
	edges := []time.Time{
		{}, time.Unix(0, 0), time.Unix(-1, 0), time.Unix(0, math.MaxInt64), time.Unix(0, math.MinInt64), time.Unix(afterPossible-1, 999_999_999),
		time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(math.MaxInt64, 0), time.Unix(math.MinInt64, 0),
	}
	switch n := s.byte(); {
	case n < 200:
		return last.Add(time.Duration(n-20) * 100 * time.Millisecond)
	case n < 230:
		return last.Add(time.Duration(s.int64()))
	case n < 240:
		return time.Unix(s.int64(), 0)
	default:
		return edges[n%len(edges)]
	}
}

func (s *script) call() *Call {
	c := &Call{
		Vantage: []Vantage{VantageAccount, VantageLocal, VantageOwn, "odd"}[s.byte()%4], Path: oddPaths[s.byte()%len(oddPaths)],
		Cost: Micros(s.byte()), Tokens: int64(s.byte() % 4), Model: []string{"", "m", "n"}[s.byte()%3],
	}
	if n := s.byte(); n > 200 {
		c.Cost, c.Tokens = Micros(s.int64()), s.int64()
	}
	if n := s.byte(); n < 100 {
		kinds := []Kind{KindRate, KindRate, KindCap, KindCredits, KindCeiling, KindAuth, KindBusy, KindUnknown, "odd"}
		c.Denial = &Denial{Kind: kinds[n%len(kinds)], Status: 429, Reason: []string{"", "r", "q"}[n%3]}
		if n%2 == 0 {
			c.Denial.RetryAfter = Some(time.Duration(s.byte()) * time.Second)
		}
		if n%5 == 0 {
			c.Denial.Limit = Limit{int(s.int64() % (MaxLimit + 1)), time.Duration(s.byte()%3) * time.Minute}
		}
		if n > 90 {
			c.Denial.RetryAfter = Some(time.Duration(s.int64()))
		}
	}
	return c
}

func (s *script) event(last time.Time) Event {
	e := Event{At: s.time(last), Source: []string{SourceBilling, SourceTap, SourceTail, "", "odd", SourceFleet}[s.byte()%6]}
	if e.Source == SourceFleet {
		e.Generator = s.generator()
	}
	switch n := s.byte() % 5; {
	case n > 0 && n < 3 && e.Generator != "":
		e.Beat = s.beat(last)
		return e
	case n == 4 && e.Generator != "":
		e.Call = s.call()
		e.Call.Vantage = VantageLocal
		return e
	default:
		return s.other(n, e, last)
	}
}

// generator returns the name of a generator: plain, any or absurd.
func (s *script) generator() string {
	switch n := s.byte(); {
	case n < 200:
		return []string{"a", "b", "c"}[n%3]
	case n < 240:
		return fmt.Sprint("gen-", n, s.byte())
	default:
		return strings.Repeat("\xff\u202e", n-200) + string(rune(n))
	}
}

func (s *script) beat(last time.Time) *Beat {
	b := &Beat{To: s.time(last), Boot: fmt.Sprint(s.byte() / 200), Egress: []string{"", "x", "y", "a"}[s.byte()%4], Run: "r", Ended: s.byte() > 230}
	if n := s.byte(); n > 200 {
		b.EgressAssumed, b.Missing, b.Dropped = n%2 == 0, s.byte()-20, s.byte()-20
	}
	if n := s.byte(); n > 240 {
		b.ClockOffset, b.ClockError, b.Missing, b.Dropped = time.Duration(s.int64()), time.Duration(s.int64()), int(s.int64()), int(s.int64())
	}
	return b
}

// other returns an event of a sort.
func (s *script) other(sort int, e Event, last time.Time) Event {
	switch sort {
	case 0:
		e.Call = s.call()
	case 1:
		e.Reading = &Reading{From: s.time(last), To: s.time(last)}
	case 2:
		e.Reading = &Reading{From: s.time(last), To: s.time(last), Sampled: true, Total: int(s.int64() & math.MaxInt32), TotalMargin: s.byte()}
		for range s.byte() % 8 {
			e.Reading.Rows = append(e.Reading.Rows, *s.call())
		}
	case 3:
		e.Account = &Account{Used: Some(Micros(s.int64())), Limit: Some(Micros(s.int64())), Period: []string{"", PeriodDay, PeriodMonth}[s.byte()%3], ResetsAt: s.time(last), Interval: time.Duration(s.int64())}
	case 4:
		e.Health = &Health{
			State: []State{StateOK, StateError, StatePaused, "odd"}[s.byte()%4], Vantage: []Vantage{VantageAccount, VantageLocal, ""}[s.byte()%3],
			Live: s.byte()%2 == 0, BudgetMinute: s.byte(), RetryAt: s.time(last), Interval: time.Duration(s.byte()) * time.Second,
		}
		if s.byte() > 150 {
			e.Health.ClockOffset, e.Health.ClockStep, e.Health.Interval = time.Duration(s.int64()), time.Duration(s.int64()), time.Duration(s.int64())
		}
	}
	return e
}

// FuzzSequence observes any sequence of events, at any times, with restarts and clocks
// that turn back in between: no snapshot contradicts itself, and nothing grows.
func FuzzSequence(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x14\x05\x00\x01\x14\x00\x01\x00\x00\x00\x14\x05\x00\x04\x00\x06\x00\x00\x00\x00\x03\x14\x05\x01\x04\x00\x06\x00\x00\x00\x00\x03\xfb\x14\x05\x01\x01\x14\x00\x02\x00\x00\x00"))
	f.Add([]byte("\x14\x00\x04\x00\x00\x00\x00\x00\x00\x00\x14\x01\x00\x01\x06\x00\x00\x00\x00\x01\x14\x00\x01\xc8\x00\x14\x14"))
	f.Add([]byte{20, 1, 4, 0, 1, 0, 0, 20, 1, 0, 20, 1, 0, 1, 6, 0, 0, 0, 0, 4, 9, 30, 2, 0, 1, 6, 0, 0, 0, 0, 0, 240, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 255, 20, 250, 1, 251, 252})
	table := mustProfile(f, DefaultProfile)
	f.Fuzz(func(t *testing.T, text []byte) {
		s := script(text[:min(len(text), 4096)])
		l, now := NewLedger(table, LedgerOptions{}), t0
		for len(s) > 0 {
			switch s.byte() {
			case 250:
				l.Resume(s.time(now))
			case 251:
				l = mustRestore(t, l)
			case 252:
				checkWalls(t, l.Snapshot(s.time(now)))
			default:
				e := s.event(now)
				if l.Observe(e); possible(e.At) && e.At.Sub(now).Abs() < day {
					now = e.At
				}
			}
		}
		if size := len(l.AppendState(nil)); size > 4<<20 {
			t.Errorf("the state has %d bytes", size)
		}
		for _, at := range []time.Time{now, now.Add(time.Minute), t0.Add(3 * day), t0.Add(-3 * day)} {
			snapshot := l.Snapshot(at)
			checkSnapshot(t, snapshot)
			checkWalls(t, snapshot)
		}
	})
}

// checkWalls finds where the walls of a snapshot and the rest of it disagree.
func checkWalls(t *testing.T, s Snapshot) {
	t.Helper()
	for i, w := range s.Walls {
		if in := w.In.Or(0); in < 0 || math.IsNaN(in) || i > 0 && w.rank() < s.Walls[i-1].rank() {
			t.Errorf("wall %d is %+v, after %+v", i, w, s.Walls[max(i-1, 0)])
		}
	}
	for _, e := range s.Endpoints {
		for i := range e.Limits {
			w, _ := s.WallOf(e.ID, &e.Limits[i])
			gate := Gate{Headroom: Some(0.01), Endpoint: e.ID}
			if j := gate.Judge(&s); w.Pressure == Full && j.Verdict == Open {
				t.Errorf("%s is at its wall %+v, and the gate is open: %+v", e.ID, w, j)
			}
		}
	}
	if s.Cap.Remaining == Some[Micros](0) && s.Cap.Limit.Or(1) > 0 && (len(s.Walls) == 0 || s.Cap.Pressure(s.At) != Full) {
		t.Errorf("nothing is left of the cap, but the walls are %+v", s.Walls)
	}
}
