package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// showChart writes the steps of a chart that are not empty, by their beginning
// in seconds after t0: accepted calls, ? where they are unknown since watching
// began, and -rejected ones.
func showChart(c Chart) string {
	var parts []string
	start := c.To.Add(-c.Span())
	for i := range c.Accepted {
		at := start.Add(time.Duration(i) * c.Step).Sub(t0).Seconds()
		since := at - c.From.Sub(t0).Seconds()
		if c.Accepted[i] == Unknown && since >= 0 && (i == 0 || since < c.Step.Seconds() || c.Accepted[i-1] != Unknown) {
			parts = append(parts, fmt.Sprintf("%v:?", at))
		}
		if n := c.Accepted[i]; n > 0 {
			parts = append(parts, fmt.Sprintf("%v:%d", at, n))
		}
		if n := c.Rejected[i]; n > 0 {
			parts = append(parts, fmt.Sprintf("%v:-%d", at, n))
		}
	}
	return fmt.Sprintf("from %v to %v  %s", c.From.Sub(t0).Seconds(), c.To.Sub(t0).Seconds(), strings.Join(parts, " "))
}

func TestCharts(t *testing.T) {
	tests := map[string]struct {
		events   [][]Event
		now      float64
		endpoint string
		want     [3]string // none when empty
	}{
		"nothing heard": {nil, 100, "chat", [3]string{}},
		"the step that is not over is left out": {
			[][]Event{one(healthy(0, SourceTap)), calls(50, 3, SourceTap, chatPath), calls(61, 4, SourceTap, chatPath), calls(101, 9, SourceTap, chatPath)},
			102, "chat", [3]string{"from 0 to 100  50:3 60:4", "from 0 to 100  40:3 60:4", "from 0 to 60  0:3"},
		},
		"a call is in the charts of all that cover it": {
			[][]Event{one(healthy(0, SourceTap)), calls(50, 3, SourceTap, chatPath), calls(52, 2, SourceTap, "/else")},
			120, "all", [3]string{"from 0 to 120  50:5", "from 0 to 120  40:5", "from 0 to 120  0:5"},
		},
		"an endpoint without limits has charts too": {
			[][]Event{one(healthy(0, SourceTap)), calls(52, 2, SourceTap, "/else")},
			120, "other", [3]string{"from 0 to 120  50:2", "from 0 to 120  40:2", "from 0 to 120  0:2"},
		},
		"a call that two limits denied is rejected once": {
			[][]Event{one(healthy(0, SourceTap), denied(50, SourceTap, "/else", Denial{Kind: KindRate}))},
			120, "all", [3]string{"from 0 to 120  50:-1", "from 0 to 120  40:-1", "from 0 to 120  0:-1"},
		},
		"a cap's denial is not rejected by a limit": {
			[][]Event{one(healthy(0, SourceTap), denied(50, SourceTap, chatPath, Denial{Kind: KindCap}))},
			120, "chat", [3]string{"from 0 to 120  ", "from 0 to 120  ", "from 0 to 120  "},
		},
		"two that watch the same calls": {
			[][]Event{one(healthy(0, SourceTap), healthy(0, SourceTail)), calls(50, 3, SourceTap, chatPath), calls(50, 2, SourceTail, chatPath)},
			100, "chat", [3]string{"from 0 to 100  50:3", "from 0 to 100  40:3", "from 0 to 60  0:3"},
		},
		"the account ends at the horizon": {
			[][]Event{rows(50, 30, "/inference"), rows(91, 5, "/inference"), one(read(-30, 93))},
			100, "inference", [3]string{"from -30 to 90  50:30", "from -30 to 80  40:30", "from -30 to 60  0:30"},
		},
		"the account sees more": {
			[][]Event{one(healthy(40, SourceTap)), calls(50, 3, SourceTap, "/inference"), rows(50, 30, "/inference"), one(read(-30, 93))},
			100, "inference", [3]string{"from -30 to 90  50:30", "from -30 to 80  40:30", "from -30 to 60  0:30"},
		},
		"what the tap did not watch is in the account's log": {
			[][]Event{rows(20, 30, "/inference"), rows(62, 1, "/inference"), one(read(-30, 93)), one(healthy(60, SourceTap)), calls(70, 40, SourceTap, "/inference")},
			100, "inference", [3]string{"from -30 to 100  20:30 70:40", "from -30 to 100  20:30 60:40", "from -30 to 60  0:30"},
		},
		"what nothing watched is unknown": {
			[][]Event{rows(20, 30, "/inference"), one(read(-30, 50)), one(healthy(60, SourceTap)), calls(70, 40, SourceTap, "/inference")},
			100, "inference", [3]string{"from -30 to 100  20:30 50:? 70:40", "from -30 to 100  20:30 40:? 60:40", "from -30 to 60  0:?"},
		},
		"hours that were never read": {
			[][]Event{rows(20, 30, "/inference"), one(read(0, 60), poll(7300)), rows(7210, 4, "/inference"), one(read(7200, 7320))},
			7320, "inference", [3]string{"from 0 to 7320  6420:? 7210:4", "from 0 to 7320  3720:? 7200:4", "from 0 to 7320  0:30 60:? 7200:4"},
		},
		"all keeps the account's history when the tap takes over": {
			[][]Event{rows(20, 30, "/inference"), one(read(-30, 70)), one(healthy(60, SourceTap)), calls(72, 40, SourceTap, "/inference")},
			130, "all", [3]string{"from -30 to 130  20:30 70:40", "from -30 to 120  20:30 60:40", "from -30 to 120  0:30 60:40"},
		},
		"the tap was away for a while": {
			[][]Event{one(healthy(0, SourceTap)), calls(10, 3, SourceTap, chatPath), one(Event{At: at(60), Source: "resume"}, healthy(80, SourceTap)), calls(90, 4, SourceTap, chatPath)},
			100, "chat", [3]string{"from 0 to 100  10:3 60:? 90:4", "from 0 to 100  0:3 60:? 80:4", "from 0 to 60  0:3"},
		},
		"our own polls count": {
			[][]Event{one(healthy(0, SourceTap)), polls(50, 5), calls(52, 2, SourceTap, "/else")},
			120, "all", [3]string{"from 0 to 120  50:7", "from 0 to 120  40:7", "from 0 to 120  0:7"},
		},
		"samples are spread": {
			[][]Event{one(read(-60, 40)), one(sampledReading(40, 60, 100, map[string]int{"/inference": 10}))},
			100, "inference", [3]string{"from -60 to 60  40:25 45:25 50:25 55:25", "from -60 to 60  40:100", "from -60 to 60  0:100"},
		},
		"own polls alone tell nothing of the past": {
			[][]Event{polls(50, 5)}, 100, "all", [3]string{"from 100 to 100  ", "from 100 to 100  ", "from 100 to 60  "},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := newTestLedger(t)
			for _, e := range slices.Concat(tt.events...) {
				if l.Observe(e); e.Source == "resume" {
					l.Resume(e.At)
				}
			}
			charts := endpoint(t, mustRestore(t, l).Snapshot(at(tt.now)), tt.endpoint).Charts
			if charts == nil && tt.want == ([3]string{}) {
				return
			}
			if len(charts) != 3 {
				t.Fatalf("%d charts, want 3", len(charts))
			}
			for i, want := range tt.want {
				if got := showChart(charts[i]); got != want {
					t.Errorf("%s: got %q, want %q", charts[i].Span(), got, want)
				}
			}
		})
	}
}

