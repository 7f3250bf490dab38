package ui

import (
	"strings"
	"testing"
	"time"

	"quotatop/model"
)

// An alert that was opened stays open when another becomes the newest.
func TestOpenedAlertStays(t *testing.T) {
	a := press(screen(over, 80, 24), "3", "enter")
	if frame := plainFrame(a); !strings.Contains(frame, "Detail: chat") {
		t.Fatalf("the newest alert is not open:\n%s", frame)
	}
	s := over()
	s.Denials[0], s.Denials[1] = s.Denials[1], s.Denials[0]
	if frame := plainFrame(send(a, snapshotMsg(*s))); !strings.Contains(frame, "Detail: chat") {
		t.Errorf("another alert took the place of the open one:\n%s", frame)
	}
}
