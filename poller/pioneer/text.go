package pioneer

import (
	"strings"
	"unicode"
	"unicode/utf8"
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
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.Is(unicode.Cf, r), unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	text = strings.TrimSpace(text)
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

// minSecret is the length of the shortest text that is treated as a credential,
// in bytes. A shorter one could be any word.
const minSecret = 8

// redacted replaces a credential.
const redacted = "[key]"

// keyMark is part of every API key: pio_sk_… and, since the product was renamed,
// fast_sk_….
const keyMark = "_sk_"

// Redact replaces these secrets, and anything that looks like an API key, with
// "[key]".
func Redact(text string, secrets ...string) string {
	for _, secret := range secrets {
		if len(secret) >= minSecret {
			text = strings.ReplaceAll(text, secret, redacted)
		}
	}
	if !strings.Contains(text, keyMark) {
		return text
	}
	var out strings.Builder
	copied := 0
	for from := 0; ; {
		i := strings.Index(text[from:], keyMark)
		if i < 0 {
			out.WriteString(text[copied:])
			return out.String()
		}
		start, after := from+i, from+i+len(keyMark)
		end := after
		for start > copied && isKeyByte(text[start-1]) {
			start--
		}
		for end < len(text) && isKeyByte(text[end]) {
			end++
		}
		if from = end; end > after { // else it is the prefix alone, as in "must start with 'pio_sk_'"
			out.WriteString(text[copied:start])
			out.WriteString(redacted)
			copied = end
		}
	}
}

func isKeyByte(c byte) bool {
	return c == '_' || c == '-' || c-'0' <= 9 || c|0x20 >= 'a' && c|0x20 <= 'z'
}
