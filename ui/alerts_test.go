package ui

import (
	"slices"
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

// The calls of several endpoints are denied for the same reason: each row says whose.
func TestAlertsOfOneKindDiffer(t *testing.T) {
	s := capReached()
	other := s.Denials[1]
	other.Endpoint, other.At = "inference", now.Add(-time.Minute)
	s.Denials = append(s.Denials, other)
	frame := plainFrame(screen(func() *model.Snapshot { return s }, 120, 40))
	for _, want := range []string{"credits inference", "credits chat", "daily cap  "} {
		if !strings.Contains(frame, want) {
			t.Errorf("there is no %q:\n%s", want, frame)
		}
	}
}

// The cap stops the calls of all endpoints: it has one row, which lists them.
func TestCapIsOneAlert(t *testing.T) {
	s := capReached()
	frame := plainFrame(screen(func() *model.Snapshot { return s }, 120, 40))
	if strings.Count(frame, " daily cap ") != 1 || !strings.Contains(frame, "inference 300×, chat 18×") {
		t.Errorf("there is no one row of the cap with its endpoints:\n%s", frame)
	}
	for _, row := range []string{"inference user  1m", "chat      user  1m"} {
		if _, line, _ := strings.Cut(frame, row); !strings.Contains(strings.SplitN(line, "││", 2)[0], "■ cap reached") {
			t.Errorf("the row %q does not say that the cap is reached:\n%s", row, frame)
		}
	}
	a := press(screen(func() *model.Snapshot { return s }, 120, 40), "4", "enter")
	g := &s.Denials[0]
	g.Endpoint, g.Reason, g.Source = "chat", "", "tail" // of the last denial
	if frame := plainFrame(send(a, snapshotMsg(*s))); !strings.Contains(frame, "Detail: daily cap") {
		t.Errorf("the alert did not stay open:\n%s", frame)
	}
}

// Rows of alerts keep their places, whichever was denied last.
func TestAlertsKeepTheirPlaces(t *testing.T) {
	order := func(a App) (ids []string) {
		for _, g := range a.alerts(ratePane) {
			ids = append(ids, g.Endpoint)
		}
		return ids
	}
	s := over()
	a := screen(func() *model.Snapshot { return s }, 120, 40)
	before := order(a)
	s.Denials[0], s.Denials[1] = s.Denials[1], s.Denials[0]
	s.Denials[0].At = now
	if after := order(send(a, snapshotMsg(*s))); !slices.Equal(before, after) {
		t.Errorf("the rows were %v, now they are %v", before, after)
	}
}

// Without room for all alerts, those that stop calls now stay.
func TestLiveAlertsStay(t *testing.T) {
	s := manyAlerts()
	live := &s.Denials[len(s.Denials)-2] // the one that began first
	live.Endpoint, live.RetryAt = "training", at(-30*time.Second)
	a := screen(func() *model.Snapshot { return s }, 80, 24)
	if frame := plainFrame(a); !strings.Contains(frame, "training") || !strings.Contains(frame, "00:30") {
		t.Errorf("the alert of training is not shown:\n%s", frame)
	}
}

// A 429 without a reason may be a rate limit's: it is not among those that waiting
// does not help.
func TestUnknown429(t *testing.T) {
	s := calm()
	s.Denials = []model.DenialGroup{{Kind: model.KindUnknown, Endpoint: "chat", Status: 429, First: now, At: now, Count: 3, Source: "tail"}}
	a := screen(func() *model.Snapshot { return s }, 120, 40)
	if len(a.alerts(ratePane)) != 1 || len(a.alerts(billingPane)) != 0 {
		t.Errorf("it is not in the pane of the rate limits:\n%s", plainFrame(a))
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
