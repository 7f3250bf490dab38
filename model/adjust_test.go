package model

import (
	"testing"
	"time"
)

// Other limits and another cap count from now on, with all that was counted before.
// What is shared with others, and the state for the next run, stay as they were.
func TestAdjust(t *testing.T) {
	l := newTestLedger(t, one(healthy(0, SourceTap)), calls(1, 90, SourceTap, "/v1/chat/completions"))
	shared := l.table
	before := l.Snapshot(at(2))
	next := Table{Endpoints: []Endpoint{
		{ID: "chat", Limits: []Limit{{100, time.Minute}, {7, time.Hour}}}, {ID: "all", Limits: []Limit{{500, time.Hour}}}, {ID: "new"},
	}}
	l.Adjust(next, LedgerOptions{Cap: Some(20 * Dollar)})
	s := l.Snapshot(at(2))
	chat, all := endpoint(t, s, "chat"), endpoint(t, s, "all")
	if len(chat.Limits) != 1 || chat.Limits[0].Limit != 100 || chat.Limits[0].Used.Or(0) != 90 || all.Limits[0].Limit != 1000 || all.Limits[1].Limit != 500 {
		t.Errorf("chat %+v, all %+v", chat.Limits, all.Limits)
	}
	if w, _ := s.WallOf("chat", &chat.Limits[0]); w.Pressure != Hot {
		t.Errorf("90 of 100 calls are %v", w.Pressure)
	}
	if s.Cap.Limit != Some(20*Dollar) || before.Cap.Limit.Known() {
		t.Errorf("cap %v, before %v", s.Cap.Limit, before.Cap.Limit)
	}
	if i := shared.Index("chat"); shared.Endpoints[i].Limits[0].Max != 200 || endpoint(t, before, "chat").Limits[0].Limit != 200 {
		t.Error("the table of others has changed")
	}
	if _, err := RestoreLedger(shared, LedgerOptions{}, l.AppendState(nil)); err != nil {
		t.Errorf("the next run cannot go on from here: %v", err)
	}
}

// So does a report: what was counted before is against the limits at the end.
func TestAdjustReport(t *testing.T) {
	table, err := Profile(DefaultProfile)
	if err != nil {
		t.Fatal(err)
	}
	r := NewReporter(table, LedgerOptions{})
	for _, e := range calls(1, 90, SourceTap, "/v1/chat/completions") {
		r.Observe(e)
	}
	r.Adjust(Table{Endpoints: []Endpoint{{ID: "chat", Limits: []Limit{{100, time.Minute}}}}}, LedgerOptions{})
	report := r.Report()
	w, ok := report.Worst()
	if !ok || w.Endpoint.ID != "chat" || w.Limit.Limit != 100 || w.Limit.Peak.Or(0) != 90 {
		t.Errorf("worst: %+v of %+v", w.Limit, w.Endpoint)
	}
	if table.Endpoints[table.Index("chat")].Limits[0].Max != 200 {
		t.Error("the table of others has changed")
	}
}
