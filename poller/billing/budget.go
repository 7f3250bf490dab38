package billing

import (
	"time"

	"golang.org/x/time/rate"
)

// A budget bounds our own requests, over a minute and over an hour, so that
// watching the quota does not use it up. A token bucket of burst b that refills
// by r admits b + r in the span that r is for; the two together are the
// allowance, so no span of that length ever holds more.
type budget struct {
	minute, hour *rate.Limiter
}

// Of the minute's allowance half may come at once, to fill the gauges at the
// start; of the hour's a fifth, so that the rest lasts through the hour.
const (
	minuteBurst = 0.5
	hourBurst   = 0.2
)

func newBudget(perMinute, perHour int) *budget {
	limiter := func(allowance int, burst float64, per time.Duration) *rate.Limiter {
		b := max(int(float64(allowance)*burst), 1)
		return rate.NewLimiter(rate.Limit(float64(allowance-b)/per.Seconds()), b)
	}
	return &budget{limiter(perMinute, minuteBurst, time.Minute), limiter(perHour, hourBurst, time.Hour)}
}

// take spends one request, if one is left.
func (b *budget) take(now time.Time) bool {
	if b.left(now) < 1 {
		return false
	}
	return b.minute.AllowN(now, 1) && b.hour.AllowN(now, 1)
}

// left returns how many requests may be sent now.
func (b *budget) left(now time.Time) int {
	return int(max(min(b.minute.TokensAt(now), b.hour.TokensAt(now)), 0))
}

// spare returns how many requests may be sent now without touching the part of
// the hour's burst that is kept for polling on time.
func (b *budget) spare(now time.Time) int {
	kept := 0.4 * float64(b.hour.Burst())
	return int(max(min(b.minute.TokensAt(now), b.hour.TokensAt(now)-kept), 0))
}

// wait returns the time until n requests may be sent at once, or as many as the
// burst allows.
func (b *budget) wait(now time.Time, n int) time.Duration {
	until := func(l *rate.Limiter) time.Duration {
		missing := float64(min(n, l.Burst())) - l.TokensAt(now)
		if missing <= 0 {
			return 0
		}
		if l.Limit() <= 0 {
			return time.Hour
		}
		return time.Duration(missing / float64(l.Limit()) * float64(time.Second))
	}
	return max(until(b.minute), until(b.hour))
}
