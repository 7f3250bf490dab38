package pioneer

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strings"
)

const (
	// minSecret is the length of the shortest text that is treated as a
	// credential, in bytes. A shorter one could be any word.
	minSecret = 8

	// redacted replaces a credential.
	redacted = "[key]"

	// keyMark is part of every API key: pio_sk_… and, since the product was
	// renamed, fast_sk_….
	keyMark = "_sk_"

	// maxEscapes is how many escapes around each other are undone, such as a
	// percent-encoded JSON escape.
	maxEscapes = 8

	// minCoded is the length of the shortest secret in base64.
	minCoded = (minSecret*8 + 5) / 6
)

// Redact replaces these secrets, and anything that looks like an API key, with
// "[key]", in whatever spelling: in upper case, with JSON, percent or HTML
// escapes, also several times over, in base64 as in an Authorization header, with
// invisible characters in between, or cut off at the end of the text.
func Redact(text string, secrets ...string) string {
	found := search(text, secrets, true)
	if len(found) == 0 {
		return text
	}
	slices.SortFunc(found, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var out strings.Builder
	copied := 0
	for _, f := range found {
		if f.from >= copied {
			out.WriteString(text[copied:f.from])
			out.WriteString(redacted)
		}
		copied = max(copied, f.to)
	}
	out.WriteString(text[copied:])
	return out.String()
}

// Holds reports whether a text holds what Redact would replace.
func Holds(text string, secrets ...string) bool { return len(search(text, secrets, true)) > 0 }

// A span is a part of a text, in bytes.
type span struct{ from, to int }

// search returns where the secrets are in a text. coded says whether to look into
// base64, too.
func search(text string, secrets []string, coded bool) (found []span) {
	if isHarmless(text, secrets) {
		return nil
	}
	layer := spelling{text: text}
	for range maxEscapes {
		lower := lowerASCII(layer.text)
		for _, secret := range secrets {
			if len(secret) >= minSecret {
				found = layer.searchSecret(found, lower, lowerASCII(secret))
			}
		}
		found = layer.searchMark(found, lower)
		if coded {
			found = layer.searchBase64(found, secrets)
		}
		var more bool
		if layer, more = layer.unescape(); !more {
			break
		}
	}
	return found
}

// isHarmless reports whether search finds nothing in a text, without looking for
// it, and Clean leaves its inside as it is. It is true of most paths and words, and
// quick.
func isHarmless(text string, secrets []string) bool {
	word, plain := 0, true // as in searchWords
	whole := slices.ContainsFunc(secrets, breaksWords)
	for i := range len(text) {
		switch classes[text[i]] {
		case lowerCase:
			word++
		case upperCase:
			word, plain = word+1, false
		case suspicious:
			return false
		default:
			if whole && isBase64(text[i]) {
				word, plain = word+1, false
				break
			}
			word, plain = 0, true
		}
		if word >= minCoded && !plain {
			return false
		}
	}
	for _, secret := range secrets {
		if len(secret) >= minSecret && len(text) >= minSecret && strings.Contains(lowerASCII(text), lowerASCII(secret[:minSecret])) {
			return false
		}
	}
	return true
}

// The classes of bytes: letters in lower case, those in upper case and digits, what
// may be part of a key or an escape or is not printable, and the rest.
const (
	_ = iota
	lowerCase
	upperCase
	suspicious
)

var classes = func() (all [256]byte) {
	for c := range all {
		switch b := byte(c); {
		case b >= 'a' && b <= 'z':
			all[c] = lowerCase
		case isAlphanumeric(b):
			all[c] = upperCase
		case b == '_' || !isSimple(string([]byte{b})):
			all[c] = suspicious
		}
	}
	return all
}()

// searchSecret adds the parts that are the secret, or its beginning at the end of
// the text: that may have been cut. Both texts are in lower case.
func (s spelling) searchSecret(found []span, lower, secret string) []span {
	for from := 0; ; from += len(secret) {
		i := strings.Index(lower[from:], secret)
		if i < 0 {
			break
		}
		from += i
		found = append(found, s.span(from, from+len(secret)))
	}
	for from := max(len(lower)-len(secret)+1, 0); ; from++ {
		i := strings.Index(lower[from:], secret[:minSecret])
		if i < 0 {
			return found
		}
		if from += i; strings.HasPrefix(secret, lower[from:]) {
			return append(found, s.span(from, len(lower)))
		}
	}
}

// searchMark adds the parts that look like an API key.
func (s spelling) searchMark(found []span, lower string) []span {
	for from := 0; ; {
		i := strings.Index(lower[from:], keyMark)
		if i < 0 {
			return found
		}
		start, after := from+i, from+i+len(keyMark)
		end := after
		for start > from && isKeyByte(lower[start-1]) {
			start--
		}
		for end < len(lower) && isKeyByte(lower[end]) {
			end++
		}
		if from = end; end > after { // else it is the prefix alone, as in "must start with 'pio_sk_'"
			found = append(found, s.span(start, end))
		}
	}
}

func isKeyByte(c byte) bool { return c == '_' || c == '-' || isAlphanumeric(c) }

func isAlphanumeric(c byte) bool { return c-'0' <= 9 || c|0x20 >= 'a' && c|0x20 <= 'z' }

// searchBase64 adds the words that hold a secret in base64. Most keys have none of
// the bytes that the alphabet's last two letters are for, so these end a word:
// otherwise most paths would be one.
func (s spelling) searchBase64(found []span, secrets []string) []span {
	found = s.searchWords(found, secrets, isAlphanumeric)
	if slices.ContainsFunc(secrets, breaksWords) {
		found = s.searchWords(found, secrets, isBase64)
	}
	return found
}

// breaksWords reports whether a secret, which is ASCII, may have the alphabet's last
// two letters in base64.
func breaksWords(secret string) bool {
	return strings.IndexByte(secret, '>') >= 0 || strings.IndexByte(secret, '?') >= 0 || strings.IndexByte(secret, '~') >= 0
}

// isBase64 reports whether a byte is in the alphabet of base64, or in that for URLs.
func isBase64(c byte) bool { return isKeyByte(c) || c == '+' || c == '/' }

var fromURL = strings.NewReplacer("-", "+", "_", "/")

// searchWords adds the words that hold a secret in base64, at any of its four
// alignments. in reports whether a byte is part of a word.
func (s spelling) searchWords(found []span, secrets []string, in func(byte) bool) []span {
	var buf [128]byte
	for start := 0; start < len(s.text); start++ {
		end, plain := start, true
		for end < len(s.text) && in(s.text[end]) {
			plain = plain && s.text[end] >= 'a'
			end++
		}
		word := s.text[start:end]
		if len(word) >= minCoded && !plain { // a text of that length has a capital or a digit in its code
			for skip := range 4 {
				code := fromURL.Replace(word[skip:])
				if len(code)%4 == 1 { // no whole byte
					code = code[:len(code)-1]
				}
				decoded, err := base64.RawStdEncoding.AppendDecode(buf[:0], []byte(code))
				if err == nil && len(search(string(decoded), secrets, false)) > 0 {
					found = append(found, s.span(start, end))
					break
				}
			}
		}
		start = end
	}
	return found
}

// lowerASCII returns the text with its letters from A to Z in lower case. Its
// length is the same.
func lowerASCII(text string) string {
	for i := range len(text) {
		if c := text[i]; c >= 'A' && c <= 'Z' {
			lower := []byte(text)
			for ; i < len(lower); i++ {
				if c := lower[i]; c >= 'A' && c <= 'Z' {
					lower[i] = c | 0x20
				}
			}
			return string(lower)
		}
	}
	return text
}
