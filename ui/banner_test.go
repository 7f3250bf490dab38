package ui

import (
	"strings"
	"testing"

	"quotatop/model"
)

// A problem of a service is shown like one of a source; a service that works
// takes no room.
func TestServiceProblem(t *testing.T) {
	s := calm()
	snap := func() *model.Snapshot { return s }
	for _, size := range [][2]int{{60, 15}, {80, 24}, {120, 40}} {
		s.Services = []model.Service{{Name: "journal", State: model.StateOK}}
		if frame := plainFrame(screen(snap, size[0], size[1])); strings.Contains(frame, "journal") {
			t.Errorf("%v: a service that works is shown:\n%s", size, frame)
		}
		s.Services = []model.Service{{Name: "journal", State: model.StateError, Error: "no space left on device"}}
		if frame := plainFrame(screen(snap, size[0], size[1])); !strings.Contains(frame, "journal: no space left on device") {
			t.Errorf("%v: the problem is not shown:\n%s", size, frame)
		}
	}
	if got := Summary(walled(*s)); !strings.Contains(got, "journal: error, no space left on device") {
		t.Errorf("the problem is not in the summary:\n%s", got)
	}
}
