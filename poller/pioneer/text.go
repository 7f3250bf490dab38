package pioneer

import (
	"strings"
	"unicode/utf8"

	"quotatop/model"
)

// Clean makes foreign text fit to show: valid UTF-8 on one line, at most limit
// bytes long, without control characters and without characters that are
// invisible or change the direction of the text around them. Text that is too
// long ends in an ellipsis. Cleaning twice changes nothing.
func Clean(text string, limit int) string {
	if len(text) <= limit && isPlain(text) {
		return text
	}
	text = text[:min(len(text), 8*limit)] // invisible characters are dropped, but not without end
	text = strings.TrimSpace(model.OneLine(text))
	if len(text) > limit {
		const ellipsis = "…"
		cut := max(limit-len(ellipsis), 0)
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = strings.TrimSpace(text[:cut]) + ellipsis
	}
	return strings.Clone(text) // a short text must not hold on to a long one
}

// isPlain reports whether Clean has nothing to do: printable ASCII with no
// blanks at its ends.
func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return text == "" || text[0] != ' ' && text[len(text)-1] != ' '
}
