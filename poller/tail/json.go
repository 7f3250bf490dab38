package tail

import (
	"bytes"
	"encoding/json"
	"time"

	"quotatop/poller/events"
)

// A walker goes over a line of JSON for the few values that are wanted. What it
// passes by it does not check. Once it cannot go on it is bad.
type walker struct {
	line []byte
	i    int
	bad  bool
	last bool // the object that is being read has just ended
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

// open, more, key and next walk an object; null is one without fields, and an
// empty one is read too.
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

// end reports whether the line was read in full.
func (w *walker) end() bool { return !w.bad && w.peek() == 0 && w.i == len(w.line) }

// text reads a text as it is written, with its escapes. What is no text is
// skipped.
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

// skip passes a value by and returns it.
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

// unescape is a text without its escapes.
func unescape(text []byte) []byte {
	if bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	var plain string
	quoted := append(append([]byte{'"'}, text...), '"')
	if json.Unmarshal(quoted, &plain) != nil {
		return nil
	}
	return []byte(plain)
}

// stampJSON reads the time that stands behind a key of a line of JSON.
func stampJSON(line []byte, key string) (time.Time, bool) {
	i := bytes.Index(line, []byte(key))
	if i < 0 || line[0] != '{' {
		return time.Time{}, false
	}
	t, n := events.ScanTime(line[i+len(key):], time.Local)
	return t, n > 0
}
