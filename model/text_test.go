package model

import "testing"

func TestOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"a\x1b[31m\nb":                           "a [31m b",
		"a\u202eb\u2066c\u200fd\u061ce\u2028f":   "abcde f",
		"\x85\u0085x":                            "? x",
		"é 漢":                                    "é 漢",
		" a\u200b\ufeff\u00ad\u3164\U000e0041b ": " ab ",
	} {
		if got := OneLine(text); got != want {
			t.Errorf("OneLine(%q) = %q, want %q", text, got, want)
		}
	}
}
