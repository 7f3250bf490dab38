package words

import (
	"time"

	"quotatop/model"
)

// FreshAge is how old a figure may be without its age being shown.
const FreshAge = 5 * time.Second

// A figure is stale from staleAge on, or from failingAge on while the billing
// source fails.
const (
	failingAge = 20 * time.Second
	staleAge   = time.Minute
)

// Age returns how old a figure is, and whether that is worth showing. An unknown
// time is not.
func Age(s *model.Snapshot, asOf model.Opt[time.Time]) (age time.Duration, old bool) {
	t, ok := asOf.Get()
	if !ok {
		return 0, false
	}
	age = s.At.Sub(t)
	return age, age > FreshAge
}

// Stale reports whether a figure is too old to be taken for live. Stale figures
// are dimmed and their forecasts are dropped.
func Stale(s *model.Snapshot, asOf model.Opt[time.Time]) bool {
	age, old := Age(s, asOf)
	return old && (age > staleAge || age > failingAge && billingFails(s))
}

func billingFails(s *model.Snapshot) bool {
	for i := range s.Sources {
		if source := &s.Sources[i]; source.Vantage == model.VantageAccount {
			return source.State == model.StateError || source.State == model.StateStale
		}
	}
	return false
}

// TimeToLimit returns how long it will take a limit to be reached, as far as
// that is known and still ahead. The forecast of a stale figure is worth
// nothing.
func TimeToLimit(s *model.Snapshot, u *model.LimitUsage) (time.Duration, bool) {
	t, ok := u.TimeToLimit.Get()
	if !ok || t <= 0 || Stale(s, u.AsOf) {
		return 0, false
	}
	return Seconds(t), true
}
