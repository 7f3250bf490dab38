package tail

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// objectIn is the JSON object that a line ends with, behind the prefix of a
// collector if there is one.
func objectIn(line []byte) ([]byte, bool) {
	if len(line) < 2 || line[len(line)-1] != '}' {
		return nil, false
	}
	start := bytes.IndexByte(line, '{')
	if start < 0 || start > maxPrefix || start == len(line)-1 {
		return nil, false
	}
	return line[start:], true
}

// maxPrefix is the length of the longest prefix of a collector, in bytes.
const maxPrefix = 512

// A walker scans a line of JSON for the few values that matter. It does not
// validate what it skips. After an error it is bad and reads nothing more.
type walker struct {
	line []byte
	i    int
	bad  bool
	last bool // the current object has just ended
}

// peek is the next byte that is not white space, 0 at the end.
func (w *walker) peek() byte {
	for ; w.i < len(w.line); w.i++ {
		if c := w.line[w.i]; c > ' ' {
			return c
		}
	}
	return 0
}

func (w *walker) take(c byte) {
	if w.peek() != c {
		w.bad = true
		return
	}
	w.i++
}

// open, more, key and next walk an object. null is an object without fields.
func (w *walker) open() {
	w.last = false
	if w.peek() == 'n' {
		w.skip()
		w.last = true
		return
	}
	w.take('{')
	if w.peek() == '}' {
		w.i++
		w.last = true
	}
}

func (w *walker) more() bool { return !w.bad && !w.last }

func (w *walker) key() []byte {
	key := w.text()
	w.take(':')
	return key
}

func (w *walker) next() {
	switch w.peek() {
	case ',':
		w.last = false
	case '}':
		w.last = true
	default:
		w.bad = true
		return
	}
	w.i++
}

// end reports whether the whole line was read.
func (w *walker) end() bool { return !w.bad && w.peek() == 0 && w.i == len(w.line) }

// text reads a string as written, with its escapes. Any other value is skipped.
func (w *walker) text() []byte {
	if w.peek() != '"' {
		w.skip()
		return nil
	}
	w.i++
	start := w.i
	for {
		n := bytes.IndexByte(w.line[w.i:], '"')
		if n < 0 {
			w.bad = true
			return nil
		}
		end := w.i + n
		w.i = end + 1
		escapes := 0
		for end-escapes > start && w.line[end-escapes-1] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return w.line[start:end]
		}
	}
}

// skip skips a value and returns it.
func (w *walker) skip() []byte {
	c := w.peek()
	start := w.i
	switch c {
	case 0, ',', '}', ']', ':':
		w.bad = true
	case '"':
		w.text()
	case '{', '[':
		w.skipNested()
	default:
		for w.i < len(w.line) && w.line[w.i] > ' ' && w.line[w.i] != ',' && w.line[w.i] != '}' && w.line[w.i] != ']' {
			w.i++
		}
	}
	return w.line[start:w.i]
}

func (w *walker) skipNested() {
	for depth := 0; !w.bad; {
		if w.i == len(w.line) {
			w.bad = true
			return
		}
		switch w.line[w.i] {
		case '"':
			w.text()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		w.i++
		if depth == 0 {
			return
		}
	}
}

// unescape decodes the escapes of a JSON string.
func unescape(text []byte) []byte {
	if bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	return appendUnescaped(nil, text)
}

// appendUnescaped appends a JSON string to dst, without its escapes.
func appendUnescaped(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 || i+1 == len(text) {
			return append(dst, text...)
		}
		dst = append(dst, text[:i]...)
		c := text[i+1]
		text = text[i+2:]
		switch c {
		case 'n':
			c = '\n'
		case 't':
			c = '\t'
		case 'r':
			c = '\r'
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'u':
			r := hexRune(text)
			text = text[min(4, len(text)):]
			if utf16.IsSurrogate(r) && len(text) > 1 && text[0] == '\\' && text[1] == 'u' {
				if pair := utf16.DecodeRune(r, hexRune(text[2:])); pair != utf8.RuneError {
					r, text = pair, text[6:]
				}
			}
			dst = utf8.AppendRune(dst, r)
			continue
		}
		dst = append(dst, c)
	}
}

// hexRune reads four hexadecimal digits, or returns utf8.RuneError.
func hexRune(text []byte) rune {
	if len(text) < 4 {
		return utf8.RuneError
	}
	n, err := strconv.ParseUint(string(text[:4]), 16, 16)
	if err != nil {
		return utf8.RuneError
	}
	return rune(n)
}
