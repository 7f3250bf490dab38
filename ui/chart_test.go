package ui

import (
	"strings"
	"testing"
	"time"

	"quotatop/model"
)

// charting is the App of one endpoint with one chart: n(i) calls in step i.
func charting(step time.Duration, steps int, watched time.Duration, n func(step int) int) (App, *model.Chart) {
	c := &model.Chart{Step: step, To: now, From: now.Add(-watched), Accepted: make([]int, steps), Rejected: make([]int, steps)}
	for i := range steps {
		c.Accepted[i] = n(i)
	}
	return App{snap: model.Snapshot{At: now}}, c
}

func drawnChart(a App, c *model.Chart, l *model.LimitUsage, w, h int) string {
	cv := newCanvas(w, h)
	a.drawChart(cv.all(), c, l)
	return cv.text(nil)
}

const dayLong = 24 * time.Hour

func TestChart(t *testing.T) {
	minute := &model.LimitUsage{Limit: 200, PerS: 60}
	a, c := charting(5*time.Second, 180, dayLong, func(i int) int { return i / 18 }) // 0 to 9 a step
	c.Rejected[179] = 4
	want := strings.TrimPrefix(`
calls/min min 0 avg 54 max 108
                                       ×
200 ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄
                                     ⣀⣀⣀
                   ⣀⣀⣀⣀⡤⠤⠤⠤⠤⠴⠒⠒⠒⠚⠉⠉⠉⠉
  0 ⣀⡠⠤⠤⠤⠤⠤⠒⠒⠒⠒⠋⠉⠉⠉⠁
    -14m                             now`, "\n")
	got := drawnChart(a, c, minute, 40, 7)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// In the chart of a day, a column covers many steps. A single high minute is still
// visible, and so is that the others were low.
func TestChartKeepsPeaks(t *testing.T) {
	a, c := charting(time.Minute, 1440, dayLong, func(i int) int {
		if i == 700 {
			return 100
		}
		return 1
	})
	lines := strings.Split(drawnChart(a, c, nil, 40, 8), "\n")
	if !strings.Contains(lines[0], "min 1 avg 1 max 100") {
		t.Errorf("figures are %q", lines[0])
	}
	if top, bottom := strings.TrimSpace(strings.TrimPrefix(lines[2], "100")), lines[6]; len([]rune(top)) != 1 || strings.Count(bottom, "⠤") < 33 {
		t.Errorf("a peak of one minute is drawn as\n%s", strings.Join(lines, "\n"))
	}
}

// Time that was not observed is blank, not zero, and no figure counts it.
func TestChartOfTheUnwatchedPast(t *testing.T) {
	for _, tt := range []struct {
		watched time.Duration
		words   string
		blank   bool // the left end of the plot
	}{
		{dayLong, "min 0 avg 60 max 120", false},
		{7*time.Minute + 30*time.Second, "min 120 avg 120 max 120", true},
		{30 * time.Second, "min – avg – max –", true}, // no whole minute
		{0, "min – avg – max –", true},
	} {
		a, c := charting(5*time.Second, 180, tt.watched, func(i int) int { return i / 90 * 10 })
		got := drawnChart(a, c, nil, 60, 8)
		if !strings.Contains(got, tt.words) && tt.watched < dayLong {
			t.Errorf("watched for %s: no %q in\n%s", tt.watched, tt.words, got)
		}
		if strings.Contains(got, "– no data") != tt.blank {
			t.Errorf("watched for %s: blank should be %v in\n%s", tt.watched, tt.blank, got)
		}
		left := 0
		for _, line := range strings.Split(got, "\n")[1:7] {
			r := []rune(line)
			for x := 4; x < min(20, len(r)); x++ {
				if r[x] > brailleBlank {
					left++
				}
			}
		}
		if (left == 0) != tt.blank {
			t.Errorf("watched for %s: %d cells drawn at the left end of\n%s", tt.watched, left, got)
		}
	}
}

// A limit over another window than a minute is drawn at its rate per minute, with
// a note.
func TestChartScalesTheLimit(t *testing.T) {
	a, c := charting(time.Minute, 1440, dayLong, func(i int) int { return 300 })
	got := drawnChart(a, c, &model.LimitUsage{Limit: 10_000, PerS: 3600}, 90, 10)
	lines := strings.Split(got, "\n")
	if !strings.Contains(lines[0], "(limit 10,000 an hour, or 166 a minute)") {
		t.Errorf("words are %q", lines[0])
	}
	at := 0
	for y, line := range lines {
		if strings.HasPrefix(line, "166 ┄") {
			at = y
		}
	}
	if at < 4 || at > 6 || !strings.HasPrefix(lines[2], "300 ") {
		t.Errorf("the limit's line is in line %d of\n%s", at, got)
	}
}

func TestChartNeedsRoom(t *testing.T) {
	a, c := charting(time.Minute, 1440, dayLong, func(i int) int { return 1 << 40 })
	for w := 1; w < 40; w++ {
		for h := 1; h < 12; h++ {
			got := drawnChart(a, c, &model.LimitUsage{Limit: 10_000, PerS: 3600}, w, h)
			if (w < chartWidth || h < chartHeight) && strings.Trim(got, "\n") != "" {
				t.Errorf("%dx%d: drawn without room:\n%s", w, h, got)
			}
			checkFrame(t, "chart", got, w, h)
		}
	}
}

func TestWindowKey(t *testing.T) {
	a := press(screen(busy, 120, 40), "w")
	for _, want := range []string{"-59m", "-24h", "-14m"} {
		if frame := plainFrame(a); !strings.Contains(frame, want) {
			t.Errorf("no %s in\n%s", want, frame)
		}
		a = press(a, "w")
	}
	if a := press(screen(busy, 70, 24), "w"); a.chartSpan != 0 {
		t.Error("w did something where no chart is on screen")
	}
	if a := press(screen(waiting, 120, 40), "w"); a.chartSpan != 0 {
		t.Error("w did something before there is a chart")
	}
}
