package model

import "testing"

// One chat call is logged as its path and as an alias. It is counted once.
func TestDoubleRows(t *testing.T) {
	const alias = "openai_compat"
	type usage struct {
		calls, rows int
		spent       Micros
	}
	tests := map[string]struct {
		events []Event
		want   usage // of chat
	}{
		"alias first":                      {one(row(50, alias, 18, 59), row(50.17, chatPath, 18, 59)), usage{1, 2, 59}},
		"path first":                       {one(row(50, chatPath, 18, 59), row(50.17, alias, 18, 59)), usage{1, 2, 59}},
		"read newest first":                {one(row(50.17, chatPath, 18, 59), row(50, alias, 18, 59)), usage{1, 2, 59}},
		"just a second apart":              {one(row(50, alias, 18, 59), row(51, chatPath, 18, 59)), usage{1, 2, 59}},
		"too far apart":                    {one(row(50, alias, 18, 59), row(51.1, chatPath, 18, 59)), usage{2, 2, 118}},
		"other tokens":                     {one(row(50, alias, 18, 59), row(50.1, chatPath, 19, 59)), usage{2, 2, 118}},
		"other cost":                       {one(row(50, alias, 18, 59), row(50.1, chatPath, 18, 60)), usage{2, 2, 119}},
		"a reading between":                {one(row(50, alias, 18, 59), read(0, 50.1), row(50.17, chatPath, 18, 59)), usage{1, 2, 59}},
		"a reading between, path first":    {one(row(50, chatPath, 18, 59), read(0, 50.1), row(50.17, alias, 18, 59)), usage{1, 2, 59}},
		"path row comes after it settled":  {one(row(50, alias, 18, 59), read(0, 60), row(50.17, chatPath, 18, 59)), usage{1, 2, 59}},
		"alias alone":                      {one(row(50, alias, 18, 59)), usage{1, 1, 59}},
		"path alone":                       {one(row(50, chatPath, 18, 59)), usage{1, 1, 59}},
		"another alias":                    {one(row(50, "anthropic_compat", 18, 59), row(50.1, "/v1/messages", 18, 59)), usage{1, 2, 59}},
		"two genuine calls, each doubled":  {one(row(50, alias, 18, 59), row(50.1, chatPath, 18, 59), row(50.2, alias, 18, 59), row(50.3, chatPath, 18, 59)), usage{2, 4, 118}},
		"two genuine calls, aliases first": {one(row(50, alias, 18, 59), row(50.1, alias, 18, 59), row(50.2, chatPath, 18, 59), row(50.3, chatPath, 18, 59)), usage{2, 4, 118}},
		"two genuine calls, not doubled":   {one(row(50, chatPath, 18, 59), row(50.1, chatPath, 18, 59)), usage{2, 2, 118}},
		"one alias, two calls":             {one(row(50, chatPath, 18, 59), row(50.1, alias, 18, 59), row(50.2, chatPath, 18, 59)), usage{2, 3, 118}},
		"other paths are not doubled":      {one(row(50, "/inference", 18, 59), row(50.1, alias, 18, 59)), usage{1, 1, 118}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			start := read(-86_400, 0) // so that the day's spending is known
			l := newTestLedger(t, one(start), tt.events, one(read(0, 90)))
			s := l.Snapshot(at(100))
			chat := endpoint(t, s, "chat")
			if got := (usage{chat.Calls.Or(-1), chat.Rows.Or(-1), s.Cap.Used.Or(-1)}); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// An alias row is held until its path row may have come, not for ever.
func TestAloneAliasIsCountedOnceSettled(t *testing.T) {
	l := newTestLedger(t, one(row(50, "openai_compat", 18, 59), read(0, 50.5)))
	if got := endpoint(t, l.Snapshot(at(60)), "chat").Limits[0].Account; got != Some(0) {
		t.Errorf("before it is settled: account %v, want 0", got)
	}
	for i := range 3 {
		l.Observe(read(50, 60+10*float64(i)))
		if got := endpoint(t, l.Snapshot(at(90)), "chat").Limits[0].Account; got != Some(1) {
			t.Errorf("once settled: account %v, want 1", got)
		}
	}
}

// More held rows than the memory has places: the oldest are counted.
func TestManyAliasesAreNeverDropped(t *testing.T) {
	const n = 3*pairMemory + 7
	l := newTestLedger(t)
	for i := range n {
		l.Observe(row(50+float64(i)/n, "openai_compat", int64(i), 0))
	}
	l.Observe(read(0, 60))
	if got := endpoint(t, l.Snapshot(at(70)), "chat").Limits[0].Account; got != Some(n) {
		t.Errorf("account %v, want %d", got, n)
	}
}

func TestCountDoubleRows(t *testing.T) {
	l := NewLedger(mustProfile(t, DefaultProfile), LedgerOptions{CountDoubleRows: true})
	for _, e := range one(row(50, "openai_compat", 18, 59), row(50.1, chatPath, 18, 59), read(0, 90)) {
		l.Observe(e)
	}
	if chat := endpoint(t, l.Snapshot(at(100)), "chat"); chat.Calls != Some(2) || chat.Rows != Some(2) {
		t.Errorf("calls %v, rows %v, want 2 and 2", chat.Calls, chat.Rows)
	}
}

// The judge's work costs money and uses no quota; an unknown endpoint shows.
func TestJudgeAndUnknownRows(t *testing.T) {
	l := newTestLedger(t, one(read(-86_400, 0), row(50, "/llmaj/judge", 80_114, 15_200), row(51, "/brand/new", 1, 7), row(52, "", 1, 0), read(0, 90)))
	s := l.Snapshot(at(100))
	if got := s.Cap.Used; got != Some(Micros(15_207)) {
		t.Errorf("spent %v, want the judge's 15200 and 7", got)
	}
	for id, want := range map[string]Opt[int]{"all": Some(2), "other": Some(2), "chat": Some(0)} {
		if got := endpoint(t, s, id).Calls; got != want {
			t.Errorf("%s: calls %v, want %v", id, got, want)
		}
	}
	if got := endpoint(t, s, "all").Rows; got != Some(3) {
		t.Errorf("all: rows %v, want 3", got)
	}
}

// Sampled rows lose the same share of doubles, in calls and in money.
func TestSampledDoubleRows(t *testing.T) {
	l := newTestLedger(t, one(read(-86_400, 30)))
	e := sampledReading(30, 90, 2_000, map[string]int{chatPath: 50, "openai_compat": 50})
	for i := range e.Reading.Rows {
		e.Reading.Rows[i].Cost = 10
	}
	l.Observe(e)
	s := l.Snapshot(at(90))
	chat := endpoint(t, s, "chat")
	if chat.Calls != Some(1_000) || chat.Rows != Some(2_000) || s.Cap.Used != Some(Micros(10_000)) || !s.Cap.Estimated {
		t.Errorf("calls %v, rows %v, spent %v, estimated %v, want 1000, 2000, $0.01, true", chat.Calls, chat.Rows, s.Cap.Used, s.Cap.Estimated)
	}
}

// A name without any path beside it is no double: the API may log it alone.
func TestSampledAliasesAlone(t *testing.T) {
	l := newTestLedger(t, one(sampledReading(30, 90, 2_000, map[string]int{"openai_compat": 50, "/inference": 50})))
	if got := endpoint(t, l.Snapshot(at(90)), "chat").Calls; got != Some(1_000) {
		t.Errorf("calls %v, want 1000", got)
	}
}
