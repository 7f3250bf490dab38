package ui

import (
	"strings"
	"testing"
	"unicode/utf8"

	"quotatop/theme"

	"github.com/charmbracelet/x/ansi"
)

func TestPutMakesForeignTextHarmless(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"plain text", "plain text"},
		{"\x1b[31mred\x1b[0m", "[31mred[0m"},
		{"a\tb\nc\r\nd", "a b c d"},
		{"nul\x00 bell\x07 del\x7f c1\u009b", "nul bell del c1"},
		{"漢字", "漢字"},
		{"e\u0301", "e\u0301"},
		{"e\u0301\u0301\u0301\u0301\u0301!", "e\u0301\u0301!"},
		{"\u0301alone", "alone"},
		{"rtl\u202eabc\u202c", "rtlabc"},
		{"two\u202c\u200b!", "two?!"},
		{"👩‍👩‍👧‍👦🇩🇪", "??"},
		{"bad \xff\xfe", "bad ??"},
	} {
		cv := newCanvas(30, 1)
		end := cv.all().put(0, 0, theme.Text, c.text)
		if got := cv.text(nil); got != c.want {
			t.Errorf("put(%q) draws %q, want %q", c.text, got, c.want)
		}
		if end != ansi.StringWidth(c.want) || width(c.text) != end {
			t.Errorf("put(%q) ends at %d, width is %d, want %d", c.text, end, width(c.text), ansi.StringWidth(c.want))
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{
		{"headroom", 8, "headroom"},
		{"headroom", 7, "headro…"},
		{"headroom", 1, "…"},
		{"headroom", 0, ""},
		{"漢字漢字", 8, "漢字漢字"},
		{"漢字漢字", 6, "漢字…"}, // no half character
		{"used 1,234 of it", 9, "used …"},
		{"used 1,234 of it", 12, "used 1,234 …"},
		{"$18.73", 5, "…"},
	} {
		cv := newCanvas(20, 1)
		cv.all().cut(0, 0, c.n, theme.Text, c.text)
		if got := cv.text(nil); got != strings.TrimRight(c.want, " ") {
			t.Errorf("cut(%q, %d) draws %q, want %q", c.text, c.n, got, c.want)
		}
	}
}

func TestRightLeavesOutWhatDoesNotFit(t *testing.T) {
	cv := newCanvas(10, 2)
	cv.all().right(2, 0, 6, theme.Text, "1,234")
	cv.all().right(2, 1, 4, theme.Text, "1,234")
	if got := cv.text(nil); got != "   1,234\n" {
		t.Errorf("right draws %q", got)
	}
}

func TestAreasKeepToTheirPlace(t *testing.T) {
	cv := newCanvas(6, 3)
	inner := cv.all().sub(2, 1, 2, 1)
	inner.put(0, 0, theme.Text, "long")
	inner.fill(-3, 0, 20, theme.Text, '.')
	inner.set(0, 1, theme.Text, 'x')
	inner.set(0, -1, theme.Text, 'x')
	inner.sub(-5, -5, 99, 99).set(1, 0, theme.Text, '!')
	if got := cv.text(nil); got != "\n  .!\n" {
		t.Errorf("the area's neighbours have changed: %q", got)
	}
}

func TestHalfOfAWideCharacterIsNotLeftOver(t *testing.T) {
	for x, want := range []string{"! 字", " !字", "漢!", "漢 !"} {
		cv := newCanvas(4, 1)
		cv.all().put(0, 0, theme.Text, "漢字")
		cv.all().set(x, 0, theme.Text, '!')
		if got := cv.text(nil); got != want {
			t.Errorf("a mark at %d makes %q, want %q", x, got, want)
		}
	}
}

func TestStylesAreWrittenOnlyWhereTheyChange(t *testing.T) {
	styles := theme.Dark().Styles()
	cv := newCanvas(12, 1)
	cv.all().put(0, 0, theme.Text, "one two")
	cv.all().put(8, 0, theme.Dim, "dim")
	want := styles.Prefix(theme.Text) + "one two " + styles.Prefix(theme.Dim) + "dim" + styles.Prefix(theme.Plain)
	if got := cv.text(&styles); got != want {
		t.Errorf("text is %q, want %q", got, want)
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{
		{"", 10, ""},
		{"one two", 10, "one two"},
		{"one two three", 8, "one two|three"},
		{"verylongword", 5, "veryl|ongwo|rd"},
		{"a verylongword b", 5, "a|veryl|ongwo|rd b"},
		{"漢字漢字", 3, "漢|字|漢|字"},
		{"漢字", 1, ""},
		{"x", 0, ""},
		{"used 1,234", 7, "used|1,234"},
		{"abc1,234def", 6, "abc|1,234d|ef"},
		{"a 1,234 b", 4, "a|…|b"},
	} {
		if got := strings.Join(wrap(c.text, c.n), "|"); got != c.want {
			t.Errorf("wrap(%q, %d) = %q, want %q", c.text, c.n, got, c.want)
		}
	}
}

// Any text stays in its place, and both ways to measure a line agree on it.
func FuzzPut(f *testing.F) {
	for _, s := range []string{nasty, "plain", "e\u0301漢👩‍👩‍👧‍👦", "\u1100\u1161\u11a8", "\u0e33\u0e01", "☎️ ☎ ⌚", "1,234…", "\u00ad", "00\xc50\xc5 000", "0000 0000\u200d\ufe0f\xe6\xbc0\xe5\xad00\u0329\u200d👧\xe2\u202800"} {
		f.Add(s, uint8(7))
	}
	f.Fuzz(func(t *testing.T, s string, n uint8) {
		w := int(n)%40 + 1
		c := newCanvas(w+2, 1)
		inner := c.all().sub(1, 0, w, 1)
		inner.put(0, 0, theme.Text, s)
		c.all().set(0, 0, theme.Border, '|')
		c.all().set(w+1, 0, theme.Border, '|')
		got := c.text(nil)
		if !utf8.ValidString(got) || ansi.StringWidth(got) != w+2 || ansi.StringWidthWc(got) != w+2 {
			t.Errorf("put(%q) in %d cells draws %q: %d and %d wide", s, w, got, ansi.StringWidth(got), ansi.StringWidthWc(got))
		}
		checkFrame(t, "put", strings.ReplaceAll(got, "…", ""), w+2, 1)
		for _, line := range wrap(s, w) {
			if width(line) > w {
				t.Errorf("wrap(%q, %d) has %q", s, w, line)
			}
		}
	})
}
