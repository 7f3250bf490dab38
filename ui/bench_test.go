package ui

import (
	"testing"

	"quotatop/model"

	tea "charm.land/bubbletea/v2"
)

// screen is the App of a state at a size.
func screen(snap func() *model.Snapshot, w, h int) App {
	a := New(nil, Options{Label: "DEMO", PollNow: func() {}})
	a.w, a.h = w, h
	if s := snap(); s != nil {
		a = a.take(*s)
	}
	return a
}

func BenchmarkFrame(b *testing.B) {
	a := screen(over, 120, 40)
	b.ReportAllocs()
	for b.Loop() {
		a.View()
	}
}

func BenchmarkUpdate(b *testing.B) {
	var m tea.Model = screen(over, 120, 40)
	s := snapshotMsg(*over())
	b.ReportAllocs()
	for b.Loop() {
		m, _ = m.Update(s)
	}
}
