package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"quotatop/theme"

	"github.com/charmbracelet/x/ansi"
)

// A canvas is the screen as a grid of cells. Whatever is put on it stays inside
// its areas, so that no line can grow wider than the pane and no foreign text
// can break the frame.
type canvas struct {
	w, h  int
	cells []cell
	marks []string // combining marks, see cell
	below int      // lines of the pane that scrolls which are below its bottom
	ascii bool     // it is written in plain characters
}

// A cell is one place of the screen.
type cell struct {
	char rune // 0 for nothing, wideTail for the right half of a wide character
	role theme.Role
	mark uint8 // one more than the place of the combining marks in canvas.marks
}

const wideTail = -1

// maxMarks is how many combining marks one character keeps; more is an attack
// on the lines above and below.
const maxMarks = 2

func newCanvas(w, h int) *canvas { return &canvas{w: w, h: h, cells: make([]cell, w*h)} }

// all is the whole canvas.
func (c *canvas) all() area { return area{c: c, w: c.w, h: c.h} }

// cell is a cell to be overwritten. If it is half of a wide character, the other
// half is cleared.
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

// text writes the canvas with styles, or without if there are none. Lines have
// no blanks at their ends.
func (c *canvas) text(styles *theme.Styles) string {
	var b strings.Builder
	b.Grow(len(c.cells) * 3)
	for y := range c.h {
		if y > 0 {
			b.WriteByte('\n')
		}
		line := c.cells[y*c.w : (y+1)*c.w]
		for len(line) > 0 && (line[len(line)-1].char == 0 || line[len(line)-1].char == ' ') {
			line = line[:len(line)-1]
		}
		role := theme.Plain
		for _, k := range line {
			switch {
			case k.char == wideTail && !c.ascii:
				continue
			case k.char == 0 || k.char == ' ': // looks the same in every role
				b.WriteByte(' ')
				continue
			}
			if styles != nil && k.role != role {
				role = k.role
				b.WriteString(styles.Prefix(role))
			}
			if c.ascii {
				b.WriteByte(ascii(k))
				continue
			}
			b.WriteRune(k.char)
			if k.mark > 0 {
				b.WriteString(c.marks[k.mark-1])
			}
		}
		if role != theme.Plain {
			b.WriteString(styles.Prefix(theme.Plain))
		}
	}
	return b.String()
}

// An area is a rectangle of a canvas. Places are counted from its top left
// corner; what lies outside is not drawn.
type area struct {
	c          *canvas
	x, y, w, h int
}

// sub is a rectangle inside the area, cut to fit.
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

// put writes text from x on and returns the place after it. Text that is too
// long for the area is cut.
func (a area) put(x, y int, role theme.Role, text string) int { return a.cut(x, y, a.w-x, role, text) }

// cut writes text into n places from x on and returns the place after it. Where
// the text is longer it ends in an ellipsis, never within a number.
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

// number is what numbers are written with.
const number = "0123456789.,:$"

// head is the beginning of a text that is to be cut, in at most n cells. It never
// ends in a number that could be taken for one that goes on.
func head(text string, n int) string {
	isNumber := func(s string, i int) bool { return i >= 0 && i < len(s) && strings.IndexByte(number, s[i]) >= 0 }
	h := prefix(text, n)
	switch {
	case len(h) == len(text) || !isNumber(h, len(h)-1):
		return h
	case !isNumber(text, len(h)) && width(h) < n:
		return h + " "
	}
	return strings.TrimRight(h, number)
}

// brief is a text in at most n cells, with an ellipsis where it is longer.
func brief(text string, n int) string {
	if width(text) <= n {
		return text
	}
	return head(text, n-1) + "…"
}

