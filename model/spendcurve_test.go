package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// showCurve writes the known steps of a curve: the minutes from t0 to their end, and
// the dollars.
func showCurve(c *SpendCurve) string {
	if c == nil {
		return "none"
	}
	var parts []string
	for i, used := range c.Used {
		if end := c.From.Add(time.Duration(i+1) * c.Step).Sub(t0); used != Unknown {
			parts = append(parts, fmt.Sprintf("%v:%v", end.Minutes(), used.USD()))
		}
	}
	return strings.Join(parts, " ")
}

// The curve has the newest figure of each step of five minutes. What was not watched
// is unknown, unless the rows of the log that were read say what they cost.
func TestSpendCurve(t *testing.T) {
	cost := func(second, usd float64) Event { return row(second, "/inference", 1, MicrosFromUSD(usd)) }
	for name, tt := range map[string]struct {
		events []Event
		now    float64
		want   string
	}{
		"nothing":                  {nil, 10, "none"},
		"figures":                  {one(account(10, usd(3), usd(50)), account(200, usd(4), usd(50)), account(310, usd(5), usd(50))), 320, "5:4 10:5"},
		"a gap":                    {one(account(10, usd(3), usd(50)), account(910, usd(5), usd(50))), 920, "5:3 20:5"},
		"a row after the figure":   {one(account(10, usd(3), usd(50)), read(0, 20), cost(30, 0.5), read(20, 40)), 50, "0:3 5:3.5"},
		"the log before":           {one(cost(-400, 1), cost(-250, 0.5), cost(-20, 0.25), read(-1200, 5), account(10, usd(3), usd(50))), 20, "-20:1.25 -15:1.25 -10:1.25 -5:2.25 0:3 5:3"},
		"no more than was read":    {one(cost(-400, 1), cost(-20, 0.25), read(-350, 5), account(10, usd(3), usd(50))), 20, "-5:2.75 0:3 5:3"},
		"a log with a gap":         {one(cost(-400, 1), read(-1200, -600), read(100, 200), account(210, usd(3), usd(50))), 220, "5:3"},
		"rows that do not explain": {one(cost(-400, 1), cost(-20, 0.25), read(-untilMidnight, 5), account(10, usd(3), usd(50))), 20, "5:3"},
		"rows alone":               {one(cost(-400, 1), cost(-20, 0.25), read(-untilMidnight, 5)), 10, ""},
		"after the reset":          {one(account(10, usd(3), usd(50))), untilMidnight + 1, "none"},
		"the next day":             {one(account(10, usd(3), usd(50)), account(untilMidnight+10, usd(0.1), usd(50))), untilMidnight + 20, "725:0.1"},
		"a denial is not a figure": {one(account(10, usd(3), usd(50)), denied(20, SourceTap, chatPath, capped), account(30, unknownUSD, usd(50))), 40, "5:3"},
	} {
		l := newTestLedger(t, tt.events)
		for _, l := range []*Ledger{l, mustRestore(t, l)} {
			got := showCurve(l.Snapshot(at(tt.now)).Cap.Spent)
			if name == "rows alone" { // known since the reset, at the left end of the day
				if !strings.HasPrefix(got, "-715:0 -710:0 ") || !strings.HasSuffix(got, "-10:0 -5:1 0:1.25 5:1.25") {
					t.Errorf("%s: got %s", name, got)
				}
			} else if got != tt.want {
				t.Errorf("%s: got %s, want %s", name, got, tt.want)
			}
		}
	}
}

// A curve that was handed out does not change, and its memory is bounded.
func TestSpendCurveIsShared(t *testing.T) {
	l := newTestLedger(t, one(account(10, usd(3), usd(50))))
	curve := l.Snapshot(at(11)).Cap.Spent
	before := slices.Clone(curve.Used)
	for second := 20.0; second < 2*untilMidnight; second += 60 {
		l.Observe(account(second, usd(3+second/1e4), usd(50)))
	}
	if !slices.Equal(curve.Used, before) {
		t.Error("the curve has changed")
	}
	if n := len(l.Snapshot(at(2 * untilMidnight)).Cap.Spent.Used); n > curveSteps {
		t.Errorf("%d steps, want %d at most", n, curveSteps)
	}
}
