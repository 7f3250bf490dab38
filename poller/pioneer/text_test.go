package pioneer

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for name, tt := range map[string]struct {
		text  string
		limit int
		want  string
	}{
		"empty":              {"", 10, ""},
		"plain":              {"Slow down.", 10, "Slow down."},
		"blanks at the ends": {"  Slow down. ", 20, "Slow down."},
		"lines":              {"a\r\nb\tc\u2028d\u2029e\u0085f", 40, "a  b c d e f"},
		"escape sequence":    {"a\x1b[31mb\x7f\u009b2Jc", 40, "a [31mb  2Jc"},
		"bidi":               {"a\u202eb\u2066c\u200fd\u061ce", 40, "abcde"},
		"zero width":         {"a\u200bb\u200dc\ufeffd\u2060e\u00adf\u034fg\u3164h\U000e0041i", 80, "abcdefghi"},
		"not UTF-8":          {"a\xff\xfeb", 10, "a?b"},
		"accents":            {"déjà vu 日本", 40, "déjà vu 日本"},
		"long":               {"0123456789abc", 10, "0123456…"},
		"long, in a rune":    {"01234é6789abc", 10, "01234é…"},
		"rune over the cut":  {"012345é789abc", 10, "012345…"},
	} {
		if got := Clean(tt.text, tt.limit); got != tt.want {
			t.Errorf("%s: Clean(%q, %d) = %q, want %q", name, tt.text, tt.limit, got, tt.want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, text := range []string{"", "a", "\x00\x1b[2J", "\u202e\u200b", strings.Repeat("é", 300), "\xff\xfe", strings.Repeat("\u200b", 3000) + "a", "   …   "} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		const limit = 40
		got := Clean(text, limit)
		if len(got) > limit || !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
		}) {
			t.Errorf("Clean(%q) = %q", text, got)
		}
		if again := Clean(got, limit); again != got {
			t.Errorf("Clean(%q) = %q, and again %q", text, got, again)
		}
	})
}

func TestRedact(t *testing.T) {
	const key, other = "pio_sk_0123456789abcdef", "eyJhbGciOi.eyJzdWIi.c2ln"
	for text, want := range map[string]string{
		"":                                "",
		"/v1/models":                      "/v1/models",
		key:                               "[key]",
		"a " + key + ", fast_sk_x-Y_z. b": "a [key], [key]. b",
		"_sk__sk_":                        "[key]",
		"?k=" + key + key:                 "?k=[key]",
		"Bearer " + other + "!":           "Bearer [key]!",
		"API keys must start with 'pio_sk_'. Please check your X-API-Key header.": "API keys must start with 'pio_sk_'. Please check your X-API-Key header.",
		"'pio_sk_' is no key, " + key + " is":                                     "'pio_sk_' is no key, [key] is",
		"short words stay":                                                        "short words stay",
	} {
		if got := Redact(text, other, "words", ""); got != want {
			t.Errorf("Redact(%q) = %q, want %q", text, got, want)
		}
	}
}
