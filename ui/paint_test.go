package ui

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"quotatop/theme"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// A glass is the screen of a terminal that knows what a painter sends: what is in
// each cell, with its style before it.
type glass struct {
	w, h, x, y int
	style      string
	cells      []string
}

func newGlass(w, h int) *glass { return &glass{w: w, h: h, cells: make([]string, w*h)} }

// show follows what a painter sends.
func (g *glass) show(t *testing.T, sent []byte) {
	t.Helper()
	for text := string(sent); text != ""; {
		if rest, ok := strings.CutPrefix(text, "\x1b["); ok {
			end := strings.IndexFunc(rest, func(r rune) bool { return r >= '@' && r <= '~' })
			g.control(t, rest[:end], rest[end])
			text = rest[end+1:]
			continue
		}
		r, n := utf8.DecodeRuneInString(text)
		text = text[n:]
		switch columns := width(string(r)); {
		case r < ' ':
			t.Fatalf("control character %q", r)
		case columns == 0: // joins the character before
			g.cells[g.y*g.w+g.x-1] += string(r)
		default:
			if g.x+columns > g.w {
				t.Fatalf("%q is written over the end of line %d", r, g.y)
			}
			g.cells[g.y*g.w+g.x] = g.style + string(r)
			if r == ' ' {
				g.cells[g.y*g.w+g.x] = ""
			}
			for i := 1; i < columns; i++ {
				g.cells[g.y*g.w+g.x+i] = ""
			}
			g.x += columns
		}
	}
}

func (g *glass) control(t *testing.T, arguments string, final byte) {
	t.Helper()
	number := func(text string) int { n, _ := strconv.Atoi(text); return max(n, 1) }
	switch final {
	case 'H':
		row, column, _ := strings.Cut(arguments, ";")
		g.y, g.x = number(row)-1, number(column)-1
	case 'C':
		g.x += number(arguments)
	case 'K':
		clear(g.cells[g.y*g.w+g.x : (g.y+1)*g.w])
	case 'J':
		clear(g.cells)
	case 'm':
		if g.style = "\x1b[" + arguments + "m"; g.style == "\x1b[m" {
			g.style = ""
		}
	default:
		t.Fatalf("a painter sends \\x1b[%s%c", arguments, final)
	}
	if final != 'm' && (g.x >= g.w || g.y >= g.h) {
		t.Fatalf("the cursor moves to %d, %d of %d, %d", g.x, g.y, g.w, g.h)
	}
}

// Whatever frame follows whatever other, the terminal shows the frame.
func TestPainterShowsTheFrame(t *testing.T) {
	var frames []App
	for _, size := range [][2]int{{120, 40}, {80, 24}, {40, 12}} {
		for _, state := range []func() App{
			func() App { return screen(calm, size[0], size[1]) },
			func() App { return screen(busy, size[0], size[1]) },
			func() App { return press(screen(over, size[0], size[1]), "t") },
			func() App { return screen(hostile, size[0], size[1]) },
			func() App { return press(screen(over, size[0], size[1]), "?") },
			func() App { return press(screen(hostile, size[0], size[1]), "enter") },
			func() App { a := screen(over, size[0], size[1]); a.opts.ASCII = true; return a },
			func() App {
				return send(screen(over, size[0], size[1]), tea.ColorProfileMsg{Profile: colorprofile.ANSI})
			},
		} {
			frames = append(frames, state())
		}
	}
	p, g := painter{profile: colorprofile.TrueColor}, newGlass(0, 0)
	for i := range 300 {
		a := frames[(i*i+i/7)%len(frames)]
		if g.w != a.w || g.h != a.h { // a terminal may keep its text when it is resized
			g = newGlass(a.w, a.h)
			for i := range g.cells {
				g.cells[i] = "?"
			}
		}
		g.show(t, p.paint(a.frameOn(p.empty(a.w, a.h)), a.styles))
		for y, line := range strings.Split(a.frame().text(a.styles), "\n") {
			want := newGlass(a.w, 1)
			want.show(t, []byte(line))
			if got := g.cells[y*g.w : (y+1)*g.w]; fmt.Sprint(got) != fmt.Sprint(want.cells) {
				t.Fatalf("frame %d: line %d is %q, want %q", i, y, got, want.cells)
			}
		}
		if again := p.paint(a.frameOn(p.empty(a.w, a.h)), a.styles); len(again) > 0 {
			t.Fatalf("frame %d: the same again sends %q", i, again)
		}
	}
}

// A painter sends little: only what has changed, and no more than it takes.
func TestPainterSendsWhatHasChanged(t *testing.T) {
	styles := theme.Dark().Styles()
	draw := func(lines ...string) *frame {
		c := newCanvas(20, 2)
		for y, line := range lines {
			c.all().put(0, y, theme.Plain, line)
		}
		return &frame{canvas: c}
	}
	p := painter{profile: colorprofile.TrueColor}
	for _, c := range []struct {
		frame *frame
		want  string
	}{
		{draw("used 10 of 200", "calm"), "\x1b[m\x1b[2J\x1b[1Hused 10 of 200\x1b[2Hcalm"},
		{draw("used 11 of 200", "calm"), "\x1b[1;7H1"},
		{draw("used 21 of 300", "calm"), "\x1b[1;6H2\x1b[5C3"},
		{draw("used 32 of 300", "calm"), "\x1b[1;6H32"},
		{draw("used 41 ok 300", "calm"), "\x1b[1;6H41 ok"},
		{draw("used", "calm"), "\x1b[1;6H\x1b[K"},
		{draw("used", "calm"), ""},
		{draw("漢字 of it", "calm"), "\x1b[1H漢\x1b[1;3H字\x1b[1;6Hof it"},
	} {
		if got := p.paint(c.frame, &styles); !bytes.Equal(got, []byte(c.want)) {
			t.Errorf("sent %q, want %q", got, c.want)
		}
	}
}
