package tail

import (
	"bytes"
)

// A wrapper takes off what collectors of logs add to each line: colours, and
// the envelopes of Docker, containerd and journald. Prefixes of other tools
// (kubectl, docker compose, syslog) need no treatment: the kinds of lines are
// found behind any prefix.
type wrapper struct {
	times   *times
	partial []byte // the start of a line that its envelope has split
	text    []byte // room for lines that are rewritten
}

// unwrap returns what the program wrote, and the time of the envelope if there
// is one. It is valid until the next call. ok is false if the rest of the line
// comes in the next envelope.
func (w *wrapper) unwrap(line []byte) (inner []byte, at moment, ok bool) {
	inner, at, whole := w.open(line)
	if !whole || len(w.partial) > 0 {
		if len(w.partial)+len(inner) > maxLine {
			w.partial = nil
			return nil, at, false
		}
		w.partial = append(w.partial, inner...)
		if !whole {
			return nil, at, false
		}
		inner = append(w.text[:0], w.partial...)
		w.text, w.partial = inner, w.partial[:0]
	}
	if bytes.IndexByte(inner, 0x1b) >= 0 {
		inner = w.plain(inner)
	}
	return tidyLine(inner), at, true
}

// eventStart is how an event line starts.
var eventStart = []byte(`{"at":`)

// open opens one envelope. whole is false if the line goes on in the next one.
func (w *wrapper) open(line []byte) (inner []byte, at moment, whole bool) {
	switch {
	case len(line) == 0:
	case bytes.HasPrefix(line, eventStart): // no search in the lines that are most frequent
	case line[0] == '{' && bytes.Contains(line, []byte(`"stream":`)):
		return w.docker(line)
	case line[0] == '{' && bytes.Contains(line, []byte(`"MESSAGE"`)) && bytes.Contains(line, []byte(`"__REALTIME_TIMESTAMP"`)):
		return w.journald(line)
	case isDigit(line[0]):
		return w.cri(line)
	}
	return line, at, true
}

// docker opens a line of Docker's json-file log driver, or of Fluent Bit, which has
// a date in place of the time:
//
//	{"log":"what the program wrote\n","stream":"stdout","time":"2026-06-17T12:04:31.2Z"}
func (w *wrapper) docker(line []byte) (inner []byte, at moment, whole bool) {
	j := walker{line: line}
	var text []byte
	for j.open(); j.more(); j.next() {
		switch string(j.key()) {
		case "log":
			text = j.text()
		case "time":
			at, _ = w.times.read(j.text())
		case "date": // of Fluent Bit, in seconds
			at, _ = epoch(j.skip())
		default:
			j.skip()
		}
	}
	if !j.end() || text == nil {
		return line, moment{}, true
	}
	return w.decode(text), at, bytes.HasSuffix(text, []byte(`\n`)) || len(text) < dockerPart
}

// dockerPart is the size from which Docker splits lines, in bytes.
const dockerPart = 16 << 10

// journald opens a line of journalctl -o json. A message that is not text is an
// array of bytes, and is left as it is.
func (w *wrapper) journald(line []byte) (inner []byte, at moment, whole bool) {
	j := walker{line: line}
	var text []byte
	for j.open(); j.more(); j.next() {
		switch string(j.key()) {
		case "MESSAGE":
			text = j.text()
		case "__REALTIME_TIMESTAMP":
			at, _ = epoch(j.text())
		default:
			j.skip()
		}
	}
	if !j.end() || text == nil {
		return line, moment{}, true
	}
	return w.decode(text), at, true
}

// decode decodes a JSON string to the wrapper's own memory.
func (w *wrapper) decode(text []byte) []byte {
	w.text = appendUnescaped(w.text[:0], text)
	return w.text
}

// cri opens a line of a container runtime, as Kubernetes keeps it:
//
//	2026-06-17T12:04:31.200000000Z stdout F what the program wrote
//
// P in place of F is a part of a line.
func (w *wrapper) cri(line []byte) (inner []byte, at moment, whole bool) {
	stamp, rest, ok := bytes.Cut(line, []byte(" "))
	if !ok || len(stamp) < len("2026-06-17T12:04:31Z") || stamp[10] != 'T' {
		return line, moment{}, true
	}
	text, ok := bytes.CutPrefix(rest, []byte("stdout "))
	if !ok {
		if text, ok = bytes.CutPrefix(rest, []byte("stderr ")); !ok {
			return line, moment{}, true
		}
	}
	tag, text, _ := bytes.Cut(text, []byte(" "))
	if len(tag) == 0 || tag[0] != 'F' && tag[0] != 'P' || len(tag) > 1 && tag[1] != ':' {
		return line, moment{}, true
	}
	at, _ = w.times.read(stamp)
	return text, at, tag[0] == 'F'
}

// plain removes the escape sequences of terminals.
func (w *wrapper) plain(line []byte) []byte {
	out := w.text[:0] // line may lie there already: out never overtakes it
	for i := 0; i < len(line); i++ {
		if line[i] != 0x1b {
			out = append(out, line[i])
			continue
		}
		if i+1 == len(line) {
			break
		}
		switch i++; line[i] {
		case '[': // parameters up to a letter
			for i++; i < len(line) && (line[i] < '@' || line[i] > '~'); i++ {
			}
		case ']': // a title or hyperlink, up to BEL or ESC \
			for i++; i < len(line) && line[i] != 7 && line[i] != 0x1b; i++ {
			}
			if i+1 < len(line) && line[i] == 0x1b && line[i+1] == '\\' {
				i++
			}
		}
	}
	w.text = out
	return out
}
