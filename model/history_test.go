package model

import (
	"slices"
	"testing"
	"time"
)

// The peak and the chart's maximum are of the series that is drawn, and say how
// they are to be read. They do not shrink when another source takes over.
func TestPeakIsOfWhatIsDrawn(t *testing.T) {
	tap, billing := one(healthy(0, SourceTap)), one(healthy(-300, SourceBilling))
	refused := Denial{Kind: KindRate, RetryAfter: Some(2 * time.Second), Limit: Limit{200, time.Minute}}
	tests := map[string]struct {
		events   [][]Event
		now      float64
		endpoint string
		peak     int
		mark     Mark
	}{
		"this machine's":                     {[][]Event{one(healthy(-900, SourceTap)), calls(20, 150, SourceTap, chatPath)}, 200, "chat", 150, 0},
		"others, seen by the account":        {[][]Event{tap, billing, calls(20, 100, SourceTap, chatPath), rows(20, 190, "/v1/messages"), one(read(-900, 190)), calls(195, 7, SourceTap, chatPath)}, 200, "chat", 190, 0},
		"before the tap":                     {[][]Event{rows(-100, 170, "/v1/messages"), one(read(-900, 10)), tap, calls(100, 50, SourceTap, chatPath)}, 200, "chat", 170, 0},
		"before the tap, from any address":   {[][]Event{rows(-100, 170, "/v1/messages"), one(read(-900, 10)), tap, calls(100, 50, SourceTap, chatPath)}, 200, "all", 170, MarkUpper},
		"samples":                            {[][]Event{one(read(-900, 0), sampledReading(0, 60, 120, map[string]int{"/v1/messages": 10}), read(60, 190))}, 200, "chat", 120, MarkEstimated},
		"a window that was not watched":      {[][]Event{one(healthy(0, SourceTap)), calls(20, 150, SourceTap, chatPath)}, 30, "chat", 150, MarkLower},
		"a denial said that it was full":     {[][]Event{one(healthy(-900, SourceTap)), calls(20, 148, SourceTap, chatPath), one(denied(21, SourceTap, chatPath, refused), call(25, SourceTap, chatPath))}, 200, "chat", 200, MarkInferred},
		"and it is the gauge's at that time": {[][]Event{one(healthy(-900, SourceTap)), calls(20, 148, SourceTap, chatPath), one(denied(21, SourceTap, chatPath, refused))}, 22, "chat", 200, MarkInferred},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := newTestLedger(t, tt.events...)
			for _, l := range []*Ledger{l, mustRestore(t, l)} {
				e := endpoint(t, l.Snapshot(at(tt.now)), tt.endpoint)
				u := e.Limits[0]
				want := LimitUsage{}
				want.setPeak(tt.peak, tt.mark)
				if u.Peak != want.Peak || u.PeakEstimated != want.PeakEstimated || u.PeakUpperBound != want.PeakUpperBound || u.PeakLowerBound != want.PeakLowerBound {
					t.Errorf("peak %v (≈ %v, ≤ %v, ≥ %v), want %d, mark %b", u.Peak, u.PeakEstimated, u.PeakUpperBound, u.PeakLowerBound, tt.peak, tt.mark)
				}
				if tt.now < 100 {
					return // the chart's last step is not over
				}
				most, mark := 0, Mark(0)
				for r := e.Charts[0].Rolling(time.Minute); r.Next(); {
					if r.Known && r.Calls > most {
						most, mark = r.Calls, r.Mark
					}
				}
				if most != tt.peak || mark != tt.mark {
					t.Errorf("the chart's maximum is %d, mark %b, want %d, mark %b", most, mark, tt.peak, tt.mark)
				}
			}
		})
	}
}

func TestCoverage(t *testing.T) {
	for name, tt := range map[string]struct{ add, want [][2]float64 }{
		"one":             {[][2]float64{{0, 10}}, [][2]float64{{0, 10}}},
		"none":            {[][2]float64{{10, 10}, {10, 0}}, nil},
		"onwards":         {[][2]float64{{0, 10}, {10, 20}, {15, 30}}, [][2]float64{{0, 30}}},
		"backwards":       {[][2]float64{{20, 30}, {10, 20}, {0, 12}}, [][2]float64{{0, 30}}},
		"a gap":           {[][2]float64{{0, 10}, {20, 30}}, [][2]float64{{0, 10}, {20, 30}}},
		"before and in":   {[][2]float64{{20, 30}, {0, 10}, {22, 25}}, [][2]float64{{0, 10}, {20, 30}}},
		"a gap is filled": {[][2]float64{{0, 10}, {20, 30}, {40, 50}, {5, 41}}, [][2]float64{{0, 50}}},
	} {
		var c, want coverage
		for _, p := range tt.add {
			c.add(at(p[0]), at(p[1]))
		}
		for _, p := range tt.want {
			want = append(want, period{at(p[0]), at(p[1])})
		}
		if !slices.Equal(c, want) {
			t.Errorf("%s: got %v, want %v", name, c, want)
		}
	}
	var c coverage
	for i := range 1000 {
		c.add(at(float64(2*i)), at(float64(2*i+1)))
	}
	if len(c) != maxCoverage || c[len(c)-1].to != at(1999) {
		t.Errorf("%d periods, up to %v, want the last %d", len(c), c[len(c)-1].to, maxCoverage)
	}
	c.cut(at(1996.5))
	if got := c[len(c)-1]; got != (period{at(1996), at(1996.5)}) {
		t.Errorf("the last one is %v, want 0.5 s from 1996 s on", got)
	}
}
