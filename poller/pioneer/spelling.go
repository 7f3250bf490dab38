package pioneer

import (
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"quotatop/model"
)

// A spelling is a text of which some escapes have been undone.
type spelling struct {
	text string
	at   []span // where each byte comes from in the original; nil for the original
}

// span is a part of the spelling, which is not empty, in the offsets of the
// original.
func (s spelling) span(from, to int) span {
	if s.at == nil {
		return span{from, to}
	}
	return span{s.at[from].from, s.at[to-1].to}
}

// unescape undoes one layer of escapes and leaves out the characters that cannot
// be seen. It reports whether there were any.
func (s spelling) unescape() (next spelling, changed bool) {
	if isSimple(s.text) {
		return s, false
	}
	out := make([]byte, 0, len(s.text))
	next.at = make([]span, 0, len(s.text))
	for i := 0; i < len(s.text); {
		plain, size := unescapeFirst(s.text[i:])
		changed = changed || plain != s.text[i:i+size]
		out = append(out, plain...)
		for range len(plain) {
			next.at = append(next.at, s.span(i, i+size))
		}
		i += size
	}
	next.text = string(out)
	return next, changed
}

// isSimple reports whether a text has neither escapes nor characters that cannot
// be seen.
func isSimple(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '\\' || c == '%' || c == '&' {
			return false
		}
	}
	return true
}

// unescapeFirst returns what the first escape or character of a text stands for,
// and its size.
func unescapeFirst(text string) (plain string, size int) {
	switch text[0] {
	case '%':
		if c, ok := hexByte(text[1:], 2); ok {
			return c, 3
		}
	case '&':
		if end := strings.IndexByte(text[:min(len(text), 12)], ';'); end > 0 {
			return html.UnescapeString(text[:end+1]), end + 1
		}
	case '\\':
		if len(text) > 1 {
			return unescapeBackslash(text)
		}
	}
	r, size := utf8.DecodeRuneInString(text)
	if unicode.IsControl(r) || model.Invisible(r) || r == '\u2028' || r == '\u2029' {
		return "", size
	}
	return text[:size], size
}

// unescapeBackslash is unescapeFirst for the escapes of JSON and Go.
func unescapeBackslash(text string) (plain string, size int) {
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[text[1]]
	switch c := text[1]; {
	case digits == 2:
		if c, ok := hexByte(text[2:], digits); ok {
			return c, 2 + digits
		}
	case digits > 0:
		if len(text) >= 2+digits {
			if r, err := strconv.ParseUint(text[2:2+digits], 16, 31); err == nil {
				return string(rune(r)), 2 + digits
			}
		}
	case c >= '0' && c <= '7':
		if len(text) >= 4 {
			if b, err := strconv.ParseUint(text[1:4], 8, 8); err == nil {
				return string([]byte{byte(b)}), 4
			}
		}
	case strings.IndexByte("abfnrtv", c) >= 0: // a control character
		return "", 2
	case !isAlphanumeric(c): // itself, as in \" and \/
		return text[1:2], 2
	}
	return text[:1], 1
}

// hexByte reads a byte in hexadecimal digits.
func hexByte(text string, digits int) (c string, ok bool) {
	if len(text) < digits {
		return "", false
	}
	b, err := strconv.ParseUint(text[:digits], 16, 8)
	return string([]byte{byte(b)}), err == nil
}
