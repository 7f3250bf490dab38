package model

import (
	"math"
	"slices"
	"testing"
)

// traffic is calls at the rate of a function of the second.
func traffic(from, to float64, source, path string, perSecond func(second float64) float64) (events []Event) {
	due := 0.0
	const step = 0.01
	for s := from; s < to; s += step {
		for due += perSecond(s) * step; due >= 1; due-- {
			events = append(events, call(s, source, path))
		}
	}
	return events
}

func TestTimeToLimit(t *testing.T) {
	steady := func(rate float64) func(float64) float64 { return func(float64) float64 { return rate } }
	tests := map[string]struct {
		events []Event
		now    float64
		want   float64 // seconds until chat meets 200 a minute; -1 for never
		within float64
	}{
		"no calls":                  {nil, 100, -1, 0},
		"steady below the limit":    {traffic(0, 100, SourceTap, chatPath, steady(3)), 100, -1, 0},
		"just started":              {traffic(90, 100, SourceTap, chatPath, steady(10)), 100, 10, 0.5},
		"rising from a steady rate": {slices.Concat(traffic(0, 90, SourceTap, chatPath, steady(2)), traffic(90, 100, SourceTap, chatPath, steady(8))), 100, 3.3, 0.5},
		// 0.1 a second more each second: 102 calls in the last minute by now, and
		// at the last ten seconds' 4.5 a second, with the old ones leaving, 200
		// half a minute later.
		"a ramp":           {traffic(0, 50, SourceTap, chatPath, func(s float64) float64 { return s / 10 }), 50, 17, 2},
		"a falling rate":   {traffic(0, 100, SourceTap, chatPath, func(s float64) float64 { return max(5-s/20, 0) }), 100, -1, 0},
		"stopped":          {traffic(50, 80, SourceTap, chatPath, steady(6)), 100, -1, 0},
		"full":             {traffic(0, 100, SourceTap, chatPath, steady(4)), 100, 0, 0},
		"full and falling": {slices.Concat(traffic(50, 90, SourceTap, chatPath, steady(6)), traffic(90, 100, SourceTap, chatPath, steady(0))), 100, 0, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			u := endpoint(t, newTestLedger(t, one(healthy(-3600, SourceTap)), tt.events).Snapshot(at(tt.now)), "chat").Limits[0]
			got, known := u.TimeToLimit.Get()
			if tt.want < 0 {
				if known {
					t.Errorf("got %v s, want unknown", got)
				}
				return
			}
			if !known || math.Abs(got-tt.want) > tt.within {
				t.Errorf("got %v (%v), want %v s within %v", got, known, tt.want, tt.within)
			}
		})
	}
}

// The forecast is from now, though the account's window ends before it.
func TestTimeToLimitCountsFromNow(t *testing.T) {
	var events []Event
	for i := range 100 {
		events = append(events, row(80+float64(i)/10, chatPath, int64(i), 0))
	}
	l := newTestLedger(t, events, one(read(0, 90)))
	for now, want := range map[float64]float64{90: 10, 94: 6, 120: 0} {
		got, ok := endpoint(t, l.Snapshot(at(now)), "chat").Limits[0].TimeToLimit.Get()
		if !ok || math.Abs(got-want) > 0.5 {
			t.Errorf("at %v: %v s, want %v", now, got, want)
		}
	}
}

// A gauge that has just met its limit says 0 at once, though its last calls are
// in a bucket that is still filling.
func TestTimeToLimitOfAFullGauge(t *testing.T) {
	l := newTestLedger(t, one(healthy(0, SourceTap)))
	for range 200 {
		l.Observe(call(99.91, SourceTap, chatPath))
	}
	u := endpoint(t, l.Snapshot(at(99.92)), "chat").Limits[0]
	if u.Used != Some(200) || u.TimeToLimit != Some(0.0) {
		t.Errorf("used %v, time to limit %v, want 200 and 0 s", u.Used, u.TimeToLimit)
	}
}

func TestPeakAndHistory(t *testing.T) {
	l := newTestLedger(t, one(healthy(-3600, SourceTap)), calls(10, 120, SourceTap, chatPath), calls(40, 30, SourceTap, chatPath), one(denied(41, SourceTap, chatPath, waiting)))
	u := endpoint(t, l.Snapshot(at(400)), "chat").Limits[0]
	if u.Used != Some(0) || u.Peak != Some(150) {
		t.Errorf("used %v, peak %v, want 0 and 150", u.Used, u.Peak)
	}
	sum := func(steps []int) (n int) {
		for _, step := range steps {
			n += step
		}
		return n
	}
	if len(u.History) != HistorySteps || sum(u.History) != 150 || sum(u.HistoryRejected) != 1 {
		t.Errorf("%d steps with %d calls and %d rejected, want %d, 150, 1", len(u.History), sum(u.History), sum(u.HistoryRejected), HistorySteps)
	}
	// Each step is 5 s: 390 s before now is 78 steps from the end.
	if got := u.History[HistorySteps-78]; got != 120 {
		t.Errorf("the step of the burst has %d calls, want 120", got)
	}
	if u := endpoint(t, l.Snapshot(at(1000)), "chat").Limits[0]; u.Peak != Some(0) {
		t.Errorf("after 15 minutes: peak %v, want 0", u.Peak)
	}
}
