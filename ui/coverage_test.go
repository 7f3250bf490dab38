package ui

import (
	"fmt"
	"testing"
)

// slots calls f with the area of each slot of the screen.
func (a *App) slots(body area, f func(slot, area)) {
	l := layoutFor(a.w, a.h)
	if l.header {
		body = body.sub(0, 1, body.w, body.h-1)
	}
	if l.footer {
		body = body.sub(0, 0, body.w, body.h-1)
	}
	var needs [mostParts]need
	for i, b := range l.bands {
		needs[i] = a.need(b)
	}
	y := 0
	for i, h := range lay(body.h, needs[:len(l.bands)]) {
		if i == len(l.bands) {
			break
		}
		x, widths := 0, l.bands[i].widths(body.w)
		for j, stack := range l.bands[i] {
			needs, top := a.needs(stack.slots), y
			for k, h := range lay(h, needs[:len(stack.slots)]) {
				if k < len(stack.slots) {
					f(stack.slots[k], body.sub(x, top, widths[j], h))
				}
				top += h
			}
			x += widths[j]
		}
		y += h
	}
}

// filled counts the cells inside the frames of all panes, and those that carry
// something: a character, or the blanks between two words of a text.
func filled(a *App) (cells, carry int, panes string) {
	f := a.frame()
	a.slots(f.all(), func(s slot, at area) {
		at = at.sub(1, 1, at.w-2, at.h-2)
		n := 0
		for y := range at.h {
			line := f.cells[(at.y+y)*f.w+at.x:][:at.w]
			last := -1
			for x, k := range line {
				if k.char == 0 || k.char == ' ' {
					continue
				}
				if n++; last >= 0 && x-last == 2 {
					n++
				}
				last = x
			}
		}
		cells, carry = cells+at.w*at.h, carry+n
		panes += fmt.Sprintf("\npane %d, %dx%d: %d%%", s.pane+1, at.w, at.h, 100*n/max(at.w*at.h, 1))
	})
	return cells, carry, panes
}

// From 100x30 up the screen of a busy run is not made of empty boxes.
func TestPanesAreFilled(t *testing.T) {
	for _, size := range [][2]int{{100, 30}, {100, 36}, {110, 30}, {110, 34}, {120, 40}, {140, 40}, {160, 50}, {200, 60}, {250, 80}, {300, 100}} {
		a := screen(busy, size[0], size[1])
		if cells, carry, panes := filled(&a); 100*carry < 60*cells {
			t.Errorf("%v: %d of %d cells carry something, %d%%:%s", size, carry, cells, 100*carry/cells, panes)
		}
	}
}
