package ui

import (
	"testing"
	"time"

	"quotatop/model"
)

// A sparkline shows no calls differently from time that was not observed.
func TestSparklineOfTheUnwatchedPast(t *testing.T) {
	u := &model.LimitUsage{Limit: 120, PerS: 60, AsOf: model.Some(now), History: make([]int, model.HistorySteps), HistoryRejected: make([]int, model.HistorySteps)}
	for i := 96; i < model.HistorySteps; i++ {
		u.History[i] = 5 // half of the limit
	}
	for i := 168; i < model.HistorySteps; i++ {
		u.History[i] = 10
	}
	u.HistoryRejected[130] = 1
	for _, tt := range []struct {
		name  string
		since time.Time
		want  string
	}{
		{"all watched", now.Add(-time.Hour), "▁▁▁▁▁▁▁▁▄▄▒▄▄▄▇"},
		{"nothing is said of it", time.Time{}, "▁▁▁▁▁▁▁▁▄▄▒▄▄▄▇"},
		{"watched for ten minutes", now.Add(-10 * time.Minute), "     ▁▁▁▄▄▒▄▄▄▇"},
		{"for a part of a cell", now.Add(-90 * time.Second), "             ▄▇"},
		{"from now on", now, ""},
	} {
		u.HistoryFrom = tt.since
		c := newCanvas(15, 1)
		c.all().sparkline(u, false)
		if got := c.text(nil); got != tt.want {
			t.Errorf("%s: drawn %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A burst that is short of the limit does not look as if it had reached it, however
// fast it was.
func TestSparklineOfABurst(t *testing.T) {
	u := &model.LimitUsage{Limit: 120, PerS: 60, AsOf: model.Some(now), History: make([]int, model.HistorySteps)}
	u.History[100] = 30 // in 5 s, three times as fast as the limit allows for long
	c := newCanvas(15, 1)
	c.all().sparkline(u, false)
	if got, want := c.text(nil), "▁▁▁▁▁▁▁▁▂▂▁▁▁▁▁"; got != want {
		t.Errorf("drawn %q, want %q", got, want)
	}
}
