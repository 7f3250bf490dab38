package ui

import (
	"fmt"
	"os"
	"strings"
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
		for _, k := range strings.Fields(os.Getenv("KEYS")) {
			for i := range a.keys {
				for _, kk := range a.keys[i].keys {
					if kk == k {
						a.keys[i].do(&a, k)
					}
				}
			}
		}
		fmt.Println(a.frame().text(nil))
	}
}
