package model

import (
	"slices"
	"testing"
	"time"
)

// What the sources of a new run tell again is not counted twice, and what
// nobody saw while quotatop was away is not taken for nothing.
func TestResume(t *testing.T) {
	refused := Denial{Kind: KindRate, RetryAfter: Some(time.Minute), Limit: Limit{1200, time.Minute}}
	busy := slices.Concat(one(healthy(0, SourceBilling), healthy(0, SourceTail), healthy(0, SourceTap)), polls(0, 1),
		rows(1, 30, "/inference"), one(read(0, 20)), calls(1, 40, SourceTail, "/inference"), calls(2, 10, SourceTap, chatPath),
		one(denied(3, SourceTail, "/inference", refused), poll(20)))
	l := mustRestore(t, newTestLedger(t, busy))
	l.Resume(at(30))

	if s := l.Snapshot(at(30)); len(s.Sources) != 1 || s.Sources[0].State != StateStale || s.Sources[0].PollsHour.Known() {
		t.Errorf("sources %+v, want billing only, and nothing of it but its age", s.Sources)
	}
	again := slices.Concat(one(healthy(30, SourceTail), poll(30)), calls(1, 40, SourceTail, "/inference"), one(denied(3, SourceTail, "/inference", refused)),
		calls(25, 5, SourceTail, "/inference"),
		rows(1, 30, "/inference"), rows(22, 7, "/inference"), one(read(21, 28)), one(read(10, 21), read(-50, 10)))
	for _, e := range again {
		l.Observe(e)
	}
	s := l.Snapshot(at(31))
	g := endpoint(t, s, "inference").Limits[0]
	if g.Local != Some(45) || g.Account != Some(37) || g.Rejected != Some(1) {
		t.Errorf("local %v, account %v, rejected %v, want 45, 37, 1", g.Local, g.Account, g.Rejected)
	}
	if l.localCovers(time.Minute, at(31), momentOf(at(31))) || l.localStream(SourceTap).watching() {
		t.Error("nobody watched for a while, which is not said")
	}
	if len(s.Denials) != 1 || s.Denials[0].Count != 1 {
		t.Errorf("denials %+v, want the one of before", s.Denials)
	}
	if !l.billing.since.Equal(at(-50)) {
		t.Errorf("the log is known from %s, want %s", l.billing.since, at(-50))
	}
}

// A log that was known far back is known as far back again as soon as what came
// in between has been read.
func TestResumeJoinsTheLog(t *testing.T) {
	l := newTestLedger(t, polls(0, 1), one(read(-3600, 20)))
	l.Resume(at(30))
	for _, e := range one(poll(100), read(80, 90)) {
		l.Observe(e)
	}
	if l.billing.covers(time.Minute, l.horizon) {
		t.Error("there is a gap in the log, which is not said")
	}
	l.Observe(read(20, 80))
	if !l.billing.covers(time.Hour, l.horizon) {
		t.Errorf("known from %s, want the hour", l.billing.since)
	}
}

// A sampled interval that reaches into what is known counts for the rest of it.
func TestResumeCutsSamples(t *testing.T) {
	l := newTestLedger(t, polls(0, 1), rows(15, 10, "/inference"), one(read(0, 20)))
	l.Resume(at(30))
	l.Observe(sampledReading(10, 40, 300, map[string]int{"/inference": 30}))
	if got := l.billing.between(l.table.Index("inference"), 0, at(0), at(40)); got != 210 {
		t.Errorf("%d calls, want the 10 of before and 200", got)
	}
}
