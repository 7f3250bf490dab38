package ui

import (
	"strings"
	"testing"
	"time"

	"quotatop/model"
)

func TestWindowTitle(t *testing.T) {
	for name, want := range map[string]string{
		"starting": "quotatop",
		"waiting":  "quotatop",
		"calm":     "quotatop all 43%",
		"busy":     "quotatop chat 92% 20s",
		"over":     "quotatop chat refused 10s",
		"cap":      "quotatop cap reached 11h",
		"stale":    "quotatop billing stale",
	} {
		if got := screen(state(t, name), 80, 24).View().WindowTitle; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := screen(hostile, 80, 24).View().WindowTitle; strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
		t.Errorf("control characters in %q", got)
	}
}

// A bound shows its sign in the title, too. With only our own polls counted, a plain
// 0% would be wrong.
func TestWorstFigureKeepsItsBound(t *testing.T) {
	for _, c := range []struct {
		mark func(*model.LimitUsage)
		want string
	}{
		{func(l *model.LimitUsage) { l.LowerBound = true }, "≥92"},
		{func(l *model.LimitUsage) { l.UpperBound = true }, "≤92"},
		{func(l *model.LimitUsage) { l.Estimated = true }, "≈92"},
	} {
		s := busy()
		c.mark(&s.Endpoints[2].Limits[0])
		a := screen(func() *model.Snapshot { return s }, 20, 3)
		if title, frame := a.View().WindowTitle, plainFrame(a); !strings.Contains(title, c.want+"%") || !strings.Contains(frame, c.want+"%") {
			t.Errorf("no %s%% in the title %q or in\n%s", c.want, title, frame)
		}
	}
}

// A minute of a countdown changes the title a few times only, even on a paused
// screen.
func TestWindowTitleChangesSeldom(t *testing.T) {
	soon := func() *model.Snapshot {
		s := busy()
		s.Endpoints[2].Limits[0].TimeToLimit = model.Some(41.5)
		return s
	}
	a := press(screen(soon, 80, 24), "p")
	changes, last := 0, a.View().WindowTitle
	for i := range 160 {
		s := busy()
		d := time.Duration(i) * 250 * time.Millisecond
		s.At = now.Add(d)
		s.Endpoints[2].Limits[0].AsOf = model.Some(s.At)
		s.Endpoints[2].Limits[0].TimeToLimit = model.Some(41.5 - d.Seconds())
		a = send(a, snapshotMsg(*s))
		if title := a.View().WindowTitle; title != last {
			last, changes = title, changes+1
		}
	}
	if changes != 4 || last != "quotatop chat 92% 10s" {
		t.Errorf("%d changes, at last %q; want 4, and 10s", changes, last)
	}
}
