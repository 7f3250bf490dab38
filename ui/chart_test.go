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
		if c.Accepted[i] = n(i); time.Duration(steps-i)*step > watched {
			c.Accepted[i] = model.Unknown
		}
	}
	return App{snap: model.Snapshot{At: now}}, c
}

func drawnChart(a App, c *model.Chart, l *model.LimitUsage, w, h int) string {
	cv := newCanvas(w, h)
	a.drawChart(cv.all(), &model.EndpointUsage{Charts: []model.Chart{*c}}, l)
	return cv.text(nil)
}

const dayLong = 24 * time.Hour

func TestChart(t *testing.T) {
	minute := &model.LimitUsage{Limit: 200, PerS: 60}
	a, c := charting(5*time.Second, 180, dayLong, func(i int) int { return i / 18 }) // 0 to 9 a step
	c.Rejected[179] = 4
	want := strings.TrimPrefix(`
calls/min min 0 avg 54 max 108 × 4
200 ⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉×


100                             ⣀⣠⣤⣤⣴⣶⣿⣿
                      ⣀⣀⣠⣤⣴⣶⣶⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿
             ⣀⣠⣤⣤⣴⣶⣶⣾⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿
  0 ⣀⣤⣤⣴⣶⣶⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿
            -10m          -5m        now`, "\n")
	got := drawnChart(a, c, minute, 40, 9)
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
	if top, bottom := strings.TrimSpace(strings.TrimPrefix(lines[1], "100")), lines[6]; len([]rune(top)) != 1 || strings.Count(bottom, "⣤") < 33 {
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

// A limit over an hour is drawn at its height over the calls of the hour that ends
// with each minute, and so is one over a few seconds.
func TestChartHasTheWindowOfTheLimit(t *testing.T) {
	for _, tt := range []struct {
		limit  model.LimitUsage
		step   time.Duration
		steps  int
		words  string
		limits string // how its line begins
		at     int
	}{
		{model.LimitUsage{Limit: 10_000, PerS: 3600}, time.Minute, 1440, "calls/hour min 7,200 avg 7,200 max 7,200", "10,000 ⠉⠉⠉", 1},
		{model.LimitUsage{Limit: 5_000, PerS: 3600}, time.Minute, 1440, "calls/hour min 7,200 avg 7,200 max 7,200", "5,000 ⣶⣶⣶", 4},
		{model.LimitUsage{Limit: 300, PerS: 10}, 5 * time.Second, 180, "calls/10s min 240 avg 240 max 240", "300 ⠉⠉⠉", 1},
		{model.LimitUsage{Limit: 30_000, Learned: model.Some(10_000), PerS: 3600}, time.Minute, 1440, "calls/hour min 7,200 avg 7,200 max 7,200", "10,000 ⠉⠉⠉", 1},
		{model.LimitUsage{Limit: 30, PerS: 1}, 5 * time.Second, 180, "calls/1s min 24 avg 24 max 24", "30 ⠉⠉⠉", 1},
	} {
		a, c := charting(tt.step, tt.steps, dayLong, func(i int) int { return 120 })
		lines := strings.Split(drawnChart(a, c, &tt.limit, 90, 10), "\n")
		if lines[0] != tt.words {
			t.Errorf("words are %q, want %q", lines[0], tt.words)
		}
		if !strings.HasPrefix(lines[tt.at], tt.limits) {
			t.Errorf("the limit's line is not line %d of\n%s", tt.at, strings.Join(lines, "\n"))
		}
	}
}

// The hours of a limit that were watched in part are drawn in half the dots, and read
// as a lower bound.
func TestChartOfAPartOfTheHour(t *testing.T) {
	a, c := charting(time.Minute, 1440, 30*time.Minute, func(i int) int { return 120 })
	a.cursor = now
	got := drawnChart(a, c, &model.LimitUsage{Limit: 10_000, PerS: 3600}, 60, 12)
	if lines := strings.Split(got, "\n"); strings.ContainsRune(got, '⣿') || !strings.Contains(lines[0], "≥3,600 of 10,000") {
		t.Errorf("half an hour of 120 a minute is drawn as\n%s", got)
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
	for _, want := range []string{"-30m", "-12h", "-5m"} {
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

// A chart is drawn the same until a step is over: it costs nothing while nothing moves.
func TestChartStandsStill(t *testing.T) {
	a, c := charting(5*time.Second, 180, dayLong, func(i int) int { return 10 + i*i%13 })
	c.To = now.Truncate(5 * time.Second)
	was := drawnChart(a, c, nil, 110, 12)
	for a.snap.At.Before(c.To.Add(5 * time.Second)) {
		if got := drawnChart(a, c, nil, 110, 12); got != was {
			t.Fatalf("%s after its last step it has changed:\n%s\nto\n%s", a.snap.At.Sub(c.To), was, got)
		}
		a.snap.At = a.snap.At.Add(time.Second)
	}
}

// Steps keep their distance in columns while a chart moves to the left, so its shape
// stays; the newest step is in the last column, and each column has a step.
func TestGridKeepsItsShape(t *testing.T) {
	for _, g := range []grid{{points: 169, n: 220}, {points: 169, n: 100}, {points: 60, n: 154}, {points: 1440, n: 90}, {points: 7, n: 7}} {
		apart := map[int]int{}
		for g.now = 1_000_000; g.now < 1_000_400; g.now++ {
			_, last := g.place(g.now)
			if last != g.n-1 {
				t.Fatalf("%+v: the newest step is in column %d", g, last)
			}
			for step, end := g.now, g.n; end > 0 && step > g.now-g.points; step-- {
				from, to := g.place(step)
				if to < end-1 {
					t.Fatalf("%+v: column %d has no step", g, end-1)
				}
				end = from
				before, _ := g.place(step - 1)
				if d, seen := apart[step]; seen && d != from-before {
					t.Fatalf("%+v: step %d has moved against the one before", g, step)
				}
				apart[step] = from - before
			}
		}
	}
}
