package tail

import (
	"bytes"
)

// readRequestLine reads a line with a quoted request line and a status, as
// servers, proxies and some clients write it:
//
//	127.0.0.1 - - [17/Jun/2026:12:04:31 +0000] "POST /v1/messages HTTP/1.1" 429 52 "-" "k6/0.5"
//	INFO:     127.0.0.1:51612 - "POST /v1/messages HTTP/1.1" 429 Too Many Requests
//	DEBUG urllib3.connectionpool https://api.pioneer.ai:443 "POST /v1/messages HTTP/1.1" 429 None
//	10.0.0.1:51612 [17/Jun/2026:12:04:31.200] in out/a 0/0/1/2/3 429 52 - - ---- 1/1/0/0/0 0/0 "POST /v1/messages HTTP/1.1"
//
// The status is after the request line or, with HAProxy, before it.
func (t *times) readRequestLine(line []byte, r *record) verdict {
	for from := 0; ; {
		i := bytes.Index(line[from:], []byte("HTTP/"))
		if i < 0 {
			return t.readHypercorn(line, r)
		}
		from += i + len("HTTP/")
		version := line[from:]
		end := bytes.IndexByte(version, '"')
		if end < 1 || end > 5 {
			continue
		}
		if open := r.quoted(line, from-len(" HTTP/")); open >= 0 {
			return t.requestLine(line, line[:open], version[end+1:], r)
		}
	}
}

// readHypercorn reads a line of Hypercorn, whose request line has the bare version:
//
//	[2026-06-17 12:04:31 +0000] [12] [INFO] 127.0.0.1:51612 - - [17/Jun/2026:12:04:31 +0000] "POST /v1/messages 1.1" 429 52 "-" "httpx"
func (t *times) readHypercorn(line []byte, r *record) verdict {
	for _, version := range [...]string{` 1.1" `, ` 2" `} {
		i := bytes.Index(line, []byte(version))
		if i < 0 {
			continue
		}
		if open := r.quoted(line, i); open >= 0 {
			return t.requestLine(line, line[:open], line[i+len(version):], r)
		}
	}
	return notMine
}

// quoted reads the method and the target between a quote and the space at an index
// of a line. It returns where the quote is, or -1 if there is no request.
func (r *record) quoted(line []byte, end int) (open int) {
	if end < 0 || line[end] != ' ' {
		return -1
	}
	if open = bytes.LastIndexByte(line[:end], '"'); open < 0 {
		return -1
	}
	method, target, ok := bytes.Cut(line[open+1:end], []byte(" "))
	if !ok || !isVerb(method) || len(target) == 0 {
		return -1
	}
	r.method, r.url = method, target
	return open
}

// requestLine reads what is before and after the request line.
func (t *times) requestLine(line, head, rest []byte, r *record) verdict {
	r.byServer = true
	rest = bytes.TrimLeft(rest, " ")
	status, _, _ := bytes.Cut(rest, []byte(" "))
	if r.status = statusOf(status); r.status == 0 {
		r.status = statusHAProxy(head)
	}
	if r.status == 0 || string(r.method) == "CONNECT" {
		return noCall // such as an error log, or a tunnel
	}
	if origin := lastWord(head); bytes.Contains(origin, []byte("://")) { // urllib3
		r.host, _ = splitURL(bytes.TrimLeft(origin, `(["`))
		r.byServer = false
	} else if bytes.HasPrefix(head, []byte("[2")) && bytes.HasSuffix(head, []byte("Z] ")) {
		r.host = authorityOfEnvoy(rest)
	}
	if !r.valid() {
		return notMine
	}
	if r.at = t.around(line, head, nil); r.at.IsZero() && hasClock(head) {
		return notMine // the time cannot be read
	}
	return isCall
}

// statusOf reads an HTTP status, or returns 0.
func statusOf(text []byte) int {
	text = bytes.TrimRight(text, `,;"}`)
	if n := number(text); len(text) == 3 && n >= 100 {
		return n
	}
	return 0
}

// statusHAProxy finds the status in what HAProxy writes before the request
// line: it comes after the five timers.
func statusHAProxy(head []byte) int {
	for word, rest, ok := bytes.Cut(head, []byte(" ")); ok; word, rest, ok = bytes.Cut(rest, []byte(" ")) {
		if bytes.Count(word, []byte("/")) == 4 && (isDigit(word[0]) || word[0] == '-') {
			status, _, _ := bytes.Cut(rest, []byte(" "))
			return statusOf(status)
		}
	}
	return 0
}

// authorityOfEnvoy is the host in a line of Envoy, the fourth quoted text after
// the request line.
func authorityOfEnvoy(rest []byte) []byte {
	for n := 1; ; n++ {
		start := bytes.IndexByte(rest, '"')
		if start < 0 {
			return nil
		}
		end := bytes.IndexByte(rest[start+1:], '"')
		if end < 0 {
			return nil
		}
		text := rest[start+1 : start+1+end]
		rest = rest[start+end+2:]
		if n == 4 {
			if !looksLikeHost(text) {
				return nil
			}
			return text
		}
	}
}

// looksLikeHost reports whether a text can be the host of a URL.
func looksLikeHost(text []byte) bool {
	letters, marks := 0, 0
	for _, c := range text {
		switch {
		case c == '.' || c == ':' || c == '[' || c == ']':
			marks++
		case isDigit(c) || c == '-' || c == '_':
		case isAlphanumeric(c):
			letters++
		default:
			return false
		}
	}
	return marks > 0 && letters > 0 || marks >= 3 || string(text) == "localhost"
}

// lastWord is the last word of a text.
func lastWord(text []byte) []byte {
	text = bytes.TrimRight(text, ` \`)
	return text[bytes.LastIndexByte(text, ' ')+1:]
}

// isVerb reports whether a text can be the method of a request.
func isVerb(text []byte) bool {
	if len(text) < 3 || len(text) > 16 {
		return false
	}
	for _, c := range text {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return true
}
