package ui

import (
	"strings"

	"quotatop/theme"
)

// A canvas is the screen as a grid of cells. Text stays inside the area it is
// written to, so that no line gets wider than its pane and no foreign text breaks
// the frame.
type canvas struct {
	w, h  int
	cells []cell
	marks []string // combining marks, see cell
}

// A cell is one position on the screen.
type cell struct {
	char rune // 0 for nothing, wideTail for the right half of a wide character
	role theme.Role
	mark uint8 // 1 + the index of its combining marks in canvas.marks; 0 for none
}

const wideTail = -1

// maxMarks is how many combining marks a character keeps. More would cover the
// lines above and below.
const maxMarks = 2

func newCanvas(w, h int) *canvas { return &canvas{w: w, h: h, cells: make([]cell, w*h)} }

// all returns the whole canvas.
func (c *canvas) all() area { return area{c: c, w: c.w, h: c.h} }

// cell returns a cell to overwrite. If it is half of a wide character, cell clears
// the other half.
func (c *canvas) cell(x, y int) *cell {
	line := c.cells[y*c.w : (y+1)*c.w]
	if line[x].char == wideTail {
		line[x-1] = cell{}
	}
	if x+1 < c.w && line[x+1].char == wideTail {
		line[x+1] = cell{}
	}
	return &line[x]
}

// blank reports whether a cell shows nothing. It looks the same in every style.
func (k cell) blank() bool { return k.char == 0 || k.char == ' ' }

// mark returns the combining marks of a cell.
func (c *canvas) mark(k cell) string {
	if k.mark == 0 {
		return ""
	}
	return c.marks[k.mark-1]
}

// text returns the lines of the canvas without trailing blanks, in these styles,
// or without any if nil.
func (c *canvas) text(styles *theme.Styles) string { return c.write(styles, false) }

// asciiText is text in ASCII characters.
func (c *canvas) asciiText(styles *theme.Styles) string { return c.write(styles, true) }

func (c *canvas) write(styles *theme.Styles, plain bool) string {
	var b strings.Builder
	b.Grow(len(c.cells) * 3)
	for y := range c.h {
		if y > 0 {
			b.WriteByte('\n')
		}
		line := c.cells[y*c.w : (y+1)*c.w]
		for len(line) > 0 && line[len(line)-1].blank() {
			line = line[:len(line)-1]
		}
		role := theme.Plain
		for _, k := range line {
			switch {
			case k.char == wideTail && !plain:
				continue
			case k.blank():
				b.WriteByte(' ')
				continue
			}
			if styles != nil && k.role != role {
				role = k.role
				b.WriteString(styles.Prefix(role))
			}
			if plain {
				b.WriteByte(ascii(k))
				continue
			}
			b.WriteRune(k.char)
			b.WriteString(c.mark(k))
		}
		if role != theme.Plain {
			b.WriteString(styles.Prefix(theme.Plain))
		}
	}
	return b.String()
}

// An area is a rectangle of a canvas. Positions count from its top left corner;
// what is outside is not drawn.
type area struct {
	c          *canvas
	x, y, w, h int
}

// sub returns a rectangle inside the area, cut to fit.
func (a area) sub(x, y, w, h int) area {
	x, y = min(max(x, 0), a.w), min(max(y, 0), a.h)
	return area{a.c, a.x + x, a.y + y, min(max(w, 0), a.w-x), min(max(h, 0), a.h-y)}
}

// set puts one narrow character.
func (a area) set(x, y int, role theme.Role, char rune) {
	if x >= 0 && x < a.w && y >= 0 && y < a.h {
		*a.c.cell(a.x+x, a.y+y) = cell{char: char, role: role}
	}
}

// fill puts the same narrow character n times.
func (a area) fill(x, y, n int, role theme.Role, char rune) {
	for i := range n {
		a.set(x+i, y, role, char)
	}
}

// put writes text at x and returns the position after it. It cuts text that is too
// long for the area.
func (a area) put(x, y int, role theme.Role, text string) int { return a.cut(x, y, a.w-x, role, text) }

// cut writes text into n cells at x and returns the position after it. Longer text
// ends in an ellipsis, never within a number.
func (a area) cut(x, y, n int, role theme.Role, text string) int {
	n = min(n, a.w-x)
	if n <= 0 {
		return x
	}
	short := width(text) > n
	if short {
		text = head(text, n-1)
	}
	for text != "" {
		var g glyph
		g, text = nextGlyph(text)
		a.glyph(x, y, role, g)
		x += g.width
	}
	if short {
		a.set(x, y, role, '…')
		x++
	}
	return x
}

func (a area) glyph(x, y int, role theme.Role, g glyph) {
	if g.width == 0 || x < 0 || y < 0 || y >= a.h {
		return
	}
	k := cell{char: g.char, role: role}
	if g.marks != "" && len(a.c.marks) < 255 {
		a.c.marks = append(a.c.marks, g.marks)
		k.mark = uint8(len(a.c.marks))
	}
	if g.width == 2 {
		*a.c.cell(a.x+x+1, a.y+y) = cell{}
	}
	*a.c.cell(a.x+x, a.y+y) = k
	if g.width == 2 {
		a.c.cells[(a.y+y)*a.c.w+a.x+x+1] = cell{char: wideTail, role: role}
	}
}

// right writes a figure that ends before x+n, or nothing if it does not fit.
func (a area) right(x, y, n int, role theme.Role, figure string) {
	if w := width(figure); w <= n {
		a.put(x+n-w, y, role, figure)
	}
}
