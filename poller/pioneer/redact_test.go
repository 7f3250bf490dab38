package pioneer

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// spellings are ways to write a key so that a program can read it back.
var spellings = map[string]func(string) string{
	"plain":       func(key string) string { return key },
	"upper case":  strings.ToUpper,
	"json":        func(key string) string { return each(key, `\u%04x`) },
	"json, first": func(key string) string { return fmt.Sprintf(`\u%04x`, key[0]) + key[1:] },
	"json twice":  func(key string) string { return each(key, `\\u%04x`) },
	"go":          func(key string) string { return each(key, `\x%02x`) },
	"octal":       func(key string) string { return each(key, `\%03o`) },
	"percent":     func(key string) string { return each(key, "%%%02X") },
	"percent, twice": func(key string) string {
		return url.QueryEscape(each(key, "%%%02x"))
	},
	"percent, five times": func(key string) string {
		for range 5 {
			key = strings.ReplaceAll(strings.ReplaceAll(key, "%", "%25"), "_", "%5F")
		}
		return key
	},
	"json in percent":     func(key string) string { return url.QueryEscape(each(key, `\u%04x`)) },
	"percent in json":     func(key string) string { return each(each(key, "%%%02x"), `\u%04x`) },
	"html":                func(key string) string { return each(key, "&#%d;") },
	"html, hex":           func(key string) string { return each(key, "&#x%x;") },
	"markdown":            func(key string) string { return strings.ReplaceAll(key, "_", `\_`) },
	"zero width":          func(key string) string { return strings.Join(strings.Split(key, ""), "\u200b") },
	"zero width, json":    func(key string) string { return strings.Join(strings.Split(key, ""), `\u200b`) },
	"zero width, percent": func(key string) string { return strings.Join(strings.Split(key, ""), "%E2%80%8B") },
	"soft hyphen, upper":  func(key string) string { return strings.ToUpper(key[:6]) + "\u00ad" + key[6:] },
	"control characters":  func(key string) string { return key[:9] + "\x00\x1b" + key[9:] },
	"utf-16":              func(key string) string { return strings.Join(strings.Split(key, ""), "\x00") },
	"base64":              func(key string) string { return base64.StdEncoding.EncodeToString([]byte(key)) },
	"base64, user":        func(key string) string { return base64.StdEncoding.EncodeToString([]byte(":" + key)) },
	"base64, password":    func(key string) string { return base64.URLEncoding.EncodeToString([]byte(key + ":x")) },
	"base64, in a path":   func(key string) string { return "a/b" + base64.StdEncoding.EncodeToString([]byte("me:"+key)) },
	"base64, upper case":  func(key string) string { return base64.StdEncoding.EncodeToString([]byte(strings.ToUpper(key))) },
	"base64 of percent":   func(key string) string { return base64.StdEncoding.EncodeToString([]byte(each(key, "%%%02x"))) },
	"base64 in json":      func(key string) string { return each(base64.StdEncoding.EncodeToString([]byte(":"+key)), `\u%04x`) },
	"base64 in percent":   func(key string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("x:" + key))) },
	"base64, in front":    func(key string) string { return base64.StdEncoding.EncodeToString([]byte("a:" + key)) },
	"base64, for URLs":    func(key string) string { return base64.URLEncoding.EncodeToString([]byte("::" + key + "::")) },
	"base64, unpadded": func(key string) string {
		return base64.RawStdEncoding.EncodeToString([]byte(key+":")) + "~" + base64.RawURLEncoding.EncodeToString([]byte(":"+key))
	},
	"base64 over lines": func(key string) string {
		e := base64.StdEncoding.EncodeToString([]byte("me:" + key))
		return e[:9] + "\r\n" + e[9:]
	},
}

// each writes every byte of a text in a format.
func each(text, format string) string {
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, format, text[i])
	}
	return b.String()
}

func TestRedactSpellings(t *testing.T) {
	for _, key := range []string{"pio_sk_0123456789abcdefXYZ", "fast_sk_a-b-c-d-e", "no0mark1in2this3key4", "???>>>~~~???>>>~~~??", "a?b>c~d?e>f~g?h>i~j?", "no~mark?in>this~key"} {
		for name, spell := range spellings {
			for _, text := range []string{"%s", "key %s is bad", `{"detail":"%s"}`, "Basic %s, and again %[1]s."} {
				text := fmt.Sprintf(text, spell(key))
				got := Redact(text, key)
				if !strings.Contains(got, "[key]") || Holds(got, key) || len(got) > 45 {
					t.Errorf("%s of %s: Redact(%q) = %q", name, key, text, got)
				}
				if marked := strings.Contains(key, keyMark); Redact(text) != got && marked {
					t.Errorf("%s: a key that is not known: Redact(%q) = %q", name, text, Redact(text))
				}
			}
		}
	}
}

// A text that was cut within the key shows none of it.
func TestRedactCutKey(t *testing.T) {
	const key = "no0mark1in2this3key4"
	for n := minSecret; n < len(key); n++ {
		if got := Redact("your key "+key[:n], key); got != "your key [key]" {
			t.Errorf("cut after %d bytes: %q", n, got)
		}
	}
}

func TestRedactLeavesTheRest(t *testing.T) {
	for _, text := range []string{
		"/v1/chat/completions", "deepseek-ai/DeepSeek-V4-Flash", "100% of 200 in 1m & more", `C:\new\users`, "%zz %", `\`, `\u12`, "&amp;",
		"a\nb\u200bc", "Rate limit exceeded: 200 per 1 minute", "0123456789abcdef0123456789ABCDEF", "\xff\xfe",
		"must start with 'pio_sk_' or 'fast_sk_'.",
	} {
		if got := Redact(text, "no0mark1in2this3key4"); got != text {
			t.Errorf("Redact(%q) = %q", text, got)
		}
	}
}

func FuzzRedact(f *testing.F) {
	const key = "no0mark1in2this3key4"
	for _, spell := range spellings {
		f.Add("a "+spell(key)+" b", key)
		f.Add(spell(key[:12]), "")
	}
	for _, spell := range spellings {
		f.Add("a "+spell("a?b>c~d?e>f~g?h>i~j?")+" b", "a?b>c~d?e>f~g?h>i~j?")
	}
	f.Add(strings.Repeat("%25", 300)+"5F", key)
	f.Fuzz(func(t *testing.T, text, secret string) {
		got := Redact(text, secret)
		if got != text && !strings.Contains(got, redacted) {
			t.Errorf("Redact(%q) = %q", text, got)
		}
		if len(secret) >= minSecret && strings.Contains(got, secret) && !strings.Contains(redacted, secret) {
			t.Errorf("Redact(%q, %q) = %q", text, secret, got)
		}
		if utf8.ValidString(text) && !utf8.ValidString(got) && !strings.Contains(text, secret) {
			t.Errorf("Redact(%q) = %q is not UTF-8", text, got)
		}
		if want := Clean(got, 100); len(want) > 100 || strings.ContainsAny(want, "\x1b\n") {
			t.Errorf("Clean(%q) = %q", got, want)
		}
	})
}

func BenchmarkRedact(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Redact("/v1/chat/completions", "pio_sk_0123456789abcdef0123456789abcdef")
		Redact("claude-haiku-4-5", "pio_sk_0123456789abcdef0123456789abcdef")
	}
}
