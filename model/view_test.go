package model

import "testing"

// The account's figure ends some seconds ago. Where this machine watches, but not yet
// for a window, or where there are calls from elsewhere, its calls since then
// continue that figure up to now.
func TestAccountContinued(t *testing.T) {
	earlier := append(rows(30, 100, "/inference"), rows(65, 20, "/inference")...)
	tests := map[string]struct {
		events   [][]Event
		now      float64
		endpoint string
		want     string
	}{
		"the first window that this machine watches": {
			[][]Event{one(healthy(60, SourceTap)), calls(65, 20, SourceTap, "/inference"), earlier, one(read(-100, 80)), calls(85, 7, SourceTap, "/inference")},
			88, "inference", "used 127 local 27 account 120 rejected 0 at 88",
		},
		"older calls leave it": {
			[][]Event{one(healthy(60, SourceTap)), calls(65, 20, SourceTap, "/inference"), earlier, one(read(-100, 80)), calls(85, 7, SourceTap, "/inference")},
			95, "inference", "used 27 local 27 account 120 rejected 0 at 95",
		},
		"from any address": {
			[][]Event{one(healthy(60, SourceTap)), calls(65, 20, SourceTap, "/inference"), earlier, one(read(-100, 80)), calls(85, 7, SourceTap, "/inference")},
			88, "all", "used 127 local 27 account 120 rejected 0 ≤ at 88",
		},
		"a load that goes past this machine": {
			[][]Event{one(healthy(60, SourceTap)), earlier, one(read(-100, 80))},
			88, "all", "used 120 local 0 account 120 rejected 0 ≤ at 80",
		},
		"others, and ever more calls from here": {
			[][]Event{one(healthy(0, SourceTap)), calls(50, 30, SourceTap, "/inference"), rows(50, 80, "/inference"), one(read(-100, 70)), calls(75, 40, SourceTap, "/inference")},
			80, "inference", "used 120 local 70 account 80 others 50 rejected 0 ≥ at 80",
		},
		"others that are fewer now may have called since": {
			[][]Event{one(healthy(0, SourceTap)), calls(50, 30, SourceTap, "/inference"), rows(12, 80, "/inference"), one(read(-100, 70)), calls(75, 10, SourceTap, "/inference")},
			80, "inference", "used 80 local 40 account 80 others 50 rejected 0 at 70",
		},
		"watching for too short a time": {
			[][]Event{one(healthy(75, SourceTap)), earlier, one(read(-100, 80)), calls(85, 7, SourceTap, "/inference")},
			88, "inference", "used 120 local 7 account 120 rejected 0 at 80",
		},
		"a log that does not reach back": {
			[][]Event{one(healthy(60, SourceTap)), calls(65, 20, SourceTap, "/inference"), earlier, one(read(29, 80)), calls(85, 7, SourceTap, "/inference")},
			88, "inference", "used 120 local 27 account 120 rejected 0 ≥ at 80",
		},
		"samples": {
			[][]Event{one(healthy(60, SourceTap), sampledReading(-40, 80, 240, map[string]int{"/inference": 60})), calls(65, 30, SourceTap, "/inference"), calls(85, 7, SourceTap, "/inference")},
			90, "inference", "used 107 local 37 account 120 rejected 0 ≈ at 90",
		},
	}
	for name, tt := range tests {
		if got := show(endpoint(t, newTestLedger(t, tt.events...).Snapshot(at(tt.now)), tt.endpoint).Limits[0]); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tt.want)
		}
	}
}
