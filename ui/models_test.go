package ui

import (
	"strings"
	"testing"
	"time"

	"quotatop/model"
)

func TestModelsTable(t *testing.T) {
	list := []model.ModelUsage{
		{Model: "big", Requests: 12_480, Tokens: 31_200_000, Cost: 18_720_000},
		{Model: "a-name-that-is-longer-than-its-column", Requests: 1_310_000, Cost: 1_200, Estimated: true},
		{Model: "漢字漢字漢字漢字漢字漢字", Requests: 7, Tokens: 9},
		{Model: "", Requests: 3},
		{Model: "e\u0301e\u0301", Requests: 2},
	}
	yesterday := now.Add(-13 * time.Hour)
	for _, tt := range []struct {
		name  string
		w, h  int
		since time.Time
		want  string
	}{
		{"wide", 44, 6, now.Truncate(24 * time.Hour), `
since 00:00           calls tokens      cost
big                  12,480    31M    $18.72
…than-its-column      ≈1.3M      –   $0.0012
…字漢字漢字漢字           7      9         –
–                         3      –         –
EE                        2      –         –`},
		{"no room for all", 34, 4, yesterday, `
since 16 Jun 23:04    calls tokens
big                  12,480    31M
…-than-its-column     ≈1.3M      –
+3 more`},
		{"narrow", 24, 3, time.Time{}, `
models             calls
big               12,480
+4 more`},
	} {
		e := model.EndpointUsage{Models: list}
		if !tt.since.IsZero() {
			e.ModelsSince = model.Some(tt.since)
		}
		a, c := App{snap: model.Snapshot{At: now}}, newCanvas(tt.w, tt.h)
		a.drawModels(c.all(), &e)
		if got, want := c.text(nil), strings.ReplaceAll(strings.TrimPrefix(tt.want, "\n"), "EE", "e\u0301e\u0301"); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, got, want)
		}
	}
}

// Without room for the table, its figures can be scrolled to.
func TestModelsCanAlwaysBeReached(t *testing.T) {
	for _, size := range [][2]int{{24, 8}, {40, 10}, {60, 15}, {62, 18}, {80, 24}, {100, 20}, {120, 40}, {150, 50}, {200, 60}} {
		a := press(screen(busy, size[0], size[1]), "enter")
		seen := plainFrame(a)
		for range 40 {
			a = press(a, "down")
			seen += plainFrame(a)
		}
		if !strings.Contains(seen, "12,480") {
			t.Errorf("%v: the models are nowhere", size)
		}
	}
}
