// Command picture converts a terminal screen to SVG. It reads the output of
// "tmux capture-pane -p -e" from standard input. With -light the terminal is a light
// one.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"html"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// The size of a cell, in SVG units.
const (
	cellWidth, cellHeight = 8.4, 18.0
	margin                = 12.0
)

// paper is the default colors of a terminal.
type paper struct{ background, text string }

var (
	dark  = paper{"#15181d", "#c8ccd4"}
	light = paper{"#fbfbf8", "#24292e"}
)

// style is how a cell is drawn.
type style struct {
	fg, bg  string
	bold    bool
	faint   bool
	reverse bool
}

func main() {
	isLight := flag.Bool("light", false, "draw a light terminal")
	flag.Parse()
	on := dark
	if *isLight {
		on = light
	}
	if err := draw(os.Stdin, os.Stdout, on); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

func draw(in io.Reader, out io.Writer, on paper) error {
	var body strings.Builder
	columns, rows := 0, 0
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for st := (style{}); lines.Scan(); rows++ {
		columns = max(columns, drawLine(&body, on, lines.Text(), rows, &st))
	}
	if err := lines.Err(); err != nil {
		return err
	}
	width, height := float64(columns)*cellWidth+2*margin, float64(rows)*cellHeight+2*margin
	_, err := fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" width="%g" height="%g" viewBox="0 0 %g %g">
<rect width="100%%" height="100%%" rx="8" fill="%s"/>
<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14" fill="%s">
%s</g>
</svg>
`, width, height, width, height, on.background, on.text, body.String())
	return err
}

// drawLine draws one row of the screen and returns its width in cells.
func drawLine(b *strings.Builder, on paper, line string, row int, st *style) int {
	column := 0
	y := margin + float64(row)*cellHeight
	parser := ansi.NewParser()
	for state := byte(0); line != ""; {
		seq, cells, n, next := ansi.DecodeSequence(line, state, parser)
		if cells == 0 && strings.HasSuffix(seq, "m") && strings.HasPrefix(seq, "\x1b[") {
			st.apply(seq[2 : len(seq)-1])
		}
		if cells > 0 {
			drawCell(b, on, seq, margin+float64(column)*cellWidth, y, float64(cells)*cellWidth, *st)
			column += cells
		}
		line, state = line[n:], next
	}
	return column
}

// blocks are the characters that fill a part of their cell: left, top, width and
// height in eighths. Fonts draw them with gaps.
var blocks = map[string][4]float64{
	"█": {0, 0, 8, 8}, "▉": {0, 0, 7, 8}, "▊": {0, 0, 6, 8}, "▋": {0, 0, 5, 8}, "▌": {0, 0, 4, 8}, "▍": {0, 0, 3, 8}, "▎": {0, 0, 2, 8}, "▏": {0, 0, 1, 8},
	"▁": {0, 7, 8, 1}, "▂": {0, 6, 8, 2}, "▃": {0, 5, 8, 3}, "▄": {0, 4, 8, 4}, "▅": {0, 3, 8, 5}, "▆": {0, 2, 8, 6}, "▇": {0, 1, 8, 7},
}

func drawCell(b *strings.Builder, on paper, char string, x, y, width float64, st style) {
	fg, bg := st.fg, st.bg
	if st.reverse {
		fg, bg = orElse(bg, on.background), orElse(fg, on.text)
	}
	if bg != "" {
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.2f" height="%g" fill="%s"/>`+"\n", x, y, width, cellHeight, bg)
	}
	fg = orElse(fg, on.text)
	if part, ok := blocks[char]; ok {
		fmt.Fprintf(b, `<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" fill="%s"/>`+"\n",
			x+part[0]*cellWidth/8, y+part[1]*cellHeight/8, part[2]*cellWidth/8+0.15, part[3]*cellHeight/8, fg)
		return
	}
	if char == " " {
		return
	}
	weight := ""
	if st.bold {
		weight = ` font-weight="bold"`
	}
	if st.faint {
		weight += ` fill-opacity="0.6"`
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" fill="%s"%s>%s</text>`+"\n", x, y+14, fg, weight, html.EscapeString(char))
}

func orElse(colour, otherwise string) string {
	if colour == "" {
		return otherwise
	}
	return colour
}

// apply applies the parameters of an SGR sequence.
func (st *style) apply(params string) {
	codes := strings.FieldsFunc(params, func(r rune) bool { return r == ';' || r == ':' })
	if len(codes) == 0 {
		*st = style{}
	}
	for i := 0; i < len(codes); i++ {
		code, _ := strconv.Atoi(codes[i])
		switch {
		case code >= 30 && code <= 37:
			st.fg = indexed(code - 30)
		case code >= 90 && code <= 97:
			st.fg = indexed(code - 90 + 8)
		case code >= 40 && code <= 47:
			st.bg = indexed(code - 40)
		}
		switch code {
		case 0:
			*st = style{}
		case 1:
			st.bold = true
		case 2:
			st.faint = true
		case 22:
			st.bold, st.faint = false, false
		case 7:
			st.reverse = true
		case 27:
			st.reverse = false
		case 39:
			st.fg = ""
		case 49:
			st.bg = ""
		case 38, 48:
			colour, n := readColour(codes[i+1:])
			if code == 38 {
				st.fg = colour
			} else {
				st.bg = colour
			}
			i += n
		}
	}
}

// readColour reads the parameters after 38 or 48: a true color, or one of the 256
// of xterm.
func readColour(codes []string) (colour string, used int) {
	switch {
	case len(codes) >= 4 && codes[0] == "2":
		return fmt.Sprintf("rgb(%s,%s,%s)", codes[1], codes[2], codes[3]), 4
	case len(codes) >= 2 && codes[0] == "5":
		n, _ := strconv.Atoi(codes[1])
		return indexed(n), 2
	}
	return "", 0
}

// indexed is one of the 256 colors of xterm.
func indexed(n int) string {
	r, g, b, _ := ansi.IndexedColor(n).RGBA()
	return fmt.Sprintf("rgb(%d,%d,%d)", r>>8, g>>8, b>>8)
}
