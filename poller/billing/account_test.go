package billing

import (
	"testing"
	"time"

	"quotatop/model"
)

// The reset is the hour of a day in its zone, on days when the clocks change too:
// an hour that is skipped is not early, one that comes twice is the first.
func TestNextReset(t *testing.T) {
	for name, tt := range map[string]struct {
		hour      float64
		zone      string
		now, want string
	}{
		"midnight UTC":              {0, "UTC", "2026-06-17T09:14:00Z", "2026-06-18T00:00:00Z"},
		"no zone":                   {0, "", "2026-06-17T09:14:00Z", "2026-06-18T00:00:00Z"},
		"New York, summer":          {9, "America/New_York", "2026-06-17T12:14:00Z", "2026-06-17T13:00:00Z"},
		"New York, skipped":         {2, "America/New_York", "2026-03-08T05:00:00Z", "2026-03-08T07:00:00Z"},
		"just before the skipped":   {2, "America/New_York", "2026-03-08T06:59:59Z", "2026-03-08T07:00:00Z"},
		"just after the skipped":    {2, "America/New_York", "2026-03-08T07:00:00Z", "2026-03-09T06:00:00Z"},
		"the day of the change":     {3, "America/New_York", "2026-03-08T05:00:00Z", "2026-03-08T07:00:00Z"},
		"the evening of the change": {20, "America/New_York", "2026-03-08T05:00:00Z", "2026-03-09T00:00:00Z"},
		"the night before":          {1, "America/New_York", "2026-03-08T05:00:00Z", "2026-03-08T06:00:00Z"},
		"New York, twice":           {1, "America/New_York", "2026-11-01T04:00:00Z", "2026-11-01T05:00:00Z"},
		"Berlin, skipped":           {2, "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"},
		"Santiago, no midnight":     {0, "America/Santiago", "2026-09-05T12:00:00Z", "2026-09-06T04:00:00Z"},
		"Lord Howe, half an hour":   {2, "Australia/Lord_Howe", "2026-10-03T12:00:00Z", "2026-10-03T15:30:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			now, _ := time.Parse(time.RFC3339, tt.now)
			w := wireOverage{Hour: number{tt.hour, true}, Zone: text(tt.zone)}
			at, period, err := w.next(now)
			if err != nil || at.Format(time.RFC3339) != tt.want || period != model.PeriodDay {
				t.Errorf("next reset after %s: %s, %s, %v, want %s", tt.now, at.Format(time.RFC3339), period, err, tt.want)
			}
		})
	}
}

// This machine's time zone is nobody's reset.
func TestNoSuchReset(t *testing.T) {
	local := time.Local
	defer func() { time.Local = local }()
	time.Local = time.FixedZone("here", 5*3600)
	for _, w := range []wireOverage{
		{Hour: number{0, true}, Zone: "Local"}, {Hour: number{0, true}, Zone: "Nowhere/Town"},
		{Hour: number{24, true}, Zone: "UTC"}, {Hour: number{-1, true}, Zone: "UTC"},
	} {
		if at, _, err := w.next(time.Now()); err == nil {
			t.Errorf("hour %v in zone %q is at %s, want an error", w.Hour.value, w.Zone, at)
		}
	}
}
