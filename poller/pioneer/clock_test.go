package pioneer

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// answer has a clock learn from a server whose clock is off by this much.
func answer(c *Clock, off time.Duration) {
	sent := time.Now()
	time.Sleep(15 * time.Millisecond)
	date := time.Now().Add(off).UTC().Format(http.TimeFormat)
	time.Sleep(15 * time.Millisecond)
	c.Learn(http.Header{"Date": {date}}, sent, time.Now())
}

// The offset is known to a fraction of the second in which Date counts.
func TestOffsetNarrows(t *testing.T) {
	const truth = -1234567 * time.Microsecond
	synctest.Test(t, func(t *testing.T) {
		var clock Clock
		for range 40 {
			time.Sleep(10207 * time.Millisecond)
			answer(&clock, truth)
		}
		if off := (clock.Offset() - truth).Abs(); off > 60*time.Millisecond {
			t.Errorf("offset %s, want %s", clock.Offset(), truth)
		}
	})
}

// One odd date does not move the clock; a second one that agrees does.
func TestOddDate(t *testing.T) {
	for name, tt := range map[string]struct {
		servers []time.Duration // how far each response's date is off
		want    time.Duration
		doubt   bool
	}{
		"right clock":          {[]time.Duration{0}, 0, false},
		"far off, once":        {[]time.Duration{5 * time.Hour}, 5 * time.Hour, true},
		"far off":              {[]time.Duration{80 * time.Hour, 80 * time.Hour}, 80 * time.Hour, false},
		"odd at first":         {[]time.Duration{5 * time.Hour, 0}, 0, false},
		"odd, then far off":    {[]time.Duration{5 * time.Hour, -time.Hour, -time.Hour}, -time.Hour, false},
		"odd":                  {[]time.Duration{0, 0, -5 * time.Hour}, 0, true},
		"odd, then right":      {[]time.Duration{0, 0, 3 * time.Minute, 0}, 0, false},
		"odd twice":            {[]time.Duration{0, 0, 3 * time.Minute, -3 * time.Minute}, 0, true},
		"odd, right, odd":      {[]time.Duration{0, 3 * time.Minute, 0, 3 * time.Minute}, 0, true},
		"local clock was set":  {[]time.Duration{0, 0, time.Hour, time.Hour}, time.Hour, false},
		"one server is behind": {[]time.Duration{0, -2 * time.Second}, -2 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var clock Clock
				for _, off := range tt.servers {
					answer(&clock, off)
					time.Sleep(9 * time.Second)
				}
				if got := clock.Offset(); (got-tt.want).Abs() > time.Second || clock.InDoubt() != tt.doubt {
					t.Errorf("offset %s, in doubt %t, want %s, %t", got, clock.InDoubt(), tt.want, tt.doubt)
				}
			})
		})
	}
}

// What is no date of now says nothing.
func TestNoDate(t *testing.T) {
	now := time.Now()
	for _, h := range []http.Header{
		{}, {"Date": {"soon"}}, {"Date": {"Fri, 31 Dec 9999 23:59:59 GMT"}},
		{"Date": {now.Add(-time.Hour).UTC().Format(http.TimeFormat)}, "Age": {"3600"}},
	} {
		var c Clock
		c.SetOffset(time.Minute)
		c.Learn(h, now, now)
		if c.Known() || c.Offset() != time.Minute {
			t.Errorf("%v: offset %s, known %t, want one minute, unknown", h, c.Offset(), c.Known())
		}
	}
}
