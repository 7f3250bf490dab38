package ui

import (
	"testing"

	tea "charm.land/bubbletea/v2"
)

func BenchmarkView(b *testing.B) {
	a := screen(over, 120, 40)
	b.ReportAllocs()
	for b.Loop() {
		a.View()
	}
}

// The longest chart has the most points to look through.
func BenchmarkViewDayChart(b *testing.B) {
	a := press(screen(over, 120, 40), "enter", "w", "w")
	b.ReportAllocs()
	for b.Loop() {
		a.View()
	}
}

// A frame has the rows that fit, however many generators there are.
func BenchmarkViewFleet(b *testing.B) {
	a := screen(fleetOf1000, 120, 40)
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
