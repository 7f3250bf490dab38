package pioneer

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
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
		"far off, once":        {[]time.Duration{5 * time.Hour}, 0, true},
		"odd, each in its way": {[]time.Duration{5 * time.Hour, 3 * time.Minute, -5 * time.Hour}, 0, true},
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

// Odd dates of one moment, however many agree, do not move a clock that is known; those
// that agree for some seconds do. Two are enough that agree with the local clock, and
// before anything is known.
func TestOddDatesOfOneMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var clock, fresh Clock
		check := func(when string, c *Clock, want time.Duration, doubt bool) {
			t.Helper()
			if got := c.Offset(); (got-want).Abs() > time.Second || c.InDoubt() != doubt {
				t.Errorf("%s: offset %s, in doubt %t, want %s, %t", when, got, c.InDoubt(), want, doubt)
			}
		}
		answer(&clock, 0)
		for range 20 {
			answer(&clock, 5*time.Hour)
			check("odd", &clock, 0, true)
		}
		answer(&clock, 0)
		check("right again", &clock, 0, false)
		answer(&clock, 5*time.Hour)
		time.Sleep(5 * time.Second)
		answer(&clock, -5*time.Hour)
		check("odd in another way", &clock, 0, true)
		answer(&clock, -5*time.Hour)
		check("twice", &clock, 0, true)
		time.Sleep(5 * time.Second)
		answer(&clock, -5*time.Hour)
		check("for some seconds", &clock, -5*time.Hour, false)

		answer(&clock, 0)
		answer(&clock, 0)
		check("as the local clock says", &clock, 0, false)

		answer(&fresh, time.Hour)
		check("the first", &fresh, 0, true)
		answer(&fresh, time.Hour)
		check("the second", &fresh, time.Hour, false)
	})
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

// set returns a time of time.Now as a local clock that was set by d has it: the
// reading of the monotonic clock stays.
func set(t time.Time, d time.Duration) time.Time {
	if t == t.Round(0) {
		panic("no monotonic reading")
	}
	wall := (*uint64)(unsafe.Pointer(&t)) // 1 bit, 33 bits of seconds, 30 bits of nanoseconds
	*wall += uint64(int64(d/time.Second)) << 30
	return t
}

// The local clock may be set during a run, the machine may sleep, and one response may
// be odd at that moment: the server's time goes on, and what was dated before stays
// right.
func TestLocalClockIsSet(t *testing.T) {
	const hour = time.Hour
	for name, tt := range map[string]struct {
		set     []time.Duration // how far the local clock is off at each step
		servers []time.Duration // how far the date of the response after it is off; none if noAnswer
		off     time.Duration   // the server's clock, at the end, less the steady one
		offset  time.Duration   // and less the local one
		doubt   bool
	}{
		"ahead":                  {[]time.Duration{hour, hour}, []time.Duration{0, 0}, 0, -hour, false},
		"back":                   {[]time.Duration{-hour, -hour}, []time.Duration{0, 0}, 0, hour, false},
		"ahead, not heard yet":   {[]time.Duration{0, hour}, []time.Duration{0, noAnswer}, 0, -hour, true},
		"ahead and back":         {[]time.Duration{hour, 0}, []time.Duration{0, 0}, 0, 0, false},
		"ahead and back, unseen": {[]time.Duration{0, hour, 0}, []time.Duration{0, noAnswer, noAnswer}, 0, 0, false},
		"from a wrong clock":     {[]time.Duration{0, 0, -hour}, []time.Duration{-hour, -hour, -hour}, -hour, 0, false},
		"an odd date meanwhile":  {[]time.Duration{0, hour}, []time.Duration{0, 5 * hour}, 0, -hour, true},
		"slept":                  {[]time.Duration{0, hour}, []time.Duration{0, hour}, hour, 0, false},
		"slept with a set clock": {[]time.Duration{hour, 3 * hour}, []time.Duration{0, 2 * hour}, 2 * hour, -hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			var clock Clock
			off := time.Duration(0)
			clock.now = func() time.Time { return set(time.Now(), off) }
			begin := clock.local()
			clock.Learn(http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}}, begin, clock.local())
			for i := range tt.set {
				if off = tt.set[i]; tt.servers[i] != noAnswer {
					now := clock.local()
					clock.Learn(http.Header{"Date": {time.Now().Add(tt.servers[i]).UTC().Format(http.TimeFormat)}}, now, now)
				}
			}
			if got := time.Until(clock.Now()); (got-tt.off).Abs() > time.Second || clock.Now().Round(0).Sub(time.Now().Add(tt.off).Round(0)).Abs() > time.Second {
				t.Errorf("the server's time is off by %s, want %s", got, tt.off)
			}
			if got := clock.Offset(); (got-tt.offset).Abs() > time.Second || clock.InDoubt() != tt.doubt {
				t.Errorf("offset %s, in doubt %t, want %s and %t", got, clock.InDoubt(), tt.offset, tt.doubt)
			}
			if line := clock.local().Round(0); clock.At(line).Sub(clock.Now()).Abs() > time.Second {
				t.Errorf("a line of now is dated %s, want %s", clock.At(line), clock.Now())
			}
		})
	}
}

const noAnswer = time.Duration(1<<63 - 1)

// A tick is just after the server's second begins, not the local one.
func TestUntilTick(t *testing.T) {
	for _, tt := range []struct{ into, offset, want time.Duration }{
		{0, 0, 1020}, {10, 0, 1010}, {300, 0, 720}, {999, 0, 21}, {300, 200, 520}, {300, -400, 120},
	} {
		c := Clock{now: func() time.Time { return time.Unix(1_800_000_000, 0).Add(tt.into * time.Millisecond) }}
		c.SetOffset(tt.offset * time.Millisecond)
		if got := c.UntilTick(); got != tt.want*time.Millisecond {
			t.Errorf("%d ms into a local second, offset %d ms: %s, want %d ms", tt.into, tt.offset, got, tt.want)
		}
	}
}
