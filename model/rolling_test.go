package model

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The window that ends with each step holds its calls, as a limit over that time
// counts them: a lower bound where some of it was not watched, unknown where its last
// minute was not, and at least the limit where a denial said so.
func TestRolling(t *testing.T) {
	full := FullSteps{Per: time.Minute, Limit: 50, Steps: []bool{false, false, false, false, true}}
	for name, tt := range map[string]struct {
		chart Chart
		per   time.Duration
		want  string
	}{
		"a minute of 20 s":    {Chart{Step: 20 * time.Second, Accepted: []int{1, 2, 3, 4, 5}}, time.Minute, "? ? 6 9 12"},
		"of its own length":   {Chart{Step: time.Minute, Accepted: []int{1, 2, 3}}, time.Minute, "1 2 3"},
		"three minutes":       {Chart{Step: time.Minute, Accepted: []int{1, 2, 3, 4, 5}}, 3 * time.Minute, "≥1 ≥3 6 9 12"},
		"a gap":               {Chart{Step: time.Minute, Accepted: []int{1, 2, Unknown, 4, 5, 6}}, 3 * time.Minute, "≥1 ≥3 ? ≥6 ≥9 15"},
		"a gap in a minute":   {Chart{Step: 30 * time.Second, Accepted: []int{1, 2, Unknown, 4, 5}}, time.Minute, "? 3 ? ? 9"},
		"shorter than a step": {Chart{Step: 5 * time.Second, Accepted: []int{12, 0, 50}}, time.Second, "2 0 10"},
		"samples":             {Chart{Step: time.Minute, Accepted: []int{1, 2, 3, 4}, Marks: []Mark{0, MarkEstimated, 0, 0}}, 2 * time.Minute, "≥1 ≈3 ≈5 7"},
		"a denial":            {Chart{Step: 20 * time.Second, Accepted: []int{1, 2, 3, 4, 5}, Full: []FullSteps{full}}, time.Minute, "? ? 6 9 =50"},
		"another's denial":    {Chart{Step: 20 * time.Second, Accepted: []int{1, 2, 3, 4, 5}, Full: []FullSteps{full}}, 40 * time.Second, "? 3 5 7 9"},
	} {
		var got []string
		for r := tt.chart.Rolling(tt.per); r.Next(); {
			sign := map[Mark]string{MarkLower: "≥", MarkEstimated: "≈", MarkInferred: "="}[r.Mark]
			if got = append(got, fmt.Sprint(sign, r.Calls)); !r.Known {
				got[r.Step] = "?"
			}
		}
		if got := strings.Join(got, " "); got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}

// A denial by the limit of an hour shows in the chart of that limit, not of the others.
func TestFullStepsAreOfTheLimit(t *testing.T) {
	hour := Denial{Kind: KindRate, Status: 429, Detail: "Rate limit exceeded: 10000 per 1 hour", Limit: Limit{Max: 10_000, Per: time.Hour}}
	l := newTestLedger(t, one(healthy(-7200, SourceTap)), calls(20, 148, SourceTap, chatPath), one(denied(21, SourceTap, chatPath, hour)))
	for _, l := range []*Ledger{l, mustRestore(t, l)} {
		chart := endpoint(t, l.Snapshot(at(130)), "all").Charts[2]
		most := func(per time.Duration) (most int) {
			for r := chart.Rolling(per); r.Next(); {
				if r.Known {
					most = max(most, r.Calls)
				}
			}
			return most
		}
		if got := most(time.Hour); got != 10_000 {
			t.Errorf("the fullest hour holds %d calls, want 10000", got)
		}
		if got := most(time.Minute); got != 148 {
			t.Errorf("the fullest minute holds %d calls, want 148", got)
		}
	}
}
