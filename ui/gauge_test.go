package ui

import (
	"testing"

	"quotatop/model"
	"quotatop/theme"
)

func TestGauge(t *testing.T) {
	for _, c := range []struct {
		name string
		n    int
		bar  bar
		want string
	}{
		{"unknown is not zero", 18, bar{}, "╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌│"},
		{"zero", 18, bar{known: true}, "───────────────│"},
		{"half", 18, bar{known: true, used: 0.5}, "▇▇▇▇▇▇▇▄───────│"},
		{"more than nothing shows", 18, bar{known: true, used: 0.0001}, "▁──────────────│"},
		{"full only when full", 18, bar{known: true, used: 0.9999}, "▇▇▇▇▇▇▇▇▇▇▇▇▇▇▆│"},
		{"full", 18, bar{known: true, used: 1}, "▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇│"},
		{"accepted past the limit", 18, bar{known: true, used: 1.05}, "▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇│▇"},
		{"far past the limit", 18, bar{known: true, used: 1e9}, "▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇│▇▇"},
		{"others", 18, bar{known: true, used: 0.6, others: 0.2}, "▇▇▇▇▇▇▓▓▓──────│"},
		{"a few others", 18, bar{known: true, used: 0.6, others: 0.001}, "▇▇▇▇▇▇▇▇▓──────│"},
		{"all others", 18, bar{known: true, used: 0.2, others: 0.2}, "▓▓▓────────────│"},
		{"the last cell is others', too", 18, bar{known: true, used: 0.62, others: 0.2}, "▇▇▇▇▇▇▓▓▓──────│"},
		{"others fill no gauge that is not full", 18, bar{known: true, used: 0.999, others: 0.2}, "▇▇▇▇▇▇▇▇▇▇▇▓▓▓─│"},
		{"the rest that a refusal implies", 18, bar{known: true, used: 1, others: 0.4, inferred: true}, "▇▇▇▇▇▇▇▇▇░░░░░░│"},
		{"peak", 18, bar{known: true, used: 0.2, peak: 0.8}, "▇▇▇─────────┆──│"},
		{"rejected stand past the limit", 18, bar{known: true, used: 0.9, rejected: 0.01}, "▇▇▇▇▇▇▇▇▇▇▇▇▇▄─│▒"},
		{"many rejected", 18, bar{known: true, used: 0.9, rejected: 3}, "▇▇▇▇▇▇▇▇▇▇▇▇▇▄─│▒▒"},
		{"past the limit and rejected", 18, bar{known: true, used: 3, rejected: 3}, "▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇│▇▒"},
		{"narrow", 8, bar{known: true, used: 0.5, rejected: 0.5}, "▇▇▇───│▒"},
		{"too narrow for a limit", 4, bar{known: true, used: 0.5, rejected: 0.5}, "▇▇──"},
	} {
		cv := newCanvas(c.n, 1)
		cv.all().gauge(0, 0, c.n, c.bar)
		if got := cv.text(nil); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestPressureIsToldByASignToo(t *testing.T) {
	seen := map[rune]bool{}
	for _, p := range []model.Pressure{model.Calm, model.Warm, model.Hot, model.Full} {
		if sign := pressureGlyph(p); seen[sign] {
			t.Errorf("pressure %d has the sign %c of another", p, sign)
		} else {
			seen[sign] = true
		}
	}
}

func TestSparkline(t *testing.T) {
	u := model.LimitUsage{Limit: 120, PerS: 60, History: make([]int, model.HistorySteps), HistoryRejected: make([]int, model.HistorySteps)}
	for i := range u.History {
		u.History[i] = 10 * (i / 30) / 5 // up to the limit's pace
	}
	u.HistoryRejected[100] = 1
	cv := newCanvas(6, 1)
	cv.all().sparkline(&u, false)
	if got, want := cv.text(nil), "▁▁▃▒▆▇"; got != want {
		t.Errorf("sparkline %s, want %s", got, want)
	}
	if got := cv.cells[3].role; got != theme.Rejected {
		t.Errorf("the cell with a rejected call has role %d", got)
	}
}

// Stale figures lose their colours everywhere.
func TestStaleIsDim(t *testing.T) {
	live := map[theme.Role]bool{theme.Calm: true, theme.Warm: true, theme.Hot: true, theme.Others: true, theme.Rejected: true}
	for _, size := range [][2]int{{120, 40}, {80, 24}, {40, 12}, {200, 60}, {20, 3}} {
		a := screen(stale, size[0], size[1])
		c := a.frame()
		for i, k := range c.cells {
			if y := i / c.w; live[k.role] && (y > 0 || size[1] < 6) && k.char != '◌' && k.char != 0 {
				// The name of a stale source may stand out.
				if size[1] >= 6 || k.role != theme.Warm {
					t.Errorf("%v: %c at %d,%d is drawn as live, role %d", size, k.char, i%c.w, y, k.role)
				}
			}
		}
	}
}
