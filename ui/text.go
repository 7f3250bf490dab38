package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"quotatop/theme"

	"github.com/charmbracelet/x/ansi"
)

// number is the characters of numbers.
const number = "0123456789.,:$"

// head returns the beginning of a text that has to be cut, in at most n cells. It
// never ends within a number.
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

// brief returns a text in at most n cells, with an ellipsis if it is longer.
func brief(text string, n int) string {
	if width(text) <= n {
		return text
	}
	return head(text, n-1) + "…"
}

// ending returns a name in at most n cells. Of one that is too long its end stays, which
// tells it apart: the organization goes before the model.
func ending(name string, n int) string {
	for width(name) > n {
		_, rest, found := strings.Cut(name, "/")
		if !found {
			break
		}
		name = rest
	}
	if width(name) <= n {
		return name
	}
	for width(name) >= n && name != "" {
		first := name[0]
		if _, name = nextGlyph(name); strings.IndexByte(number, first) >= 0 { // no part of a number
			name = strings.TrimLeft(name, number)
		}
	}
	return prefix("…"+name, n)
}

// prefix returns as much of the beginning of a text as fits n cells.
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

// A glyph is the content of one or two cells.
type glyph struct {
	char  rune
	marks string // its combining marks
	width int    // 0 if it is not shown
}

// nextGlyph splits off the first character of text, which must not be empty. It
// hides control and format characters, and turns line breaks and tabs into
// blanks. Characters that terminals disagree about, or that would join their
// neighbours, become question marks.
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

// maxCluster bounds the bytes of one character.
const maxCluster = 64

// clusters returns the beginning of text that holds its first character, in whole
// runes of valid UTF-8.
func clusters(text string) string {
	for i, r := range text {
		if r == utf8.RuneError || i >= maxCluster {
			return text[:i]
		}
	}
	return text
}

// simple reports whether a character is at most one cell wide on every terminal
// and joins no other: ASCII, Latin letters, punctuation, arrows, lines, blocks,
// and invalid UTF-8.
func simple(r rune) bool {
	return r < 0x7f || r == utf8.RuneError || r > 0xa0 && r < 0x300 && r != 0xad || r >= 0x2010 && r < 0x2028 || r >= 0x2030 && r < 0x2060 ||
		r >= 0x2190 && r < 0x2300 || r >= 0x2500 && r < 0x25fd
}

// beginsSimple reports whether nothing in text can join the character before it.
func beginsSimple(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return text == "" || simple(r)
}

// width returns how many cells put needs for text.
func width(text string) int {
	n := 0
	for text != "" {
		var g glyph
		g, text = nextGlyph(text)
		n += g.width
	}
	return n
}

// wrap breaks text into lines of at most n cells, at blanks if possible, and never
// within a number.
func wrap(text string, n int) []string {
	if text != "" && width(text) <= n {
		return []string{text}
	}
	var lines []string
	line, used := make([]byte, 0, max(n, 0)), 0
	for word := range strings.FieldsSeq(text) {
		w := width(word)
		if used > 0 && used+1+w <= n {
			line, used = append(append(line, ' '), word...), used+1+w
			continue
		}
		if used > 0 {
			lines = append(lines, string(line))
		}
		for part := prefix(word, n); len(part) < len(word); part = prefix(word, n) { // too long for a line
			if part == "" {
				return lines
			}
			if whole := strings.TrimRight(part, number); strings.IndexByte(number, word[len(part)]) < 0 {
				lines, word = append(lines, part), word[len(part):]
			} else if whole != "" { // the number begins the next line
				lines, word = append(lines, whole), word[len(whole):]
			} else { // a number that is too long for a line
				lines, word = append(lines, "…"), strings.TrimLeft(word, number)
			}
		}
		line, used = append(line[:0], word...), width(word)
	}
	if used > 0 {
		lines = append(lines, string(line))
	}
	return lines
}

// fit returns the first of texts that fits n cells, or nothing.
func fit(n int, texts ...string) string {
	for _, t := range texts {
		if width(t) <= n {
			return t
		}
	}
	return ""
}

// plain returns at most n cells of foreign text as plain text for one line.
func plain(text string, n int) string {
	n = min(n, width(text))
	if n == 0 {
		return ""
	}
	c := newCanvas(n, 1)
	c.all().cut(0, 0, n, theme.Plain, text)
	return c.text(nil)
}

// A word is text with a role.
type word struct {
	role theme.Role
	text string
}

// wordsWidth returns how many cells area.words needs.
func wordsWidth(parts []word) int {
	n := 0
	for i, p := range parts {
		if i > 0 {
			n++
		}
		n += width(p.text)
	}
	return n
}

// words writes words with a blank between them and returns the position after
// them.
func (a area) words(x, y int, parts []word) int {
	for i, p := range parts {
		if i > 0 {
			x++
		}
		x = a.put(x, y, p.role, p.text)
	}
	return x
}

// fitWords returns the first of texts that fits n cells, or nothing.
func fitWords(n int, texts ...[]word) []word {
	for _, t := range texts {
		if wordsWidth(t) <= n {
			return t
		}
	}
	return nil
}
