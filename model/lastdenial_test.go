package model

import (
	"testing"
	"time"
)

func TestLearned(t *testing.T) {
	var unknown Opt[int]
	named := func(max int, per time.Duration) Denial { return Denial{Kind: KindRate, Limit: Limit{max, per}} }
	watching := healthy(0, SourceTap)
	type look struct {
		now               float64
		endpoint          string
		limit             int
		deniedAt, learned Opt[int]
	}
	tests := map[string]struct {
		events [][]Event
		looks  []look
	}{
		"no denial": {
			[][]Event{one(watching), calls(65, 150, SourceTap, chatPath)},
			[]look{{70, "chat", 0, unknown, unknown}},
		},
		"at the limit": {
			[][]Event{one(watching), calls(65, 200, SourceTap, chatPath), one(denied(66, SourceTap, chatPath, waiting), read(0, 70))},
			[]look{{71, "chat", 0, Some(200), unknown}},
		},
		"the body names another limit": {
			[][]Event{one(watching), calls(65, 150, SourceTap, chatPath), one(denied(66, SourceTap, chatPath, named(150, time.Minute)))},
			[]look{{67, "chat", 0, Some(150), Some(150)}, {67, "all", 0, unknown, unknown}, {67, "inference", 0, unknown, unknown}},
		},
		"the body names the documented limit": {
			[][]Event{one(watching), calls(65, 150, SourceTap, chatPath), one(denied(66, SourceTap, chatPath, named(200, time.Minute)))},
			[]look{{67, "chat", 0, Some(150), unknown}},
		},
		"a header names a higher limit": {
			[][]Event{one(watching), calls(65, 300, SourceTap, chatPath), one(denied(66, SourceTap, chatPath, named(5000, 0)))},
			[]look{{67, "chat", 0, Some(300), Some(5000)}},
		},
		"the body names the limit of all": {
			[][]Event{one(watching), calls(65, 150, SourceTap, chatPath), one(denied(66, SourceTap, chatPath, named(1000, time.Minute)))},
			[]look{{67, "all", 0, Some(150), unknown}, {67, "chat", 0, unknown, unknown}},
		},
		"too soon to tell": {
			// Until the billing log is read so far, others may have used the rest.
			[][]Event{one(watching, read(0, 60)), calls(65, 50, SourceTap, chatPath), one(denied(66, SourceTap, chatPath, waiting))},
			[]look{{67, "chat", 0, Some(50), unknown}},
		},
		"the account was low too": {
			[][]Event{one(watching), calls(65, 50, SourceTap, chatPath), one(denied(66, SourceTap, chatPath, rate(7*time.Second))), rows(65, 50, "/v1/messages"), one(read(0, 70))},
			[]look{{71, "chat", 0, Some(50), Some(50)}},
		},
		"a denial without a reason teaches nothing": {
			[][]Event{one(watching), calls(65, 50, SourceTap, chatPath), one(denied(66, SourceTap, chatPath, waiting)), rows(65, 50, "/v1/messages"), one(read(0, 70))},
			[]look{{71, "chat", 0, Some(50), unknown}},
		},
		"what was learnt holds while denials go on": {
			[][]Event{one(watching), calls(65, 50, SourceTap, chatPath), one(denied(66, SourceTap, chatPath, rate(7*time.Second))), rows(65, 50, "/v1/messages"), one(read(0, 70), denied(72, SourceTap, chatPath, rate(time.Second)))},
			[]look{{73, "chat", 0, Some(50), Some(50)}},
		},
		"a window that is not in the table": {
			[][]Event{one(watching), calls(65, 50, SourceTap, chatPath), one(denied(66, SourceTap, chatPath, named(10, time.Second)))},
			[]look{{67, "chat", 0, Some(50), unknown}},
		},
		"others used the rest": {
			[][]Event{one(watching), calls(65, 50, SourceTap, chatPath), one(denied(66, SourceTap, chatPath, rate(7*time.Second))), rows(65, 195, "/v1/messages"), one(read(0, 70))},
			[]look{{71, "chat", 0, Some(195), unknown}},
		},
		"not far enough below": {
			[][]Event{one(watching), calls(65, 180, SourceTap, chatPath), one(denied(66, SourceTap, chatPath, rate(7*time.Second)), read(0, 70))},
			[]look{{71, "chat", 0, Some(180), unknown}},
		},
		"an estimate teaches nothing": {
			[][]Event{one(watching), calls(65, 50, SourceTap, chatPath), one(denied(66, SourceTap, chatPath, rate(7*time.Second)), sampledReading(0, 70, 90, map[string]int{"/v1/messages": 30}))},
			[]look{{71, "chat", 0, Some(90 * 60 / 70), unknown}},
		},
		"nobody watched for a minute": {
			[][]Event{one(healthy(40, SourceTap)), calls(65, 50, SourceTap, chatPath), one(denied(66, SourceTap, chatPath, waiting))},
			[]look{{67, "chat", 0, unknown, unknown}},
		},
		"the last denial counts": {
			[][]Event{one(watching, denied(66, SourceTap, chatPath, named(150, time.Minute)), denied(68, SourceTap, chatPath, named(120, time.Minute)), denied(67, SourceTap, chatPath, named(90, time.Minute)))},
			[]look{{70, "chat", 0, Some(0), Some(120)}},
		},
		"forgotten with its window": {
			[][]Event{one(watching, denied(66, SourceTap, chatPath, named(150, time.Minute)))},
			[]look{{66 + 120, "chat", 0, Some(0), Some(150)}, {66 + 120.1, "chat", 0, unknown, unknown}},
		},
		"a cap teaches no rate": {
			[][]Event{one(watching, denied(66, SourceTap, chatPath, Denial{Kind: KindCap}))},
			[]look{{67, "chat", 0, unknown, unknown}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := newTestLedger(t, tt.events...)
			for _, look := range tt.looks {
				u := endpoint(t, l.Snapshot(at(look.now)), look.endpoint).Limits[look.limit]
				if u.DeniedAt != look.deniedAt || u.Learned != look.learned {
					t.Errorf("%s at %v: denied at %v, learned %v, want %v, %v", look.endpoint, look.now, u.DeniedAt, u.Learned, look.deniedAt, look.learned)
				}
			}
		})
	}
}