// The charts reach over 15 minutes, an hour and a day, and keep that long.
func TestChartsReachBack(t *testing.T) {
	l := newTestLedger(t, one(healthy(0, SourceTap)), calls(0, 3, SourceTap, chatPath))
	for _, tt := range []struct {
		now  float64
		want [3]int
	}{{60, [3]int{3, 3, 3}}, {899, [3]int{3, 3, 3}}, {905, [3]int{0, 3, 3}}, {3590, [3]int{0, 3, 3}}, {3625, [3]int{0, 0, 3}}, {86_390, [3]int{0, 0, 3}}, {86_470, [3]int{}}} {
		for i, c := range endpoint(t, l.Snapshot(at(tt.now)), "chat").Charts {
			sum := 0
			for _, n := range c.Accepted {
				sum += max(n, 0)
			}
			if sum != tt.want[i] || c.Span() != []time.Duration{15 * time.Minute, time.Hour, 24 * time.Hour}[i] {
				t.Errorf("at %v s: %d calls in %s, want %d", tt.now, sum, c.Span(), tt.want[i])
			}
		}
	}
}

// A chart is made once for each of its steps, and never changed.
func TestChartsAreSharedUntilTheirStepTurns(t *testing.T) {
	l := newTestLedger(t, one(healthy(0, SourceTap)), calls(50, 3, SourceTap, chatPath))
	look := func(second float64) []Chart { return endpoint(t, l.Snapshot(at(second)), "chat").Charts }
	old := look(61)
	before := fmt.Sprint(old)
	for _, tt := range []struct {
		now  float64
		same [3]bool
	}{{62, [3]bool{true, true, true}}, {66, [3]bool{false, true, true}}, {81, [3]bool{false, false, true}}, {121, [3]bool{}}} {
		for _, e := range calls(tt.now-1, 5, SourceTap, chatPath) {
			l.Observe(e)
		}
		for i, c := range look(tt.now) {
			if same := &c.Accepted[0] == &old[i].Accepted[0]; same != tt.same[i] {
				t.Errorf("at %v s, %s: the same chart %v, want %v", tt.now, c.Span(), same, tt.same[i])
			}
		}
	}
	if fmt.Sprint(old) != before {
		t.Error("a chart that was handed out has changed")
	}
	l.Snapshot(at(200))
	if n := testing.AllocsPerRun(100, func() {
		m := momentOf(at(200))
		v := l.view(2, 0, m)
		l.charts(2, &v, m)
	}); n > 8 {
		t.Errorf("charts that are there cost %v allocations", n)
	}
}

// A gauge's history says since when it is known, as the charts do.
func TestHistoryFrom(t *testing.T) {
	for name, tt := range map[string]struct {
		events []Event
		want   float64
	}{
		"this machine": {one(healthy(40, SourceTail), healthy(30, SourceTap)), 30},
		"both":         {append(rows(50, 1, "/inference"), append(calls(70, 9, SourceTap, "/inference"), read(-30, 93), healthy(60, SourceTap))...), -30},
		"the account":  {append(rows(50, 30, "/inference"), read(-30, 93), healthy(60, SourceTap)), -30},
	} {
		u := endpoint(t, newTestLedger(t, tt.events).Snapshot(at(100)), "inference")
		if got := u.Limits[0].HistoryFrom.Sub(t0).Seconds(); got != tt.want || !u.Charts[0].From.Equal(u.Limits[0].HistoryFrom) {
			t.Errorf("%s: history from %v, charts from %v, want %v", name, got, u.Charts[0].From.Sub(t0).Seconds(), tt.want)
		}
	}
}
