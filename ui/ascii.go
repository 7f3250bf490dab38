package ui

import (
	"math/bits"
	"strings"

	"quotatop/theme"
)

// ascii returns the ASCII character for a cell. Cells without one become question
// marks.
func ascii(k cell) byte {
	switch c := k.char; {
	case c == 0:
		return ' '
	case c > 0 && c < 0x7f:
		return byte(c)
	case c == trackGlyph && k.role == theme.Track:
		return '.'
	case c >= brailleBlank && c <= brailleBlank+0xff:
		return asciiDots(byte(c - brailleBlank))
	}
	switch k.char {
	case '─', '┄', unknownGlyph, '–', '·':
		return '-'
	case '│':
		return '|'
	case '╭', '╮', '╰', '╯':
		return '+'
	case '█', '■', '▇':
		return '#'
	case othersGlyph, '‖':
		return '='
	case rejectedGlyph, '×', '✗':
		return 'x'
	case '▏', '▄', '▅':
		return '+'
	case '▁', '▂':
		return '_'
	case '▃':
		return '-'
	case '▆', '●':
		return '*'
	case '◌':
		return 'o'
	case peakGlyph:
		return ':'
	case learnedGlyph, '▲':
		return '!'
	case '△', '↑', '▴':
		return '^'
	case '↓', '▾':
		return 'v'
	case '▸', '→', '…':
		return '>'
	case '←':
		return '<'
	case '≈', '±', restGlyph:
		return '~'
	}
	return '?'
}

// asciiDots returns the ASCII character for the dots of a braille cell.
func asciiDots(dots byte) byte {
	const upper, lower = 0x01 | 0x02 | 0x08 | 0x10, 0x04 | 0x20 | 0x40 | 0x80
	switch {
	case dots == limitDots:
		return '-'
	case bits.OnesCount8(dots) > 5:
		return '#'
	case dots&lower == 0:
		return '\''
	case dots&upper == 0:
		return '.'
	}
	return ':'
}

// signs returns a text of ours; on an ASCII screen, with the signs that need two
// characters there.
func (a *App) signs(text string) string {
	if !a.opts.ASCII {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "≤", "<="), "≥", ">=")
}
