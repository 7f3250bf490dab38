package ui

import (
	"fmt"
	"strings"
	"testing"

	"quotatop/model"
	"quotatop/theme"

	tea "charm.land/bubbletea/v2"
)

// plainScreen is the App of a state at a size, in ASCII.
func plainScreen(snap func() *model.Snapshot, w, h int) App {
	a := send(New(nil, Options{Label: "DEMO", PollNow: func() string { return "" }, ASCII: true}), tea.WindowSizeMsg{Width: w, Height: h})
	if s := snap(); s != nil {
		a = send(a, snapshotMsg(*s))
	}
	return a
}

// In ASCII, frames have no other characters and keep the width of their lines.
func TestASCIIFrames(t *testing.T) {
	for _, s := range states {
		for _, size := range [][2]int{{1, 1}, {20, 3}, {24, 8}, {40, 10}, {60, 15}, {80, 24}, {120, 40}, {200, 60}} {
			for _, keys := range []string{"", "?", "enter", "enter w w", "3 enter", "1 z"} {
				frame := plainFrame(press(plainScreen(s.snap, size[0], size[1]), strings.Fields(keys)...))
				for i := range len(frame) {
					if c := frame[i]; c != '\n' && (c < ' ' || c > '~') {
						t.Fatalf("%s, %v, keys %q: %q", s.name, size, keys, frame[max(0, i-20):min(len(frame), i+20)])
					}
				}
				checkFrame(t, fmt.Sprintf("%s in ASCII, keys %q", s.name, keys), frame, size[0], size[1])
			}
		}
	}
}

// Every character that the screen draws has one in ASCII.
func TestASCIIKnowsOurGlyphs(t *testing.T) {
	for _, s := range states {
		if s.name == "hostile" { // foreign text
			continue
		}
		for _, keys := range []string{"", "?", "enter", "enter w w", "4"} {
			a := press(screen(s.snap, 200, 60), strings.Fields(keys)...)
			for _, k := range a.frame().cells {
				if k.char > 0x7e && ascii(k) == '?' && !strings.ContainsRune("漢字é▀≤≥", k.char) {
					t.Errorf("%s: no plain character for %q", s.name, k.char)
				}
			}
		}
	}
}

func TestASCIIOfForeignText(t *testing.T) {
	for text, want := range map[string]string{
		"plain":            "plain|",
		"漢字":               "????|",
		"a漢b":              "a??b|",
		"e\u0301e\u0301":   "ee|",
		"\u0301alone":      "alone|",
		"é…":               "?>|",
		"👩‍👩‍👧‍👦":          "?|",
		"\x1b[31mred\x1b[": "[31mred[|",
	} {
		c := newCanvas(20, 1)
		c.all().set(c.all().put(0, 0, theme.Text, text), 0, theme.Border, '|')
		if got := c.asciiText(nil); got != want {
			t.Errorf("%q is drawn as %q, want %q", text, got, want)
		}
		if width(text) != len(want)-1 {
			t.Errorf("%q is taken for %d wide, drawn %d wide", text, width(text), len(want)-1)
		}
	}
}

func TestASCIISigns(t *testing.T) {
	frame := plainFrame(plainScreen(busy, 120, 40))
	for _, want := range []string{"<=812/1,000", "~4,310/15,000", "! limit in 14s", "<=81%", "#############*..:|", "#####===....:", "> chat"} {
		if !strings.Contains(frame, want) {
			t.Errorf("no %q in\n%s", want, frame)
		}
	}
}
