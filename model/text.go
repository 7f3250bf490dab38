package model

import (
	"strings"
	"unicode"
)

// OneLine makes text from outside fit for one line of a terminal or a page: valid
// UTF-8, with blanks for control characters and line separators, and without
// characters that are invisible or change the direction of the text around them.
func OneLine(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case Invisible(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

// Invisible reports whether a character takes no place of its own on a line:
// zero-width ones, and those that change the direction of the text around them.
func Invisible(r rune) bool {
	return r > '~' && (unicode.Is(unicode.Cf, r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector))
}
