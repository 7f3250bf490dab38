package ui

import (
	"strings"
	"testing"
	"time"

	"quotatop/model"
)

// An alert that was opened stays open when another becomes the newest.
func TestOpenedAlertStays(t *testing.T) {
	a := press(screen(over, 80, 24), "3", "enter")
	if frame := plainFrame(a); !strings.Contains(frame, "Detail: chat") {
		t.Fatalf("the newest alert is not open:\n%s", frame)
	}
	s := over()
	s.Denials[0], s.Denials[1] = s.Denials[1], s.Denials[0]
	if frame := plainFrame(send(a, snapshotMsg(*s))); !strings.Contains(frame, "Detail: chat") {
		t.Errorf("another alert took the place of the open one:\n%s", frame)
	}
}

// A refusal shows that the cap is reached before the account's figures do. No pane
// then says that the cap will last.
func TestCapReachedByRefusal(t *testing.T) {
	s := busy()
	s.Cap.Used, s.Cap.Remaining = s.Cap.Limit, model.Some(model.Micros(0)) // so says the ledger at once
	s.Denials = []model.DenialGroup{{
		Kind: model.KindCap, Endpoint: "chat", Status: 429, First: now, At: now, Count: 1,
		ClearsAt: model.Some(s.Cap.ResetsAt), Reason: "daily_spend_cap_exceeded", Source: "tap",
	}}
	for _, size := range [][2]int{{60, 15}, {80, 24}, {120, 40}} {
		frame := plainFrame(screen(func() *model.Snapshot { return s }, size[0], size[1]))
		if !strings.Contains(frame, "■ cap reached") || strings.Contains(frame, "runs out") {
			t.Errorf("%v: the forecast is not that the cap is reached:\n%s", size, frame)
		}
	}
}

// The daily cap refuses the calls of several endpoints: each row says whose.
func TestAlertsOfOneKindDiffer(t *testing.T) {
	s := capReached()
	other := s.Denials[0]
	other.Endpoint, other.At = "chat", now.Add(-time.Minute)
	s.Denials = append(s.Denials, other)
	frame := plainFrame(screen(func() *model.Snapshot { return s }, 120, 40))
	for _, want := range []string{"cap inferen…", "cap chat", "credits  "} {
		if !strings.Contains(frame, want) {
			t.Errorf("there is no %q:\n%s", want, frame)
		}
	}
}

// What waits for capacity has its line among what waits, and what could not be
// read says so.
func TestAlertsOfOtherKinds(t *testing.T) {
	s := calm()
	s.Denials = []model.DenialGroup{
		{Kind: model.KindBusy, Endpoint: "chat", Status: 425, First: now, At: now, Count: 2, Reason: "model_warming",
			RetryAt: model.Some(now.Add(time.Minute)), ClearsAt: model.Some(now.Add(time.Minute)), Source: "tap"},
		{Kind: model.KindUnknown, Endpoint: "chat", Status: 403, First: now, At: now, Count: 1, Source: "tap"},
	}
	frame := plainFrame(screen(func() *model.Snapshot { return s }, 120, 40))
	for _, want := range []string{"busy", "model_warming", "retry in", "unknown", "not known"} {
		if !strings.Contains(frame, want) {
			t.Errorf("there is no %q:\n%s", want, frame)
		}
	}
}