// prefix is as much of the beginning of a text as fits n cells.
func prefix(text string, n int) string {
	end := 0
	for end < len(text) {
		g, rest := nextGlyph(text[end:])
		if g.width > n {
			break
		}
		n -= g.width
		end = len(text) - len(rest)
	}
	return text[:end]
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

// right writes a figure that ends before x+n. One that does not fit is not
// written at all.
func (a area) right(x, y, n int, role theme.Role, figure string) {
	if w := width(figure); w <= n {
		a.put(x+n-w, y, role, figure)
	}
}

// A glyph is what stands in one or two cells.
type glyph struct {
	char  rune
	marks string
	width int // 0 for what is not shown
}

// nextGlyph takes the first character off text, which must not be empty.
// Control and format characters are not shown, a line break or tab is a blank.
// What terminals differ about, or what would join its neighbours, becomes a
// question mark.
func nextGlyph(text string) (g glyph, rest string) {
	char, size := utf8.DecodeRuneInString(text)
	rest = text[size:]
	if char == utf8.RuneError {
		return glyph{char: '?', width: 1}, rest
	}
	if simple(char) && beginsSimple(rest) {
		switch {
		case char == '\n' || char == '\t':
			return glyph{char: ' ', width: 1}, rest
		case char < ' ':
			return glyph{}, rest
		}
		return glyph{char: char, width: 1}, rest
	}
	cluster, w := ansi.FirstGraphemeCluster(clusters(text), ansi.GraphemeWidth)
	rest = text[len(cluster):]
	switch {
	case char == '\n' || char == '\t' || char == '\r' && len(cluster) > size:
		return glyph{char: ' ', width: 1}, rest
	case (w == 0 || unicode.Is(unicode.C, char)) && beginsSimple(rest):
		return glyph{}, rest
	case w < 1 || w > 2 || unicode.Is(unicode.C, char) || ansi.StringWidthWc(cluster) != w || ansi.StringWidth("|"+cluster+"|") != w+2:
		return glyph{char: '?', width: 1}, rest
	}
	marks := cluster[size:]
	for n, at := 0, 0; at < len(marks); n++ {
		m, size := utf8.DecodeRuneInString(marks[at:])
		if n == maxMarks {
			marks = marks[:at]
			break
		}
		if !unicode.In(m, unicode.Mn, unicode.Me) {
			return glyph{char: '?', width: 1}, rest
		}
		at += size
	}
	return glyph{char: char, marks: marks, width: w}, rest
}

// maxCluster bounds what can be one character, in bytes.
const maxCluster = 64

// clusters is the beginning of text that its first character lies in: whole
// characters of UTF-8 and nothing else.
func clusters(text string) string {
	for i, r := range text {
		if r == utf8.RuneError || i >= maxCluster {
			return text[:i]
		}
	}
	return text
}

// simple reports whether a character is at most one cell wide everywhere and
// joins no other: ASCII, Latin letters, punctuation, arrows, lines and blocks,
// and what is not UTF-8.
func simple(r rune) bool {
	return r < 0x7f || r == utf8.RuneError || r > 0xa0 && r < 0x300 && r != 0xad || r >= 0x2010 && r < 0x2028 || r >= 0x2030 && r < 0x2060 ||
		r >= 0x2190 && r < 0x2300 || r >= 0x2500 && r < 0x25fd
}

// beginsSimple reports whether nothing in text can join what stands before it.
func beginsSimple(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return text == "" || simple(r)
}

// width is how many cells put needs for text.
func width(text string) int {
	n := 0
	for text != "" {
		var g glyph
		g, text = nextGlyph(text)
		n += g.width
	}
	return n
}

// wrap breaks text into lines of at most n cells, at blanks where it can, and
// never within a number.
func wrap(text string, n int) []string {
	if text != "" && width(text) <= n {
		return []string{text}
	}
	var lines []string
	line, used := "", 0
	for _, word := range strings.Fields(text) {
		w := width(word)
		if used > 0 && used+1+w <= n {
			line, used = line+" "+word, used+1+w
			continue
		}
		if used > 0 {
			lines = append(lines, line)
		}
		for part := prefix(word, n); len(part) < len(word); part = prefix(word, n) { // longer than a line of its own
			if part == "" {
				return lines
			}
			if whole := strings.TrimRight(part, number); strings.IndexByte(number, word[len(part)]) < 0 {
				lines, word = append(lines, part), word[len(part):]
			} else if whole != "" { // the number begins the next line
				lines, word = append(lines, whole), word[len(whole):]
			} else { // a number that no line is long enough for
				lines, word = append(lines, "…"), strings.TrimLeft(word, number)
			}
		}
		line, used = word, width(word)
	}
	if used > 0 {
		lines = append(lines, line)
	}
	return lines
}
