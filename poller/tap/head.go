package tap

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
)

// A field is a line of a header. The slices are parts of the buffered head.
type field struct {
	name, value []byte
	line        []byte // as it came, without its line end
}

func (f field) is(name string) bool {
	return len(f.name) == len(name) && strings.EqualFold(string(f.name), name)
}

// Bounds on the fields of a head.
const (
	maxFields  = 16384
	keptFields = 256 // room for as many is kept for the next head
)

var (
	errBadLine = errors.New("malformed header line")
	errFolded  = errors.New("malformed header: a line is folded")
	errMany    = errors.New("header of more than 16384 lines")
)

// splitHead returns the first line of a head and appends its fields to fields. A
// line may end in a bare LF (RFC 9112, section 2.2). A folded line is refused if
// strict, else it is a field without a name.
func splitHead(head []byte, fields []field, strict bool) (first []byte, all []field, err error) {
	if cap(fields) > keptFields {
		fields = nil
	}
	first, rest, err := cutLine(head)
	if err != nil {
		return nil, fields, err
	}
	for len(rest) > 0 {
		var line []byte
		if line, rest, err = cutLine(rest); err != nil {
			return nil, fields, err
		}
		if len(line) == 0 {
			break
		}
		if len(fields) == maxFields {
			return nil, fields, errMany
		}
		if line[0] == ' ' || line[0] == '\t' {
			if strict {
				return nil, fields, errFolded
			}
			fields = append(fields, field{line: line})
			continue
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !isToken(name) {
			return nil, fields, errBadLine
		}
		fields = append(fields, field{name, bytes.Trim(value, " \t"), line})
	}
	return first, fields, nil
}

// cutLine cuts the first line off p, which holds all of it. A line holds no NUL and
// no CR.
func cutLine(p []byte) (line, rest []byte, err error) {
	i := bytes.IndexByte(p, '\n')
	line, rest = bytes.TrimSuffix(p[:i], []byte("\r")), p[i+1:]
	if bytes.IndexByte(line, '\r') >= 0 || bytes.IndexByte(line, 0) >= 0 {
		return nil, nil, errBadLine
	}
	return line, rest, nil
}

// isToken reports whether name is a token (RFC 9110, section 5.6.2).
func isToken(name []byte) bool {
	for _, c := range name {
		if !isTokenByte(c) {
			return false
		}
	}
	return len(name) > 0
}

func isTokenByte(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// contentLength reads the value of a Content-Length.
func contentLength(value []byte) (n int64, ok bool) {
	if len(value) == 0 || len(value) > 18 {
		return 0, false
	}
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}

// headerOf returns the fields as net/http has them, up to most bytes of them.
func headerOf(fields []field, most int) http.Header {
	h := make(http.Header)
	for _, f := range fields {
		if most -= len(f.line); most < 0 {
			break
		}
		if len(f.name) > 0 {
			h.Add(string(f.name), string(f.value))
		}
	}
	return h
}
