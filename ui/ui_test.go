package ui

import (
	"fmt"
	"os"
	"testing"
)

func TestShow(t *testing.T) {
	var w, h int
	fmt.Sscanf(os.Getenv("SIZE"), "%dx%d", &w, &h)
	a := New(nil, Options{Label: "DEMO", PollNow: func() {}})
	a.w, a.h = w, h
	for _, s := range states {
		if s.name != os.Getenv("STATE") {
			continue
		}
		if snap := s.snap(); snap != nil {
			a = a.take(*snap)
		}
		fmt.Println(a.frame().text(nil))
	}
}
