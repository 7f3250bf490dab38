package ui

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"quotatop/theme"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// A painter turns frames into what to send the terminal: the cells that have
// changed since the frame before.
type painter struct {
	profile colorprofile.Profile
	styles  *theme.Styles // those of the frame before
	prefix  [256]string   // the style of each role that was needed, in the terminal's colours
	shown   *canvas       // the frame before; nil if the screen is to be cleared
	spare   *canvas       // one that is no longer needed; may be nil
	ascii   bool          // the frame before was in ASCII

	out  []byte
	x, y int        // where the terminal's cursor is; x is -1 if that is not known
	role theme.Role // the style that is set there
}

// forget has the next frame drawn whole, on a cleared screen.
func (p *painter) forget() { p.shown = nil }

// empty returns an empty canvas for the next frame.
func (p *painter) empty(w, h int) *canvas {
	c := p.spare
	if p.spare = nil; c == nil || c.w != w || c.h != h {
		return newCanvas(w, h)
	}
	clear(c.cells)
	c.marks = c.marks[:0]
	return c
}

// paint returns the sequences that turn the frame before into f. They are valid until
// the next call, and empty if there is nothing to change. f is the painter's from then on.
func (p *painter) paint(f *frame, styles *theme.Styles) []byte {
	p.out, p.x, p.y, p.role = p.out[:0], -1, 0, theme.Plain
	restyled := p.style(styles) || p.ascii != f.ascii
	if p.shown == nil || p.shown.w != f.w || p.shown.h != f.h {
		p.out = append(p.out, ansi.ResetStyle+ansi.EraseEntireScreen...)
		p.shown = newCanvas(f.w, f.h)
	}
	for y := range f.h {
		p.line(f, y, restyled)
	}
	p.set(theme.Plain)
	p.spare, p.shown, p.ascii = p.shown, f.canvas, f.ascii
	return p.out
}

// style takes other styles, and reports whether they are others.
func (p *painter) style(styles *theme.Styles) bool {
	if p.styles != nil && *p.styles == *styles {
		return false
	}
	clear(p.prefix[:])
	p.styles = styles
	return true
}

// set sets the style of what is written next.
func (p *painter) set(role theme.Role) {
	if role == p.role {
		return
	}
	prefix := &p.prefix[role]
	if *prefix == "" {
		var b strings.Builder
		w := colorprofile.Writer{Forward: &b, Profile: p.profile}
		_, _ = w.WriteString(p.styles.Prefix(role))
		*prefix = b.String()
	}
	p.out = append(p.out, *prefix...)
	p.role = role
}

// put writes a cell where the cursor is.
func (p *painter) put(k cell, f *frame) {
	if !k.blank() {
		p.set(k.role)
	}
	p.x++
	switch {
	case k.blank():
		p.out = append(p.out, ' ')
	case f.ascii:
		p.out = append(p.out, ascii(k))
	default:
		p.out = utf8.AppendRune(p.out, k.char)
		mark := f.mark(k)
		p.out = append(p.out, mark...)
		if mark != "" || p.x < f.w && f.cells[p.y*f.w+p.x].char == wideTail {
			p.x = -1 // terminals differ in how far they move
		}
	}
	if p.x == f.w {
		p.x = -1 // the cursor waits at the end of the line
	}
}

// line writes the cells of one line that have changed.
func (p *painter) line(f *frame, y int, restyled bool) {
	now, before := f.cells[y*f.w:(y+1)*f.w], p.shown.cells[y*f.w:(y+1)*f.w]
	end := len(now) // of what is not blank
	for end > 0 && now[end-1].blank() {
		end--
	}
	for x := range end {
		k := now[x]
		if !(restyled && !k.blank()) && alike(k, before[x], f.canvas, p.shown) || k.char == wideTail && !f.ascii {
			continue
		}
		p.to(x, y, now)
		p.put(k, f)
	}
	for x := end; x < len(now); x++ {
		if !before[x].blank() {
			p.to(x, y, now)
			p.set(theme.Plain)
			p.out = append(p.out, ansi.EraseLineRight...)
			return
		}
	}
}

// alike reports whether two cells look the same.
func alike(k, l cell, of, in *canvas) bool {
	if k.blank() && l.blank() {
		return true
	}
	return k.char == l.char && k.role == l.role && of.mark(k) == in.mark(l)
}

// to moves the cursor.
func (p *painter) to(x, y int, line []cell) {
	switch {
	case p.x == x && p.y == y:
		return
	case p.x >= 0 && p.y == y && x > p.x && p.again(line[p.x:x]):
		return
	case p.x >= 0 && p.y == y && x > p.x:
		p.out = append(p.out, "\x1b["...)
		if n := x - p.x; n > 1 {
			p.out = strconv.AppendInt(p.out, int64(n), 10)
		}
		p.out = append(p.out, 'C')
	default:
		p.out = append(p.out, "\x1b["...)
		p.out = strconv.AppendInt(p.out, int64(y+1), 10)
		if x > 0 {
			p.out = append(p.out, ';')
			p.out = strconv.AppendInt(p.out, int64(x+1), 10)
		}
		p.out = append(p.out, 'H')
	}
	p.x, p.y = x, y
}

// again writes cells that have not changed, if that is shorter than to move past
// them, and reports whether it did.
func (p *painter) again(cells []cell) bool {
	const shorter = 3
	if len(cells) > shorter {
		return false
	}
	for _, k := range cells {
		if !k.blank() && (k.role != p.role || k.char < ' ' || k.char > '~' || k.mark > 0) {
			return false
		}
	}
	for _, k := range cells {
		if k.blank() {
			k.char = ' '
		}
		p.out = append(p.out, byte(k.char))
	}
	p.x += len(cells)
	return true
}
